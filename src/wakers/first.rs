//! The poller's first pass, over children that were never polled.

use core::{cell::Cell, mem, task::Waker};

use super::{Rest, pass::wake_awake, shared::Shared, turn::Turn, woken::wake_again};

pub(crate) struct First<'a> {
    turn: Turn<'a>,
    again: &'a Cell<usize>,
    rest: &'a mut Rest,
    parent: &'a Waker,
}

impl<'a> First<'a> {
    #[inline(always)]
    pub(super) fn new(
        shared: &'a Shared,
        child: &'a Cell<usize>,
        again: &'a Cell<usize>,
        rest: &'a mut Rest,
        parent: &'a Waker,
    ) -> Self {
        Self {
            turn: Turn::new(shared, child),
            again,
            rest,
            parent,
        }
    }

    /// The child that is polled.
    #[inline(always)]
    pub(crate) fn turn(&self) -> &Cell<usize> {
        self.turn.child
    }

    /// From now on wakes of this child are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self, index: usize) {
        self.turn.forget_woken();
        if let Some(root) = self.shared().root() {
            root.lane_of(index).set_done(index);
        }
    }

    /// This child is pending. Whether it has woken itself.
    #[inline(always)]
    pub(crate) fn pending(&self, index: usize) -> bool {
        let is_woken = self.turn.is_woken();
        if is_woken {
            self.turn.forget_woken();
            wake_again(self.again, self.shared().make_root(), index);
        }
        is_woken
    }

    /// Polls `children`, each in its turn.
    #[inline(always)]
    pub(crate) fn poll<T>(&mut self, children: impl FnOnce(&Self, &Waker) -> T) -> T {
        let unwinding = Unwinding(self);
        let first = &*unwinding.0;
        let polled = children(first, &first.turn.lend());
        mem::forget(unwinding);
        polled
    }

    /// Some children are pending: sees to it that the parent is woken, now if there is something to do
    /// already, else as soon as a child is woken.
    #[inline(never)]
    pub(crate) fn rest(&mut self) {
        // Who is pending is going to need a waker that lasts.
        let root = self.shared().make_root();
        let is_over = self.turn().get() == self.shared().children && self.again.get() == 0;
        self.rest.rested = true;
        self.rest.end(root, self.parent, is_over);
    }

    #[inline(always)]
    fn shared(&self) -> &'a Shared {
        self.turn.shared
    }
}

/// A child has panicked, or a reader to which its output was shown: it is over.
struct Unwinding<'b, 'a>(&'b mut First<'a>);

impl Drop for Unwinding<'_, '_> {
    #[cold]
    fn drop(&mut self) {
        let Self(first) = self;
        // As in the drop of a `Pass`.
        first.finished(first.turn().get() - 1);
        wake_awake(first.shared().root(), first.rest, first.parent);
    }
}
