//! The waker that a child is polled with until it has one that lasts.

use core::{
    cell::Cell,
    ptr,
    task::{RawWaker, RawWakerVTable},
};

use super::child::Lent;
use crate::sync::{AtomicBool, Ordering};

/// Lives on the stack, and stands for the waker of the child whose turn it is. To clone that waker makes
/// one that lasts. To wake with it is just noted, as the poller is at work.
pub(super) struct Turn<'a, L> {
    pub(super) lasting: L,
    pub(super) child: &'a Cell<usize>,
    woken: AtomicBool,
}

/// What makes wakers that last.
pub(super) trait Lasting {
    /// One of child `child`.
    fn lasting(&self, child: usize) -> RawWaker;
}

impl<'a, L: Lasting> Turn<'a, L> {
    #[inline(always)]
    pub(super) fn new(lasting: L, child: &'a Cell<usize>) -> Self {
        Self {
            lasting,
            child,
            woken: AtomicBool::new(false),
        }
    }

    #[inline(always)]
    pub(super) fn lend(&self) -> Lent<'_> {
        // SAFETY: `TURN` keeps the contract of wakers while `self` is borrowed. It is used by the child
        // that is polled, or by threads to which that child lends it for so long: they read `child`,
        // which nobody writes meanwhile. Clones are wakers of the other kind.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &Self::TURN) }
    }

    /// Whether the child has woken itself, which is then forgotten. Other threads that did so are done
    /// with the waker.
    #[inline(always)]
    pub(super) fn take_woken(&self) -> bool {
        let is_woken = self.woken.load(Ordering::Relaxed);
        if is_woken {
            self.forget_woken();
        }
        is_woken
    }

    #[inline(always)]
    pub(super) fn forget_woken(&self) {
        self.woken.store(false, Ordering::Relaxed);
    }

    const TURN: RawWakerVTable =
        RawWakerVTable::new(Self::clone_waker, Self::wake, Self::wake, |_| ());

    unsafe fn clone_waker(data: *const ()) -> RawWaker {
        // SAFETY: `data` is a `Turn` of this kind, borrowed while this waker exists.
        let turn = unsafe { &*data.cast::<Self>() };
        turn.lasting.lasting(turn.child.get())
    }

    unsafe fn wake(data: *const ()) {
        // SAFETY: as above.
        let turn = unsafe { &*data.cast::<Self>() };
        turn.woken.store(true, Ordering::Relaxed);
    }
}
