//! The handle of a group: [`Group`].

use alloc::boxed::Box;
use core::{fmt, future::Future};

#[cfg(feature = "std")]
use super::Child;
use super::{
    LocalChild, LocalGroup,
    infallible::Infallible,
    kind::{Kind, Usual},
    shared::{Cancelled, Shared},
    task::Task,
};

/// The handle of a [`group()`](super::group()): spawns children, and finishes the group.
///
/// Clone it to move it into children, which can then spawn children, or to other threads. It does not keep the
/// group running. After the group has ended, a handle drops what it is passed.
///
/// The type is `Group<'_, R, E>`, or `LocalGroup<'_, R, E>` for a [`local_group`](super::local_group()). `K`
/// distinguishes the two.
///
/// ```
/// use gather::{Group, group};
///
/// fn spawn_all<'a>(g: &Group<'a, (), String>, names: &'a [String]) {
///     for name in names {
///         g.spawn(async move { if name.is_empty() { Err("no name".to_string()) } else { Ok(()) } });
///     }
/// }
///
/// # smol::block_on(async {
/// let names = ["a".to_string(), String::new()];
/// let errors = group(async |g| Ok(spawn_all(&g, &names))).await.unwrap_err();
/// assert_eq!(errors.to_string(), "1 error\n└─ 1: no name");
/// # });
/// ```
pub struct Group<'env, R, E: 'static, K: Kind = Usual> {
    pub(super) shared: K::Pointer<Shared<K::Boxed<'env, E>, R, K>>,
}

#[cfg(feature = "std")]
impl<'env, R, E> Group<'env, R, E> {
    /// Spawns a child. Its error fails the group; its value goes to the handle.
    ///
    /// The child goes on if the handle is dropped. If the group has ended, or is cancelled and has no
    /// [`grace`](super::GroupFuture::grace), the child is dropped unpolled, its handle never resolves, and the
    /// [`outcome`](Child::outcome) is `None`.
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
    /// # Performance
    ///
    /// Makes two allocations.
    pub fn spawn<T, F>(&self, child: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'env,
        T: Send + 'env,
    {
        let (task, mut handle) = Task::with_handle(child);
        handle.index = self.shared.spawn(Box::pin(task));
        handle
    }

    /// Spawns a child that cannot fail the group. Its output, of any type, goes to the handle.
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
    /// If neither children nor the body can fail, use [`Infallible`](core::convert::Infallible) as the error type.
    pub fn spawn_infallible<F>(&self, child: F) -> Child<F::Output>
    where
        F: Future + Send + 'env,
        F::Output: Send + 'env,
    {
        self.spawn(Infallible::new(child))
    }
}

impl<'env, R, E> LocalGroup<'env, R, E> {
    /// Spawns a child that need not be `Send`. See [`Group::spawn`](Group#method.spawn).
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, local_group};
    /// use std::rc::Rc;
    ///
    /// let shared = Rc::new(20);
    /// let sum: Result<_, Errors<String>> = local_group(async |g| {
    ///     let children = [1, 2].map(|n| {
    ///         let shared = shared.clone();
    ///         g.spawn(async move { Ok(*shared + n) })
    ///     });
    ///     Ok(gather::gather(children).await)
    /// })
    /// .await;
    /// assert_eq!(sum.unwrap(), [21, 22]);
    /// # });
    /// ```
    pub fn spawn<T, F>(&self, child: F) -> LocalChild<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let (task, mut handle) = Task::with_handle(child);
        handle.index = self.shared.spawn(Box::pin(task));
        handle
    }

    /// Spawns a child that cannot fail the group, and need not be `Send`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, local_group};
    ///
    /// let one: Result<_, Errors<String>> = local_group(async |g| {
    ///     Ok(g.spawn_infallible(async { 1 }).await)
    /// })
    /// .await;
    /// assert_eq!(one.unwrap(), 1);
    /// # });
    /// ```
    pub fn spawn_infallible<F>(&self, child: F) -> LocalChild<F::Output>
    where
        F: Future + 'env,
        F::Output: 'env,
    {
        self.spawn(Infallible::new(child))
    }
}

impl<'env, R, E, K: Kind> Group<'env, R, E, K> {
    /// The lifetime is invariant: otherwise a child could outlive what it borrows.
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

    /// Ends the group with `value`. The body and all children are dropped, as after a failure.
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
    /// It can be called at any time and from any thread. A child that calls it goes on until its next `.await`. If
    /// the group was not polled yet, it polls no child, unless it has a
    /// [`grace`](super::GroupFuture::grace).
    ///
    /// The first value counts, even if the body returns one later. Errors take precedence over a value: earlier
    /// ones, those of the same poll, and those during the grace.
    pub fn finish(&self, value: R) {
        self.shared.finish(value);
    }

    /// Returns a future that resolves when the group is cancelled: by a failure, or by [`finish`](Self::finish).
    ///
    /// Children and the body await it to clean up during the [`grace`](super::GroupFuture::grace). Without
    /// `grace`, they are dropped in the poll that cancels the group. Outside the group, the future also resolves
    /// when the group has ended.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::group;
    ///
    /// let job = group(async |g| {
    ///     let cancelled = g.cancelled();
    ///     g.spawn(async move {
    ///         cancelled.await;
    ///         println!("clean up");
    ///         Ok(())
    ///     });
    ///     Err::<(), _>("no more input")
    /// });
    /// let deadline = async { smol::Timer::after(std::time::Duration::from_secs(5)).await };
    /// assert_eq!(job.grace(deadline).await.unwrap_err().len(), 1);
    /// # });
    /// ```
    ///
    /// A body that has awaited this can run until the grace ends. Any other body is dropped when the last child
    /// has ended.
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
