//! All outputs of children that are made as they are needed, in input order.

use alloc::vec::Vec;
use core::{
    convert::Infallible,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use super::{collect::Collect, limited::Limited, source::Source};
use crate::{
    deadline::Deadline,
    job::{Job, Observable},
    observe::{Inspect, Until},
};

/// The future of [`AtMost::gather`](super::AtMost::gather): all outputs, in input order.
///
/// Laziness and cost as for [`AtMostCompletions`](super::AtMostCompletions). It can be looked into as a
/// [`Gather`](crate::Gather) can: waited for [up to some point](Self::until), [observed](Self::inspect), or
/// ended at [a deadline](Self::deadline) or [now](Self::into_partial), with what has finished and with what
/// was not yet pulled.
///
/// # Panics
///
/// When polled after completion. When a child or the source panics, with its panic; polled on, it goes on,
/// and panics at the end, naming the child that has no output.
///
/// # Cancel safety
///
/// It may be polled on at any time later. Dropped, it drops the children that run, then the outputs.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostGather<S, F: Future> {
    job: Collect<S, F, F::Output, Infallible>,
}

impl<S, F: Future> AtMostGather<S, F> {
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            job: Collect::new(limited, hint),
        }
    }

    /// Returns the number of children that run: at most the limit.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut job = at_most(2).gather((0..5).map(async |n| if n < 3 { n } else { std::future::pending().await }));
    /// assert_eq!(job.running(), 0);
    /// job.until(|index, _| index == 2).await;
    /// futures::future::select(&mut job, std::future::ready(())).await;
    /// assert_eq!(job.running(), 2);
    /// # });
    /// ```
    pub fn running(&self) -> usize {
        self.job.running()
    }

    /// Returns the output of child `index`, which stays in its place; `None` while it runs, if it panicked, or if no
    /// such child was pulled.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut job = at_most(1).gather(["a", "b"].map(async |name| name));
    /// job.until(|_, _| true).await;
    /// assert_eq!((job.get(0), job.get(1)), (Some(&"a"), None));
    /// # });
    /// ```
    pub fn get(&self, index: usize) -> Option<&F::Output> {
        self.job.get(index)
    }

    /// Iterates over the children that were pulled: the output of each, if that is there. Empty once the outputs were given.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut job = at_most(1).gather([1, 2].map(async |n| n));
    /// job.until(|_, _| true).await;
    /// assert_eq!(job.iter().collect::<Vec<_>>(), [Some(&1)]);
    /// job.until(|_, _| true).await;
    /// assert_eq!(job.iter().collect::<Vec<_>>(), [Some(&1), Some(&2)]);
    /// # });
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Option<&F::Output>> {
        self.job.iter()
    }

    /// Runs the children until `stop` is true for one that finishes, and gives that one's index; `None` if
    /// all finish before. All outputs stay, and the others can run on.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let children = (0..100).map(async |id| if id == 7 { Err(id) } else { Ok(id) });
    /// let mut job = at_most(4).gather(children);
    /// let failed = job.until(|_, outcome| outcome.is_err()).await;
    /// assert_eq!(failed, Some(7));
    ///
    /// let outcomes = job.await;
    /// assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 99);
    /// # });
    /// ```
    ///
    /// Each output is observed by one `stop`, once: first those that no `until` has observed, in input
    /// order, then the others as they come. If `stop` panics, that output counts as observed.
    /// To drop the `Until` leaves the job as it is, to be polled on.
    ///
    /// # Performance
    ///
    /// What was observed is noted, in a byte an output.
    pub fn until<P>(&mut self, stop: P) -> Until<'_, Self, P>
    where
        P: FnMut(usize, &F::Output) -> bool,
    {
        Until::new(self, stop)
    }

    /// Calls `callback` with each child's index and output when it finishes, once a child. The result is that
    /// of the job, in input order.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut log = Vec::new();
    /// let job = at_most(2).gather((0..3).map(async |n| n * n));
    /// let outputs = job.inspect(|index, square| log.push((index, *square))).await;
    /// assert_eq!(outputs, [0, 1, 4]);
    /// assert_eq!(log, [(0, 0), (1, 1), (2, 4)]);
    /// # });
    /// ```
    ///
    /// What had finished before is observed at the next poll, in input order. If `callback` panics, the
    /// output is kept already, and counts as observed.
    pub fn inspect<C>(mut self, callback: C) -> Inspect<Self, C>
    where
        C: FnMut(usize, &F::Output),
    {
        self.job.unobserve_all();
        Inspect::new(self, callback)
    }

    /// Ends the job now. Gives the outputs of the children that were pulled, with `None` for each that has not
    /// finished, which is dropped first, and the source with those that were not pulled; `None` if the source
    /// has ended.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::future::{Either, pending, ready, select};
    /// use gather::at_most;
    ///
    /// let children = (0..10).map(|n| if n == 1 { Either::Left(pending()) } else { Either::Right(ready(n)) });
    /// let mut job = at_most(2).gather(children);
    /// job.until(|index, _| index == 3).await;
    ///
    /// let (outputs, rest) = job.into_partial();
    /// assert_eq!(outputs, [Some(0), None, Some(2), Some(3)]);
    /// let outputs = at_most(2).gather(rest.unwrap()).await;
    /// assert_eq!(outputs, [4, 5, 6, 7, 8, 9]);
    /// # });
    /// ```
    ///
    /// It polls no child. A source that has given its last but was not yet asked for more is there, with
    /// nothing in it. A job that was awaited to its end has given its outputs and has none left.
    pub fn into_partial(self) -> (Vec<Option<F::Output>>, Option<S>) {
        let Ok(partial) = self.job.into_partial();
        partial
    }

    /// Ends the job when `timer` is ready. Gives the outputs of the children that were pulled by then, with
    /// `None` for each that has not finished, which is dropped, and the source with those that were not
    /// pulled. If all finish in time, all are `Some`, and the rest is `None`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::time::Duration;
    /// use gather::at_most;
    ///
    /// async fn fetch(id: u32) -> u32 {
    ///     smol::Timer::after(Duration::from_secs(if id == 2 { 3600 } else { 0 })).await;
    ///     id * 10
    /// }
    ///
    /// let timer = smol::Timer::after(Duration::from_millis(50));
    /// let (outputs, rest) = at_most(1).gather((0..5).map(fetch)).deadline(timer).await;
    /// assert_eq!(outputs, [Some(0), Some(10), None]);
    /// // Another try, without the one that took too long.
    /// assert_eq!(at_most(1).gather(rest.unwrap()).await, [30, 40]);
    /// # });
    /// ```
    ///
    /// Anything that can be awaited is a timer. In each poll it is polled first. When it is ready, the job is
    /// polled once more, so that what is ready by then is taken.
    pub fn deadline<T: IntoFuture>(self, timer: T) -> Deadline<Self, T::IntoFuture> {
        Deadline::new(self, timer.into_future())
    }
}

// Children are pinned in their slots, and nothing else is ever pinned.
impl<S, F: Future> Unpin for AtMostGather<S, F> {}

impl<S, F: Future> fmt::Debug for AtMostGather<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostGather").field(&self.job).finish()
    }
}

impl<S, F> Future for AtMostGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.job.check("AtMostGather");
        ready!(self.poll_all(cx));
        Poll::Ready(self.take_outputs(cx, "AtMostGather"))
    }
}

impl<S, F> Job for AtMostGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Partial = (Vec<Option<F::Output>>, Option<S>);

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.job.poll_all(cx, Ok)
    }

    fn cancel(&mut self) {
        self.job.cancel();
    }

    fn into_partial(self) -> Self::Partial {
        self.into_partial()
    }
}

impl<S, F> Observable for AtMostGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Item = F::Output;
    type Outputs = Vec<F::Output>;

    fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        self.job.poll_until(cx, Ok, stop)
    }

    fn take_outputs(&mut self, cx: &mut Context<'_>, of: &str) -> Vec<F::Output> {
        let Ok(outputs) = self.job.take(cx, of);
        outputs
    }

    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}

impl<S, F> FusedFuture for AtMostGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
