//! Looks at the outputs of a job as they come: [`Until`], [`Inspect`].

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

/// The future of [`Gather::until`], [`AtMostGather::until`] and [`AtMostTryGather::until`]: the index of the child
/// that stopped it, or `None`.
///
/// [`Gather::until`]: crate::Gather::until
/// [`AtMostGather::until`]: crate::AtMostGather::until
/// [`AtMostTryGather::until`]: crate::AtMostTryGather::until
///
/// It borrows the job, which can be used again once this is done or dropped.
///
/// # Panics
///
/// When polled after it was done. A panicking child makes it panic; polled on, it goes on with the
/// others.
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

/// The future of [`Gather::inspect`], [`AtMostGather::inspect`] and [`AtMostTryGather::inspect`]. It behaves as
/// the job does that it was made from.
///
/// [`Gather::inspect`]: crate::Gather::inspect
/// [`AtMostGather::inspect`]: crate::AtMostGather::inspect
/// [`AtMostTryGather::inspect`]: crate::AtMostTryGather::inspect
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Inspect<J, C> {
    job: J,
    callback: C,
}

impl<J, C> Inspect<J, C> {
    /// All outputs of the job are yet to be observed.
    pub(crate) fn new(job: J, callback: C) -> Self {
        Self { job, callback }
    }
}

impl<J: Job, C> Inspect<J, C> {
    /// Ends the job when `timer` is ready, with what is done by then. See [`Gather::deadline`],
    /// [`AtMostGather::deadline`] and [`AtMostTryGather::deadline`].
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

    /// Ends the job now, with what is done. See [`Gather::into_partial`], [`AtMostGather::into_partial`] and
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
    /// What has finished and was not yet observed is not shown to the callback.
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
