//! Gathers on bare metal, under embassy's executor, children that are woken by interrupts and timers.
//! `.ci/firmware` runs it in QEMU, and compares what it prints with `expected`.

#![no_std]
#![no_main]

#[cfg(feature = "heap")]
extern crate alloc;

mod events;
#[cfg(feature = "fixed")]
mod fixed;
#[cfg(feature = "heap")]
mod heap;
mod ticks;

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
    heap::run().await;
    hprintln!("done");
    debug::exit(debug::EXIT_SUCCESS);
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
