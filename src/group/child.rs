//! The two ends of a spawned child: the task that the group polls, and the handle to its value.

use alloc::boxed::Box;
use core::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

use super::{
    kind::{Kind, Usual, keep},
    outcome::ChildOutcome,
};
use crate::{
    sync::{AtomicBool, Ordering},
    unwind::WakeOnUnwind,
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
    /// Whether the cell has a waker of this handle.
    waiting: bool,
    terminated: bool,
}

// The value is never pinned.
impl<T, K: Kind> Unpin for Child<T, K> {}

impl<T, K: Kind> Child<T, K> {
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
        self.cell.cancelled.store(true, Ordering::Release);
        let task = K::with(&self.cell.state, |state| state.task.take());
        if let Some(task) = task {
            task.wake();
        }
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
        K::with(&self.cell.state, |state| state.over)
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

    /// Polls for the value, and for `None` if there will be none: only if that `ends`, the waker is woken
    /// for it.
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
            let waker = K::with(&self.cell.state, |state| state.handle.take());
            drop(waker);
        }
    }
}

/// Where the two ends meet.
struct Cell<T, K: Kind> {
    cancelled: AtomicBool,
    state: K::Lock<State<T>>,
}

struct State<T> {
    value: Option<T>,
    over: bool,
    /// Wakes the task, to be cancelled. None before it is known to need more than one poll.
    task: Option<Waker>,
    /// Wakes what awaits the handle.
    handle: Option<Waker>,
    /// Whether that is woken also if there will be no value.
    ends: bool,
}

impl<T, K: Kind> Cell<T, K> {
    fn poll(&self, waker: &Waker, ends: bool) -> Poll<Option<T>> {
        K::with_waker(&self.state, waker, |state, own| {
            if state.over {
                return Some(Poll::Ready(state.value.take()));
            }
            keep(&mut state.handle, waker, own)?;
            state.ends = ends;
            Some(Poll::Pending)
        })
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// From now on `cancel` wakes the task.
    fn register(&self, task: &Waker) {
        let mut task = Some(task.clone());
        K::with(&self.state, |state| mem::swap(&mut state.task, &mut task));
    }

    /// The task is over, and there will be no value if there is none now. Gives what is to be woken.
    fn close(&self, value: Option<T>) -> Option<Waker> {
        let (task, handle, wakes) = K::with(&self.state, |state| {
            let wakes = value.is_some() || state.ends;
            state.over = true;
            state.value = value;
            (state.task.take(), state.handle.take(), wakes)
        });
        drop(task);
        handle.filter(|_| wakes)
    }
}

/// The end of a task: without a value, if this is dropped.
struct Close<'a, T, K: Kind>(&'a Cell<T, K>);

impl<T, K: Kind> Close<'_, T, K> {
    fn with(self, value: Option<T>) {
        let Self(cell) = self;
        mem::forget(self);
        if let Some(handle) = cell.close(value) {
            handle.wake();
        }
    }
}

impl<T, K: Kind> Drop for Close<'_, T, K> {
    fn drop(&mut self) {
        if let Some(handle) = self.0.close(None) {
            // Perhaps as something unwinds.
            drop(WakeOnUnwind(&handle));
        }
    }
}

/// What a task ends with: its error. Boxed, so that it takes no more memory in each slot.
pub(super) type Ended<E> = Option<Box<E>>;

/// The two ends of a child.
pub(super) fn child<F, T, E, K>(future: F) -> (Task<F, T, K>, Child<T, K>)
where
    F: Future<Output = Result<T, E>>,
    K: Kind,
{
    let cell = K::pointer(Cell {
        cancelled: AtomicBool::new(false),
        state: K::lock(State {
            value: None,
            over: false,
            task: None,
            handle: None,
            ends: false,
        }),
    });
    let task = Task {
        future: Some(future),
        cell: cell.clone(),
        registered: false,
    };
    let handle = Child {
        cell,
        index: 0,
        waiting: false,
        terminated: false,
    };
    (task, handle)
}

pin_project! {
    /// A child as the group polls it.
    pub(super) struct Task<F, T, K: Kind> {
        #[pin]
        future: Option<F>,
        cell: K::Pointer<Cell<T, K>>,
        registered: bool,
    }

    impl<F, T, K: Kind> PinnedDrop for Task<F, T, K> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // Dropped before its end: the handle has nothing to wait for.
            if this.future.is_some() {
                let _close = Close(this.cell);
                this.future.set(None);
            }
        }
    }
}

impl<F, T, E, K> Task<F, T, K>
where
    F: Future<Output = Result<T, E>>,
    K: Kind,
{
    /// The future is pending.
    fn wait(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<Ended<E>> {
        let this = self.project();
        let cell = &**this.cell;
        if !*this.registered {
            if K::is_only(this.cell) {
                // The handle is gone, and what it did last, `cancel` perhaps, is seen. Loom does not
                // see the count of an `Arc`, but it sees a lock.
                #[cfg(gather_loom)]
                K::with(&cell.state, |_| ());
            } else {
                // Once is enough: a slot's waker stays the same.
                cell.register(cx.waker());
                *this.registered = true;
            }
        }
        if cell.is_cancelled() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    /// The future is done.
    fn finish(self: Pin<&mut Self>, result: Result<T, E>) -> Poll<Ended<E>> {
        let mut this = self.project();
        let close = Close(this.cell);
        // Before anything sees the value.
        this.future.set(None);
        let (value, error) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(Box::new(error))),
        };
        close.with(value);
        Poll::Ready(error)
    }
}

impl<F, T, E, K> Future for Task<F, T, K>
where
    F: Future<Output = Result<T, E>>,
    K: Kind,
{
    type Output = Ended<E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<E>> {
        let this = self.as_mut().project();
        if this.cell.is_cancelled() {
            return Poll::Ready(None);
        }
        let future = this.future.as_pin_mut();
        match future.expect("not polled after its end").poll(cx) {
            Poll::Pending => self.wait(cx),
            Poll::Ready(result) => self.finish(result),
        }
    }
}
