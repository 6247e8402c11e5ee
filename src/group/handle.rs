//! The handle of a group: spawns children, finishes the group, and tells of its cancellation.

use alloc::boxed::Box;
use core::{fmt, future::Future};

#[cfg(feature = "std")]
use super::Child;
use super::{
    LocalChild, LocalGroup,
    child::child,
    infallible::Infallible,
    kind::{Kind, Usual},
    shared::{Cancelled, Shared},
};

/// The handle of a [`group()`](super::group()), by which children are spawned and the group is finished.
///
/// It is owned: it can be cloned, and moved into children, which can then spawn children themselves,
/// or to other threads. It keeps nothing running. Once the group is over, all that it does is to drop
/// what it is given.
///
/// As a type it is `Group<'_, R, E>` or, for a [`local_group`](super::local_group()), `LocalGroup<'_, R, E>`; `K` is what
/// tells the one from the other.
pub struct Group<'env, R, E: 'static, K: Kind = Usual> {
    pub(super) shared: K::Pointer<Shared<K::Boxed<'env, E>, R, K>>,
}

#[cfg(feature = "std")]
impl<'env, R, E> Group<'env, R, E> {
    /// Starts a child, whose error is the group's, and whose value is for the handle.
    ///
    /// The handle need not be kept: the child runs on without it. If the group is cancelled already,
    /// and has no [`grace`](super::GroupFuture::grace), or if it is over, the child is dropped unpolled, the
    /// handle never resolves, and its [`outcome`](Child::outcome) is `None`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    ///
    /// let answer: Result<_, Errors<String>> = group(async |g| {
    ///     // Children may spawn children, through a handle of their own.
    ///     let children = g.clone();
    ///     let outer = g.spawn(async move {
    ///         let inner = children.spawn(async { Ok(20) });
    ///         Ok(1 + inner.await)
    ///     });
    ///     Ok(2 * outer.await)
    /// })
    /// .await;
    /// assert_eq!(answer.unwrap(), 42);
    /// # });
    /// ```
    ///
    /// Takes two allocations.
    pub fn spawn<T, F>(&self, child: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'env,
        T: Send + 'env,
    {
        let (task, mut handle) = self::child(child);
        handle.index = self.shared.spawn(Box::pin(task));
        handle
    }

    /// Starts a child that cannot fail: its output is the value, not a `Result`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    ///
    /// let sum: Result<_, Errors<String>> = group(async |g| {
    ///     let one = g.spawn_infallible(async { 1 });
    ///     let two = g.spawn(async { "2".parse::<i32>().map_err(|error| error.to_string()) });
    ///     Ok(one.await + two.await)
    /// })
    /// .await;
    /// assert_eq!(sum.unwrap(), 3);
    /// # });
    /// ```
    ///
    /// If no child can fail, nor the body, the group's error is [`Infallible`](core::convert::Infallible).
    pub fn spawn_infallible<F>(&self, child: F) -> Child<F::Output>
    where
        F: Future + Send + 'env,
        F::Output: Send + 'env,
    {
        self.spawn(Infallible::new(child))
    }
}

impl<'env, R, E> LocalGroup<'env, R, E> {
    /// Starts a child, as that of a group whose children are `Send`.
    pub fn spawn<T, F>(&self, child: F) -> LocalChild<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let (task, mut handle) = self::child(child);
        handle.index = self.shared.spawn(Box::pin(task));
        handle
    }

    /// Starts a child that cannot fail, as that of a group whose children are `Send`.
    pub fn spawn_infallible<F>(&self, child: F) -> LocalChild<F::Output>
    where
        F: Future + 'env,
        F::Output: 'env,
    {
        self.spawn(Infallible::new(child))
    }
}

impl<'env, R, E, K: Kind> Group<'env, R, E, K> {
    /// The lifetime can neither be shortened nor stretched, or a child could borrow what dies before it:
    ///
    /// ```compile_fail
    /// # use gather::Group;
    /// fn shorten<'short, 'long: 'short>(g: Group<'long, (), String>) -> Group<'short, (), String> {
    ///     g
    /// }
    /// ```
    ///
    /// ```compile_fail
    /// # use gather::LocalGroup;
    /// fn shorten<'short, 'long: 'short>(g: LocalGroup<'long, (), String>) -> LocalGroup<'short, (), String> {
    ///     g
    /// }
    /// ```
    ///
    /// ```compile_fail
    /// # use gather::Group;
    /// fn stretch<'short, 'long: 'short>(g: Group<'short, (), String>) -> Group<'long, (), String> {
    ///     g
    /// }
    /// ```
    ///
    /// ```compile_fail,E0597
    /// # use gather::{Child, Group, group};
    /// fn spawn_length<'a>(g: &Group<'a, usize, String>, name: &'a str) -> Child<usize> {
    ///     g.spawn(async move { Ok(name.len()) })
    /// }
    /// let _ = group(async |g| {
    ///     let name = String::from("a");
    ///     let length = spawn_length(&g, &name);
    ///     Ok(length.await)
    /// });
    /// ```
    pub(super) fn new() -> Self {
        Self {
            shared: K::pointer(Shared::new()),
        }
    }

    /// Ends the group with `value`: the body and the children are dropped, as after a failure.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    /// use std::{future::pending, time::Duration};
    ///
    /// let winner: Result<_, Errors<String>> = group(async |g| {
    ///     for (name, ms) in [("slow", 60_000), ("fast", 1)] {
    ///         let group = g.clone();
    ///         g.spawn(async move {
    ///             smol::Timer::after(Duration::from_millis(ms)).await;
    ///             group.finish(name);
    ///             Ok(())
    ///         });
    ///     }
    ///     pending().await
    /// })
    /// .await;
    /// assert_eq!(winner.unwrap(), "fast");
    /// # });
    /// ```
    ///
    /// It can be called from anywhere at any time, also before the group is polled, which then polls no
    /// child, unless it has a [`grace`](super::GroupFuture::grace). The first value wins, also over the body's
    /// own. Errors win over a value: those that came before, in the same pass, or during the grace. What
    /// is being polled goes on to its next `.await`.
    pub fn finish(&self, value: R) {
        self.shared.finish(value);
    }

    /// Resolves once the group is cancelled, by a failure or by [`finish`](Self::finish), so that children
    /// and the body can clean up in the [`grace`](super::GroupFuture::grace). In a group without one they are
    /// dropped in that very poll. Outside of the group it also resolves when the group is over.
    ///
    /// A body that has awaited this, from any handle, is given the whole grace; any other one ends with the
    /// last child.
    pub fn cancelled(&self) -> impl Future<Output = ()> + use<'env, R, E, K> {
        Cancelled::<_, _, K>::new(self.shared.clone())
    }
}

impl<R, E, K: Kind> Clone for Group<'_, R, E, K> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<R, E, K: Kind> fmt::Debug for Group<'_, R, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}
