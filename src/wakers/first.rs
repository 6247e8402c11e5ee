//! The poller's first pass, over children that were never polled: in two parts, before and after one of
//! them is pending.

use core::{cell::Cell, mem, task::Waker};

use super::{
    child::Lane,
    rest::{Rest, wake_awake},
    root::{BITS, Root},
    shared::Shared,
    turn::{Lasting, Turn},
    woken::wake_again,
};

/// The first pass at work. It lends the children their wakers, one after another.
// What is copied from it as soon as it is made is not side by side: two in one step would stall.
pub(crate) struct First<'a> {
    shared: &'a Shared,
    parent: &'a Waker,
    /// The child whose turn it is.
    pub(crate) child: &'a Cell<usize>,
    rest: &'a mut Rest,
    /// Those that have woken themselves.
    again: &'a Cell<usize>,
}

/// Children in their turn. They are polled from [`First::child`] on, up to `end`.
pub(crate) struct Turns<'a, L> {
    turn: Turn<'a, L>,
    again: &'a Cell<usize>,
    pub(crate) end: usize,
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
            shared,
            child,
            again,
            rest,
            parent,
        }
    }

    /// Polls children until one is pending, if none was so far.
    #[inline(always)]
    pub(crate) fn poll_early<T>(
        &mut self,
        children: impl FnOnce(&Turns<'a, &'a Shared>, &Waker) -> T,
    ) -> Option<T> {
        if self.shared.root().is_some() {
            return None;
        }
        let turns = Turns {
            turn: Turn::new(self.shared, self.child),
            again: self.again,
            end: self.shared.children,
        };
        Some(self.poll(&turns, children))
    }

    /// Polls the next children that are left, those of one word.
    #[inline(always)]
    pub(crate) fn poll_next<T>(
        &mut self,
        children: impl FnOnce(&Turns<'a, (&'a Root, Lane<'a>)>, &Waker) -> T,
    ) -> Option<T> {
        let first = self.child.get();
        if first == self.shared.children {
            return None;
        }
        let root = self.shared.make_root();
        let lane = root.lane_of(first);
        let turns = Turns {
            turn: Turn::new((root, lane), self.child),
            again: self.again,
            end: self.shared.children.min(lane.first + BITS),
        };
        Some(self.poll(&turns, children))
    }

    #[inline(always)]
    fn poll<L: Lasting, T>(
        &mut self,
        turns: &Turns<'a, L>,
        children: impl FnOnce(&Turns<'a, L>, &Waker) -> T,
    ) -> T {
        let unwinding = Unwinding(self);
        let polled = children(turns, &turns.turn.lend());
        mem::forget(unwinding);
        polled
    }

    /// Some children are pending: sees to it that the parent is woken, now if there is something to do
    /// already, else as soon as a child is woken.
    pub(crate) fn rest(&mut self) {
        // Who is pending is going to need a waker that lasts.
        let root = self.shared.make_root();
        let is_over = self.child.get() == self.shared.children && self.again.get() == 0;
        self.rest.rested = true;
        self.rest.end(root, self.parent, is_over);
    }
}

impl Turns<'_, &Shared> {
    /// From now on wakes of this child are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self, child: usize) {
        self.turn.forget_woken();
        if let Some(root) = self.turn.lasting.root() {
            root.lane_of(child).set_done(child);
        }
    }

    /// This child is pending.
    #[inline]
    pub(crate) fn pending(&self, child: usize) {
        if self.turn.take_woken() {
            wake_again(self.again, self.turn.lasting.make_root(), child);
        }
    }
}

impl Turns<'_, (&Root, Lane<'_>)> {
    /// From now on wakes of this child are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self, child: usize) {
        let (_, lane) = self.turn.lasting;
        self.turn.forget_woken();
        lane.set_done(child);
    }

    /// This child is pending. Whether it has woken itself.
    #[inline(always)]
    pub(crate) fn pending(&self, child: usize) -> bool {
        let is_woken = self.turn.take_woken();
        if is_woken {
            let (root, _) = self.turn.lasting;
            wake_again(self.again, root, child);
        }
        is_woken
    }
}

/// A child has panicked, or a reader to which its output was shown: it is over.
struct Unwinding<'b, 'a>(&'b mut First<'a>);

impl Drop for Unwinding<'_, '_> {
    #[cold]
    fn drop(&mut self) {
        let Self(first) = self;
        let root = first.shared.root();
        if let Some(root) = root {
            let child = first.child.get() - 1;
            root.lane_of(child).set_done(child);
        }
        // As in the drop of a `Pass`.
        wake_awake(root, first.rest, first.parent);
    }
}
