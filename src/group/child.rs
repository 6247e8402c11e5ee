//! The handle of a spawned child: [`Child`].

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use super::{
    kind::{Kind, Usual},
    outcome::ChildOutcome,
    task::Cell,
};

/// The handle of a child of a group: a future that resolves to the value of the child.
///
/// It can be awaited at any time, also in another task. The child goes on if the handle is dropped.
///
/// The handle resolves to `T`, not to a `Result`. If the child fails, the group ends, and code in the group that
/// awaits the handle is dropped. Outside the group, and during its [`grace`](super::GroupFuture::grace), the
/// handle of a child without a value never resolves; await the [`outcome`](Self::outcome) there.
///
/// ```
/// # smol::block_on(async {
/// use gather::group;
///
/// let sum: Result<_, gather::Errors<String>> = group(async |g| {
///     let one = g.spawn(async { Ok(1) });
///     let two = g.spawn(async { Ok(2) });
///     Ok(two.await + one.await)
/// })
/// .await;
/// assert_eq!(sum.unwrap(), 3);
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion.
pub struct Child<T, K: Kind = Usual> {
    cell: K::Pointer<Cell<T, K>>,
    pub(super) index: usize,
    /// Whether the cell stores a waker for this handle.
    waiting: bool,
    terminated: bool,
}

// The value is never pinned.
impl<T, K: Kind> Unpin for Child<T, K> {}

impl<T, K: Kind> Child<T, K> {
    pub(super) fn new(cell: K::Pointer<Cell<T, K>>) -> Self {
        Self {
            cell,
            index: 0,
            waiting: false,
            terminated: false,
        }
    }

    /// Cancels this child. The group goes on.
    ///
    /// Wakes the group, which drops the child in its next poll, or right after the current poll of the child. A
    /// child that has not started is dropped when it would start. A child that has finished is not affected, and its
    /// value is still available. The handle of a cancelled child never resolves; its
    /// [`outcome`](Self::outcome) is `None`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    ///
    /// let outcome: Result<_, Errors<String>> = group(async |g| {
    ///     let endless = g.spawn(std::future::pending::<Result<(), _>>());
    ///     endless.cancel();
    ///     Ok("done")
    /// })
    /// .await;
    /// assert_eq!(outcome.unwrap(), "done");
    /// # });
    /// ```
    pub fn cancel(&self) {
        self.cell.cancel();
    }

    /// Returns `true` if the child has ended: it has returned a value, has failed, or was dropped.
    ///
    /// A [cancelled](Self::cancel) child ends when the group drops it.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    ///
    /// let value: Result<_, Errors<String>> = group(async |g| {
    ///     let child = g.spawn(async { Ok(1) });
    ///     assert!(!child.is_finished(), "it has not started");
    ///     while !child.is_finished() {
    ///         smol::future::yield_now().await;
    ///     }
    ///     Ok(child.await)
    /// })
    /// .await;
    /// assert_eq!(value.unwrap(), 1);
    /// # });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.cell.is_over()
    }

    /// Returns the index of the child in the order of spawning, from 0.
    ///
    /// The [`Errors`](crate::Errors) of the group have its error under this index.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::group;
    ///
    /// let mut index = None;
    /// let errors = group(async |g| {
    ///     g.spawn(async { Ok(()) });
    ///     let failing = g.spawn(async { Err::<(), _>("bad") });
    ///     index = Some(failing.index());
    ///     Ok(failing.await)
    /// })
    /// .await
    /// .unwrap_err();
    /// assert_eq!(errors.get(index.unwrap()), Some(&"bad"));
    /// # });
    /// ```
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns a future that resolves to the value, or to `None` if the child failed or was dropped.
    ///
    /// Use it to await a child that may be [cancelled](Self::cancel), in the
    /// [`grace`](super::GroupFuture::grace) of a group, and in a task that outlives the group.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    ///
    /// let outcomes: Result<_, Errors<String>> = group(async |g| {
    ///     let endless = g.spawn(std::future::pending::<Result<i32, _>>());
    ///     let quick = g.spawn(async { Ok(1) });
    ///     endless.cancel();
    ///     Ok([quick.outcome().await, endless.outcome().await])
    /// })
    /// .await;
    /// assert_eq!(outcomes.unwrap(), [Some(1), None]);
    /// # });
    /// ```
    pub fn outcome(self) -> ChildOutcome<T, K> {
        ChildOutcome::new(self)
    }

    /// Polls for the value, or for `None` if there will be none. The waker is woken for `None` only if `ends`.
    pub(super) fn poll_outcome(&mut self, cx: &mut Context<'_>, ends: bool) -> Poll<Option<T>> {
        let polled = self.cell.poll(cx.waker(), ends);
        self.waiting = polled.is_pending();
        self.terminated = matches!(polled, Poll::Ready(Some(_)));
        polled
    }
}

impl<T, K: Kind> fmt::Debug for Child<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("index", &self.index)
            .field("running", &!self.is_finished())
            .finish_non_exhaustive()
    }
}

impl<T, K: Kind> Future for Child<T, K> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        assert!(!self.terminated, "`Child` polled after completion");
        match self.poll_outcome(cx, false) {
            Poll::Ready(Some(value)) => Poll::Ready(value),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl<T, K: Kind> FusedFuture for Child<T, K> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<T, K: Kind> Drop for Child<T, K> {
    fn drop(&mut self) {
        if self.waiting {
            self.cell.unregister_handle();
        }
    }
}
