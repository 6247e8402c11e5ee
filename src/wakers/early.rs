//! The waker that children are polled with before any of them needs one that lasts.

use core::{
    cell::Cell,
    mem, ptr,
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
    turn: &'a Cell<usize>,
    parent: &'a Waker,
}

impl<'a> Early<'a> {
    #[inline]
    pub(super) fn new(shared: &'a Shared, turn: &'a Cell<usize>, parent: &'a Waker) -> Self {
        Self {
            shared,
            turn,
            parent,
        }
    }

    /// The child that is polled.
    #[inline]
    pub(crate) fn turn(&self) -> &Cell<usize> {
        self.turn
    }

    /// The waker of the child whose turn it is.
    #[inline]
    fn lend(&self) -> Lent<'_> {
        if self.is_only_child() {
            return Lent::parent(self.parent);
        }
        // SAFETY: `EARLY` keeps the contract of wakers while `self` is borrowed. It is used by the
        // child that is polled, or by threads to which that child lends it for so long: they read
        // `turn`, which nobody writes meanwhile. Clones are wakers of the other kind.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &EARLY) }
    }

    /// From now on wakes of this child are ignored.
    #[inline]
    pub(crate) fn finished(&self, index: usize) {
        if let Some(root) = self.shared.root() {
            root.set_done(index, true);
        }
    }

    /// Polls `children`, each in its turn; `None` if that was the poll of an only child, which is
    /// pending.
    #[inline]
    pub(crate) fn poll<T>(&self, children: impl FnOnce(&Waker) -> Poll<T>) -> Option<Poll<T>> {
        let unwinding = Unwinding(self);
        let polled = children(&self.lend());
        mem::forget(unwinding);
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

/// A child has panicked, or a reader to which its output was shown: it is over.
struct Unwinding<'a>(&'a Early<'a>);

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        let Self(early) = self;
        // As in the drop of a `Pass`.
        early.finished(early.turn.get() - 1);
        early.parent.wake_by_ref();
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
