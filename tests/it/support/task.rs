//! A task, as an executor runs it.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::Stream;

/// A task that polls, and counts how often it is woken.
pub(crate) struct Task {
    wakes: Arc<Wakes>,
    waker: Waker,
}

struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Task {
    pub(crate) fn new() -> Self {
        let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
        let waker = Waker::from(wakes.clone());
        Self { wakes, waker }
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    pub(crate) fn poll<F: Future + Unpin + ?Sized>(&self, future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(&self.waker))
    }

    pub(crate) fn poll_next<S: Stream + Unpin>(&self, stream: &mut S) -> Poll<Option<S::Item>> {
        Pin::new(stream).poll_next(&mut Context::from_waker(&self.waker))
    }

    /// How often it was woken since this was last asked.
    pub(crate) fn woken(&self) -> usize {
        self.wakes.0.swap(0, SeqCst)
    }

    /// How many clones of its waker there are.
    pub(crate) fn clones(&self) -> usize {
        Arc::strong_count(&self.wakes) - 2
    }

    /// Polls until it is no longer woken.
    pub(crate) fn settle<F: Future + Unpin>(&self, future: &mut F) -> Poll<F::Output> {
        loop {
            let polled = self.poll(future);
            if polled.is_ready() || self.woken() == 0 {
                return polled;
            }
        }
    }

    /// Polls to the end, only when woken. Returns the output and the number of polls.
    pub(crate) fn run<F: Future + Unpin>(&self, mut future: F) -> (F::Output, usize) {
        for polls in 1.. {
            match self.poll(&mut future) {
                Poll::Ready(output) => return (output, polls),
                Poll::Pending => {
                    assert_ne!(self.woken(), 0, "the task is pending and was not woken")
                }
            }
        }
        unreachable!()
    }
}
