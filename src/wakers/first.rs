//! The poller's first pass, over children that were never polled: in two parts, before and after one of
//! them is pending.

use core::{
    cell::Cell,
    mem,
    task::{RawWaker, Waker},
};

use super::{
    child::Known,
    next::Noted,
    rest::{Rest, wake_awake},
    root::{BITS, Root},
    shared::Shared,
    turn::{Turn, Whose},
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
pub(crate) struct Turns<'a, W> {
    pub(crate) turn: Turn<'a, W>,
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
        children: impl FnOnce(&Turns<'a, Early<'a>>, &Waker) -> T,
    ) -> Option<T> {
        if self.shared.root().is_some() {
            return None;
        }
        let early = Early {
            shared: self.shared,
            again: self.again,
        };
        let turns = Turns {
            turn: Turn::new(early, self.child),
            end: self.shared.children,
        };
        Some(self.poll(&turns, children))
    }

    /// Polls the next children that are left, those of one word.
    #[inline(always)]
    pub(crate) fn poll_next<T>(
        &mut self,
        children: impl FnOnce(&Turns<'a, Noted<'a>>, &Waker) -> T,
    ) -> Option<T> {
        let first = self.child.get();
        if first == self.shared.children {
            return None;
        }
        let known = Known::of(self.shared.make_root(), first);
        let end = self.shared.children.min(known.lane.first + BITS);
        let noted = Noted {
            known,
            again: self.again,
        };
        let turns = Turns {
            turn: Turn::new(noted, self.child),
            end,
        };
        Some(self.poll(&turns, children))
    }

    #[inline(always)]
    fn poll<W: Whose, T>(
        &mut self,
        turns: &Turns<'a, W>,
        children: impl FnOnce(&Turns<'a, W>, &Waker) -> T,
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

/// Whose turn it is before anybody has been pending.
pub(crate) struct Early<'a> {
    shared: &'a Shared,
    again: &'a Cell<usize>,
}

impl Whose for Early<'_> {
    #[inline(always)]
    fn root(&self) -> Option<&Root> {
        self.shared.root()
    }

    fn lasting(&self, child: usize) -> RawWaker {
        Known::of(self.shared.make_root(), child).waker(child)
    }

    #[inline(always)]
    fn finished(&self, child: usize) {
        if let Some(root) = self.root() {
            root.lane_of(child).set_done(child);
        }
    }

    #[inline]
    fn pending(&self, child: usize, is_woken: bool) {
        if is_woken {
            wake_again(self.again, self.shared.make_root(), child);
        }
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
        // Whoever catches that may well wait to be woken.
        wake_awake(root, first.rest, first.parent);
    }
}
