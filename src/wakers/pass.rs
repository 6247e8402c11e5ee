//! The poller at work: a pass over children, or a visit to one. Both lend out wakers, and see to what
//! has to follow, also when a child panics.

use core::{
    mem::{self, ManuallyDrop},
    task::Waker,
};

use super::{
    Cursor,
    child::Lent,
    root::{CLAIMED, Root},
};
use crate::sync::Ordering;

/// A pass at work. It lends the children their wakers, one after another.
pub(crate) struct Pass<'a> {
    pub(super) root: &'a Root,
    pub(super) children: usize,
    pub(super) cursor: &'a mut Cursor,
    pub(super) asleep: &'a mut bool,
    pub(super) rested: &'a mut bool,
    pub(super) parent: &'a Waker,
    /// The child that came last.
    pub(super) index: usize,
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
    pub(crate) fn finished(&self) {
        self.root.set_done(self.index, true);
    }

    /// Whether the child that came last has been woken again already.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        let (word, bit) = self.root.child(self.index);
        word.ready.load(Ordering::Relaxed) >> bit & 1 == 1
    }

    /// Leaves the rest of the pass to the next poll of the parent, which its owner sees to.
    #[inline]
    pub(crate) fn stop(self) {
        mem::forget(self);
    }

    /// Sees to it that the parent is woken, now if there is something to do already, else as soon
    /// as a child is woken.
    #[inline]
    pub(crate) fn rest(self) {
        let mut this = ManuallyDrop::new(self);
        *this.rested = true;
        if *this.asleep {
            return;
        }
        let at_end = !this.is_first() && this.cursor.woken.is_empty();
        if !at_end || this.root.gate().load(Ordering::Relaxed) != CLAIMED {
            return this.parent.wake_by_ref();
        }
        let parent = WakeOnUnwind::call(this.parent, || this.parent.clone());
        // SAFETY: this is the poller, and it found itself not asleep in this poll of the parent: it
        // has never slept, or has claimed since, or has seen that a wake moved the parent's waker.
        match unsafe { this.root.sleep(parent) } {
            Ok(()) => *this.asleep = true,
            Err(parent) => parent.wake(),
        }
    }
}

impl Drop for Pass<'_> {
    /// The child that came last has panicked, or its drop, or the reader to which its output was
    /// shown: it is over. Whoever catches that may well wait to be woken.
    #[cold]
    fn drop(&mut self) {
        self.finished();
        wake_unwinding(Some(self.root), self.asleep, self.parent);
    }
}

/// Wakes the parent, which may be a new one, as something unwinds. If the poller is asleep it claims,
/// so that no child's wake wakes the parent once more.
#[cold]
pub(super) fn wake_unwinding(root: Option<&Root>, asleep: &mut bool, parent: &Waker) {
    if let (true, Some(root)) = (*asleep, root) {
        let old = root.claim();
        *asleep = old.is_none();
        // SAFETY: this is the poller, and it has slept.
        if old.is_none() && unsafe { root.parent_is(parent) } {
            // A wake has come first, and wakes it.
            return;
        }
    }
    parent.wake_by_ref();
}

/// The poll of one child.
pub(crate) struct Visit<'a> {
    /// None for an only child, which gets the parent's waker.
    root: Option<&'a Root>,
    parent: &'a Waker,
    index: usize,
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
        }
    }

    pub(crate) fn lend(&self) -> Lent<'_> {
        match self.root {
            Some(root) => Lent::child(root, self.index),
            None => Lent::parent(self.parent),
        }
    }

    /// From now on the child's wakes are ignored.
    pub(crate) fn finished(&self) {
        if let Some(root) = self.root {
            root.set_done(self.index, true);
        }
    }

    /// Nothing has panicked.
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for Visit<'_> {
    /// As that of [`Pass`].
    #[cold]
    fn drop(&mut self) {
        self.finished();
        self.parent.wake_by_ref();
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
