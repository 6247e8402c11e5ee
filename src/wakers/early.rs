//! The waker that children are polled with before any of them needs one that lasts.

use core::{
    cell::Cell,
    ptr,
    task::{Poll, RawWaker, RawWakerVTable, Waker},
};

use super::{
    Shared,
    child::{self, Lent},
};

/// Lives on the stack, and stands for the waker of the child whose turn it is. To clone that waker,
/// or to wake with it, makes the root.
pub(crate) struct Early<'a> {
    shared: &'a Shared,
    turn: Cell<usize>,
    first: &'a mut usize,
    parent: &'a Waker,
    ended: bool,
}

impl<'a> Early<'a> {
    #[inline]
    pub(super) fn new(shared: &'a Shared, first: &'a mut usize, parent: &'a Waker) -> Self {
        Self {
            shared,
            turn: Cell::new(*first),
            first,
            parent,
            ended: false,
        }
    }

    /// The child that is polled.
    #[inline]
    pub(crate) fn turn(&self) -> &Cell<usize> {
        &self.turn
    }

    /// The waker of the child whose turn it is.
    #[inline]
    pub(crate) fn lend(&self) -> Lent<'_> {
        if self.is_only_child() {
            return Lent::parent(self.parent);
        }
        // SAFETY: `EARLY` keeps the contract of wakers while `self` is borrowed. It is used by the
        // child that is polled, or by threads to which that child lends it for so long, and `turn`
        // stays until the next child is polled. Clones are wakers of the other kind.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &EARLY) }
    }

    /// From now on wakes of this child are ignored.
    #[inline]
    pub(crate) fn finished(&self, index: usize) {
        if let Some(root) = self.shared.root() {
            root.set_done(index, true);
        }
    }

    /// Ends with what the poll of the children gave; `None` if that was the poll of an only child,
    /// which is pending.
    #[inline]
    pub(crate) fn end<T>(mut self, polled: Poll<T>) -> Option<Poll<T>> {
        self.ended = true;
        if polled.is_pending() {
            if self.is_only_child() {
                return None;
            }
            // Who is pending is going to need a waker that lasts.
            self.shared.make_root();
        }
        Some(polled)
    }

    fn is_only_child(&self) -> bool {
        self.shared.children == 1
    }

    /// The data of the child's lasting waker.
    fn child(&self) -> *const () {
        let (word, bit) = self.shared.make_root().child(self.turn.get());
        child::data(word, bit)
    }
}

impl Drop for Early<'_> {
    #[inline]
    fn drop(&mut self) {
        *self.first = self.turn.get();
        if !self.ended {
            // As in the drop of a `Pass`.
            self.finished(self.turn.get() - 1);
            self.parent.wake_by_ref();
        }
    }
}

static EARLY: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, |_| ());

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` is an `Early`, borrowed while this waker exists; its table keeps the word alive.
    unsafe { child::clone((*data.cast::<Early<'_>>()).child()) }
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as above.
    unsafe { child::wake_by_ref((*data.cast::<Early<'_>>()).child()) }
}
