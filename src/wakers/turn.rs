//! The waker that a child is polled with until it has one that lasts.

use core::{
    cell::Cell,
    mem, ptr,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::{
    child::Lent,
    rest::{Rest, wake_awake},
    root::Root,
};
use crate::sync::{AtomicBool, Ordering};

/// Lives on the stack, and stands for the waker of the child whose turn it is. To clone that waker makes
/// one that lasts. To wake with it is just noted, as the poller is at work.
pub(crate) struct Turn<'a, W> {
    pub(super) whose: W,
    child: &'a Cell<usize>,
    woken: AtomicBool,
}

/// Those whose turn it may be.
pub(crate) trait Whose {
    fn root(&self) -> Option<&Root>;

    /// A waker of child `child` that lasts.
    fn lasting(&self, child: usize) -> RawWaker;

    /// From now on wakes of this child are ignored.
    fn finished(&self, child: usize);

    /// This child is pending, and may have woken itself.
    fn pending(&self, child: usize, is_woken: bool);
}

impl<'a, W: Whose> Turn<'a, W> {
    #[inline(always)]
    pub(super) fn new(whose: W, child: &'a Cell<usize>) -> Self {
        Self {
            whose,
            child,
            woken: AtomicBool::new(false),
        }
    }

    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        // SAFETY: `TURN` keeps the contract of wakers while `self` is borrowed. It is used by the child
        // that is polled, or by threads to which that child lends it for so long: they read `child`,
        // which nobody writes meanwhile. Clones are wakers of the other kind.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &Self::TURN) }
    }

    /// From now on wakes of this child, whose turn it is, are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self, child: usize) {
        self.woken.store(false, Ordering::Relaxed);
        self.whose.finished(child);
    }

    /// This child, whose turn it is, is pending. Whether it has woken itself, which is then forgotten. Other
    /// threads that did so are done with the waker.
    #[inline(always)]
    pub(crate) fn pending(&self, child: usize) -> bool {
        let is_woken = self.woken.load(Ordering::Relaxed);
        if is_woken {
            self.woken.store(false, Ordering::Relaxed);
        }
        self.whose.pending(child, is_woken);
        is_woken
    }

    const TURN: RawWakerVTable =
        RawWakerVTable::new(Self::clone_waker, Self::wake, Self::wake, |_| ());

    unsafe fn clone_waker(data: *const ()) -> RawWaker {
        // SAFETY: `data` is a `Turn` of this kind, borrowed while this waker exists.
        let turn = unsafe { &*data.cast::<Self>() };
        turn.whose.lasting(turn.child.get())
    }

    unsafe fn wake(data: *const ()) {
        // SAFETY: as above.
        let turn = unsafe { &*data.cast::<Self>() };
        turn.woken.store(true, Ordering::Relaxed);
    }
}

/// The turn of a single child.
pub(crate) struct OneTurn<'a, W: Whose> {
    turn: Turn<'a, W>,
    rest: &'a mut Rest,
    parent: &'a Waker,
}

impl<'a, W: Whose> OneTurn<'a, W> {
    #[inline(always)]
    pub(super) fn new(
        whose: W,
        child: &'a Cell<usize>,
        rest: &'a mut Rest,
        parent: &'a Waker,
    ) -> Self {
        Self {
            turn: Turn::new(whose, child),
            rest,
            parent,
        }
    }

    #[inline(always)]
    pub(crate) fn index(&self) -> usize {
        self.turn.child.get()
    }

    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        self.turn.lend()
    }

    /// From now on its wakes are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        self.turn.finished(self.index());
    }

    /// It is pending. Whether it has woken itself.
    #[inline(always)]
    pub(crate) fn pending(&self) -> bool {
        self.turn.pending(self.index())
    }

    /// Whether it was woken otherwise since the poller last took it.
    #[inline(always)]
    pub(crate) fn is_woken(&self) -> bool {
        let root = self.turn.whose.root();
        root.is_some_and(|root| root.is_ready(self.index()))
    }

    /// Nothing has panicked.
    #[inline(always)]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl<W: Whose> Drop for OneTurn<'_, W> {
    /// The child has panicked, or its drop, or the reader to which its output was shown: it is over.
    /// Whoever catches that may well wait to be woken.
    #[cold]
    fn drop(&mut self) {
        self.finished();
        wake_awake(self.turn.whose.root(), self.rest, self.parent);
    }
}
