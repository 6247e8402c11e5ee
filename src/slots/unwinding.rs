//! What follows when a child panics, or its drop.

use core::{future::Future, pin::Pin};

use super::Slot;

/// Takes a child whose `poll` unwinds out of its slot, and off the books.
pub(super) struct DropOnPanic<'a, F: Future> {
    pub(super) slot: Pin<&'a mut Slot<F>>,
    pub(super) running: &'a mut usize,
    pub(super) panics: &'a mut usize,
}

impl<F: Future> Drop for DropOnPanic<'_, F> {
    fn drop(&mut self) {
        *self.running -= 1;
        *self.panics += 1;
        self.slot.set(Slot::Taken);
    }
}

/// A child that has finished, and is dropped. If that unwinds, its output goes into the slot.
pub(super) struct Emptying<'a, F: Future> {
    pub(super) slot: Pin<&'a mut Slot<F>>,
    pub(super) output: Option<F::Output>,
    pub(super) unshown: &'a mut usize,
    pub(super) index: usize,
}

impl<F: Future> Drop for Emptying<'_, F> {
    #[cold]
    fn drop(&mut self) {
        if let Some(output) = self.output.take() {
            *self.unshown = (*self.unshown).min(self.index);
            self.slot.set(Slot::Done {
                output,
                shown: false,
            });
        }
    }
}
