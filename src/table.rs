//! The table: children, the set of those that were woken, and the one loop that polls them.

use alloc::vec::Vec;
use core::{
    convert::Infallible,
    fmt,
    future::{Future, IntoFuture},
    mem,
    ops::ControlFlow,
    task::{Context, Poll},
};

use crate::{
    chunks::Chunks,
    observed::Observed as _,
    ready_set::ReadySet,
    slots::Slots,
    unwind::{WakeOnUnwind, or_wake},
};

/// A poll ends early when it has polled this many woken children in vain: then a cooperative budget
/// (tokio's, say) has run out, and to poll all others too would be quadratic.
pub(crate) const BUDGET: usize = 256;

/// New children are polled before those that were woken; after so many outputs of new ones, which are ready
/// at once, it is the other way round until a woken one gives an output.
const STREAK: usize = 32;

/// The number of no slot.
const NONE: usize = usize::MAX;

/// Children in slots.
pub(crate) trait Children {
    type Output;

    /// How many run.
    fn running(&self) -> usize;

    /// Polls the child in a slot, if one runs there.
    fn poll(&mut self, slot: usize, cx: &mut Context<'_>) -> Option<Poll<Self::Output>>;

    /// Drops the child in a slot, if one runs there, without an output.
    fn remove(&mut self, slot: usize);
}

pub(crate) struct Table<C> {
    // Before the children: none can wake the task by the time it is dropped.
    ready: ReadySet,
    /// Readers look into it and take from it; only the table polls.
    pub(crate) children: C,
    /// How many of the last outputs were of new children.
    streak: usize,
}

impl<C> Table<C> {
    fn with(ready: ReadySet, children: C) -> Self {
        Self {
            ready,
            children,
            streak: 0,
        }
    }
}

impl<F: Future> Table<Slots<F>> {
    pub(crate) fn new<X>(children: impl IntoIterator<Item = X>) -> Self
    where
        X: IntoFuture<IntoFuture = F, Output = F::Output>,
    {
        let slots = Slots::new(children.into_iter().map(IntoFuture::into_future));
        Self::with(ReadySet::new(slots.len()), slots)
    }

    /// Polls the children that were woken. Ready when all are done.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.children.leave_unobserved();
        let polled = self.poll_children(
            cx,
            false,
            |_, _| None,
            |slots, index, output| {
                slots.complete(index, output);
                ControlFlow::<Infallible>::Continue(())
            },
        );
        polled.map(drop)
    }

    /// As `poll`, and shows each output to `stop`, once: first those that are there already. Ready with the
    /// index of the one for which that is true; with `None` when there are no more.
    pub(crate) fn poll_until(
        &mut self,
        cx: &Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        if self.children.may_observe() {
            let stopped = self.unparked(cx, |slots| slots.observe_until(&mut stop));
            if stopped.is_some() {
                return Poll::Ready(stopped);
            }
        }
        let polled = self.poll_children(
            cx,
            false,
            |_, _| None,
            |slots, index, output| {
                if stop(index, slots.complete_observed(index, output)) {
                    ControlFlow::Break(index)
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        if let Poll::Ready(None) = polled {
            self.close(cx);
        }
        polled
    }

    /// Every output, in input order, which leaves the table empty.
    ///
    /// # Panics
    ///
    /// If a child has none, since it panicked. The table stays as it is.
    pub(crate) fn take_outputs<T>(
        &mut self,
        cx: &Context<'_>,
        of: &str,
        map: impl Fn(F::Output) -> T,
    ) -> Vec<T> {
        self.close(cx);
        if self.children.panics() > 0 {
            let index = self.children.first_empty().unwrap_or_default();
            panic!("`{of}` has no output of child {index}, which panicked");
        }
        let outputs = self.take_children();
        outputs.into_vec(|output| map(output.expect("every child is done")))
    }

    /// From now on children are given the task waker, and are all polled in each poll.
    pub(crate) fn bypass_ready_set(&mut self) {
        self.ready.bypass();
    }

    /// Drops the children that run, which do not wake the task by that. If one of these drops panics, the next
    /// call goes on.
    pub(crate) fn cancel(&mut self) {
        self.ready = ReadySet::new(0);
        self.children.remove_all();
    }

    /// The children and outputs, which leaves the table empty. What is dropped now does not wake the task.
    pub(crate) fn take_children(&mut self) -> Slots<F> {
        self.ready = ReadySet::new(0);
        mem::take(&mut self.children)
    }
}

impl<F> Table<Chunks<F>> {
    /// For up to `limit` children at once.
    pub(crate) fn growing(limit: usize) -> Self {
        Self::with(ReadySet::new(0), Chunks::new(limit))
    }

    /// New children are always polled after those that were woken.
    pub(crate) fn woken_first(mut self) -> Self {
        self.streak = STREAK;
        self
    }

    /// Drops the child in `slot`. Its wakers do nothing any more, not even in its drop.
    pub(crate) fn remove(&mut self, slot: usize) {
        self.ready.over(slot);
        self.children.complete(slot, |_| ());
    }
}

impl<C: Children> Table<C> {
    /// The loop: polls the children that were woken, and those that `new` puts into slots; `is_new` says that
    /// there may be such. Calls `done` for each output, with the slot in which the child is to be completed.
    /// Ready with what that breaks with; with `None` when no child runs.
    pub(crate) fn poll_children<B>(
        &mut self,
        cx: &Context<'_>,
        is_new: bool,
        mut new: impl FnMut(&mut C, &ReadySet) -> Option<usize>,
        mut done: impl FnMut(&mut C, usize, C::Output) -> ControlFlow<B>,
    ) -> Poll<Option<B>> {
        let mut guard = Guard {
            table: self,
            task: WakeOnUnwind(cx.waker()),
            child: NONE,
        };
        let Guard {
            table,
            task: WakeOnUnwind(task),
            child,
        } = &mut guard;
        let Table {
            ready,
            children,
            streak,
        } = &mut **table;
        let mut polled = Poll::Pending;
        if ready.begin(task, is_new) {
            let is_woken_first = *streak >= STREAK;
            // The first pass polls all.
            let mut budget = if ready.is_first_pass() {
                usize::MAX
            } else {
                BUDGET
            };
            let mut left = ready.left();
            loop {
                let mut fresh = None;
                if !is_woken_first {
                    fresh = new(children, ready);
                }
                if fresh.is_none() && left == 0 {
                    left = ready.next_node();
                    if left == 0 && is_woken_first {
                        fresh = new(children, ready);
                    }
                }
                let (slot, visited) = if let Some(slot) = fresh {
                    (slot, ready.insert(slot))
                } else if left == 0 {
                    if children.running() == 0 {
                        polled = Poll::Ready(None);
                    } else {
                        ready.park(task);
                    }
                    break;
                } else if budget == 0 {
                    // Only where a woken child is left: at the end of a pass new ones have their turn.
                    task.wake_by_ref();
                    break;
                } else {
                    let visited = ready.visit(left);
                    left &= left - 1;
                    visited
                };
                *child = slot;
                match children.poll(slot, &mut Context::from_waker(&visited.waker(task))) {
                    // Perhaps it was woken by a waker of one that was in its slot before.
                    None => {}
                    Some(Poll::Pending) => {
                        *child = NONE;
                        ready.pending();
                        budget -= usize::from(fresh.is_none());
                    }
                    Some(Poll::Ready(output)) => {
                        visited.over();
                        if let ControlFlow::Break(stopped) = done(children, slot, output) {
                            *streak = if fresh.is_some() { *streak + 1 } else { 0 };
                            polled = Poll::Ready(Some(stopped));
                            break;
                        }
                    }
                }
            }
        }
        mem::forget(guard);
        polled
    }

    /// Begins a poll with what is not a child's, while the table is not parked: if it panics, the task is
    /// woken once.
    pub(crate) fn unparked<R>(&mut self, cx: &Context<'_>, run: impl FnOnce(&mut C) -> R) -> R {
        or_wake(cx, || {
            self.ready.begin(cx.waker(), true);
            run(&mut self.children)
        })
    }

    /// From now on no child wakes the task.
    pub(crate) fn close(&mut self, cx: &Context<'_>) {
        or_wake(cx, || drop(self.ready.close()));
    }
}

impl<C: fmt::Debug> fmt::Debug for Table<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.children.fmt(f)
    }
}

/// A poll of the table. If it unwinds, the child at hand is over, and the task is woken.
struct Guard<'a, C: Children> {
    table: &'a mut Table<C>,
    task: WakeOnUnwind<'a>,
    /// The slot of the child that is being polled, or `NONE`.
    child: usize,
}

impl<C: Children> Drop for Guard<'_, C> {
    fn drop(&mut self) {
        if self.child != NONE {
            self.table.ready.over(self.child);
            self.table.children.remove(self.child);
        }
    }
}
