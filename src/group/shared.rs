//! What a group's handles and its future share: the mail from the ones to the other.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::child::hopeless;
use crate::sync::Lock;

/// `C` is a boxed child, `R` the group's value.
///
/// One lock guards it all. It is held to move things in and out, never while foreign code runs: what
/// is dropped or woken is moved out first, and wakers are cloned before.
pub(super) struct Shared<C, R> {
    pub(super) number: usize,
    state: Lock<State<C, R>>,
}

struct State<C, R> {
    /// Children that the group has yet to start, each with its index.
    inbox: Vec<(usize, C)>,
    spawned: usize,
    /// What the group was finished with.
    value: Option<R>,
    phase: Phase,
    /// Whether children may still be spawned once the group is cancelled.
    graceful: bool,
    /// Whether the group is to be woken for mail: it is not being polled.
    asleep: bool,
    /// Only the group puts it there. It stays until mail comes.
    parent: Option<Waker>,
    listeners: BTreeMap<usize, Waker>,
    next_listener: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Cancelled,
    Over,
}

/// What a group found that wanted to sleep.
pub(super) enum Rest {
    Mail,
    Asleep { cancelled: bool },
}

impl<C, R> Shared<C, R> {
    pub(super) fn new() -> Self {
        Self {
            number: hopeless::new_group(),
            state: Lock::new(State {
                inbox: Vec::new(),
                spawned: 0,
                value: None,
                phase: Phase::Open,
                graceful: false,
                asleep: false,
                parent: None,
                listeners: BTreeMap::new(),
                next_listener: 0,
            }),
        }
    }

    /// Calls the body's closure. If it panics, nobody is left to close what it spawned into.
    pub(super) fn call<T>(&self, body: impl FnOnce() -> T) -> T {
        let guard = CloseOnUnwind(self);
        let future = body();
        mem::forget(guard);
        future
    }

    /// Gives the group a child, unless it takes no more: then the child is dropped.
    pub(super) fn spawn(&self, child: C) {
        let mut child = Some(child);
        let parent = self.state.with(|state| {
            if !state.is_accepting() {
                return None;
            }
            state
                .inbox
                .extend(child.take().map(|child| (state.spawned, child)));
            state.spawned += 1;
            state.ring()
        });
        drop(child);
        wake(parent);
    }

    pub(super) fn finish(&self, value: R) {
        let mut value = Some(value);
        let parent = self.state.with(|state| {
            if state.phase == Phase::Over || state.value.is_some() {
                return None;
            }
            state.value = value.take();
            state.phase = Phase::Cancelled;
            state.ring()
        });
        drop(value);
        wake(parent);
    }

    pub(super) fn cancelled(self: &Arc<Self>) -> Cancelled<C, R> {
        Cancelled {
            shared: self.clone(),
            listener: None,
        }
    }

    /// The group takes children also after it was cancelled, until it is over.
    pub(super) fn be_graceful(&self) {
        self.state.with(|state| state.graceful = true);
    }

    /// The group is being polled: mail does not have to wake it. Whether it is to end.
    pub(super) fn wake_up(&self) -> bool {
        self.state.with(|state| {
            state.asleep = false;
            state.phase != Phase::Open
        })
    }

    /// Moves the children that were spawned and are to be started into `mail`, which is empty. If
    /// there are none, mail wakes `parent` from now on.
    pub(super) fn rest(&self, mail: &mut Vec<(usize, C)>, parent: &Waker) -> Rest {
        let mut own = None;
        loop {
            let rest = self.state.with(|state| {
                if state.is_accepting() && !state.inbox.is_empty() {
                    mem::swap(&mut state.inbox, mail);
                    return Some(Rest::Mail);
                }
                match &mut state.parent {
                    Some(known) if known.will_wake(parent) => {}
                    _ if own.is_none() => return None,
                    known => mem::swap(known, &mut own),
                }
                state.asleep = true;
                let cancelled = state.phase != Phase::Open;
                Some(Rest::Asleep { cancelled })
            });
            match rest {
                Some(rest) => return rest,
                None => own = Some(parent.clone()),
            }
        }
    }

    /// A child or the body has failed.
    pub(super) fn fail(&self) {
        self.state.with(|state| state.phase = Phase::Cancelled);
    }

    /// The index after that of the last child, which is not given again.
    pub(super) fn next_index(&self) -> usize {
        self.state.with(|state| {
            state.spawned += 1;
            state.spawned - 1
        })
    }

    /// Tells all who listen that the group is cancelled.
    pub(super) fn signal(&self) {
        let listeners = self.state.with(|state| mem::take(&mut state.listeners));
        listeners.into_values().for_each(Waker::wake);
    }

    /// The group is over. The children that were not started, and the value that it was finished
    /// with.
    pub(super) fn close(&self) -> (Vec<(usize, C)>, Option<R>) {
        let (mail, parent) = self.state.with(|state| {
            state.phase = Phase::Over;
            state.asleep = false;
            let mail = (mem::take(&mut state.inbox), state.value.take());
            (mail, state.parent.take())
        });
        drop(parent);
        self.signal();
        mail
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

    /// Who is to be woken for the mail.
    fn ring(&mut self) -> Option<Waker> {
        if mem::take(&mut self.asleep) {
            self.parent.take()
        } else {
            None
        }
    }
}

fn wake(parent: Option<Waker>) {
    if let Some(parent) = parent {
        parent.wake();
    }
}

struct CloseOnUnwind<'a, C, R>(&'a Shared<C, R>);

impl<C, R> Drop for CloseOnUnwind<'_, C, R> {
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

/// The future of `Group::cancelled`.
pub(super) struct Cancelled<C, R> {
    shared: Arc<Shared<C, R>>,
    listener: Option<usize>,
}

impl<C, R> Future for Cancelled<C, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { shared, listener } = &mut *self;
        let mut own = None;
        loop {
            let polled = shared.state.with(|state| {
                if state.phase != Phase::Open {
                    return Some(Poll::Ready(()));
                }
                let known = listener.and_then(|listener| state.listeners.get_mut(&listener));
                if known.is_some_and(|known| known.will_wake(cx.waker())) {
                    return Some(Poll::Pending);
                }
                let waker = own.take()?;
                let listener = *listener.get_or_insert_with(|| {
                    state.next_listener += 1;
                    state.next_listener
                });
                own = state.listeners.insert(listener, waker);
                Some(Poll::Pending)
            });
            match polled {
                Some(polled) => {
                    if polled.is_ready() {
                        hopeless::take_back(shared.number);
                    }
                    return polled;
                }
                None => own = Some(cx.waker().clone()),
            }
        }
    }
}

impl<C, R> Drop for Cancelled<C, R> {
    fn drop(&mut self) {
        if let Some(listener) = self.listener {
            let waker = self
                .shared
                .state
                .with(|state| state.listeners.remove(&listener));
            drop(waker);
        }
    }
}
