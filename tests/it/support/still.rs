//! A child that cannot be moved.

use std::{
    future::Future,
    marker::PhantomPinned,
    pin::Pin,
    task::{Context, Poll},
};

/// Is ready after a number of polls, and asserts that it has not moved since the first one.
pub(crate) struct Still(Option<*const Self>, usize, PhantomPinned);

impl Still {
    pub(crate) fn new(polls: usize) -> Self {
        Self(None, polls, PhantomPinned)
    }
}

impl Future for Still {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        let address: *const Self = this;
        assert_eq!(*this.0.get_or_insert(address), address);
        this.1 -= 1;
        if this.1 == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        let address: *const Self = self;
        assert!(self.0.is_none_or(|polled| polled == address));
    }
}
