//! Outputs that are stored in input order.

use alloc::vec::Vec;
use core::mem;

use super::limited::Limited;
use crate::{
    memory::{believable, shrink, try_reserve},
    observed::Observed,
};

pub(super) struct Kept<T> {
    /// One for each child up to the last one that has finished.
    slots: Vec<Option<T>>,
    /// The number of outputs.
    filled: usize,
    /// The size hint, which can be far off in either direction.
    hint: usize,
    /// Which outputs were observed. Those beyond its end were not.
    observed: Vec<bool>,
    /// All outputs before this slot were observed.
    unobserved: usize,
}

impl<T> Kept<T> {
    pub(super) fn new(hint: usize) -> Self {
        Self {
            slots: Vec::new(),
            filled: 0,
            hint,
            observed: Vec::new(),
            unobserved: 0,
        }
    }

    #[inline]
    pub(super) fn put(&mut self, index: usize, output: T) {
        self.filled += 1;
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Some(output);
            return;
        }
        if index >= self.slots.capacity() {
            self.reserve();
        }
        // The children before it are still running.
        self.slots.resize_with(index, || None);
        self.slots.push(Some(output));
    }

    /// Reserves memory as hinted, but beyond a believable hint for at most four times the current length.
    #[cold]
    fn reserve(&mut self) {
        let len = self.slots.len();
        let first = believable::<Option<T>>(self.hint);
        let room = first.max(self.hint.min(len.saturating_mul(4)));
        try_reserve(&mut self.slots, room.saturating_sub(len));
    }

    /// The output of child `index`, if it is stored.
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.slots.get(index)?.as_ref()
    }

    /// Lets outputs be stored without being observed. The returned function undoes that.
    pub(super) fn leave_unobserved(&mut self) -> impl FnOnce(&mut Self) + use<T> {
        let unobserved = mem::take(&mut self.unobserved);
        move |kept| kept.unobserved = unobserved
    }

    /// Marks all outputs as not observed.
    pub(super) fn unobserve_all(&mut self) {
        self.unobserved = 0;
        self.observed.clear();
    }

    /// Takes all outputs, when all children are done.
    ///
    /// # Panics
    ///
    /// Panics if an output is missing because a child or the source has panicked. The outputs stay stored.
    pub(super) fn take<S, F>(&mut self, of: &str, job: &Limited<S, F>) -> Vec<T> {
        if self.filled < job.pulled {
            self.lacks_an_output(of);
        }
        assert!(
            !job.is_cut,
            "`{of}` lacks outputs: the source of its children panicked"
        );
        let slots = mem::take(&mut self.slots).into_iter();
        shrink(slots.map(|slot| slot.expect("none is missing")).collect())
    }

    #[cold]
    fn lacks_an_output(&self, of: &str) -> ! {
        let index = self.slots.iter().position(Option::is_none);
        let index = index.unwrap_or(self.slots.len());
        panic!("`{of}` has no output of child {index}, which panicked");
    }

    /// Returns the outputs of the first `len` children.
    pub(super) fn into_partial(mut self, len: usize) -> Vec<Option<T>> {
        self.slots.resize_with(len, || None);
        shrink(self.slots)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }
}

impl<T> Observed for Kept<T> {
    type Output = T;

    fn len(&self) -> usize {
        self.slots.len()
    }

    fn first(&mut self) -> &mut usize {
        &mut self.unobserved
    }

    fn is_unobserved(&self, index: usize) -> bool {
        self.slots[index].is_some() && !self.observed.get(index).is_some_and(|&is| is)
    }

    fn observe(&mut self, index: usize) -> &T {
        if index >= self.observed.len() {
            self.observed.resize(index + 1, false);
        }
        self.observed[index] = true;
        self.get(index).expect("the child is done")
    }
}
