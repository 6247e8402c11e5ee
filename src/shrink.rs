//! Memory that is given back.

use alloc::vec::Vec;

/// Fewer bytes than this are not given back: that takes longer than all else that a small job costs.
pub(crate) const WORTH_A_REALLOC: usize = 1024;

/// Gives back what `outputs` does not need, as it stays in the memory of what it was made from.
pub(crate) fn shrink<T>(mut outputs: Vec<T>) -> Vec<T> {
    let spare = outputs.capacity() - outputs.len();
    if spare > outputs.len() && spare.saturating_mul(size_of::<T>()) >= WORTH_A_REALLOC {
        outputs.shrink_to_fit();
    }
    outputs
}
