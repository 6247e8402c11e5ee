//! A spawned child as the group polls it: [`Task`].

use alloc::boxed::Box;
use core::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    child::Child,
    kind::{Kind, keep},
};
use crate::{
    sync::{AtomicBool, Ordering},
    unwind::WakeOnUnwind,
};

/// What a task and its handle share.
pub(super) struct Cell<T, K: Kind> {
    cancelled: AtomicBool,
    state: K::Lock<State<T>>,
}

struct State<T> {
    value: Option<T>,
    over: bool,
    /// The waker of the task, for `cancel`. `None` until the first poll that was pending.
    task: Option<Waker>,
    /// The waker of the handle.
    handle: Option<Waker>,
    /// Whether the handle is woken if there will be no value.
    ends: bool,
}

impl<T, K: Kind> Cell<T, K> {
    fn new() -> Self {
        Self {
            cancelled: AtomicBool::new(false),
            state: K::lock(State {
                value: None,
                over: false,
                task: None,
                handle: None,
                ends: false,
            }),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        K::with(&self.state, |state| state.over)
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let task = K::with(&self.state, |state| state.task.take());
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Polls for the value, for the handle. See `Child::poll_outcome`.
    pub(super) fn poll(&self, waker: &Waker, ends: bool) -> Poll<Option<T>> {
        K::with_waker(&self.state, waker, |state, own| {
            if state.over {
                return Some(Poll::Ready(state.value.take()));
            }
            keep(&mut state.handle, waker, own)?;
            state.ends = ends;
            Some(Poll::Pending)
        })
    }

    /// Drops the waker of the handle.
    pub(super) fn unregister_handle(&self) {
        let waker = K::with(&self.state, |state| state.handle.take());
        drop(waker);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Makes `cancel` wake the task.
    fn register_task(&self, task: &Waker) {
        let mut task = Some(task.clone());
        K::with(&self.state, |state| mem::swap(&mut state.task, &mut task));
    }

    /// Ends the task, with or without a value. Returns the waker to wake.
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

/// Ends a task: without a value if this is dropped.
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
            // A panic of `wake` is caught, as this can be dropped during one.
            drop(WakeOnUnwind(&handle));
        }
    }
}

/// The output of a task: its error. Boxed, so that slots stay small.
pub(super) type Ended<E> = Option<Box<E>>;

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
            // Dropped early: there will be no value.
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
    /// Makes a child of a group, and its handle.
    pub(super) fn with_handle(future: F) -> (Self, Child<T, K>) {
        let cell = K::pointer(Cell::new());
        let task = Self {
            future: Some(future),
            cell: cell.clone(),
            registered: false,
        };
        (task, Child::new(cell))
    }

    /// Called when the future is pending.
    fn wait(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<Ended<E>> {
        let this = self.project();
        let cell = &**this.cell;
        if !*this.registered {
            if K::is_only(this.cell) {
                // The handle was dropped, and its last `cancel`, if any, is visible. Loom does not model
                // the count of an `Arc`, but it does model the lock.
                #[cfg(gather_loom)]
                K::with(&cell.state, |_| ());
            } else {
                // Once is enough: the waker of a slot does not change.
                cell.register_task(cx.waker());
                *this.registered = true;
            }
        }
        if cell.is_cancelled() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    /// Called when the future is ready.
    fn finish(self: Pin<&mut Self>, result: Result<T, E>) -> Poll<Ended<E>> {
        let mut this = self.project();
        let close = Close(this.cell);
        // The future is dropped before its value is visible.
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
        match future.expect("a task is not polled after its end").poll(cx) {
            Poll::Pending => self.wait(cx),
            Poll::Ready(result) => self.finish(result),
        }
    }
}
