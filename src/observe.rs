//! Observes the outputs of a job: [`Until`], [`Inspect`].

use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{
    deadline::Deadline,
    job::{Job, Observable},
};

/// The future returned by [`Gather::until`], [`AtMostGather::until`] and [`AtMostTryGather::until`].
///
/// [`Gather::until`]: crate::Gather::until
/// [`AtMostGather::until`]: crate::AtMostGather::until
/// [`AtMostTryGather::until`]: crate::AtMostTryGather::until
///
/// It resolves to the index of the child that stopped the job, or to `None`. It borrows the job, which can be
/// used again afterwards.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::{future::pending, time::Duration};
/// use gather::gather;
/// use tokio::time::timeout;
///
/// let mut job = gather([1, 2].map(async |n| if n == 2 { pending().await } else { n }));
/// // Drops the `Until` after a millisecond.
/// let done = timeout(Duration::from_millis(1), job.until(|_, _| false)).await;
/// assert!(done.is_err());
/// assert_eq!(job.get(0), Some(&1));
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion. If a child panics, the panic propagates out of `poll`. Further polls
/// run the other children.
///
/// # Cancel safety
///
/// Dropping it leaves the job as it is.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Until<'a, J, P> {
    job: &'a mut J,
    stop: P,
    terminated: bool,
}

impl<'a, J, P> Until<'a, J, P> {
    pub(crate) fn new(job: &'a mut J, stop: P) -> Self {
        Self {
            job,
            stop,
            terminated: false,
        }
    }
}

// `stop` is called, never pinned.
impl<J, P> Unpin for Until<'_, J, P> {}

impl<J: fmt::Debug, P> fmt::Debug for Until<'_, J, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Until").field(&self.job).finish()
    }
}

impl<J: Observable, P> Future for Until<'_, J, P>
where
    P: FnMut(usize, &J::Item) -> bool,
{
    type Output = Option<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.terminated, "`Until` polled after completion");
        let Self { job, stop, .. } = &mut *self;
        let stopped = ready!(job.poll_until(cx, stop));
        self.terminated = true;
        Poll::Ready(stopped)
    }
}

impl<J: Observable, P> FusedFuture for Until<'_, J, P>
where
    P: FnMut(usize, &J::Item) -> bool,
{
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

/// The future returned by [`Gather::inspect`], [`AtMostGather::inspect`] and [`AtMostTryGather::inspect`].
///
/// [`Gather::inspect`]: crate::Gather::inspect
/// [`AtMostGather::inspect`]: crate::AtMostGather::inspect
/// [`AtMostTryGather::inspect`]: crate::AtMostTryGather::inspect
///
/// It runs, panics and ends as the job that it wraps.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{Gather, Inspect, gather};
///
/// fn job() -> Inspect<Gather<Ready<u8>>, fn(usize, &u8)> {
///     gather([7, 8].map(ready)).inspect(|index, n| println!("{index}: {n}"))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job().await, [7, 8]);
/// # });
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Inspect<J, C> {
    job: J,
    callback: C,
}

impl<J, C> Inspect<J, C> {
    /// No output of `job` may be marked as observed.
    pub(crate) fn new(job: J, callback: C) -> Self {
        Self { job, callback }
    }
}

impl<J: Job, C> Inspect<J, C> {
    /// Ends the job when `timer` is ready. See [`Gather::deadline`], [`AtMostGather::deadline`] and
    /// [`AtMostTryGather::deadline`].
    ///
    /// [`Gather::deadline`]: crate::Gather::deadline
    /// [`AtMostGather::deadline`]: crate::AtMostGather::deadline
    /// [`AtMostTryGather::deadline`]: crate::AtMostTryGather::deadline
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::{future::pending, time::Duration};
    /// use gather::gather;
    ///
    /// let children = [1, 2].map(async |n| if n == 2 { pending().await } else { n });
    /// let mut log = Vec::new();
    /// let job = gather(children).inspect(|index, _| log.push(index));
    /// let outputs = job.deadline(smol::Timer::after(Duration::from_millis(10))).await;
    /// assert_eq!(outputs, [Some(1), None]);
    /// assert_eq!(log, [0]);
    /// # });
    /// ```
    pub fn deadline<T: IntoFuture>(self, timer: T) -> Deadline<Self, T::IntoFuture> {
        Deadline::new(self, timer.into_future())
    }

    /// Ends the job. See [`Gather::into_partial`], [`AtMostGather::into_partial`] and
    /// [`AtMostTryGather::into_partial`].
    ///
    /// [`Gather::into_partial`]: crate::Gather::into_partial
    /// [`AtMostGather::into_partial`]: crate::AtMostGather::into_partial
    /// [`AtMostTryGather::into_partial`]: crate::AtMostTryGather::into_partial
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::future::pending;
    /// use futures::future::{ready, select};
    /// use gather::{at_most, gather};
    ///
    /// let children = || [1, 2, 3].map(async |n| if n == 2 { pending().await } else { n });
    /// let mut job = gather(children()).inspect(|index, n| println!("{index}: {n}"));
    /// select(&mut job, ready(())).await;
    /// assert_eq!(job.into_partial(), [Some(1), None, Some(3)]);
    ///
    /// let mut job = at_most(1).gather(children()).inspect(|index, n| println!("{index}: {n}"));
    /// select(&mut job, ready(())).await;
    /// let (outputs, rest) = job.into_partial();
    /// assert_eq!(outputs, [Some(1), None]);
    /// assert_eq!(rest.unwrap().len(), 1);
    /// # });
    /// ```
    ///
    /// Outputs that the callback has not observed yet are not passed to it.
    pub fn into_partial(self) -> J::Partial {
        self.job.into_partial()
    }
}

// `callback` is called, never pinned.
impl<J, C> Unpin for Inspect<J, C> {}

impl<J: fmt::Debug, C> fmt::Debug for Inspect<J, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inspect").field(&self.job).finish()
    }
}

impl<J: Observable, C> Job for Inspect<J, C>
where
    C: FnMut(usize, &J::Item),
{
    type Partial = J::Partial;

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { job, callback } = self;
        let all = job.poll_until(cx, |index, output| {
            callback(index, output);
            false
        });
        all.map(drop)
    }

    fn cancel(&mut self) {
        self.job.cancel();
    }

    fn into_partial(self) -> Self::Partial {
        self.job.into_partial()
    }
}

impl<J: Observable, C> Future for Inspect<J, C>
where
    C: FnMut(usize, &J::Item),
{
    type Output = J::Outputs;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(
            !self.job.is_terminated(),
            "`Inspect` polled after completion"
        );
        ready!(self.poll_all(cx));
        Poll::Ready(self.job.take_outputs(cx, "Inspect"))
    }
}

impl<J: Observable, C> FusedFuture for Inspect<J, C>
where
    C: FnMut(usize, &J::Item),
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
