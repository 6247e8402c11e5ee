//! What the poller took from the root.

use core::{cell::Cell, mem};

use super::{
    child::Known,
    gate::linked,
    root::{BITS, Root},
};

/// The children that the poller has taken and not yet polled: bits of one word, then the words linked
/// from `chain`. Poller's own, like what it uses of words for it.
pub(super) struct Woken {
    bits: usize,
    word: usize,
    chain: usize,
    /// Those that woke themselves while they were polled, for the next pass: their bits if they are few,
    /// else linked words. A word is linked, here or from `chain`, as long as its batch is not empty.
    again: usize,
}

impl Woken {
    pub(super) const fn new() -> Self {
        Self {
            bits: 0,
            word: 0,
            chain: 0,
            again: 0,
        }
    }

    /// Whether there is nobody left for this pass.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.bits == 0 && self.chain == 0
    }

    /// Nor for the next.
    #[inline]
    pub(super) fn is_clear(&self) -> bool {
        self.bits | self.chain | self.again == 0
    }

    /// The next pass is for those who woke themselves, and for these, which are few.
    #[inline]
    pub(super) fn start(&mut self, bits: usize) {
        self.bits = bits | mem::take(&mut self.again);
        self.word = 0;
    }

    /// The same, where there are many.
    #[inline]
    pub(super) fn start_chain(&mut self) {
        self.chain = mem::take(&mut self.again);
    }

    /// The next pass is for this child alone.
    #[inline]
    pub(super) fn start_one(&mut self, child: usize) {
        self.word = child / BITS;
        self.bits = 1 << (child % BITS);
    }

    /// Adds to the pass that was started.
    #[inline]
    pub(super) fn add(&mut self, root: &Root, word: usize, bits: usize) {
        link(root, word, bits, Cell::from_mut(&mut self.chain));
    }

    /// Where those are who have woken themselves, for the next pass.
    #[inline]
    pub(super) fn again(&mut self) -> &Cell<usize> {
        Cell::from_mut(&mut self.again)
    }

    /// Takes the next child.
    #[inline(always)]
    pub(super) fn next<'a>(&mut self, root: &'a Root) -> Option<(usize, Known<'a>)> {
        if self.bits == 0 {
            (self.word, self.bits) = self.next_word(root)?;
        }
        let lane = root.lane(self.word);
        let child = lane.first + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some((child, Known { root, lane }))
    }

    /// Takes the children of the next word of the chain.
    #[inline(always)]
    fn next_word(&mut self, root: &Root) -> Option<(usize, usize)> {
        let index = linked(self.chain)?;
        let (bits, next) = root.word(index).take_batch();
        self.chain = next;
        Some((index, bits))
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self, root: &Root) {
        self.bits = 0;
        while self.next_word(root).is_some() {}
        let again = mem::take(&mut self.again);
        if !root.is_small {
            self.chain = again;
            while self.next_word(root).is_some() {}
        }
    }
}

/// For the next pass: this child has woken itself.
#[inline]
pub(super) fn wake_again(again: &Cell<usize>, root: &Root, child: usize) {
    let bit = 1 << (child % BITS);
    if root.is_small {
        again.set(again.get() | bit);
    } else {
        link(root, child / BITS, bit, again);
    }
}

/// Adds to the batch of a word, which is in a chain if it is not empty.
#[inline]
fn link(root: &Root, index: usize, bits: usize, chain: &Cell<usize>) {
    let word = root.word(index);
    if word.add_batch(bits, chain.get()) {
        chain.set(word.link());
    }
}
