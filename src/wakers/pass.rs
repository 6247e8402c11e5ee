//! The poller at work: a pass over children, or a visit to one. Both lend out wakers, and see to what
//! has to follow, also when a child panics.

use core::{cell::Cell, mem, task::Waker};

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

/// The poll of one child, outside of any pass, with a waker that lasts.
pub(crate) struct Visit<'a> {
    /// None for an only child, which gets the parent's waker.
    root: Option<(&'a Root, Lane<'a>)>,
    rest: &'a mut Rest,
    parent: &'a Waker,
    child: usize,
}

impl<'a> Visit<'a> {
    #[inline(always)]
    pub(super) fn new(
        root: Option<&'a Root>,
        rest: &'a mut Rest,
        parent: &'a Waker,
        child: usize,
    ) -> Self {
        let root = root.map(|root| {
            let lane = root.lane_of(child);
            lane.set_lasting(child);
            (root, lane)
        });
        Self {
            root,
            rest,
            parent,
            child,
        }
    }

    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        match self.root {
            Some((_, lane)) => lane.lend(self.child),
            None => Lent::parent(self.parent),
        }
    }

    /// From now on the child's wakes are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        if let Some((_, lane)) = self.root {
            lane.set_done(self.child);
        }
    }

    /// Nothing has panicked.
    #[inline(always)]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for Visit<'_> {
    /// As that of [`Pass`].
    #[cold]
    fn drop(&mut self) {
        self.finished();
        wake_awake(self.root.map(|(root, _)| root), self.rest, self.parent);
    }
}

/// The first poll of a child that was put into the slot of one that finished.
pub(crate) struct Start<'a> {
    rest: &'a mut Rest,
    parent: &'a Waker,
    turn: Turn<'a, (&'a Root, Lane<'a>)>,
}

impl<'a> Start<'a> {
    #[inline(always)]
    pub(super) fn new(
        shared: &'a Shared,
        rest: &'a mut Rest,
        parent: &'a Waker,
        child: &'a Cell<usize>,
    ) -> Self {
        let root = shared.make_root();
        let lane = root.lane_of(child.get());
        lane.renew(child.get());
        Self {
            rest,
            parent,
            turn: Turn::new((root, lane), child),
        }
    }

    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        self.turn.lend()
    }

    /// From now on the child's wakes are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        let (_, lane) = self.turn.lasting;
        lane.set_done(self.turn.child.get());
    }

    /// The child is pending.
    #[inline(always)]
    pub(crate) fn pending(&self) {
        if self.turn.take_woken() {
            // Not noted as in a pass, as there may be one in which it would then be polled again.
            let (_, lane) = self.turn.lasting;
            lane.lend(self.turn.child.get()).wake_by_ref();
        }
    }

    /// Nothing has panicked.
    #[inline(always)]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for Start<'_> {
    /// As that of [`Pass`].
    #[cold]
    fn drop(&mut self) {
        self.finished();
        let (root, _) = self.turn.lasting;
        wake_awake(Some(root), self.rest, self.parent);
    }
}
