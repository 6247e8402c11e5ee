//! `group()`: children that are spawned while it runs, and end before it does.

mod child;
mod future;
mod growing;
mod shared;

use alloc::{boxed::Box, sync::Arc};
use core::{fmt, future::Future, pin::Pin};

pub use self::{
    child::Child,
    future::{Grace, GroupFuture},
};
use self::{
    child::{Ended, child},
    shared::Shared,
};

type Boxed<'env, E> = Pin<Box<dyn Future<Output = Ended<E>> + Send + 'env>>;
type LocalBoxed<'env, E> = Pin<Box<dyn Future<Output = Ended<E>> + 'env>>;

/// What the two kinds of groups differ in. Nothing else can implement it.
pub trait Handle {
    type Child: Future<Output = Ended<Self::Error>>;
    type Value;
    /// Not `'static`, though every group's is: within an `async` block that is to be `Send`, the
    /// compiler would have to prove that of a type whose lifetimes it has forgotten, and cannot.
    type Error;
}

/// Runs `body` and the children that it spawns, until all have ended: the counterpart of a
/// `TaskGroup`, within one task of any executor.
///
/// The value is the body's. If the body or a child fails, the others are dropped, and the
/// [`Errors`](crate::Errors) are all that came in that pass, in the order in which they came. In
/// either case no child outlives the group, and so a child may borrow what is outside of it:
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
/// `body` is called now, with the group's handle. The future that it gives is not polled before the
/// group is, nor is any child. `|g| async move { .. }` is as good as `async |g| { .. }`.
///
/// # When it ends
///
/// | | result |
/// |---|---|
/// | the body gave `Ok`, and all children have | the body's value |
/// | a child or the body gave `Err` | all errors |
/// | [`finish`](Group::finish) was called, and there is no error | the value that it was called with |
/// | a child or the body panicked | that panic |
///
/// In all but the first case what still runs is dropped before the group returns, or is given time
/// to clean up by [`grace`](GroupFuture::grace).
///
/// # Behaviour
///
/// - **Order.** Children are polled first in the order in which they were spawned, in the poll in
///   which that was, after the one who did it; then whenever they are woken. One that ends is dropped
///   at once, before its value can be seen.
/// - **Errors.** A child's index is its number in the order of spawning, from 0; the body's is the
///   number of children spawned until it failed. An inner group's `Errors` are one error of the
///   outer group.
/// - **Drop.** The body and the children that run are dropped, those that were not started last, each
///   once, also when one of the drops panics. Wakers and handles that are kept do nothing any more.
/// - **Panic.** Of a child or of the body: goes through `poll`, after all others were dropped.
/// - **Cancellation.** It may be left unpolled or dropped at any point. Children run only while it is
///   polled, all in the task that does so: for other cores, spawn on an executor and await that in a
///   child.
/// - **Fairness.** As [`Gather`](crate::Gather); and children that spawn children without end are
///   started a few hundred in a poll.
///
/// # Borrowing
///
/// Children may borrow what lives longer than the group: not what the body owns, since nobody can
/// tell which of the two is dropped first. Where `|g| async move` takes something that children are
/// to borrow, have it take a reference:
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
/// # Cost
///
/// Two allocations for the body and two a child: its future, and what it shares with its handle. The
/// slots grow by doubling and are used again, so that memory is for the children that are alive at
/// once. A poll takes time for the children that were woken, and a little for each doubling.
pub fn group<'env, B, Fut, R, E>(body: B) -> GroupFuture<Group<'env, R, E>>
where
    B: FnOnce(Group<'env, R, E>) -> Fut,
    Fut: Future<Output = Result<R, E>> + Send + 'env,
    R: Send + 'env,
    E: Send + 'static,
{
    let shared = Arc::new(Shared::new());
    let handle = Group {
        shared: shared.clone(),
    };
    let (task, value) = child(shared.number, shared.call(|| body(handle)));
    GroupFuture::new(shared, Box::pin(task) as _, value)
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
pub fn local_group<'env, B, Fut, R, E>(body: B) -> GroupFuture<LocalGroup<'env, R, E>>
where
    B: FnOnce(LocalGroup<'env, R, E>) -> Fut,
    Fut: Future<Output = Result<R, E>> + 'env,
    R: 'env,
    E: 'static,
{
    let shared = Arc::new(Shared::new());
    let handle = LocalGroup {
        shared: shared.clone(),
    };
    let (task, value) = child(shared.number, shared.call(|| body(handle)));
    GroupFuture::new(shared, Box::pin(task) as _, value)
}

/// The handle of a [`group()`], by which children are spawned and the group is finished.
///
/// It is owned: it can be cloned, and moved into children, which can then spawn children themselves,
/// or to other threads. It keeps nothing running. Once the group is over, all that it does is to drop
/// what it is given.
///
/// Nothing here panics.
pub struct Group<'env, R, E> {
    shared: Arc<Shared<Boxed<'env, E>, R>>,
}

impl<'env, R, E: 'static> Group<'env, R, E> {
    /// Starts a child, whose error is the group's, and whose value is for the handle.
    ///
    /// If the group is cancelled already, and has no [`grace`](GroupFuture::grace), or if it is over,
    /// the child is dropped, and the handle never resolves.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, Group, group};
    ///
    /// // Children may spawn children, through a handle of their own.
    /// async fn count_down(g: Group<'_, u32, String>, n: u32) -> Result<u32, String> {
    ///     if n == 0 {
    ///         return Ok(0);
    ///     }
    ///     let rest = g.spawn(Box::pin(count_down(g.clone(), n - 1)) as futures::future::BoxFuture<_>);
    ///     Ok(1 + rest.await)
    /// }
    ///
    /// let count: Result<_, Errors<_>> = group(|g| count_down(g, 10)).await;
    /// assert_eq!(count.unwrap(), 10);
    /// # });
    /// ```
    ///
    /// Takes two allocations.
    pub fn spawn<T, F>(&self, child: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'env,
        T: Send + 'env,
    {
        let (task, handle) = self::child(self.shared.number, child);
        self.shared.spawn(Box::pin(task));
        handle
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
    /// nobody. The first value wins, also over the body's own. Errors win over a value: those that came
    /// before, in the same pass, or during the [`grace`](GroupFuture::grace). What is polled goes on to
    /// its next `.await`.
    pub fn finish(&self, value: R) {
        self.shared.finish(value);
    }

    /// Resolves once the group is cancelled, by a failure or by [`finish`](Self::finish), or over; for
    /// a child that wants to clean up, in a group with [`grace`](GroupFuture::grace). In one without,
    /// children are dropped before they see it.
    pub fn cancelled(&self) -> impl Future<Output = ()> + use<'env, R, E> {
        self.shared.cancelled()
    }
}

impl<R, E> Clone for Group<'_, R, E> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<R, E> fmt::Debug for Group<'_, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}

impl<'env, R, E> Handle for Group<'env, R, E> {
    type Child = Boxed<'env, E>;
    type Value = R;
    type Error = E;
}

/// The handle of a [`local_group`]: as [`Group`], but for children that need not be `Send`.
pub struct LocalGroup<'env, R, E> {
    shared: Arc<Shared<LocalBoxed<'env, E>, R>>,
}

impl<'env, R, E: 'static> LocalGroup<'env, R, E> {
    /// As [`Group::spawn`].
    pub fn spawn<T, F>(&self, child: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let (task, handle) = self::child(self.shared.number, child);
        self.shared.spawn(Box::pin(task));
        handle
    }

    /// As [`Group::finish`].
    pub fn finish(&self, value: R) {
        self.shared.finish(value);
    }

    /// As [`Group::cancelled`].
    pub fn cancelled(&self) -> impl Future<Output = ()> + use<'env, R, E> {
        self.shared.cancelled()
    }
}

impl<R, E> Clone for LocalGroup<'_, R, E> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<R, E> fmt::Debug for LocalGroup<'_, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalGroup").finish_non_exhaustive()
    }
}

impl<'env, R, E> Handle for LocalGroup<'env, R, E> {
    type Child = LocalBoxed<'env, E>;
    type Value = R;
    type Error = E;
}
