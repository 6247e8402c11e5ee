//! `group()`: children that are spawned while it runs, and end before it does.

mod body;
mod child;
mod future;
mod grace;
mod handle;
mod infallible;
mod kind;
mod outcome;
mod shared;
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

/// Runs `body` and the children that it spawns, until all have ended: the counterpart of a
/// `TaskGroup`, within one task of any executor.
///
/// The value is the body's. If the body or a child fails, the others are dropped, and the result is
/// the [`Errors`](crate::Errors): all that came in that poll, in the order in which they came. In
/// either case no child outlives the group, and so children may borrow what is outside of it:
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
/// A child is a future of a `Result`, and its handle one of the plain value: code that awaits the
/// handle goes on only if the child gave one. Where an error of a child is not to be the group's, spawn it
/// with [`spawn_infallible`](Group::spawn_infallible): a `Result` is a value then. A child whose value is
/// of no use needs no handle.
///
/// `body` is called now, with the group's handle. The future that it gives is not polled before the
/// group is, nor is any child. `|g| async move { .. }` is as good as `async |g| { .. }`.
///
/// # When it ends
///
/// | | result |
/// |---|---|
/// | the body gave `Ok`, and then all children have | the body's value |
/// | a child or the body gave `Err` | all errors |
/// | [`finish`](Group::finish) was called, before or after the body gave `Ok` | the value of that call, if there is no error |
/// | a child or the body panicked | that panic |
///
/// In all but the first case what still runs is dropped before the group returns, or is given time
/// to clean up by [`grace`](GroupFuture::grace). To limit how many children are alive at once is for
/// [`at_most`](GroupFuture::at_most).
///
/// # Behaviour
///
/// - **Order.** A child is polled first in the poll in which it was spawned, after the one that did
///   that, in order of spawning; later when it is woken, and rarely for nothing. One that ends is
///   dropped at once, before its value can be seen.
/// - **Errors.** A child's index is its number in the order of spawning, from 0. The body comes after
///   the children that were spawned until it failed: with three of them, its index is 3. An inner
///   group's `Errors` are one error of the outer group.
/// - **Drop.** The body and the children that run are dropped, those that were not started last, each
///   once, also when one of the drops panics. Wakers and handles that are kept do nothing any more.
/// - **Panic.** That of a child or of the body goes through `poll`, after all others were dropped.
/// - **Cancellation.** It may be left unpolled or dropped at any point. Children run only while it is
///   polled, all in the task that does so: for other cores, spawn on an executor and await that in a
///   child.
/// - **Fairness.** As [`Gather`](crate::Gather). Of children that spawn children and so on without
///   end, a few hundred are started in a poll, and the others in the next.
/// - **Nesting.** A group within a group takes 2 KB of stack a level in a debug build, 0.7 KB in release, while it
///   is polled, and what the futures take that are around it; 1.6 KB and 0.7 KB while it is dropped unpolled:
///   5 000 deep fit on 8 MiB.
///
/// # Borrowing
///
/// Children may borrow what lives longer than the group, to write to it as well: that is the way to
/// keep what was done until a failure.
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
/// They may not borrow what the body owns, since it is open which of the two is dropped first.
/// The compiler then says "borrowed value does not live long enough", or "async block may outlive the
/// current function" and advises `move`. That is right for what one child needs; what several share
/// is to be declared before the group, and moved into them as a reference. A child that needs the
/// handle takes a clone.
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
/// What is not `Send` is for a [`local_group`].
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
/// It has to be known: from a child that calls something, or from the type that the result is given,
/// as above. With `?` in the body or in a child, which converts errors, it is never inferred; the
/// compiler then says "type annotations needed". Name it: `group::<_, _, _, anyhow::Error>(..)`. It is `'static`: an error may not borrow.
///
/// # Cost
///
/// Two allocations for the group and two a child: its future, and what it shares with its handle. The
/// slots grow by doubling and are used again, so that memory is for the children that are alive at
/// once. A poll takes time for the children that were woken.
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

/// A `group` whose children, values and errors need not be `Send`; nor is the group. It needs no `std`.
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

/// The handle of a [`local_group`].
pub type LocalGroup<'env, R, E> = Group<'env, R, E, Local>;

/// The future of [`local_group`].
pub type LocalGroupFuture<'env, R, E> = GroupFuture<'env, R, E, Local>;

/// The future of `grace`, of a [`local_group`].
pub type LocalGrace<'env, R, E, D> = Grace<'env, R, E, D, Local>;

/// The handle of a child of a [`local_group`].
pub type LocalChild<T> = Child<T, Local>;

/// The future of `outcome`, of a child of a [`local_group`].
pub type LocalChildOutcome<T> = ChildOutcome<T, Local>;
