//! What a group's handles and its future share: the queue of spawned children, the value, the cancellation.

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

/// `C` is a boxed child, `R` the group's value.
///
/// One lock guards it all. It is held to move things in and out, never while foreign code runs: what
/// is dropped or woken is moved out first, and wakers are cloned before.
pub(super) struct Shared<C, R, K: Kind> {
    state: K::Lock<State<C, R>>,
    pub(super) body: Listens,
}

struct State<C, R> {
    /// Children that the group has yet to start, each with its index.
    queue: VecDeque<(usize, C)>,
    spawned: usize,
    /// What the group was finished with.
    value: Option<R>,
    /// The body's own value.
    body: Option<R>,
    phase: Phase,
    /// Whether children may still be spawned once the group is cancelled.
    graceful: bool,
    /// Whether the group counts on being woken.
    parked: bool,
    /// Whether a new child has to wait, so that the group is not woken for it.
    full: bool,
    /// Wakes the group: its table is parked with the task waker. None before a child was pending.
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

    /// Calls the body's closure. If it panics, nothing else is left to close what it spawned into: a
    /// child in there that has the handle keeps itself alive.
    pub(super) fn call<T>(&self, body: impl FnOnce() -> T) -> T {
        let guard = CloseOnUnwind(self);
        let future = body();
        mem::forget(guard);
        future
    }

    /// Gives the group a child, unless it takes no more: then the child is dropped. Its index.
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

    /// The body has ended, with this value.
    pub(super) fn put(&self, value: R) {
        K::with(&self.state, |state| state.body = Some(value));
    }

    /// The group takes children also after it was cancelled, until it is over.
    pub(super) fn be_graceful(&self) {
        K::with(&self.state, |state| state.graceful = true);
    }

    /// The group is being polled: a spawn does not have to wake it. Whether it is to end.
    pub(super) fn unpark(&self) -> bool {
        K::with(&self.state, |state| {
            state.parked = false;
            state.phase != Phase::Open
        })
    }

    /// Moves the children that are to be started into `queue`, which is empty. If there are none, the next
    /// one wakes the group by what `notifier` gives; and whether the group is to end. If it is `full`, none
    /// is moved, and none wakes the group.
    pub(super) fn park(
        &self,
        full: bool,
        queue: &mut VecDeque<(usize, C)>,
        notifier: impl FnOnce() -> Option<Waker>,
    ) -> Option<bool> {
        K::with(&self.state, |state| {
            if !full && state.is_accepting() && !state.queue.is_empty() {
                mem::swap(&mut state.queue, queue);
                return None;
            }
            if state.notifier.is_none() {
                // Nothing foreign: it counts a reference.
                state.notifier = notifier();
            }
            state.parked = true;
            state.full = full;
            Some(state.phase != Phase::Open)
        })
    }

    /// A child or the body has failed.
    pub(super) fn fail(&self) {
        K::with(&self.state, |state| state.phase = Phase::Cancelled);
    }

    /// The index after that of the last child, which is not given again.
    pub(super) fn next_index(&self) -> usize {
        K::with(&self.state, |state| {
            state.spawned += 1;
            state.spawned - 1
        })
    }

    /// Tells all that listen that the group is cancelled.
    pub(super) fn signal(&self) {
        drop(K::with(&self.state, |state| {
            mem::take(&mut state.listeners)
        }));
    }

    /// The group is over. What is left is for the caller to drop.
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
    /// What it was finished with, and the body's own value.
    pub(super) values: [Option<R>; 2],
    pub(super) notifier: Option<Waker>,
    pub(super) listeners: Listeners,
}

/// The wakers of what waits for the cancellation. To drop this wakes them.
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

    /// What wakes the group, if that is parked.
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

/// The future of `Group::cancelled`.
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

// Wherever the pointer points, nothing is pinned there.
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
