//! The waker that a child is polled with until it has one that lasts.

use core::{
    cell::Cell,
    ptr,
    task::{RawWaker, RawWakerVTable},
};

use super::{child::Lent, shared::Shared};
use crate::sync::{AtomicBool, Ordering};

/// Lives on the stack, and stands for the waker of the child whose turn it is. To clone that waker makes
/// one that lasts, and the root. To wake with it is just noted, as the poller is at work.
pub(super) struct Turn<'a> {
    pub(super) shared: &'a Shared,
    pub(super) child: &'a Cell<usize>,
    woken: AtomicBool,
}

impl<'a> Turn<'a> {
    #[inline(always)]
    pub(super) fn new(shared: &'a Shared, child: &'a Cell<usize>) -> Self {
        Self {
            shared,
            child,
            woken: AtomicBool::new(false),
        }
    }

    #[inline(always)]
    pub(super) fn lend(&self) -> Lent<'_> {
        // SAFETY: `TURN` keeps the contract of wakers while `self` is borrowed. It is used by the child
        // that is polled, or by threads to which that child lends it for so long: they read `child`,
        // which nobody writes meanwhile. Clones are wakers of the other kind.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &TURN) }
    }

    /// Whether the child has woken itself. Other threads that did so are done with the waker.
    #[inline(always)]
    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(super) fn forget_woken(&self) {
        self.woken.store(false, Ordering::Relaxed);
    }
}

static TURN: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, |_| ());

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` is a `Turn`, borrowed while this waker exists; its table keeps the root alive.
    let Turn { shared, child, .. } = unsafe { &*data.cast::<Turn<'_>>() };
    let root = shared.make_root();
    root.lane_of(child.get()).clone_lasting(root, child.get())
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as above.
    let Turn { woken, .. } = unsafe { &*data.cast::<Turn<'_>>() };
    woken.store(true, Ordering::Relaxed);
}
