//! What the poller took from the root.

use super::root::{ASLEEP, BITS, Root, linked};
use crate::sync::Ordering;

/// The children that the poller has taken and not yet polled: bits of one word, then the words
/// linked from `chain` by `batch_next`.
#[derive(Clone, Copy)]
pub(super) struct Woken {
    pub(super) bits: usize,
    word: usize,
    pub(super) chain: usize,
}

impl Woken {
    pub(super) const NONE: Self = Self {
        bits: 0,
        word: 0,
        chain: ASLEEP,
    };

    pub(super) fn one(child: usize) -> Self {
        Self {
            bits: 1 << (child % BITS),
            word: child / BITS,
            chain: ASLEEP,
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.bits == 0 && self.chain == ASLEEP
    }

    #[inline]
    pub(super) fn next(&mut self, root: &Root) -> Option<usize> {
        while self.bits == 0 {
            self.word = linked(self.chain)?;
            let word = root.word(self.word);
            self.bits = word.batch.load(Ordering::Relaxed);
            self.chain = word.batch_next.load(Ordering::Relaxed);
        }
        let bit = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(self.word * BITS + bit)
    }
}
