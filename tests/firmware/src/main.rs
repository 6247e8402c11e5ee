//! Gathers on bare metal, under embassy's executor, children that are woken by interrupts and timers.
//! `.ci/firmware` runs it in QEMU, and compares what it prints with `expected`.

#![no_std]
#![no_main]

#[cfg(feature = "heap")]
extern crate alloc;

#[cfg(feature = "heap")]
mod counted;
mod events;
#[cfg(feature = "fixed")]
mod fixed;
#[cfg(feature = "heap")]
mod group;
#[cfg(feature = "heap")]
mod heap;
#[cfg(feature = "heap")]
mod set;
mod ticks;

#[cfg(any(feature = "fixed", feature = "heap"))]
use core::cell::Cell;
use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};
use cortex_m_semihosting::{debug, hprintln};
use embassy_executor::Spawner;
use embassy_time::Timer;

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    ticks::start(cortex_m::Peripherals::take().unwrap());

    // What an executor, a timer and an interrupt need alone, for `.ci/firmware` to tell the sizes apart.
    Timer::after_millis(1).await;
    events::fire(1);
    hprintln!("alone: {}", events::event(0).await);

    #[cfg(feature = "fixed")]
    fixed::run(_spawner).await;
    #[cfg(feature = "heap")]
    on_the_heap().await;
    hprintln!("done");
    debug::exit(debug::EXIT_SUCCESS);
}

#[cfg(feature = "heap")]
async fn on_the_heap() {
    counted::init();
    // Printing does not allocate.
    hprintln!(
        "heap: {} allocations until here",
        counted::counts().allocations
    );
    heap::run().await;
    counted::report("gather");
    set::run().await;
    counted::report("GatherSet");
    group::run().await;
    counted::report("local_group");
    #[cfg(feature = "generic-queue")]
    heap::job_that_is_gone().await;
}

/// Tells that it was dropped.
#[cfg(any(feature = "fixed", feature = "heap"))]
struct OnDrop<'a>(&'a Cell<bool>);

#[cfg(any(feature = "fixed", feature = "heap"))]
impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    fail()
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    hprintln!("hard fault at {:#x}", frame.pc());
    fail()
}

fn fail() -> ! {
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}
