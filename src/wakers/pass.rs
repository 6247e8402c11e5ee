//! The poller at work: a pass over children, or a visit to one. Both lend out wakers, and see to what
//! has to follow, also when a child panics.

use core::{mem, task::Waker};

use super::{
    Cursor,
    child::Lent,
    root::{CLAIMED, Root},
};
use crate::sync::Ordering;

/// A pass at work. It lends the children their wakers, one after another. When it is dropped, and
/// was not stopped, it sees to the parent's next wake: also when it unwinds, since whoever catches
/// that may well poll again.
pub(crate) struct Pass<'a> {
    pub(super) root: &'a Root,
    pub(super) children: usize,
    pub(super) cursor: &'a mut Cursor,
    pub(super) asleep: &'a mut bool,
    pub(super) rested: &'a mut bool,
    pub(super) parent: &'a Waker,
    /// The child that came last, and whether it may still be in its `poll`.
    pub(super) index: usize,
    pub(super) polling: bool,
    pub(super) stopped: bool,
}

impl Pass<'_> {
    /// The next child of this pass.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<usize> {
        self.index = if self.is_first() {
            self.cursor.first += 1;
            self.cursor.first - 1
        } else {
            self.cursor.woken.next(self.root)?
        };
        self.polling = true;
        Some(self.index)
    }

    /// Whether there are children left that were never polled.
    #[inline]
    pub(crate) fn is_first(&self) -> bool {
        self.cursor.first < self.children
    }

    /// The waker of the child that came last, while it is polled.
    #[inline]
    pub(crate) fn lend(&self) -> Lent<'_> {
        Lent::child(self.root, self.index)
    }

    /// The child that came last has been polled for the last time: from now on its wakes are
    /// ignored.
    #[inline]
    pub(crate) fn finished(&mut self) {
        self.polling = false;
        self.root.set_done(self.index, true);
    }

    /// The child that came last is pending.
    #[inline]
    pub(crate) fn pending(&mut self) {
        self.polling = false;
    }

    /// Whether the child that came last has been woken again already.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        let (word, bit) = self.root.child(self.index);
        word.ready.load(Ordering::Relaxed) >> bit & 1 == 1
    }

    /// Leaves the rest of the pass to the next poll of the parent, which its owner sees to.
    #[inline]
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Sees to it that the parent is woken, now if there is something to do already, else as soon
    /// as a child is woken.
    #[inline(never)]
    fn rest(&mut self) {
        let at_end = !self.is_first() && self.cursor.woken.is_empty();
        if !at_end || self.root.gate().load(Ordering::Relaxed) != CLAIMED {
            return self.parent.wake_by_ref();
        }
        let parent = self.parent.clone();
        // SAFETY: this is the poller, and it found itself not asleep in this poll of the parent: it
        // has never slept, or has claimed since, or has seen that a wake moved the parent's waker.
        match unsafe { self.root.sleep(parent) } {
            Ok(()) => *self.asleep = true,
            Err(parent) => parent.wake(),
        }
    }
}

impl Drop for Pass<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.stopped {
            return;
        }
        if self.polling {
            self.finished();
        }
        *self.rested = true;
        if !*self.asleep {
            self.rest();
        }
    }
}

/// The poll of one child. Unless it turns out to be pending, it was the last.
pub(crate) struct Visit<'a> {
    /// None for an only child, which gets the parent's waker.
    root: Option<&'a Root>,
    parent: &'a Waker,
    index: usize,
    unwinding: bool,
}

impl<'a> Visit<'a> {
    pub(super) fn new(root: Option<&'a Root>, index: usize, parent: &'a Waker) -> Self {
        if let Some(root) = root {
            root.set_done(index, false);
        }
        Self {
            root,
            parent,
            index,
            unwinding: true,
        }
    }

    pub(crate) fn lend(&self) -> Lent<'_> {
        match self.root {
            Some(root) => Lent::child(root, self.index),
            None => Lent::parent(self.parent),
        }
    }

    /// The poll is over, and was the last if the child is `done`.
    pub(crate) fn end(mut self, done: bool) {
        self.unwinding = false;
        if let (true, Some(root)) = (done, self.root) {
            root.set_done(self.index, true);
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if let (true, Some(root)) = (self.unwinding, self.root) {
            root.set_done(self.index, true);
            self.parent.wake_by_ref();
        }
    }
}

/// Wakes the parent if foreign code panics, since whoever catches that may well wait to be woken.
pub(crate) struct WakeOnUnwind<'a>(&'a Waker);

impl WakeOnUnwind<'_> {
    /// Calls `foreign`, and wakes the parent if it panics.
    pub(crate) fn call<T>(parent: &Waker, foreign: impl FnOnce() -> T) -> T {
        let guard = WakeOnUnwind(parent);
        let value = foreign();
        mem::forget(guard);
        value
    }
}

impl Drop for WakeOnUnwind<'_> {
    fn drop(&mut self) {
        self.0.wake_by_ref();
    }
}
