//! The next output of a set: [`Next`], [`NextWithId`].

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use super::{GatherSet, Id};

/// The future returned by [`GatherSet::next`].
///
/// `FusedFuture::is_terminated` also returns `true` while the set is empty, so that `select!` skips it.
///
/// ```
/// use gather::{GatherSet, Next};
///
/// struct Calls<F> {
///     running: GatherSet<F>,
/// }
///
/// impl<F: Future> Calls<F> {
///     fn next(&mut self) -> Next<'_, F> {
///         self.running.next()
///     }
/// }
///
/// # smol::block_on(async {
/// let running = GatherSet::from_iter([async { 1 }]);
/// let mut calls = Calls { running };
/// assert_eq!(calls.next().await, Some(1));
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion. If a child panics, the panic propagates out of `poll`. Further polls run the
/// other children.
///
/// # Cancel safety
///
/// Dropping it leaves the set as it is.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Next<'a, F>(NextWithId<'a, F>);

/// The future returned by [`GatherSet::next_with_id`].
///
/// `FusedFuture::is_terminated` also returns `true` while the set is empty, so that `select!` skips it.
///
/// ```
/// # smol::block_on(async {
/// use futures::{channel::oneshot, select};
/// use gather::GatherSet;
///
/// let (_sender, mut stop) = oneshot::channel::<()>();
/// let mut set = GatherSet::new();
/// let id = set.push(async { 1 });
/// select! {
///     next = set.next_with_id() => assert_eq!(next, Some((id, 1))),
///     _ = stop => println!("stopped"),
/// }
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion. If a child panics, the panic propagates out of `poll`. Further polls run the
/// other children.
///
/// # Cancel safety
///
/// Dropping it leaves the set as it is.
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
