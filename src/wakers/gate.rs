//! The gate, and how the poller moves it.

use core::task::Waker;

use super::{
    root::{BITS, GATE_BITS, LEFT, RETURNED, Root, is_last},
    woken::Woken,
};
use crate::sync::Ordering;

/// The gate of a poller that counts on being woken. As a link: none.
pub(super) const ASLEEP: usize = 0;
/// The gate of a poller at work, alone or with what was woken meanwhile.
pub(super) const CLAIMED: usize = 1;
/// With `ASLEEP`: the parent is to be woken by the spare.
pub(super) const SPARE: usize = 2;
/// How many bits these two take. Those of a few children follow.
pub(super) const FLAGS: u32 = 2;

/// The stack when a single child was woken while the gate was `ASLEEP`; the rest is the child's index.
pub(super) const LONE: usize = 4;
/// Where an index is, in the stack and in links. That of a word is one more, in the latter.
pub(super) const INDEX: u32 = 3;

/// What of the gate's value is not the count.
pub(super) const GATE: usize = usize::MAX >> (usize::BITS - GATE_BITS);

/// What the poller has found in the gate.
#[derive(Clone, Copy)]
pub(super) struct Found(usize);

impl Found {
    #[inline]
    pub(super) fn is_asleep(self) -> bool {
        is_asleep(self.0)
    }

    /// What it is, if that is `ASLEEP`.
    #[inline]
    pub(super) fn asleep(self) -> Option<usize> {
        self.is_asleep().then_some(self.0)
    }

    /// Whether no child was woken since the poller claimed.
    #[inline]
    pub(super) fn is_quiet(self) -> bool {
        self.0 & GATE == CLAIMED
    }
}

#[inline]
pub(super) fn is_asleep(gate: usize) -> bool {
    gate & GATE & !SPARE == ASLEEP
}

/// The word that a link (the stack's head, or a word's `next`) leads to.
#[inline]
pub(super) fn linked(link: usize) -> Option<usize> {
    (link >> INDEX).checked_sub(1)
}

/// The poller's steps.
impl Root {
    #[inline]
    pub(super) fn look(&self) -> Found {
        Found(self.gate.load(Ordering::Acquire))
    }

    /// From what was found, if it is still that, to `new`, both but for the count.
    #[inline]
    fn shift(&self, Found(mut found): Found, new: usize) -> bool {
        let gate = found & GATE;
        loop {
            let new = found & !GATE | new;
            let shifted =
                self.gate
                    .compare_exchange_weak(found, new, Ordering::AcqRel, Ordering::Relaxed);
            match shifted {
                Ok(_) => return true,
                Err(now) if now & GATE == gate => found = now,
                Err(_) => return false,
            }
        }
    }

    /// From `ASLEEP` to `CLAIMED`. Fails if a wake came first, to which the parent's waker belongs.
    #[inline]
    pub(super) fn claim(&self, found: Found) -> bool {
        found.is_asleep() && self.shift(found, CLAIMED)
    }

    /// To `ASLEEP`, from `CLAIMED` or from a single child that was woken. Fails if a wake came first.
    #[inline]
    pub(super) fn sleep(&self, found: Found, spare: bool) -> bool {
        self.shift(found, if spare { ASLEEP | SPARE } else { ASLEEP })
    }

    /// The single child that was woken, if it is one.
    #[inline]
    pub(super) fn lone(&self, Found(found): Found) -> Option<usize> {
        let found = found & GATE;
        if found & CLAIMED != 0 {
            None
        } else if self.is_small {
            let marks = found >> FLAGS;
            marks
                .is_power_of_two()
                .then(|| marks.trailing_zeros() as usize)
        } else {
            (found & LONE != 0).then_some(found >> INDEX)
        }
    }

    /// To `CLAIMED`, from that or from what a wake that found `ASLEEP` has made of it: takes the
    /// children that were woken, for a new pass.
    #[inline]
    pub(super) fn collect(&self, Found(mut found): Found, woken: &mut Woken) {
        if found & GATE != CLAIMED {
            found = self.claim_woken(found);
        }
        let taken = found & GATE & !CLAIMED;
        if self.is_small {
            return woken.start(taken >> FLAGS);
        }
        woken.start_chain();
        if taken & LONE != 0 {
            let child = taken >> INDEX;
            return woken.add(self, child / BITS, 1 << (child % BITS));
        }
        // The bits of all words now: the children's own memory is then visited without a barrier between.
        let mut link = taken;
        while let Some(index) = linked(link) {
            let word = self.word(index);
            // In this order: after the swap, a wake may push the word again.
            link = word.next.load(Ordering::Relaxed);
            woken.add(self, index, word.ready.swap(0, Ordering::AcqRel));
        }
    }

    #[inline]
    fn claim_woken(&self, mut found: usize) -> usize {
        if is_last(self.count().load(Ordering::Acquire)) {
            // Nobody is left who could wake, as no waker is lent now either: a store will do. All wakes
            // came before the last reference went, and so are seen.
            found = self.gate.load(Ordering::Relaxed);
            self.gate.store(found & !GATE | CLAIMED, Ordering::Relaxed);
            return found;
        }
        loop {
            let claimed = found & !GATE | CLAIMED;
            let gate = &self.gate;
            match gate.compare_exchange_weak(found, claimed, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return found,
                Err(now) => found = now,
            }
        }
    }

    /// Whether this child was woken since the poller last took it.
    #[inline]
    pub(super) fn is_ready(&self, child: usize) -> bool {
        let bits = if self.is_small {
            self.gate.load(Ordering::Relaxed) >> FLAGS >> child
        } else {
            let (word, bit) = self.child(child);
            word.ready.load(Ordering::Relaxed) >> bit
        };
        bits & 1 == 1
    }

    /// Whether a wake has yet to return from what is kept of the parent; `returns` says whether an odd
    /// number of wakes was called for that so far.
    #[inline]
    pub(super) fn is_in_parent(&self, returns: bool) -> bool {
        (self.count().load(Ordering::Acquire) & RETURNED != 0) != returns
    }

    /// Gives back the poller's reference and what is kept of the parent, or leaves both to the wake that
    /// has yet to return from it. If that was the last reference, it is the caller's to free.
    ///
    /// # Safety
    ///
    /// Only the poller calls it, once, when the gate is claimed for good, or was found by a wake. It uses
    /// nothing of the root afterwards.
    #[inline]
    pub(super) unsafe fn leave(this: *const Self, returns: bool) -> (Option<Waker>, bool) {
        // SAFETY: the poller's reference keeps it alive up to here.
        let root = unsafe { &*this };
        if root.is_in_parent(returns) {
            let count = root.count().fetch_or(LEFT, Ordering::AcqRel);
            if (count & RETURNED != 0) != returns {
                return (None, false);
            }
        }
        // SAFETY: all wakes have returned, and none comes: the gate is never `ASLEEP` again. The reference
        // is the poller's.
        unsafe { (root.parent.take_kept(), Self::give_back(this)) }
    }
}
