//! Slots whose outputs are each observed once: [`Observed`].

/// Slots whose outputs are each observed once, when they are stored or later.
pub(crate) trait Observed {
    type Output;

    /// The number of slots.
    fn len(&self) -> usize;

    /// An index before which all outputs were observed.
    fn first(&mut self) -> &mut usize;

    /// Whether slot `index` has an output that was not observed.
    fn is_unobserved(&self, index: usize) -> bool;

    /// Marks the output in slot `index` as observed, and returns it. There must be one.
    fn observe(&mut self, index: usize) -> &Self::Output;

    /// Whether there can be an output that was not observed.
    fn may_observe(&mut self) -> bool {
        *self.first() < self.len()
    }

    /// Passes the outputs that were not observed to `stop` until it returns `true`, and returns that index.
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
