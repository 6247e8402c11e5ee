//! The time: SysTick interrupts each millisecond, and wakes the timers that are due from its handler.

use core::{
    cell::{Cell, RefCell},
    task::Waker,
};

use cortex_m::{
    Peripherals,
    peripheral::{NVIC, syst::SystClkSource},
};
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;

use crate::events;

struct Ticks {
    now: Mutex<Cell<u64>>,
    queue: Mutex<RefCell<Queue>>,
}

time_driver_impl!(static TICKS: Ticks = Ticks {
    now: Mutex::new(Cell::new(0)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

impl Driver for Ticks {
    fn now(&self) -> u64 {
        critical_section::with(|cs| self.now.borrow(cs).get())
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        // The next tick looks at all of them, so there is no alarm to set.
        critical_section::with(|cs| self.queue.borrow_ref_mut(cs).schedule_wake(at, waker));
    }
}

pub(crate) fn start(mut core: Peripherals) {
    // SAFETY: there is no critical section that relies on this interrupt being masked.
    unsafe { NVIC::unmask(events::INTERRUPT) };
    core.SYST.set_clock_source(SystClkSource::Core);
    core.SYST.set_reload(12_000);
    core.SYST.clear_current();
    core.SYST.enable_counter();
    core.SYST.enable_interrupt();
}

#[exception]
fn SysTick() {
    critical_section::with(|cs| {
        let now = TICKS.now.borrow(cs).get() + 1;
        TICKS.now.borrow(cs).set(now);
        TICKS.queue.borrow_ref_mut(cs).next_expiration(now);
    });
    events::tick();
}
