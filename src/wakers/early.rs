//! The first pass, as long as nobody has been pending.

use core::{
    cell::Cell,
    mem,
    task::{Poll, Waker},
};

use super::{child::Lent, shared::Shared, turn::EarlyTurn, woken::Woken};

/// It is also all that an only child ever sees, with the parent's own waker.
pub(crate) struct Early<'a> {
    turn: EarlyTurn<'a>,
    woken: &'a Cell<Woken>,
    parent: &'a Waker,
}

impl<'a> Early<'a> {
    #[inline]
    pub(super) fn new(turn: EarlyTurn<'a>, woken: &'a Cell<Woken>, parent: &'a Waker) -> Self {
        Self {
            turn,
            woken,
            parent,
        }
    }

    /// The child that is polled.
    #[inline]
    pub(crate) fn turn(&self) -> &Cell<usize> {
        self.turn.child
    }

    /// From now on wakes of this child are ignored.
    #[inline]
    pub(crate) fn finished(&self, index: usize) {
        self.turn.forget_woken();
        if let Some(root) = self.shared().root() {
            root.lane_of(index).set_done(index);
        }
    }

    /// Polls `children`, each in its turn, until one is pending. `None` if that was the poll of an only
    /// child.
    #[inline]
    pub(crate) fn poll<T>(&self, children: impl FnOnce(&Waker) -> Poll<T>) -> Option<Poll<T>> {
        let is_only_child = self.shared().children == 1;
        let waker = if is_only_child {
            Lent::parent(self.parent)
        } else {
            self.turn.lend()
        };
        let unwinding = Unwinding(self);
        let polled = children(&waker);
        mem::forget(unwinding);
        if polled.is_pending() {
            if is_only_child {
                return None;
            }
            self.is_pending();
        }
        Some(polled)
    }

    /// Who is pending is going to need a waker that lasts.
    fn is_pending(&self) {
        let root = self.shared().make_root();
        if self.turn.is_woken() {
            let mut woken = self.woken.get();
            woken.wake_again(root, self.turn().get() - 1);
            self.woken.set(woken);
        }
    }

    #[inline]
    fn shared(&self) -> &Shared {
        self.turn.shared
    }
}

/// A child has panicked, or a reader to which its output was shown: it is over.
struct Unwinding<'a>(&'a Early<'a>);

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        let Self(early) = self;
        // As in the drop of a `Pass`.
        early.finished(early.turn().get() - 1);
        early.parent.wake_by_ref();
    }
}
