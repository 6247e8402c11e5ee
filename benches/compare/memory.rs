//! An allocator that counts while it is asked to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// What a job allocated.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) allocations: usize,
    /// Changes of an allocation's size, which are cheaper where they happen in place.
    pub(crate) reallocations: usize,
    /// The most bytes that were allocated at the same time.
    pub(crate) peak: usize,
}

/// Runs `job` and says what it allocated. The benchmark has one thread, so no other
/// allocations are counted.
pub(crate) fn count<T>(job: impl FnOnce() -> T) -> (T, Memory) {
    ALLOCATIONS.store(0, Relaxed);
    REALLOCATIONS.store(0, Relaxed);
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    COUNTING.store(true, Relaxed);
    let output = job();
    COUNTING.store(false, Relaxed);
    let memory = Memory {
        allocations: ALLOCATIONS.load(Relaxed),
        reallocations: REALLOCATIONS.load(Relaxed),
        peak: PEAK.load(Relaxed).unsigned_abs(),
    };
    (output, memory)
}

/// The system's allocator. In timed runs it costs a load and a branch more than that.
pub(crate) struct Counting;

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static REALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// Notes that an allocation's size changed: 0 where it did not exist or no longer does.
fn note(old: usize, new: usize) {
    if COUNTING.load(Relaxed) {
        match (old, new) {
            (0, _) => ALLOCATIONS.fetch_add(1, Relaxed),
            (_, 0) => 0,
            (_, _) => REALLOCATIONS.fetch_add(1, Relaxed),
        };
        let change = new as isize - old as isize;
        let live = LIVE.fetch_add(change, Relaxed) + change;
        PEAK.fetch_max(live, Relaxed);
    }
}

// SAFETY: every method hands its arguments on to `System` unchanged, and counting neither
// allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(0, layout.size());
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(0, layout.size());
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(layout.size(), new_size);
        // SAFETY: as in `alloc`; `ptr` came from `System`, as all that we hand out does.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        note(layout.size(), 0);
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}
