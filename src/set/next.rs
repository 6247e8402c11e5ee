//! The futures of the next output.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use super::{GatherSet, Id};

/// The future of [`GatherSet::next`]: an output, or `None` if the set is empty.
///
/// It borrows the set, and holds no output: to drop it loses nothing. While the set is empty, it counts as
/// terminated, so that `select!` passes over it.
///
/// # Panics
///
/// When polled after completion. A panicking child makes it panic; polled on, it goes on with the others.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Next<'a, F>(NextWithId<'a, F>);

/// The future of [`GatherSet::next_with_id`]: an output and which child it is of, or `None` if the set is empty.
///
/// It borrows the set, and holds no output: to drop it loses nothing. While the set is empty, it counts as
/// terminated, so that `select!` passes over it.
///
/// # Panics
///
/// When polled after completion. A panicking child makes it panic; polled on, it goes on with the others.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct NextWithId<'a, F> {
    set: &'a mut GatherSet<F>,
    terminated: bool,
}

impl<'a, F> Next<'a, F> {
    pub(super) fn new(set: &'a mut GatherSet<F>) -> Self {
        Self(NextWithId::new(set))
    }
}

impl<'a, F> NextWithId<'a, F> {
    pub(super) fn new(set: &'a mut GatherSet<F>) -> Self {
        let terminated = false;
        Self { set, terminated }
    }
}

impl<F: Future> NextWithId<'_, F> {
    fn poll_as(&mut self, of: &str, cx: &mut Context<'_>) -> Poll<Option<(Id, F::Output)>> {
        assert!(!self.terminated, "`{of}` polled after completion");
        let next = ready!(self.set.poll_next_with_id(cx));
        self.terminated = true;
        Poll::Ready(next)
    }
}

impl<F: Future> Future for Next<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let next = ready!(self.0.poll_as("Next", cx));
        Poll::Ready(next.map(|(_, output)| output))
    }
}

impl<F: Future> Future for NextWithId<'_, F> {
    type Output = Option<(Id, F::Output)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_as("NextWithId", cx)
    }
}

impl<F: Future> FusedFuture for Next<'_, F> {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<F: Future> FusedFuture for NextWithId<'_, F> {
    fn is_terminated(&self) -> bool {
        self.terminated || self.set.is_empty()
    }
}

impl<F> fmt::Debug for Next<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Next").field(&self.0.set).finish()
    }
}

impl<F> fmt::Debug for NextWithId<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NextWithId").field(&self.set).finish()
    }
}
