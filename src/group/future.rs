//! The future of a group: [`GroupFuture`].

mod poll;

use alloc::{collections::VecDeque, vec::Vec};
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use super::{
    grace::Grace,
    kind::{Kind, Usual},
    shared::Shared,
};
use crate::{chunks::Chunks, errors::Errors, table::Table};

/// The future returned by [`group`](super::group()) and [`local_group`](super::local_group()).
///
/// `K` distinguishes the two.
///
/// ```
/// use gather::{GroupFuture, group};
///
/// fn total(names: &[String]) -> GroupFuture<'_, usize, String> {
///     group(async move |g| {
///         let lengths = names.iter().map(|name| g.spawn(async { Ok(name.len()) }));
///         Ok(gather::gather(lengths).await.into_iter().sum())
///     })
/// }
///
/// # smol::block_on(async {
/// assert_eq!(total(&["a".to_string(), "bc".to_string()]).await.unwrap(), 3);
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion. If a child, the body, or the drop of one panics, see
/// [`group()`](super::group()#panics).
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Children make no progress meanwhile. Dropping it drops the
/// body and all children, without [`grace`](Self::grace).
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct GroupFuture<'env, R, E: 'static, K: Kind = Usual> {
    shared: K::Pointer<Shared<K::Boxed<'env, E>, R, K>>,
    tasks: Table<Chunks<K::Boxed<'env, E>>>,
    /// The body, until the first poll.
    unstarted: Option<K::Boxed<'env, E>>,
    body_runs: bool,
    /// In order of occurrence.
    errors: Vec<(usize, E)>,
    /// Children to start.
    queue: VecDeque<(usize, K::Boxed<'env, E>)>,
    /// The maximum number of children alive.
    limit: usize,
    /// Whether children run on after the group was cancelled.
    graceful: bool,
    /// Whether the `cancelled` futures were woken.
    signalled: bool,
    /// The value, if there is one, once the group is over.
    ended: Option<Option<R>>,
    terminated: bool,
}

// Children are pinned in their boxes, and nothing else is pinned.
impl<R, E, K: Kind> Unpin for GroupFuture<'_, R, E, K> {}

impl<'env, R, E, K: Kind> GroupFuture<'env, R, E, K> {
    pub(super) fn new(
        shared: K::Pointer<Shared<K::Boxed<'env, E>, R, K>>,
        body: K::Boxed<'env, E>,
    ) -> Self {
        Self {
            shared,
            tasks: Table::growing(usize::MAX).woken_first(),
            unstarted: Some(body),
            body_runs: true,
            errors: Vec::new(),
            queue: VecDeque::new(),
            limit: usize::MAX,
            graceful: false,
            signalled: false,
            ended: None,
            terminated: false,
        }
    }

    /// Limits how many children are alive at once. Other children wait, unpolled, in the order of spawning.
    ///
    /// The body does not count, and spawning does not wait. A child that is
    /// [cancelled](super::Child::cancel) while it waits is dropped when it would start. A child that awaits a waiting
    /// child keeps its place: if all do that, the group never ends.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    ///
    /// let (alive, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    /// let done: Result<_, Errors<String>> = group(async |g| {
    ///     for _ in 0..100 {
    ///         g.spawn(async {
    ///             most.fetch_max(1 + alive.fetch_add(1, Relaxed), Relaxed);
    ///             smol::future::yield_now().await;
    ///             alive.fetch_sub(1, Relaxed);
    ///             Ok(())
    ///         });
    ///     }
    ///     Ok("done")
    /// })
    /// .at_most(8)
    /// .await;
    /// assert_eq!((done.unwrap(), most.into_inner()), ("done", 8));
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if `limit` is 0.
    #[track_caller]
    pub fn at_most(mut self, limit: usize) -> Self {
        assert!(limit > 0, "`at_most(0)` would never start a child");
        self.limit = limit;
        self
    }

    /// Gives children time to end when the group is cancelled, by a failure or by
    /// [`finish`](super::Group::finish).
    ///
    /// When the group is cancelled, [`cancelled`](super::Group::cancelled) resolves, and children go on until they
    /// end or `deadline` is ready. Then those that still run are dropped. Children can be spawned meanwhile. Errors
    /// that occur meanwhile are in the [`Errors`], too, and take precedence over a value.
    ///
    /// Grace ends with the last child. The body is dropped then, unless it has awaited
    /// [`cancelled`](super::Group::cancelled), from any handle: then it can run until the deadline. So a body that
    /// waits for a failed child does not hold up the group. A child that waits for a failed child does; let it await
    /// [`outcome`](super::Child::outcome) instead.
    ///
    /// Pass an `async` block that makes the timer. `deadline` is first polled when the group is cancelled, but most
    /// timers start when they are made: with `grace(sleep(five_seconds))`, a group that is cancelled after five
    /// seconds has no grace at all.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{Errors, group};
    /// use std::time::Duration;
    ///
    /// let log = std::sync::Mutex::new(Vec::new());
    /// let job = group(async |g| {
    ///     let (cancelled, log) = (g.cancelled(), &log);
    ///     g.spawn(async move {
    ///         cancelled.await;
    ///         log.lock().unwrap().push("flushed");
    ///         Ok(())
    ///     });
    ///     Err::<(), _>("no more input")
    /// });
    /// let grace = async {
    ///     smol::Timer::after(Duration::from_secs(5)).await;
    /// };
    /// let errors = job.grace(grace).await.unwrap_err();
    /// assert_eq!(errors.to_string(), "1 error\n└─ 1: no more input");
    /// assert_eq!(*log.lock().unwrap(), ["flushed"]);
    /// # });
    /// ```
    ///
    /// # A timeout that cleans up
    ///
    /// `timeout(limit, job)` around a group drops it, without any grace. Instead, spawn a child that fails after the
    /// limit, or calls [`finish`](super::Group::finish). Cancel that child when the work is done in time, or the
    /// group waits for it.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::group;
    /// use std::{sync::Mutex, time::Duration};
    ///
    /// async fn sleep(ms: u64) {
    ///     smol::Timer::after(Duration::from_millis(ms)).await;
    /// }
    ///
    /// let saved = Mutex::new(Vec::new());
    /// let job = group(async |g| {
    ///     let timeout = g.spawn(async {
    ///         sleep(10).await;
    ///         Err::<(), _>("too slow")
    ///     });
    ///     let workers = [1, 60_000].map(|ms| {
    ///         let (cancelled, saved) = (g.cancelled(), &saved);
    ///         g.spawn(async move {
    ///             smol::future::or(sleep(ms), cancelled).await;
    ///             sleep(1).await;
    ///             saved.lock().unwrap().push(ms);
    ///             Ok(ms)
    ///         })
    ///     });
    ///     let done = gather::gather(workers).await;
    ///     timeout.cancel();
    ///     Ok(done)
    /// });
    /// let errors = job.grace(async { sleep(5_000).await }).await.unwrap_err();
    /// assert_eq!(errors.to_string(), "1 error\n└─ 0: too slow");
    /// assert_eq!(*saved.lock().unwrap(), [1, 60_000]);
    /// # });
    /// ```
    pub fn grace<D: Future>(mut self, deadline: D) -> Grace<'env, R, E, D, K> {
        self.graceful = true;
        self.shared.be_graceful();
        Grace {
            group: self,
            deadline,
        }
    }
}

impl<R, E, K: Kind> Drop for GroupFuture<'_, R, E, K> {
    fn drop(&mut self) {
        if !self.terminated {
            self.end();
        }
    }
}

impl<R, E, K: Kind> fmt::Debug for GroupFuture<'_, R, E, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupFuture")
            .field("running", &self.tasks.children.len())
            .field("errors", &self.errors.len())
            .finish_non_exhaustive()
    }
}

impl<R, E, K: Kind> Future for GroupFuture<'_, R, E, K> {
    type Output = Result<R, Errors<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_until(cx, "GroupFuture", |_| false)
    }
}

impl<R, E, K: Kind> FusedFuture for GroupFuture<'_, R, E, K> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}
