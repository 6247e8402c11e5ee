//! How a wake moves the gate, and what it does besides.

use super::{
    gate::{ASLEEP, CLAIMED, FLAGS, GATE, INDEX, LONE, SPARE, is_asleep},
    root::{BITS, LEFT, REFERENCE, RETURNED, Root, Word, is_last},
};
use crate::sync::Ordering;

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
    #[inline(always)]
    unsafe fn release_owned(this: *const Self, owned: bool) {
        // SAFETY: as the caller says. In most cases it is not the last one.
        if owned && is_last(unsafe { (*this).count().fetch_sub(REFERENCE, Ordering::AcqRel) }) {
            // SAFETY: that was the last reference.
            unsafe { Self::free(this) };
        }
    }

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
    #[inline(always)]
    pub(super) unsafe fn wake(this: *const Self, bit: usize, owned: bool) {
        // SAFETY: a reference keeps it alive until it is given up, and nothing is borrowed by then.
        unsafe {
            let root = (*this).root();
            if (*this).is_done(bit) {
                return Root::release_owned(root, owned);
            }
            let found = (*root).look().asleep();
            if let Some(found) = found.filter(|&found| (*root).announce_lone(&*this, bit, found)) {
                return Root::wake_parent(root, owned, found & SPARE != 0);
            }
            if (*this).mark(bit) {
                return Root::wake_word(root, this, owned);
            }
            Root::release_owned(root, owned);
        }
    }

    /// Makes a child ready. Whether it is the first one.
    #[inline(always)]
    fn mark(&self, bit: usize) -> bool {
        // Not skipped for a bit that is set: who takes it must see what came before this wake.
        self.ready.fetch_or(1 << bit, Ordering::AcqRel) == 0
    }
}

/// The stack.
impl Root {
    /// The first in a sleep just leaves its index: often there is no second.
    #[inline(always)]
    fn announce_lone(&self, word: &Word, bit: usize, found: usize) -> bool {
        let child = word.index * BITS + bit;
        let lone = found & !GATE | LONE | child << INDEX;
        let gate = &self.gate;
        child < GATE >> INDEX
            && gate
                .compare_exchange(found, lone, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// The rest of a wake that made a word ready.
    ///
    /// # Safety
    ///
    /// As for [`Root::wake`], and the word is one of this root.
    #[inline(never)]
    unsafe fn wake_word(this: *const Self, mut word: *const Word, owned: bool) {
        // SAFETY: the reference keeps both alive until it is given up.
        unsafe {
            loop {
                let below = (*this).push(&*word);
                if is_asleep(below) {
                    return Self::wake_parent(this, owned, below & SPARE != 0);
                }
                if below & LONE == 0 {
                    break;
                }
                // The first was in the way, and has to be brought in by whoever displaced it.
                let (other, bit) = (*this).child((below & GATE) >> INDEX);
                if other.is_done(bit) || !other.mark(bit) {
                    break;
                }
                word = other;
            }
            Self::release_owned(this, owned);
        }
    }

    /// Links a word that just became ready. What was on top.
    #[inline(always)]
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
