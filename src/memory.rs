//! Memory: what size hints are good for, and what is given back.

use alloc::{boxed::Box, vec::Vec};

/// A size hint up to this is taken at its word, for items that are not large: a checked reservation is
/// slower.
const BELIEVABLE: usize = 64;
const LARGE: usize = 1024;

/// Fewer bytes than this are not given back: that takes longer than all else that a small job costs.
const WORTH_A_REALLOC: usize = 1024;

/// Gives back what `outputs` does not need, as it stays in the memory of what it was made from.
pub(crate) fn shrink<T>(mut outputs: Vec<T>) -> Vec<T> {
    let spare = outputs.capacity() - outputs.len();
    if spare > outputs.len() && spare.saturating_mul(size_of::<T>()) >= WORTH_A_REALLOC {
        outputs.shrink_to_fit();
    }
    outputs
}

/// How many of the items that a size hint tells of are to be given room at once: a megabyte of them.
pub(crate) fn believable<T>(hint: usize) -> usize {
    hint.min((1 << 20) / size_of::<T>().max(1))
}

/// Makes room, if it is to be had.
pub(crate) fn try_reserve<T>(items: &mut Vec<T>, room: usize) {
    // A refused reservation only costs the reallocations that it would have spared.
    let _ = items.try_reserve_exact(room);
}

/// Collects without trusting the size hint, which may be far off in either direction.
#[inline]
pub(crate) fn collect<T>(items: impl Iterator<Item = T>) -> Box<[T]> {
    let mut items = items.fuse();
    let hint = items.size_hint().0;
    let few: Box<[T]> = if hint <= BELIEVABLE && size_of::<T>() <= LARGE {
        items.by_ref().take(hint).collect()
    } else {
        Box::default()
    };
    match items.next() {
        None => few,
        Some(item) => collect_more(few, item, items),
    }
}

#[inline(never)]
fn collect_more<T>(few: Box<[T]>, item: T, mut items: impl Iterator<Item = T>) -> Box<[T]> {
    let mut all = few.into_vec();
    // A refused reservation only costs the reallocations that it would have spared.
    let _ = all.try_reserve(items.size_hint().0.saturating_add(1));
    all.push(item);
    let room = all.capacity() - all.len();
    all.extend(items.by_ref().take(room));
    for item in items {
        all.push(item);
    }
    all.into_boxed_slice()
}
