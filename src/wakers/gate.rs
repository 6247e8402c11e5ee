//! The steps of the protocol: how the gate is moved.

use core::task::Waker;

use super::{
    root::{BITS, GATE_BITS, LEFT, REFERENCE, RETURNED, Root, Word, is_last},
    woken::Woken,
};
use crate::sync::Ordering;

/// The gate of a poller that counts on being woken. As a link: none.
const ASLEEP: usize = 0;
/// The gate of a poller at work, alone or with what was woken meanwhile.
pub(super) const CLAIMED: usize = 1;
/// With `ASLEEP`: the parent is to be woken by the spare.
const SPARE: usize = 2;
/// How many bits these two take. Those of a few children follow.
pub(super) const FLAGS: u32 = 2;

/// The stack when a single child was woken while the gate was `ASLEEP`; the rest is the child's index.
const LONE: usize = 4;
/// Where an index is, in the stack and in links. That of a word is one more, in the latter.
pub(super) const INDEX: u32 = 3;

/// What of the gate's value is not the count.
const GATE: usize = usize::MAX >> (usize::BITS - GATE_BITS);

/// What the poller has found in the gate.
#[derive(Clone, Copy)]
pub(super) struct Found(usize);

impl Found {
    #[inline]
    pub(super) fn is_asleep(self) -> bool {
        is_asleep(self.0)
    }

    /// Whether no child was woken since the poller claimed.
    #[inline]
    pub(super) fn is_quiet(self) -> bool {
        self.0 & GATE == CLAIMED
    }
}

#[inline]
fn is_asleep(gate: usize) -> bool {
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

/// The steps of a wake.
impl Root {
    /// Wakes a child where there are few, and the parent if that is asleep.
    ///
    /// # Safety
    ///
    /// A reference keeps the root alive as long as this runs. If it is `owned`, it is the caller's, who
    /// gives it up.
    #[inline]
    pub(super) unsafe fn wake(this: *const Self, child: usize, owned: bool) {
        // SAFETY: the reference keeps it alive until it is given up.
        let root = unsafe { &*this };
        if root.is_done(child) {
            // SAFETY: it is given up.
            return unsafe { Self::release_owned(this, owned) };
        }
        // The step that makes the child ready gives up the reference as well, where it is the last.
        let given = if owned && GATE != usize::MAX {
            REFERENCE
        } else {
            0
        };
        let mut found = root.gate.load(Ordering::Relaxed);
        // Not skipped for a bit that is set: who takes it must see what came before this wake.
        let mark = 1 << FLAGS << child;
        while let Err(now) = root.gate.compare_exchange_weak(
            found,
            if is_asleep(found) {
                found & !SPARE
            } else {
                found - given
            } | mark,
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            found = now;
        }
        if is_asleep(found) {
            // SAFETY: the gate was `ASLEEP`; the reference is the caller's.
            unsafe { Self::wake_parent(this, owned, found & SPARE != 0) };
        } else if given == 0 {
            // SAFETY: it is given up.
            unsafe { Self::release_owned(this, owned) };
        } else if is_last(found) {
            // SAFETY: the last reference is gone.
            unsafe { Self::free(this) };
        }
    }

    /// Wakes the parent, by the spare or by what is kept.
    ///
    /// # Safety
    ///
    /// As for `wake`, and the caller has found the gate `ASLEEP`.
    #[inline(always)]
    unsafe fn wake_parent(this: *const Self, owned: bool, spare: bool) {
        if spare {
            // SAFETY: as the caller says.
            return unsafe { Self::wake_spare(this, owned) };
        }
        let returning = Returning { root: this, owned };
        // SAFETY: the reference keeps the root alive. The gate was `ASLEEP`, and this returns after.
        unsafe { (*this).parent.wake_kept() };
        drop(returning);
    }

    /// # Safety
    ///
    /// As for `wake_parent`, where the spare is in use.
    #[cold]
    unsafe fn wake_spare(this: *const Self, owned: bool) {
        // SAFETY: it belongs to the wake that found the gate `ASLEEP`. The reference goes before the
        // parent's waker runs, which may do anything.
        let spare = unsafe {
            let spare = (*this).parent.take_spare();
            (*this).spare_moved.store(true, Ordering::Release);
            Self::release_owned(this, owned);
            spare
        };
        if let Some(spare) = spare {
            spare.wake();
        }
    }

    /// # Safety
    ///
    /// As for `release`, if it is owned.
    #[inline]
    unsafe fn release_owned(this: *const Self, owned: bool) {
        if owned {
            // SAFETY: as the caller says.
            unsafe { Self::release(this) };
        }
    }
}

impl Root {
    /// # Safety
    ///
    /// The caller owns a reference, which it gives up, and what is kept of the parent.
    #[cold]
    unsafe fn drop_kept(this: *const Self) {
        // SAFETY: as the caller says.
        let kept = unsafe {
            let kept = (*this).parent.take_kept();
            Self::release(this);
            kept
        };
        drop(kept);
    }
}

/// The end of a wake's use of what is kept of the parent, also if that panics.
struct Returning {
    root: *const Root,
    owned: bool,
}

impl Drop for Returning {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference of the wake keeps it alive.
        let root = unsafe { &*self.root };
        // `RETURNED` is the topmost bit: to add it is to flip it.
        let step = RETURNED - if self.owned { REFERENCE } else { 0 };
        let count = root.count().fetch_add(step, Ordering::AcqRel);
        if count & LEFT != 0 {
            // SAFETY: the poller has left both to this wake: its reference and what is kept.
            unsafe { Root::drop_kept(self.root) };
        }
    }
}

impl Word {
    /// Wakes a child where there are many, and the parent if that is asleep.
    ///
    /// # Safety
    ///
    /// As for [`Root::wake`].
    #[inline]
    pub(super) unsafe fn wake(&self, bit: usize, owned: bool) {
        let root = self.root();
        if !self.is_done(bit) {
            // SAFETY: a reference keeps it alive.
            let found = unsafe { (*root).announce(self, bit) };
            if let Some(found) = found {
                // SAFETY: the gate was `ASLEEP`; the reference is the caller's.
                return unsafe { Root::wake_parent(root, owned, found & SPARE != 0) };
            }
        }
        // SAFETY: it is given up.
        unsafe { Root::release_owned(root, owned) };
    }
}

/// The stack.
impl Root {
    /// A wake of this child. What it found, if that was `ASLEEP`.
    #[inline]
    fn announce(&self, word: &Word, bit: usize) -> Option<usize> {
        // The first in a sleep just leaves its index: often there is no second.
        let child = word.index * BITS + bit;
        let found = self.gate.load(Ordering::Relaxed);
        if is_asleep(found) && child < GATE >> INDEX {
            let lone = found & !GATE | LONE | child << INDEX;
            let done = self
                .gate
                .compare_exchange(found, lone, Ordering::AcqRel, Ordering::Relaxed);
            if done.is_ok() {
                return Some(found);
            }
        }
        self.mark(word, bit)
    }

    #[inline(never)]
    fn mark<'a>(&'a self, mut word: &'a Word, mut bit: usize) -> Option<usize> {
        loop {
            // Not skipped for a bit that is set: who takes it must see what came before this wake.
            if word.ready.fetch_or(1 << bit, Ordering::AcqRel) != 0 {
                return None;
            }
            let below = self.push(word);
            if below & LONE == 0 {
                return is_asleep(below).then_some(below);
            }
            // The first was in the way, and has to be brought in by whoever displaced it.
            (word, bit) = self.child((below & GATE) >> INDEX);
            if word.is_done(bit) {
                return None;
            }
        }
    }

    /// Links a word that just became ready. What was on top.
    fn push(&self, word: &Word) -> usize {
        let mut top = self.gate.load(Ordering::Relaxed);
        loop {
            // The claim stays with the head, and a lone child is no word.
            let (next, claim) = match top & GATE {
                gate if gate & LONE != 0 => (ASLEEP, 0),
                gate => (gate & !(CLAIMED | SPARE), gate & CLAIMED),
            };
            word.next.store(next, Ordering::Relaxed);
            let new = top & !GATE | word.link() | claim;
            let gate = &self.gate;
            match gate.compare_exchange_weak(top, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return top,
                Err(now) => top = now,
            }
        }
    }
}
