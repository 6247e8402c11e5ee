//! The poller at work: a pass over children. It lends them their wakers, and sees to what has to follow,
//! also when a child panics.

use core::{cell::Cell, task::Waker};

use super::{
    Cursor,
    child::{Lane, Lent},
    rest::{Rest, wake_awake},
    root::{BITS, Root},
    shared::Shared,
    turn::Turn,
};

/// A pass at work, over children that were woken. It lends them their wakers, one after another.
pub(crate) struct Pass<'a> {
    root: &'a Root,
    cursor: &'a mut Cursor,
    rest: &'a mut Rest,
    parent: &'a Waker,
    /// The child that came last.
    turn: Turn<'a, (&'a Root, Lane<'a>)>,
    /// Those of the same word that are next.
    bits: usize,
    has_ended: bool,
}

impl<'a> Pass<'a> {
    #[inline(always)]
    pub(super) fn new(
        shared: &'a Shared,
        cursor: &'a mut Cursor,
        rest: &'a mut Rest,
        parent: &'a Waker,
        child: &'a Cell<usize>,
    ) -> Self {
        let root = shared.root().expect("a pass is over children with wakers");
        let (word, bits) = cursor.woken.next(root).unwrap_or_default();
        Self {
            root,
            cursor,
            rest,
            parent,
            turn: Turn::new((root, root.lane(word)), child),
            bits,
            has_ended: false,
        }
    }

    /// The next child of this pass.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<usize> {
        if self.bits == 0 {
            let word;
            (word, self.bits) = self.cursor.woken.next(self.root)?;
            self.turn.lasting.1 = self.root.lane(word);
        }
        let bit = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        let child = self.lane().first + bit;
        self.turn.child.set(child);
        Some(child)
    }

    /// The waker of the child that came last, while it is polled.
    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        let child = self.turn.child.get();
        if self.lane().is_lasting(child) {
            self.lane().lend(child)
        } else {
            self.turn.lend()
        }
    }

    /// The child that came last has been polled for the last time: from now on its wakes are
    /// ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        self.turn.forget_woken();
        self.lane().set_done(self.turn.child.get());
    }

    /// The child that came last is pending: whether it has woken itself with the waker on the stack.
    #[inline(always)]
    pub(crate) fn pending(&mut self) -> bool {
        let woken = self.turn.take_woken();
        if woken {
            self.cursor
                .woken
                .wake_again(self.root, self.turn.child.get());
        }
        woken
    }

    /// Whether it has done so with a waker that lasts.
    #[inline(always)]
    pub(crate) fn is_woken(&self) -> bool {
        self.root.is_ready(self.turn.child.get())
    }

    /// Leaves the rest of the pass to the next poll of the parent, which its owner sees to.
    #[inline(always)]
    pub(crate) fn stop(&mut self) {
        self.has_ended = true;
        if self.bits != 0 {
            let word = self.lane().first / BITS;
            self.cursor.woken.put_back(word, self.bits);
        }
    }

    /// Sees to it that the parent is woken, now if there is something to do already, else as soon
    /// as a child is woken.
    #[inline(always)]
    pub(crate) fn rest(&mut self) {
        self.stop();
        let is_over = self.cursor.woken.is_clear();
        self.rest.rested = true;
        if !(self.rest.asleep && is_over) {
            self.rest.end(self.root, self.parent, is_over);
        }
    }

    #[inline(always)]
    fn lane(&self) -> &Lane<'a> {
        &self.turn.lasting.1
    }
}

impl Drop for Pass<'_> {
    /// If it has not ended, the child that came last has panicked, or its drop, or the reader to which
    /// its output was shown: it is over. Whoever catches that may well wait to be woken.
    #[inline(always)]
    fn drop(&mut self) {
        if !self.has_ended {
            self.stop();
            self.finished();
            wake_awake(Some(self.root), self.rest, self.parent);
        }
    }
}
