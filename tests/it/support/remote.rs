//! Children that are finished from outside.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

/// Completes and wakes a [`Child`], and counts its polls and drops.
pub(crate) struct Remote<T>(Arc<Mutex<State<T>>>);

/// Is pending until its [`Remote`] has given it an output.
pub(crate) struct Child<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    output: Option<T>,
    /// The waker of the last poll.
    waker: Option<Waker>,
    polls: usize,
    drops: usize,
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Remote<T> {
    pub(crate) fn new() -> (Self, Child<T>) {
        let state = Arc::new(Mutex::new(State {
            output: None,
            waker: None,
            polls: 0,
            drops: 0,
        }));
        (Self(state.clone()), Child(state))
    }

    pub(crate) fn many(count: usize) -> (Vec<Self>, Vec<Child<T>>) {
        (0..count).map(|_| Self::new()).unzip()
    }

    /// Gives the child its output, without a wake.
    pub(crate) fn put(&self, output: T) {
        self.0.lock().unwrap().output = Some(output);
    }

    pub(crate) fn wake(&self) {
        self.waker().wake();
    }

    pub(crate) fn finish(&self, output: T) {
        self.put(output);
        self.wake();
    }

    /// A clone of the waker of the child's last poll, which keeps its own.
    pub(crate) fn waker(&self) -> Waker {
        let waker = self.0.lock().unwrap().waker.clone();
        waker.expect("the child was polled")
    }

    /// The waker of the child's last poll itself.
    pub(crate) fn take_waker(&self) -> Option<Waker> {
        self.0.lock().unwrap().waker.take()
    }

    pub(crate) fn polls(&self) -> usize {
        self.0.lock().unwrap().polls
    }

    pub(crate) fn drops(&self) -> usize {
        self.0.lock().unwrap().drops
    }
}

/// How often each was polled.
pub(crate) fn polls<T>(remotes: &[Remote<T>]) -> Vec<usize> {
    remotes.iter().map(Remote::polls).collect()
}

/// How often all were polled together.
pub(crate) fn total_polls<T>(remotes: &[Remote<T>]) -> usize {
    remotes.iter().map(Remote::polls).sum()
}

impl<T> Future for Child<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.lock().unwrap();
        state.polls += 1;
        state.waker = Some(cx.waker().clone());
        state.output.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> Drop for Child<T> {
    fn drop(&mut self) {
        self.0.lock().unwrap().drops += 1;
    }
}
