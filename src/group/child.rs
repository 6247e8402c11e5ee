//! The two ends of a spawned child: the task that the group polls, and the handle to its value.

use alloc::{boxed::Box, sync::Arc};
use core::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

use crate::sync::{AtomicBool, Lock, Ordering, fence};

/// The handle of a child of a group: a future of its value.
///
/// It can be awaited at any time, also long after the child is done, or by another task. Dropped, it
/// lets the child run on.
///
/// If the child fails, or is dropped as the group ends, the handle never resolves. The body, or the
/// child, that waits for the value of a child that failed is dropped, also in a group with
/// [`grace`](super::GroupFuture::grace): it could not go on. To do something else then, select
/// between the handle and [`cancelled`](super::Group::cancelled).
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
/// When polled after it gave the value.
pub struct Child<T> {
    cell: Arc<Cell<T>>,
    /// Whether the cell has a waker of this handle.
    waiting: bool,
    terminated: bool,
}

impl<T> Child<T> {
    /// Drops this one child, wherever it is in its work; the group goes on.
    ///
    /// The group drops it in its next poll, for which it is woken, or at once if this child is being
    /// polled, or was not yet. A child that has finished already is not affected, nor is one that
    /// fails first.
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
    pub fn cancel(self) {
        self.cell.cancelled.store(true, Ordering::Release);
        let task = self.cell.state.with(|state| state.task.take());
        if let Some(task) = task {
            task.wake();
        }
    }

    pub(super) fn has_value(&self) -> bool {
        self.cell.state.with(|state| state.value.is_some())
    }

    /// The value, if it is there and was not given yet.
    pub(super) fn take(&mut self) -> Option<T> {
        self.cell.state.with(|state| state.value.take())
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.cell.state.with(|state| !state.over);
        f.debug_struct("Child")
            .field("running", &running)
            .finish_non_exhaustive()
    }
}

impl<T> Future for Child<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        assert!(!self.terminated, "`Child` polled after completion");
        let polled = self.cell.poll(cx.waker());
        self.waiting = polled.is_pending();
        self.terminated = polled.is_ready();
        polled
    }
}

impl<T> FusedFuture for Child<T> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<T> Drop for Child<T> {
    fn drop(&mut self) {
        if self.waiting {
            let waker = self.cell.state.with(|state| state.handle.take());
            drop(waker);
        }
    }
}

/// Where the two ends meet.
struct Cell<T> {
    /// The group's number.
    group: usize,
    cancelled: AtomicBool,
    state: Lock<State<T>>,
}

struct State<T> {
    value: Option<T>,
    over: bool,
    /// Wakes the task, to be cancelled. None before it is known to need more than one poll.
    task: Option<Waker>,
    /// Wakes whoever awaits the handle.
    handle: Option<Waker>,
    failed: bool,
}

impl<T> Cell<T> {
    fn poll(&self, waker: &Waker) -> Poll<T> {
        let mut own = None;
        loop {
            let polled = self.state.with(|state| {
                if let Some(value) = state.value.take() {
                    return Some(Poll::Ready(value));
                }
                if state.failed {
                    hopeless::tell(self.group);
                    return Some(Poll::Pending);
                }
                match &mut state.handle {
                    Some(known) if known.will_wake(waker) => Some(Poll::Pending),
                    _ if own.is_none() => None,
                    // What was there is dropped later, with `own`.
                    known => {
                        mem::swap(known, &mut own);
                        Some(Poll::Pending)
                    }
                }
            });
            match polled {
                Some(polled) => return polled,
                None => own = Some(waker.clone()),
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// From now on `cancel` wakes the task.
    fn register(&self, task: &Waker) {
        let mut task = Some(task.clone());
        self.state
            .with(|state| mem::swap(&mut state.task, &mut task));
    }

    /// The task is over, and has failed if there is no value.
    fn end(&self, value: Option<T>) {
        let [task, handle] = self.state.with(|state| {
            state.over = true;
            state.failed = value.is_none();
            state.value = value;
            [state.task.take(), state.handle.take()]
        });
        drop(task);
        if let Some(handle) = handle {
            handle.wake();
        }
    }
}

/// What a task ends with: its error. Boxed, so that it takes no more memory in each slot.
pub(super) type Ended<E> = Option<Box<E>>;

/// The two ends of a child of the group with that number.
pub(super) fn child<F, T, E>(group: usize, future: F) -> (Task<F, T>, Child<T>)
where
    F: Future<Output = Result<T, E>>,
{
    let cell = Arc::new(Cell {
        group,
        cancelled: AtomicBool::new(false),
        state: Lock::new(State {
            value: None,
            over: false,
            task: None,
            handle: None,
            failed: false,
        }),
    });
    let task = Task {
        future: Some(future),
        cell: cell.clone(),
        registered: false,
    };
    let handle = Child {
        cell,
        waiting: false,
        terminated: false,
    };
    (task, handle)
}

pin_project! {
    /// A child as the group polls it.
    pub(super) struct Task<F, T> {
        #[pin]
        future: Option<F>,
        cell: Arc<Cell<T>>,
        registered: bool,
    }
}

impl<F, T, E> Future for Task<F, T>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Ended<E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<E>> {
        let mut this = self.project();
        let cell = &**this.cell;
        if cell.is_cancelled() {
            return Poll::Ready(None);
        }
        let future = this.future.as_mut().as_pin_mut();
        let future = future.expect("not polled after its end");
        let (polled, hopeless) = hopeless::watch(cell.group, || future.poll(cx));
        let result = match polled {
            Poll::Ready(result) => Some(result),
            Poll::Pending if hopeless => None,
            Poll::Pending => {
                if !*this.registered {
                    if Arc::strong_count(this.cell) > 1 {
                        // Once is enough: a slot's waker stays the same.
                        cell.register(cx.waker());
                        *this.registered = true;
                    } else {
                        // The handle is gone: what it did last, `cancel` perhaps, is seen now.
                        fence(Ordering::Acquire);
                        // Loom does not see the count of an `Arc`, but it sees a lock.
                        #[cfg(gather_loom)]
                        cell.state.with(|_| ());
                    }
                }
                if cell.is_cancelled() {
                    return Poll::Ready(None);
                }
                return Poll::Pending;
            }
        };
        // Before anybody sees the value.
        this.future.set(None);
        let (value, error) = match result {
            Some(Ok(value)) => (Some(value), None),
            Some(Err(error)) => (None, Some(Box::new(error))),
            None => (None, None),
        };
        cell.end(value);
        Poll::Ready(error)
    }
}

/// Whether a task waits for what will never come: the value of a child that failed.
///
/// A handle does not know whose poll it is in, so it notes on its thread which group the child was
/// of. That ends the innermost task of the same group that is being polled: those further in, of
/// other groups, may have something else to wait for, and nobody else would end them.
pub(super) mod hopeless {
    use core::{
        cell::Cell,
        sync::atomic::{AtomicUsize, Ordering},
        task::Poll,
    };

    std::thread_local! {
        /// The group that the poll was last told of, or none.
        static TOLD: Cell<usize> = const { Cell::new(NONE) };
    }

    const NONE: usize = 0;

    /// A number for each group: a handle may be kept until its group's memory is another's.
    pub(in crate::group) fn new_group() -> usize {
        static GROUPS: AtomicUsize = AtomicUsize::new(NONE + 1);
        GROUPS.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn tell(group: usize) {
        TOLD.set(group);
    }

    /// The task knows that its group is cancelled, and goes on with something else.
    pub(in crate::group) fn take_back(group: usize) {
        if TOLD.get() == group {
            TOLD.set(NONE);
        }
    }

    /// Whether `poll`, of a task of `group`, is pending and was told of that group.
    pub(super) fn watch<T>(group: usize, poll: impl FnOnce() -> Poll<T>) -> (Poll<T>, bool) {
        let mut outer = Restore(TOLD.replace(NONE));
        let polled = poll();
        let told = TOLD.get();
        let hopeless = polled.is_pending() && told == group;
        if polled.is_pending() && told != NONE && told != group {
            outer.0 = told;
        }
        (polled, hopeless)
    }

    /// The poll of a group as a whole: what its tasks were told of others does not count if it ends.
    pub(in crate::group) fn within<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        watch(NONE, poll).0
    }

    /// Also when a poll unwinds.
    struct Restore(usize);

    impl Drop for Restore {
        fn drop(&mut self) {
            TOLD.set(self.0);
        }
    }
}
