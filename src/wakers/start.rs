//! The poller as it starts a child, in the slot of one that is over.

use core::{
    cell::Cell,
    mem,
    task::{RawWaker, Waker},
};

use super::{
    child::Lent,
    rest::{Rest, wake_awake},
    root::Root,
    shared::Shared,
    turn::{Lasting, Turn},
};
use crate::sync::{AtomicBool, Ordering};

/// The first poll of such a child.
pub(crate) struct Start<'a> {
    rest: &'a mut Rest,
    parent: &'a Waker,
    turn: Turn<'a, Newcomer<'a>>,
}

/// Such a child. As long as it has no waker that lasts, the word is left as it is: the wakers of the
/// last child in the slot, which is done, are ignored.
struct Newcomer<'a> {
    shared: &'a Shared,
    is_lasting: AtomicBool,
}

impl Lasting for Newcomer<'_> {
    fn lasting(&self, child: usize) -> RawWaker {
        let root = self.shared.make_root();
        let lane = root.lane_of(child);
        lane.set_running(child);
        self.is_lasting.store(true, Ordering::Relaxed);
        (root, lane).lasting(child)
    }
}

impl<'a> Start<'a> {
    #[inline(always)]
    pub(super) fn new(
        shared: &'a Shared,
        rest: &'a mut Rest,
        parent: &'a Waker,
        child: &'a Cell<usize>,
    ) -> Self {
        let newcomer = Newcomer {
            shared,
            is_lasting: AtomicBool::new(false),
        };
        Self {
            rest,
            parent,
            turn: Turn::new(newcomer, child),
        }
    }

    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        self.turn.lend()
    }

    /// From now on the child's wakes are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        if let (true, Some(root)) = (self.is_lasting(), self.root()) {
            let child = self.turn.child.get();
            root.lane_of(child).set_done(child);
        }
    }

    /// The child is pending. Whether it has woken itself.
    #[inline(always)]
    pub(crate) fn pending(&self) -> bool {
        let is_woken = self.turn.take_woken();
        if is_woken || !self.is_lasting() {
            self.pending_alone(is_woken);
        }
        is_woken
    }

    /// It has no waker that lasts, or has woken itself with the one on the stack.
    #[cold]
    fn pending_alone(&self, is_woken: bool) {
        let child = self.turn.child.get();
        let lane = self.turn.lasting.shared.make_root().lane_of(child);
        lane.set_running(child);
        if !self.is_lasting() {
            lane.forget_lasting(child);
        }
        if is_woken {
            // Not noted as in a pass, as there may be one in which it would then be polled again.
            lane.lend(child).wake_by_ref();
        }
    }

    /// Nothing has panicked.
    #[inline(always)]
    pub(crate) fn end(self) {
        mem::forget(self);
    }

    #[inline(always)]
    fn is_lasting(&self) -> bool {
        self.turn.lasting.is_lasting.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn root(&self) -> Option<&Root> {
        self.turn.lasting.shared.root()
    }
}

impl Drop for Start<'_> {
    /// The child has panicked, or its drop: it is over. Whoever catches that may well wait to be woken.
    #[cold]
    fn drop(&mut self) {
        self.finished();
        let root = self.turn.lasting.shared.root();
        wake_awake(root, self.rest, self.parent);
    }
}
