//! The outcome of a child, its value or `None`: [`ChildOutcome`].

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use super::{
    child::Child,
    kind::{Kind, Usual},
};

/// The future returned by [`Child::outcome`].
///
/// ```
/// use gather::{ChildOutcome, Errors, group};
///
/// # smol::block_on(async {
/// let value: Result<_, Errors<String>> = group(async |g| {
///     let outcome: ChildOutcome<u8> = g.spawn(async { Ok(1) }).outcome();
///     Ok(outcome.await)
/// })
/// .await;
/// assert_eq!(value.unwrap(), Some(1));
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ChildOutcome<T, K: Kind = Usual> {
    child: Child<T, K>,
    terminated: bool,
}

impl<T, K: Kind> ChildOutcome<T, K> {
    pub(super) fn new(child: Child<T, K>) -> Self {
        let terminated = child.is_terminated();
        Self { child, terminated }
    }
}

impl<T, K: Kind> Future for ChildOutcome<T, K> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        assert!(!self.terminated, "`ChildOutcome` polled after completion");
        let polled = self.child.poll_outcome(cx, true);
        self.terminated = polled.is_ready();
        polled
    }
}

impl<T, K: Kind> FusedFuture for ChildOutcome<T, K> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<T, K: Kind> fmt::Debug for ChildOutcome<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildOutcome").field(&self.child).finish()
    }
}
