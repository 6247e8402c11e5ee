//! Counts what is allocated, for each thread on its own: tests that run at once do not disturb each other.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Count {
    pub(crate) allocations: usize,
    pub(crate) reallocations: usize,
    /// In use now.
    pub(crate) bytes: isize,
    /// The most bytes that were in use.
    pub(crate) peak: isize,
}

thread_local! {
    static COUNT: Cell<Count> = const {
        Cell::new(Count { allocations: 0, reallocations: 0, bytes: 0, peak: 0 })
    };
}

fn change(old: usize, new: usize) {
    let mut count = COUNT.get();
    count.allocations += usize::from(old == 0);
    count.reallocations += usize::from(old != 0 && new != 0);
    count.bytes += new as isize - old as isize;
    count.peak = count.peak.max(count.bytes);
    COUNT.set(count);
}

// SAFETY: every method hands its arguments on to `System` unchanged, and counting neither allocates
// nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        change(0, layout.size());
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        change(layout.size(), new_size);
        // SAFETY: as in `alloc`; `ptr` came from `System`, as all that is handed out does.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        change(layout.size(), 0);
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// What this thread allocates from here on.
pub(crate) struct Since(Count);

/// Begins to count. The peak is that since the last call.
pub(crate) fn start() -> Since {
    let mut count = COUNT.get();
    count.peak = count.bytes;
    COUNT.set(count);
    Since(count)
}

impl Since {
    pub(crate) fn count(&self) -> Count {
        let (now, before) = (COUNT.get(), self.0);
        Count {
            allocations: now.allocations - before.allocations,
            reallocations: now.reallocations - before.reallocations,
            bytes: now.bytes - before.bytes,
            peak: now.peak - before.bytes,
        }
    }

    pub(crate) fn allocs(&self) -> usize {
        self.count().allocations
    }

    pub(crate) fn reallocs(&self) -> usize {
        self.count().reallocations
    }

    pub(crate) fn bytes(&self) -> usize {
        self.count().bytes as usize
    }
}

/// Calls it, and counts what that allocates.
pub(crate) fn counted<R>(call: impl FnOnce() -> R) -> (R, Count) {
    let since = start();
    let result = call();
    (result, since.count())
}
