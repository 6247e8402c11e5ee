//! Outputs in slots, each of which is observed once.

/// Slots whose outputs are observed as they come, or later.
pub(crate) trait Observed {
    type Output;

    /// How many slots there are.
    fn len(&self) -> usize;

    /// No output that is yet to be observed is before this slot.
    fn first(&mut self) -> &mut usize;

    /// Whether there is an output in slot `index` that is yet to be observed.
    fn is_unobserved(&self, index: usize) -> bool;

    /// The output in slot `index`, which is there, and now is observed.
    fn observe(&mut self, index: usize) -> &Self::Output;

    /// Whether there may be an output that is yet to be observed.
    fn may_observe(&mut self) -> bool {
        *self.first() < self.len()
    }

    /// Shows each output to `stop` that is yet to be observed, until that is true for one, whose index it gives.
    fn observe_until(
        &mut self,
        mut stop: impl FnMut(usize, &Self::Output) -> bool,
    ) -> Option<usize> {
        loop {
            let next = (*self.first()..self.len()).find(|&index| self.is_unobserved(index));
            *self.first() = next.unwrap_or(self.len());
            if stop(next?, self.observe(next?)) {
                return next;
            }
        }
    }
}
