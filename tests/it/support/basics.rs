//! What nearly every test needs.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Around every size at which something changes: none, one (it gets the task waker), more than the root has bits
/// for (63), and than one or two leaves have (64, 128); 30, where `futures::join_all` changes.
pub(crate) const SIZES: [usize; 14] = [0, 1, 2, 3, 30, 31, 62, 63, 64, 65, 127, 128, 129, 1000];

/// The sizes at which children have wakers of their own.
pub(crate) fn sizes() -> impl Iterator<Item = usize> {
    SIZES.into_iter().filter(|&n| n > 1)
}

/// Polls once with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
