//! The state that the handles and the future of a group share: spawned children, the value, the cancellation.

use super::{
    body::Listens,
    kind::{Kind, keep},
};
use crate::unwind;
use alloc::collections::{BTreeMap, VecDeque};
use core::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// `C` is a boxed child, and `R` is the value of the group.
///
/// One lock guards it. No foreign code runs under the lock: values are moved out before they are dropped or woken,
/// and wakers are cloned before the lock is taken.
pub(super) struct Shared<C, R, K: Kind> {
    state: K::Lock<State<C, R>>,
    pub(super) body: Listens,
}

struct State<C, R> {
    /// Children to start, with their indices.
    queue: VecDeque<(usize, C)>,
    spawned: usize,
    /// The value passed to `finish`.
    value: Option<R>,
    /// The value that the body returned.
    body: Option<R>,
    phase: Phase,
    /// Whether children can be spawned after the group was cancelled.
    graceful: bool,
    /// Whether the group is parked, and has to be woken.
    parked: bool,
    /// Whether a new child has to wait for others, and does not wake the group.
    full: bool,
    /// Wakes the group, whose table holds the task waker. `None` before the first parking, and after it was used.
    notifier: Option<Waker>,
    listeners: Listeners,
    next_listener: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Cancelled,
    Over,
}

impl<C, R, K: Kind> Shared<C, R, K> {
    pub(super) fn new() -> Self {
        Self {
            state: K::lock(State {
                queue: VecDeque::new(),
                spawned: 0,
                value: None,
                body: None,
                phase: Phase::Open,
                graceful: false,
                parked: false,
                full: false,
                notifier: None,
                listeners: Listeners::default(),
                next_listener: 0,
            }),
            body: Listens::new(),
        }
    }

    /// Calls the closure of the body. Closes the group if it panics: otherwise spawned children that hold a handle of
    /// the group would be leaked.
    pub(super) fn call<T>(&self, body: impl FnOnce() -> T) -> T {
        let guard = CloseOnUnwind(self);
        let future = body();
        mem::forget(guard);
        future
    }

    /// Queues a child, or drops it if the group accepts none. Returns its index.
    pub(super) fn spawn(&self, child: C) -> usize {
        let (index, rejected, group) = K::with(&self.state, |state| {
            let index = state.spawned;
            state.spawned += 1;
            if !state.is_accepting() {
                return (index, Some(child), None);
            }
            state.queue.push_back((index, child));
            let group = if state.full { None } else { state.notify() };
            (index, None, group)
        });
        drop(rejected);
        wake(group);
        index
    }

    pub(super) fn finish(&self, value: R) {
        let mut value = Some(value);
        let group = K::with(&self.state, |state| {
            if state.phase == Phase::Over || state.value.is_some() {
                return None;
            }
            state.value = value.take();
            state.phase = Phase::Cancelled;
            state.notify()
        });
        drop(value);
        wake(group);
    }

    /// Stores the value of the body, which has ended.
    pub(super) fn put(&self, value: R) {
        K::with(&self.state, |state| state.body = Some(value));
    }

    /// Makes the group accept children after it was cancelled, until it is over.
    pub(super) fn be_graceful(&self) {
        K::with(&self.state, |state| state.graceful = true);
    }

    /// Called when a poll of the group starts: a spawn need not wake it. Returns whether the group was cancelled.
    pub(super) fn unpark(&self) -> bool {
        K::with(&self.state, |state| {
            state.parked = false;
            state.phase != Phase::Open
        })
    }

    /// Moves the children to start into `queue`, which is empty, and returns `None`. If there are none, or the group
    /// is `full`, parks the group, and returns whether it was cancelled. The next spawn then wakes the group with the
    /// waker that `notifier` returns, unless it is `full`.
    pub(super) fn park(
        &self,
        full: bool,
        queue: &mut VecDeque<(usize, C)>,
        notifier: impl FnOnce() -> Waker,
    ) -> Option<bool> {
        K::with(&self.state, |state| {
            if !full && state.is_accepting() && !state.queue.is_empty() {
                mem::swap(&mut state.queue, queue);
                return None;
            }
            // Not foreign code: it counts a reference.
            state.notifier.get_or_insert_with(notifier);
            state.parked = true;
            state.full = full;
            Some(state.phase != Phase::Open)
        })
    }

    /// Cancels the group, as a child or the body has failed.
    pub(super) fn fail(&self) {
        K::with(&self.state, |state| state.phase = Phase::Cancelled);
    }

    /// Takes the index of the next child.
    pub(super) fn next_index(&self) -> usize {
        K::with(&self.state, |state| {
            state.spawned += 1;
            state.spawned - 1
        })
    }

    /// Wakes the `cancelled` futures.
    pub(super) fn signal(&self) {
        drop(K::with(&self.state, |state| {
            mem::take(&mut state.listeners)
        }));
    }

    /// Closes the group, which is over. The caller drops what is left.
    pub(super) fn close(&self) -> Closed<C, R> {
        K::with(&self.state, |state| {
            state.phase = Phase::Over;
            state.parked = false;
            Closed {
                queue: mem::take(&mut state.queue),
                values: [state.value.take(), state.body.take()],
                notifier: state.notifier.take(),
                listeners: mem::take(&mut state.listeners),
            }
        })
    }
}

/// What is left of a group.
pub(super) struct Closed<C, R> {
    /// The children that were not started.
    pub(super) queue: VecDeque<(usize, C)>,
    /// The value passed to `finish`, and that of the body.
    pub(super) values: [Option<R>; 2],
    pub(super) notifier: Option<Waker>,
    pub(super) listeners: Listeners,
}

/// The wakers of `cancelled` futures. Dropping this wakes them.
#[derive(Default)]
pub(super) struct Listeners(BTreeMap<usize, Option<Waker>>);

impl Drop for Listeners {
    fn drop(&mut self) {
        unwind::all(|| {
            let first = self.0.pop_first();
            first.map(|(_, listener)| wake(listener)).is_some()
        });
    }
}

impl<C, R> State<C, R> {
    fn is_accepting(&self) -> bool {
        match self.phase {
            Phase::Open => true,
            Phase::Cancelled => self.graceful,
            Phase::Over => false,
        }
    }

    /// Returns the waker of the group, if it is parked.
    fn notify(&mut self) -> Option<Waker> {
        if mem::take(&mut self.parked) {
            self.notifier.take()
        } else {
            None
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

struct CloseOnUnwind<'a, C, R, K: Kind>(&'a Shared<C, R, K>);

impl<C, R, K: Kind> Drop for CloseOnUnwind<'_, C, R, K> {
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

/// The future returned by `Group::cancelled`.
pub(super) struct Cancelled<C, R, K: Kind> {
    shared: K::Pointer<Shared<C, R, K>>,
    listener: Option<usize>,
}

impl<C, R, K: Kind> Cancelled<C, R, K> {
    pub(super) fn new(shared: K::Pointer<Shared<C, R, K>>) -> Self {
        Self {
            shared,
            listener: None,
        }
    }
}

// Nothing is pinned behind the pointer.
impl<C, R, K: Kind> Unpin for Cancelled<C, R, K> {}

impl<C, R, K: Kind> Future for Cancelled<C, R, K> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { shared, listener } = &mut *self;
        shared.body.note::<K>();
        K::with_waker(&shared.state, cx.waker(), |state, own| {
            if state.phase != Phase::Open {
                return Some(Poll::Ready(()));
            }
            let listener = *listener.get_or_insert_with(|| {
                state.next_listener += 1;
                state.next_listener
            });
            let place = state.listeners.0.entry(listener).or_default();
            keep(place, cx.waker(), own)?;
            Some(Poll::Pending)
        })
    }
}

impl<C, R, K: Kind> Drop for Cancelled<C, R, K> {
    fn drop(&mut self) {
        if let Some(listener) = self.listener {
            let waker = K::with(&self.shared.state, |state| {
                state.listeners.0.remove(&listener)
            });
            drop(waker);
        }
    }
}
