//! All outputs in input order, with a limit: [`AtMostGather`].

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

/// The future returned by [`AtMost::gather`](super::AtMost::gather): all outputs, in input order.
///
/// As a [`Gather`](crate::Gather), it can be run [up to some point](Self::until), [read](Self::get), and resumed,
/// [observed](Self::inspect), or ended [at a deadline](Self::deadline) or [at once](Self::into_partial). The rest of
/// the source is returned then, too.
///
/// It pulls and polls children as [`AtMostCompletions`](super::AtMostCompletions#behaviour) does, but pulls the
/// next child in the same poll.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{AtMostGather, Source, at_most};
///
/// fn job() -> AtMostGather<impl Source<Child = Ready<u8>>, Ready<u8>> {
///     at_most(2).gather([7, 8].map(ready))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job().await, [7, 8]);
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion.
///
/// If a child panics, the panic propagates out of `poll`. Further polls run the other children; when these are
/// done, `poll` panics with the index of the child that has no output. [`into_partial`](Self::into_partial)
/// returns all other outputs.
///
/// If the source panics, further polls run the children, and pull from an iterator again. A stream that panicked
/// has ended, and `poll` panics when the children are done.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops running children, then outputs.
///
/// # Performance
///
/// As [`AtMostCompletions`](super::AtMostCompletions#performance), with a `Vec` of the outputs.
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

    /// Returns the number of running children, which is at most the limit.
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

    /// Returns a reference to the output of child `index`.
    ///
    /// Returns `None` if the child is running or has panicked, or if no such child was pulled.
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

    /// Iterates over the children that were pulled: a reference to each output, or `None`.
    ///
    /// It is empty after the outputs were returned.
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

    /// Runs the children until `stop` returns `true` for an output, and returns the index of that child.
    ///
    /// Returns `None` if all children finish first. Outputs stay in the job, and the other children can be resumed.
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
    /// Each output is passed to `stop` once: first the outputs that no `until` has observed yet, in input order, then
    /// the others when they are ready. If `stop` panics, that output counts as observed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the `Until` leaves the job as it is.
    ///
    /// # Performance
    ///
    /// Takes one byte for each output.
    pub fn until<P>(&mut self, stop: P) -> Until<'_, Self, P>
    where
        P: FnMut(usize, &F::Output) -> bool,
    {
        Until::new(self, stop)
    }

    /// Calls `callback` with the index and the output of each child when it finishes.
    ///
    /// The future still returns all outputs, in input order. To use it with a [`deadline`](Self::deadline), call
    /// `inspect` first.
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
    /// Outputs that are in the job already are passed to `callback` at the next poll, in input order. If `callback`
    /// panics, the output stays in the job, and counts as observed.
    pub fn inspect<C>(mut self, callback: C) -> Inspect<Self, C>
    where
        C: FnMut(usize, &F::Output),
    {
        self.job.unobserve_all();
        Inspect::new(self, callback)
    }

    /// Ends the job, and returns the outputs and the rest of the source.
    ///
    /// The outputs are those of the children that were pulled, with `None` for each child that has not finished. The
    /// rest is the source with the children that were not pulled, or `None` if the source has ended.
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
    /// Running children are dropped, and not polled before. The rest can be empty: a source ends only when it is
    /// asked for another child. A job that was awaited to its end has returned its outputs, and this returns none.
    pub fn into_partial(self) -> (Vec<Option<F::Output>>, Option<S>) {
        let Ok(partial) = self.job.into_partial();
        partial
    }

    /// Ends the job when `timer` is ready, and returns the outputs and the rest of the source.
    ///
    /// They are as of [`into_partial`](Self::into_partial). If all children finish in time, all outputs are `Some`,
    /// and the rest is `None`.
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
    /// // Runs the rest, without the child that took too long.
    /// assert_eq!(at_most(1).gather(rest.unwrap()).await, [30, 40]);
    /// # });
    /// ```
    ///
    /// `timer` can be anything that can be awaited: the sleep of any runtime, a channel, a cancellation token.
    /// Each poll polls the timer first. When it is ready, the job is polled once more, so outputs that are ready by
    /// then are not lost.
    pub fn deadline<T: IntoFuture>(self, timer: T) -> Deadline<Self, T::IntoFuture> {
        Deadline::new(self, timer.into_future())
    }
}

// Children are pinned in their slots, and nothing else is pinned.
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
