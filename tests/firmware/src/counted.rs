//! The heap, which counts its calls, and those in interrupts.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
};

use cortex_m::peripheral::{SCB, scb::VectActive};
use cortex_m_semihosting::hprintln;
use critical_section::Mutex;
use embedded_alloc::LlffHeap;

const SIZE: usize = 6 * 1024;

/// Prints what was counted since the last report.
pub(crate) fn report(what: &str) {
    let counts = counts();
    hprintln!(
        "heap of {}: {} bytes at most, {} left, {} allocations, in interrupts {} and {} freed",
        what,
        counts.peak,
        counts.used,
        counts.allocations,
        counts.allocated_in_interrupts,
        counts.freed_in_interrupts,
    );
    critical_section::with(|cs| {
        HEAP.counts.borrow(cs).set(Counts {
            used: counts.used,
            peak: counts.used,
            ..Counts::NONE
        });
    });
}

#[derive(Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) used: usize,
    peak: usize,
    pub(crate) allocations: usize,
    allocated_in_interrupts: usize,
    pub(crate) freed_in_interrupts: usize,
}

impl Counts {
    const NONE: Self = Self {
        used: 0,
        peak: 0,
        allocations: 0,
        allocated_in_interrupts: 0,
        freed_in_interrupts: 0,
    };
}

struct CountingHeap {
    heap: LlffHeap,
    counts: Mutex<Cell<Counts>>,
}

#[global_allocator]
static HEAP: CountingHeap = CountingHeap {
    heap: LlffHeap::empty(),
    counts: Mutex::new(Cell::new(Counts::NONE)),
};

pub(crate) fn init() {
    static mut MEMORY: [u64; SIZE / 8] = [0; SIZE / 8];
    // SAFETY: called once, before anything is allocated.
    unsafe { HEAP.heap.init(&raw mut MEMORY as usize, SIZE) }
}

pub(crate) fn counts() -> Counts {
    critical_section::with(|cs| HEAP.counts.borrow(cs).get())
}

fn count(change: impl FnOnce(&mut Counts, usize)) {
    let in_interrupt = SCB::vect_active() != VectActive::ThreadMode;
    critical_section::with(|cs| {
        let counts = HEAP.counts.borrow(cs);
        let mut changed = counts.get();
        change(&mut changed, in_interrupt.into());
        counts.set(changed);
    });
}

// SAFETY: it is the heap's.
unsafe impl GlobalAlloc for CountingHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(|counts, in_interrupt| {
            counts.used += layout.size();
            counts.peak = counts.peak.max(counts.used);
            counts.allocations += 1;
            counts.allocated_in_interrupts += in_interrupt;
        });
        // SAFETY: as the caller promises.
        unsafe { self.heap.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(|counts, in_interrupt| {
            counts.used -= layout.size();
            counts.freed_in_interrupts += in_interrupt;
        });
        // SAFETY: as the caller promises.
        unsafe { self.heap.dealloc(memory, layout) }
    }
}
