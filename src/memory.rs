//! Memory of outputs: how far size hints are trusted, and when a `Vec` is shrunk.

use alloc::{boxed::Box, vec::Vec};

/// Size hints up to this are trusted for items of up to `LARGE` bytes: a reservation that can fail is slower.
const BELIEVABLE: usize = 64;
const LARGE: usize = 1024;

/// The number of spare bytes from which shrinking is worth its time, which is long compared with a small job.
const WORTH_A_REALLOC: usize = 1024;

/// Shrinks `outputs` if more than half of its memory, in which the slots were, is spare.
pub(crate) fn shrink<T>(mut outputs: Vec<T>) -> Vec<T> {
    let spare = outputs.capacity() - outputs.len();
    if spare > outputs.len() && spare.saturating_mul(size_of::<T>()) >= WORTH_A_REALLOC {
        outputs.shrink_to_fit();
    }
    outputs
}

/// Returns the number of items to reserve memory for at once: `hint`, but at most a megabyte.
pub(crate) fn believable<T>(hint: usize) -> usize {
    hint.min((1 << 20) / size_of::<T>().max(1))
}

/// Reserves memory for `room` more items, if possible.
pub(crate) fn try_reserve<T>(items: &mut Vec<T>, room: usize) {
    // If this fails, the vector grows by reallocations instead.
    let _ = items.try_reserve_exact(room);
}

/// Collects without trusting the size hint, which can be far off in either direction.
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
    // If this fails, the vector grows by reallocations instead.
    let _ = all.try_reserve(items.size_hint().0.saturating_add(1));
    all.push(item);
    let room = all.capacity() - all.len();
    all.extend(items.by_ref().take(room));
    for item in items {
        all.push(item);
    }
    all.into_boxed_slice()
}
