//! Outputs on their way to be a vector in input order.

use alloc::vec::Vec;
use core::mem;

use super::limited::Limited;
use crate::{
    memory::{believable, shrink, try_reserve},
    observed::Observed,
};

pub(super) struct Kept<T> {
    /// Those of children up to the last one that has finished.
    slots: Vec<Option<T>>,
    /// How many there are.
    filled: usize,
    /// The size hint, which may be far off in either direction.
    hint: usize,
    /// Which were observed; those beyond its end were not. Of use only where there is an observer.
    observed: Vec<bool>,
    /// No output that is yet to be observed is before this slot.
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
        // Those before it are still running.
        self.slots.resize_with(index, || None);
        self.slots.push(Some(output));
    }

    /// Makes room as hinted; beyond what is believable, for no more than four times what is there.
    #[cold]
    fn reserve(&mut self) {
        let len = self.slots.len();
        let first = believable::<Option<T>>(self.hint);
        let room = first.max(self.hint.min(len.saturating_mul(4)));
        try_reserve(&mut self.slots, room.saturating_sub(len));
    }

    /// The output of child `index`, if it is there.
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.slots.get(index)?.as_ref()
    }

    /// From now on outputs may be there that are yet to be observed. Gives what takes that back.
    pub(super) fn leave_unobserved(&mut self) -> impl FnOnce(&mut Self) + use<T> {
        let unobserved = mem::take(&mut self.unobserved);
        move |kept| kept.unobserved = unobserved
    }

    /// From now on all outputs are yet to be observed.
    pub(super) fn unobserve_all(&mut self) {
        self.unobserved = 0;
        self.observed.clear();
    }

    /// All of them, when all children are done.
    ///
    /// # Panics
    ///
    /// If one is missing, since a child or the source panicked. They stay as they are.
    pub(super) fn take<S, F>(&mut self, of: &str, job: &Limited<S, F>) -> Vec<T> {
        if self.filled < job.pulled {
            self.lacks_an_output(of);
        }
        assert!(
            !job.is_cut,
            "`{of}` has not the outputs of all children, as their source panicked"
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

    /// Those of the first `len` children.
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
