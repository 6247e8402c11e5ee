//! A child that is put into the slot of one that is over.

use core::task::RawWaker;

use super::{child::Known, root::Root, shared::Shared, turn::Whose};
use crate::sync::{AtomicBool, Ordering};

/// In its first poll. As long as it has no waker that lasts, the word is left as it is: the wakers of the
/// last child in the slot, which is done, are ignored.
pub(crate) struct Newcomer<'a> {
    shared: &'a Shared,
    is_lasting: AtomicBool,
}

impl<'a> Newcomer<'a> {
    #[inline(always)]
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            is_lasting: AtomicBool::new(false),
        }
    }

    #[inline(always)]
    fn is_lasting(&self) -> bool {
        self.is_lasting.load(Ordering::Relaxed)
    }

    /// It has no waker that lasts, or has woken itself with the one on the stack.
    #[cold]
    fn pending_alone(&self, child: usize) {
        let lane = self.shared.make_root().lane_of(child);
        lane.set_running(child);
        if !self.is_lasting() {
            lane.forget_lasting(child);
        }
    }
}

impl Whose for Newcomer<'_> {
    #[inline(always)]
    fn root(&self) -> Option<&Root> {
        self.shared.root()
    }

    #[inline(always)]
    fn lasting(&self, child: usize) -> RawWaker {
        let known = Known::of(self.shared.make_root(), child);
        known.lane.set_running(child);
        self.is_lasting.store(true, Ordering::Relaxed);
        known.waker(child)
    }

    #[inline(always)]
    fn finished(&self, child: usize) {
        if let (true, Some(root)) = (self.is_lasting(), self.root()) {
            root.lane_of(child).set_done(child);
        }
    }

    #[inline(always)]
    fn pending(&self, child: usize, is_woken: bool) {
        if is_woken || !self.is_lasting() {
            self.pending_alone(child);
        }
    }
}
