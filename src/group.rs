//! `group()`: children that are spawned while it runs, and end before it does.

mod body;
mod child;
mod future;
mod grace;
mod infallible;
mod kind;
mod outcome;
mod shared;

use alloc::boxed::Box;
use core::{fmt, future::Future};

use self::{
    body::Body,
    child::child,
    infallible::Infallible,
    kind::{Kind, Local, Threads},
    shared::{Cancelled, Shared},
};
pub use self::{child::Child, future::GroupFuture, grace::Grace, outcome::ChildOutcome};

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
/// - **Order.** A child is polled first in the poll in which it was spawned, after the one who did
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
/// - **Nesting.** A group within a group takes up to 3.4 KB of stack a level in a debug build, 1.2 KB in release,
///   while it is polled; and 1.6 KB and 0.7 KB while it is dropped unpolled: 5 000 deep fit on 8 MiB.
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
/// They may not borrow what the body owns, since nobody can tell which of the two is dropped first.
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
/// Two allocations for the body and two a child: its future, and what it shares with its handle. The
/// slots grow by doubling and are used again, so that memory is for the children that are alive at
/// once. A poll takes time for the children that were woken.
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

/// The same as [`group`] for children, values and errors that need not be `Send`; nor is the group.
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

/// The handle of a [`group()`], by which children are spawned and the group is finished.
///
/// It is owned: it can be cloned, and moved into children, which can then spawn children themselves,
/// or to other threads. It keeps nothing running. Once the group is over, all that it does is to drop
/// what it is given.
///
/// As a type it is `Group<'_, R, E>` or, for a [`local_group`], `LocalGroup<'_, R, E>`; `K` is what
/// tells the one from the other.
pub struct Group<'env, R, E: 'static, K: Kind = Threads> {
    shared: K::Pointer<Shared<K::Boxed<'env, E>, R, K>>,
}

/// The handle of a [`local_group`]: as [`Group`], for what need not be `Send`.
pub type LocalGroup<'env, R, E> = Group<'env, R, E, Local>;

/// The future of [`local_group`].
pub type LocalGroupFuture<'env, R, E> = GroupFuture<'env, R, E, Local>;

/// The handle of a child of a [`local_group`].
pub type LocalChild<T> = Child<T, Local>;

/// The future of [`Child::outcome`], for a child of a [`local_group`].
pub type LocalChildOutcome<T> = ChildOutcome<T, Local>;

impl<'env, R, E> Group<'env, R, E> {
    /// Starts a child, whose error is the group's, and whose value is for the handle.
    ///
    /// The handle need not be kept: the child runs on without it. If the group is cancelled already,
    /// and has no [`grace`](GroupFuture::grace), or if it is over, the child is dropped unpolled, the
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
    fn new() -> Self {
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
    /// It can be called by anyone at any time, also before the group is polled, which then polls
    /// nobody (but with a [`grace`](GroupFuture::grace) it does). The first value wins, also over the body's own. Errors win over a value: those that came
    /// before, in the same pass, or during the [`grace`](GroupFuture::grace). What is polled goes on to
    /// its next `.await`.
    pub fn finish(&self, value: R) {
        self.shared.finish(value);
    }

    /// Resolves once the group is cancelled, by a failure or by [`finish`](Self::finish), so that children
    /// and the body can clean up in the [`grace`](GroupFuture::grace). In a group without one they are
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
