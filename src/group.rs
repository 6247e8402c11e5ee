//! Children that are spawned while others run, and end together: [`group()`], [`local_group`].

mod body;
mod child;
mod future;
mod grace;
mod handle;
mod infallible;
mod kind;
mod outcome;
mod shared;
mod task;
#[cfg(feature = "std")]
mod threads;

use alloc::boxed::Box;
use core::future::Future;

#[cfg(feature = "std")]
use self::threads::Threads;
use self::{body::Body, kind::Local};
pub use self::{
    child::Child, future::GroupFuture, grace::Grace, handle::Group, outcome::ChildOutcome,
};

/// Runs `body` and the children that it spawns, and returns the value of `body` when all have ended.
///
/// This is the counterpart of `asyncio.TaskGroup`, within one task of any executor. If the body or a child
/// fails, the others are dropped, and the group returns the [`Errors`](crate::Errors). No child outlives
/// the group, so children can borrow from outside it:
///
/// ```
/// # smol::block_on(async {
/// use gather::{Errors, group};
///
/// async fn fetch(url: &str) -> Result<usize, String> {
///     if url.is_empty() { Err("no such page".into()) } else { Ok(url.len()) }
/// }
///
/// let urls = ["/a".to_string(), "/list".to_string()];
/// let sizes = group(async |g| {
///     let a = g.spawn(fetch(&urls[0]));
///     let list = g.spawn(fetch(&urls[1]));
///     Ok((a.await, list.await))
/// })
/// .await;
/// assert_eq!(sizes.unwrap(), (2, 5));
///
/// let errors: Errors<_> = group(async |g| {
///     let children = ["/a", "", "/list"].map(|url| g.spawn(fetch(url)));
///     Ok(gather::gather(children).await)
/// })
/// .await
/// .unwrap_err();
/// assert_eq!(errors.to_string(), "1 error\n└─ 1: no such page");
/// # });
/// ```
///
/// A child returns a `Result`. Its handle resolves to the value; if the child fails, the group ends, and code
/// that awaits the handle is dropped. The handle can be dropped at once if the value is not needed. A child that
/// should not fail the group is spawned with [`spawn_infallible`](Group::spawn_infallible).
///
/// `group` calls `body` at once, with a handle of the group. The future that `body` returns starts when the
/// group is first polled, and so do children. `|g| async move { .. }` works as well as `async |g| { .. }`.
///
/// More programs are in [`guide::groups`](crate::guide::groups).
///
/// # When it ends
///
/// | event | result |
/// |---|---|
/// | the body and all children have returned `Ok` | the value of the body |
/// | a child or the body has returned `Err` | the errors |
/// | [`finish`](Group::finish) was called | its value, if there is no error |
/// | a child or the body has panicked | the panic |
///
/// In all but the first case, the body and the children that still run are dropped before the group returns.
/// [`grace`](GroupFuture::grace) gives them time to clean up. [`at_most`](GroupFuture::at_most) limits how many
/// children are alive at once.
///
/// # Behaviour
///
/// - **Order.** A child is first polled in the poll in which it was spawned, after the body or child that
///   spawned it, in order of spawning. A child is dropped as soon as it ends, before its value is visible.
/// - **Drop.** Dropping the group drops the body and running children, then children that were not
///   started, even if one of the drops panics. Wakers and handles that are kept do nothing then.
/// - **Threads.** Children run in the task that polls the group, one at a time. To use other cores, spawn on an
///   executor, and await that task in a child.
/// - **Fairness.** As [`Gather`](crate::Gather). If children spawn children without end, each poll starts a
///   few hundred of them.
/// - **Wakers.** The task is woken at most once each time the group is parked, by the first spawn or the first
///   woken child.
/// - **Nesting.** Each level of groups within groups takes up to 2 KB of stack while it is polled in a debug build,
///   and 0.7 KB in release, besides the futures around it. A drop takes no more.
///
/// # Errors
///
/// Returns all errors of the poll in which the first one occurred, in order of occurrence. The index of a child
/// is its number in the order of spawning, from 0. The body counts as a child that is spawned when it fails: after
/// three children, its index is 3. The `Errors` of an inner group are one error of the outer group.
///
/// # Panics
///
/// If a child or the body panics, or its drop when it is ready, all others are dropped, and the panic propagates out
/// of `poll`. The group has completed then.
///
/// If a drop panics when the group ends for another reason, all others are dropped, and the panic propagates. The
/// next poll returns the result.
///
/// # Cancel safety
///
/// The group can be left unpolled, and polled again later. Children make no progress meanwhile.
///
/// # Borrowing
///
/// Children can borrow anything that outlives the group, also mutably. That keeps results when the group fails:
///
/// ```
/// # smol::block_on(async {
/// # use gather::{Errors, group};
/// let mut places = [None; 3];
/// let done: Result<(), Errors<&str>> = group(async |g| {
///     for (index, place) in places.iter_mut().enumerate() {
///         g.spawn(async move {
///             if index == 2 {
///                 return Err("no third");
///             }
///             *place = Some(index);
///             Ok(())
///         });
///     }
///     Ok(())
/// })
/// .await;
/// assert!(done.is_err());
/// assert_eq!(places, [Some(0), Some(1), None]);
/// # });
/// ```
///
/// They cannot borrow from the body, as it may be dropped before them. The compiler reports "does not live long
/// enough", or "async block may outlive the current function". If one child needs the value, use `async move`, as
/// the compiler suggests. If several children share it, declare it before the group, and move a reference into
/// them. A child that needs the handle gets a clone.
///
/// ```
/// # smol::block_on(async {
/// # use gather::{Errors, group};
/// let names = vec!["a", "b"];
/// let names = &names;
/// let lengths: Result<_, Errors<String>> = group(|g| async move {
///     let lengths = names.iter().map(|name| g.spawn(async { Ok(name.len()) }));
///     Ok(gather::gather(lengths).await)
/// })
/// .await;
/// assert_eq!(lengths.unwrap(), [1, 1]);
/// # });
/// ```
///
/// ```compile_fail,E0597
/// # use gather::{Errors, group};
/// let _ = group(async |g| {
///     let name = String::from("a");
///     // `name` does not live long enough
///     let length = g.spawn(async { Ok::<_, String>(name.len()) });
///     Ok(length.await)
/// });
/// ```
///
/// For children that are not `Send`, use [`local_group`].
///
/// ```compile_fail
/// # use gather::group;
/// let _ = group(async |g| {
///     let held = std::rc::Rc::new(1);
///     // future cannot be sent between threads safely
///     let one = g.spawn(async move { Ok::<_, String>(*held) });
///     Ok(one.await)
/// });
/// ```
///
/// # The error type
///
/// The error type is inferred from a child, or from the type of the result, as above. It cannot be inferred through
/// `?`, which converts errors: the compiler reports "type annotations needed". Name it in the call:
/// `group::<_, _, _, anyhow::Error>(..)`. Errors are `'static`: they cannot borrow.
///
/// # Performance
///
/// Makes two allocations for the group, and two for each child: its future, and what it shares with its handle.
/// Slots grow by doubling and are reused, so memory depends on how many children are alive at once. The time of
/// a poll depends on the number of woken children.
#[cfg(feature = "std")]
pub fn group<'env, B, Fut, R, E>(body: B) -> GroupFuture<'env, R, E>
where
    B: FnOnce(Group<'env, R, E>) -> Fut,
    Fut: Future<Output = Result<R, E>> + Send + 'env,
    R: Send + 'env,
    E: Send + 'static,
{
    let handle = Group::<R, E>::new();
    let body = handle.shared.call(|| body(handle.clone()));
    let body = Body::<_, _, _, Threads>::new(body, handle.shared.clone());
    GroupFuture::new(handle.shared, Box::pin(body) as _)
}

/// Runs a [`group`](crate::group()) whose children, values and errors need not be `Send`.
///
/// The group is not `Send` either. It needs the feature `alloc` only.
///
/// ```
/// # smol::block_on(async {
/// use gather::{Errors, local_group};
/// use std::{cell::Cell, rc::Rc};
///
/// let sum = Rc::new(Cell::new(0));
/// let done: Result<_, Errors<String>> = local_group(async |g| {
///     for n in 1..=3 {
///         let sum = sum.clone();
///         g.spawn(async move { Ok(sum.set(sum.get() + n)) });
///     }
///     Ok("done")
/// })
/// .await;
/// assert_eq!((done.unwrap(), sum.get()), ("done", 6));
/// # });
/// ```
///
/// ```compile_fail,E0277
/// # use gather::local_group;
/// fn spawn<F: Future + Send>(_: F) {}
/// // `Rc<..>` cannot be sent between threads safely
/// spawn(local_group(async |_| Ok::<_, String>(1)));
/// ```
pub fn local_group<'env, B, Fut, R, E>(body: B) -> LocalGroupFuture<'env, R, E>
where
    B: FnOnce(LocalGroup<'env, R, E>) -> Fut,
    Fut: Future<Output = Result<R, E>> + 'env,
    R: 'env,
    E: 'static,
{
    let handle = LocalGroup::<R, E>::new();
    let body = handle.shared.call(|| body(handle.clone()));
    let body = Body::<_, _, _, Local>::new(body, handle.shared.clone());
    GroupFuture::new(handle.shared, Box::pin(body) as _)
}

/// The handle of a [`local_group`]. See `Group`.
///
/// ```
/// use gather::{LocalGroup, local_group};
///
/// fn spawn_one<'a>(g: &LocalGroup<'a, (), String>, shared: std::rc::Rc<u8>) {
///     g.spawn(async move { if *shared == 1 { Ok(()) } else { Err("not 1".to_string()) } });
/// }
///
/// # smol::block_on(async {
/// assert!(local_group(async |g| Ok(spawn_one(&g, 1.into()))).await.is_ok());
/// # });
/// ```
pub type LocalGroup<'env, R, E> = Group<'env, R, E, Local>;

/// The future returned by [`local_group`]. See `GroupFuture`.
///
/// ```
/// use gather::{LocalGroupFuture, local_group};
///
/// fn job() -> LocalGroupFuture<'static, u8, String> {
///     local_group(async |_| Ok(1))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job().await.unwrap(), 1);
/// # });
/// ```
pub type LocalGroupFuture<'env, R, E> = GroupFuture<'env, R, E, Local>;

/// The future returned by `grace` of a [`local_group`]. See `Grace`.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{LocalGrace, local_group};
///
/// fn job() -> LocalGrace<'static, u8, String, Ready<()>> {
///     local_group(async |_| Ok(1)).grace(ready(()))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job().await.unwrap(), 1);
/// # });
/// ```
pub type LocalGrace<'env, R, E, D> = Grace<'env, R, E, D, Local>;

/// The handle of a child of a [`local_group`]. See `Child`.
///
/// ```
/// use gather::{Errors, LocalChild, local_group};
///
/// # smol::block_on(async {
/// let value: Result<_, Errors<String>> = local_group(async |g| {
///     let child: LocalChild<u8> = g.spawn(async { Ok(1) });
///     Ok(child.await)
/// })
/// .await;
/// assert_eq!(value.unwrap(), 1);
/// # });
/// ```
pub type LocalChild<T> = Child<T, Local>;

/// The future returned by `outcome` of a child of a [`local_group`]. See `ChildOutcome`.
///
/// ```
/// use gather::{Errors, LocalChildOutcome, local_group};
///
/// # smol::block_on(async {
/// let value: Result<_, Errors<String>> = local_group(async |g| {
///     let outcome: LocalChildOutcome<u8> = g.spawn(async { Ok(1) }).outcome();
///     Ok(outcome.await)
/// })
/// .await;
/// assert_eq!(value.unwrap(), Some(1));
/// # });
/// ```
pub type LocalChildOutcome<T> = ChildOutcome<T, Local>;
