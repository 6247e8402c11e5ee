//! A job that ends when a timer is ready: [`Deadline`].

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

use crate::{job::Job, unwind};

pin_project! {
    /// The future returned by [`Gather::deadline`](crate::Gather::deadline),
    /// [`AtMostGather::deadline`](crate::AtMostGather::deadline),
    /// [`AtMostTryGather::deadline`](crate::AtMostTryGather::deadline) and
    /// [`Inspect::deadline`](crate::Inspect::deadline).
    ///
    /// It is `Unpin` if the timer is.
    ///
    /// ```
    /// use std::{future::{Pending, pending}, time::Duration};
    /// use gather::{Deadline, Gather, gather};
    /// use smol::Timer;
    ///
    /// fn job() -> Deadline<Gather<Pending<u8>>, Timer> {
    ///     gather([pending()]).deadline(Timer::after(Duration::from_millis(1)))
    /// }
    ///
    /// # smol::block_on(async {
    /// assert_eq!(job().await, [None]);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if polled after completion.
    ///
    /// If a child panics, the panic propagates out of `poll`. Further polls run the other children, and the
    /// output of that child is `None`. If the timer panics, the panic propagates, and the next poll ends the
    /// job.
    ///
    /// # Cancel safety
    ///
    /// It can be left unpolled, and polled again later. Dropping it drops the timer, running children and
    /// outputs.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Deadline<J, T> {
        // `None` once it has ended.
        job: Option<J>,
        #[pin]
        timer: T,
        // The timer is ready or has panicked, and is not polled again.
        is_late: bool,
    }
}

impl<J, T> Deadline<J, T> {
    pub(crate) fn new(job: J, timer: T) -> Self {
        Self {
            job: Some(job),
            timer,
            is_late: false,
        }
    }
}

impl<J: fmt::Debug, T> fmt::Debug for Deadline<J, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline")
            .field("job", &self.job)
            .field("is_late", &self.is_late)
            .finish_non_exhaustive()
    }
}

impl<J: Job, T: Future> Future for Deadline<J, T> {
    type Output = J::Partial;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(job) = this.job else {
            panic!("`Deadline` polled after completion");
        };
        if !*this.is_late {
            // Set before the poll, in case it panics.
            *this.is_late = true;
            let task = &mut Context::from_waker(cx.waker());
            *this.is_late = unwind::or_wake(cx, || this.timer.poll(task)).is_ready();
        }
        if job.poll_all(cx).is_pending() && !*this.is_late {
            return Poll::Pending;
        }
        unwind::or_wake(cx, || job.cancel());
        let job = this.job.take().expect("the job has not ended");
        Poll::Ready(job.into_partial())
    }
}

impl<J: Job, T: Future> FusedFuture for Deadline<J, T> {
    fn is_terminated(&self) -> bool {
        self.job.is_none()
    }
}
