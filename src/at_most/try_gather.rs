//! All values, or the first error, with a limit: [`AtMostTryGather`].

use alloc::vec::Vec;
use core::{
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
    outcome::Outcome,
};

/// The future returned by [`AtMost::try_gather`](super::AtMost::try_gather): all values, in input order, or the
/// first error.
///
/// As an [`AtMostGather`](super::AtMostGather), it can be run [up to some point](Self::until), [read](Self::get),
/// and resumed, [observed](Self::inspect), or ended [at a deadline](Self::deadline) or
/// [at once](Self::into_partial). A failure ends all of these.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{AtMostTryGather, Source, at_most};
///
/// type Parsed = Ready<Result<u8, String>>;
///
/// fn job(second: Result<u8, String>) -> AtMostTryGather<impl Source<Child = Parsed>, Parsed> {
///     at_most(1).try_gather([ready(Ok(1)), ready(second)])
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job(Ok(2)).await, Ok(vec![1, 2]));
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion.
///
/// If a child or the source panics, the panic propagates out of `poll`. Further polls run the other children; when
/// these are done and none has failed, `poll` panics if values are missing.
///
/// If the drop of a sibling panics after an error, the panic propagates, and the next poll returns the error.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops running children, then values.
///
/// # Performance
///
/// As [`AtMostCompletions`](super::AtMostCompletions#performance), with a `Vec` of the values.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostTryGather<S, F>
where
    F: Future<Output: Outcome>,
{
    job: Collect<S, F, Value<F>, Failure<F>>,
}

type Value<F> = <<F as Future>::Output as Outcome>::Value;
type Failure<F> = <<F as Future>::Output as Outcome>::Failure;
type Partial<S, F> = Result<(Vec<Option<Value<F>>>, Option<S>), Failure<F>>;

impl<S, F> AtMostTryGather<S, F>
where
    F: Future<Output: Outcome>,
{
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            job: Collect::new(limited, hint),
        }
    }

    /// Returns the number of running children, which is at most the limit, and 0 after an error.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let children = (0..5).map(async |n| if n < 3 { Ok::<_, ()>(n) } else { std::future::pending().await });
    /// let mut job = at_most(2).try_gather(children);
    /// assert_eq!(job.running(), 0);
    /// futures::future::select(&mut job, std::future::ready(())).await;
    /// assert_eq!(job.running(), 2);
    /// # });
    /// ```
    pub fn running(&self) -> usize {
        self.job.running()
    }

    /// Returns a reference to the value of child `index`.
    ///
    /// Returns `None` if the child is running, has failed or has panicked, or if no such child was pulled.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut job = at_most(1).try_gather(["a", "b"].map(async |name| Ok::<_, ()>(name)));
    /// job.until(|_, _| true).await;
    /// assert_eq!((job.get(0), job.get(1)), (Some(&"a"), None));
    /// # });
    /// ```
    pub fn get(&self, index: usize) -> Option<&Value<F>> {
        self.job.get(index)
    }

    /// Iterates over the children that were pulled: a reference to each value, or `None`.
    ///
    /// It is empty after the values or the error were returned.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut job = at_most(1).try_gather([1, 2].map(async |n| if n == 1 { Ok(n) } else { Err(n) }));
    /// assert_eq!(job.until(|_, _| false).await, None);
    /// assert_eq!(job.iter().collect::<Vec<_>>(), [Some(&1), None]);
    /// assert_eq!(job.await, Err(2));
    /// # });
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Option<&Value<F>>> {
        self.job.iter()
    }

    /// Runs the children until `stop` returns `true` for a value, and returns the index of that child.
    ///
    /// Returns `None` if all children succeed first, or if one fails. Await the job to find out which.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let children = (0..100).map(async |id| if id < 90 { Ok(id) } else { Err(id) });
    /// let mut job = at_most(4).try_gather(children);
    /// assert_eq!(job.until(|_, &id| id == 7).await, Some(7));
    /// assert_eq!(job.until(|_, &id| id == 95).await, None);
    /// assert_eq!(job.await, Err(90));
    /// # });
    /// ```
    ///
    /// Each value is passed to `stop` once, as in [`AtMostGather::until`](super::AtMostGather::until). An error is
    /// not passed to `stop`: it ends the job, and drops the other children.
    ///
    /// # Cancel safety
    ///
    /// Dropping the `Until` leaves the job as it is.
    pub fn until<P>(&mut self, stop: P) -> Until<'_, Self, P>
    where
        P: FnMut(usize, &Value<F>) -> bool,
    {
        Until::new(self, stop)
    }

    /// Calls `callback` with the index and the value of each child when it succeeds.
    ///
    /// The future still returns all values, in input order, or the first error. To use it with a
    /// [`deadline`](Self::deadline), call `inspect` first.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let mut log = Vec::new();
    /// let job = at_most(2).try_gather((0..3).map(async |n| if n == 2 { Err(n) } else { Ok(n * 10) }));
    /// let result = job.inspect(|index, value| log.push((index, *value))).await;
    /// assert_eq!(result, Err(2));
    /// assert_eq!(log, [(0, 0), (1, 10)]);
    /// # });
    /// ```
    ///
    /// Values that are in the job already are passed to `callback` at the next poll, in input order. If `callback`
    /// panics, the value stays in the job, and counts as observed.
    pub fn inspect<C>(mut self, callback: C) -> Inspect<Self, C>
    where
        C: FnMut(usize, &Value<F>),
    {
        self.job.unobserve_all();
        Inspect::new(self, callback)
    }

    /// Ends the job, and returns the values and the rest of the source.
    ///
    /// The values are those of the children that were pulled, with `None` for each child that has not finished. The
    /// rest is the source with the children that were not pulled, or `None` if the source has ended.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::future::{Either, pending, ready, select};
    /// use gather::at_most;
    ///
    /// let children = (0..5).map(|n| if n == 1 { Either::Left(pending()) } else { Either::Right(ready(Ok::<_, ()>(n))) });
    /// let mut job = at_most(2).try_gather(children);
    /// job.until(|index, _| index == 3).await;
    ///
    /// let (values, rest) = job.into_partial().unwrap();
    /// assert_eq!(values, [Some(0), None, Some(2), Some(3)]);
    /// assert_eq!(at_most(2).try_gather(rest.unwrap()).await, Ok(vec![4]));
    /// # });
    /// ```
    ///
    /// Running children are dropped, and not polled before. A job that was awaited to its end has returned its values
    /// or its error, and this returns none.
    ///
    /// # Errors
    ///
    /// Returns the error of a child that failed during an [`until`](Self::until), if the job has not returned it.
    pub fn into_partial(self) -> Partial<S, F> {
        self.job.into_partial()
    }

    /// Ends the job when `timer` is ready, and returns the values and the rest of the source.
    ///
    /// They are as of [`into_partial`](Self::into_partial). If all children succeed in time, all values are `Some`,
    /// and the rest is `None`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::time::Duration;
    /// use gather::at_most;
    ///
    /// async fn fetch(id: u32) -> Result<u32, String> {
    ///     smol::Timer::after(Duration::from_secs(if id == 2 { 3600 } else { 0 })).await;
    ///     if id == 4 { Err(format!("no {id}")) } else { Ok(id * 10) }
    /// }
    ///
    /// let timer = || smol::Timer::after(Duration::from_millis(50));
    /// let (values, rest) = at_most(1).try_gather((0..5).map(fetch)).deadline(timer()).await.unwrap();
    /// assert_eq!(values, [Some(0), Some(10), None]);
    /// // Runs the rest, without the child that took too long.
    /// let error = at_most(1).try_gather(rest.unwrap()).deadline(timer()).await.unwrap_err();
    /// assert_eq!(error, "no 4");
    /// # });
    /// ```
    ///
    /// `timer` can be anything that can be awaited: the sleep of any runtime, a channel, a cancellation token.
    /// Each poll polls the timer first. When it is ready, the job is polled once more, so outputs that are ready by
    /// then are not lost.
    ///
    /// # Errors
    ///
    /// Returns the first error, as soon as a child fails.
    pub fn deadline<T: IntoFuture>(self, timer: T) -> Deadline<Self, T::IntoFuture> {
        Deadline::new(self, timer.into_future())
    }
}

// Children are pinned in their slots, and nothing else is pinned.
impl<S, F> Unpin for AtMostTryGather<S, F> where F: Future<Output: Outcome> {}

impl<S, F> fmt::Debug for AtMostTryGather<S, F>
where
    F: Future<Output: Outcome>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostTryGather").field(&self.job).finish()
    }
}

impl<S, F, O> Future for AtMostTryGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = O>,
    F: Future<Output = O>,
    O: Outcome,
{
    type Output = Result<Vec<O::Value>, O::Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.job.check("AtMostTryGather");
        ready!(self.poll_all(cx));
        Poll::Ready(self.take_outputs(cx, "AtMostTryGather"))
    }
}

impl<S, F, O> Job for AtMostTryGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = O>,
    F: Future<Output = O>,
    O: Outcome,
{
    type Partial = Partial<S, F>;

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.job.poll_all(cx, O::into_result)
    }

    fn cancel(&mut self) {
        self.job.cancel();
    }

    fn into_partial(self) -> Self::Partial {
        self.into_partial()
    }
}

impl<S, F, O> Observable for AtMostTryGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = O>,
    F: Future<Output = O>,
    O: Outcome,
{
    type Item = O::Value;
    type Outputs = Result<Vec<O::Value>, O::Failure>;

    fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &O::Value) -> bool,
    ) -> Poll<Option<usize>> {
        self.job.poll_until(cx, O::into_result, stop)
    }

    fn take_outputs(&mut self, cx: &mut Context<'_>, of: &str) -> Self::Outputs {
        self.job.take(cx, of)
    }

    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}

impl<S, F, O> FusedFuture for AtMostTryGather<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = O>,
    F: Future<Output = O>,
    O: Outcome,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
