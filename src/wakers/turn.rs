//! The wakers that a child is polled with until it has one that lasts.
//!
//! They live on the stack. To clone one makes the waker that lasts. To wake with one is just noted, as
//! the poller is at work.

use core::{
    cell::Cell,
    ptr,
    task::{RawWaker, RawWakerVTable},
};

use super::{
    child::{Lane, Lent},
    root::Root,
    shared::Shared,
};
use crate::sync::{AtomicBool, Ordering};

/// Whether the child whose turn it is has woken itself. Other threads to which it has lent the waker are
/// done with it when the poll returns.
struct Woken(AtomicBool);

impl Woken {
    #[inline]
    fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    #[inline]
    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, woken: bool) {
        self.0.store(woken, Ordering::Relaxed);
    }
}

/// Stands for the waker of the child whose turn it is, in a pass.
pub(super) struct Turn<'a> {
    root: &'a Root,
    pub(super) lane: Lane<'a>,
    pub(super) child: usize,
    woken: Woken,
}

impl<'a> Turn<'a> {
    #[inline(always)]
    pub(super) fn new(root: &'a Root) -> Self {
        Self {
            root,
            lane: root.first_lane(),
            child: 0,
            woken: Woken::new(),
        }
    }

    #[inline(always)]
    pub(super) fn lend(&self) -> Lent<'_> {
        if self.lane.is_lasting(self.child) {
            self.lane.lend(self.child)
        } else {
            self.lend_early()
        }
    }

    /// For a child that was never polled.
    #[inline(always)]
    pub(super) fn lend_early(&self) -> Lent<'_> {
        // SAFETY: `TURN` keeps the contract of wakers while `self` is borrowed. It is used by the child
        // that is polled, or by threads to which that child lends it for so long, and nothing else is
        // written meanwhile. Clones are wakers of the other kind.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &TURN) }
    }

    #[inline(always)]
    pub(super) fn is_woken(&self) -> bool {
        self.woken.get()
    }

    #[inline(always)]
    pub(super) fn forget_woken(&self) {
        self.woken.set(false);
    }
}

static TURN: RawWakerVTable = RawWakerVTable::new(clone_turn, wake_turn, wake_turn, |_| ());

unsafe fn clone_turn(data: *const ()) -> RawWaker {
    // SAFETY: `data` is a `Turn`, borrowed while this waker exists.
    let turn = unsafe { &*data.cast::<Turn<'_>>() };
    turn.lane.clone_lasting(turn.root, turn.child)
}

unsafe fn wake_turn(data: *const ()) {
    // SAFETY: as above.
    unsafe { &*data.cast::<Turn<'_>>() }.woken.set(true);
}

/// The same before there is a root, which it makes.
pub(super) struct EarlyTurn<'a> {
    pub(super) shared: &'a Shared,
    pub(super) child: &'a Cell<usize>,
    woken: Woken,
}

impl<'a> EarlyTurn<'a> {
    #[inline]
    pub(super) fn new(shared: &'a Shared, child: &'a Cell<usize>) -> Self {
        Self {
            shared,
            child,
            woken: Woken::new(),
        }
    }

    #[inline]
    pub(super) fn lend(&self) -> Lent<'_> {
        // SAFETY: as in `Turn`.
        unsafe { Lent::new(ptr::from_ref(self).cast(), &EARLY) }
    }

    #[inline]
    pub(super) fn is_woken(&self) -> bool {
        self.woken.get()
    }

    #[inline]
    pub(super) fn forget_woken(&self) {
        self.woken.set(false);
    }
}

static EARLY: RawWakerVTable = RawWakerVTable::new(clone_early, wake_early, wake_early, |_| ());

unsafe fn clone_early(data: *const ()) -> RawWaker {
    // SAFETY: `data` is an `EarlyTurn`, borrowed while this waker exists.
    let EarlyTurn { shared, child, .. } = unsafe { &*data.cast::<EarlyTurn<'_>>() };
    let root = shared.make_root();
    root.lane_of(child.get()).clone_lasting(root, child.get())
}

unsafe fn wake_early(data: *const ()) {
    // SAFETY: as above.
    unsafe { &*data.cast::<EarlyTurn<'_>>() }.woken.set(true);
}
