//! Children whose number is known at compile time: no heap.

use core::{
    cell::Cell,
    mem::size_of_val,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use cortex_m_semihosting::hprintln;
use embassy_executor::Spawner;
use embassy_time::{Instant, Timer};
use gather::{gather, gather_array, try_gather, try_gather_array};

use crate::{
    OnDrop,
    events::{event, fire},
};

/// Gives how many milliseconds it has waited.
pub(crate) async fn wait(milliseconds: u64) -> u64 {
    let start = Instant::now();
    Timer::after_millis(milliseconds).await;
    start.elapsed().as_millis()
}

pub(crate) async fn run(spawner: Spawner) {
    // Another task, which has gathers of its own meanwhile.
    spawner.spawn(beside().unwrap());

    fire(3);
    let job = gather!(event(1), wait(9), async { 1 }, event(2), event(0));
    hprintln!(
        "gather!: {} bytes at most: {}",
        256,
        size_of_val(&job) <= 256
    );
    let (one, waited, ready, two, zero) = job.await;
    hprintln!(
        "gather!: events {} {} {}, ready {}, waited 9 ms: {}",
        zero,
        one,
        two,
        ready,
        waited >= 9
    );

    let dropped = Cell::new(false);
    let failed = try_gather!(
        async {
            let _dropped = OnDrop(&dropped);
            wait(1_000_000).await;
            Ok(())
        },
        async { Err::<(), _>(wait(2).await >= 2) },
    );
    let failed = failed.await;
    hprintln!(
        "try_gather!: {:?}, sibling dropped: {}",
        failed,
        dropped.get()
    );

    let order = Cell::new(0);
    let waits = [7, 5, 3, 1].map(|milliseconds| {
        let order = &order;
        async move {
            wait(milliseconds).await;
            order.set(order.get() * 10 + milliseconds);
            milliseconds
        }
    });
    let outputs = gather_array(waits).await;
    hprintln!("gather_array: {:?}, done as {}", outputs, order.get());

    fire(3);
    let outputs = try_gather_array([2, 0, 1].map(|index| async move {
        match event(index).await {
            3.. => Err(()),
            index => Ok(index),
        }
    }));
    hprintln!("try_gather_array: {:?}", outputs.await);

    while ROUNDS.load(Relaxed) < 20 {
        Timer::after_millis(1).await;
    }
    hprintln!("beside: 20 gathers in another task");
}

/// Twenty gathers of two timers each, of which as many are counted as took their time.
#[embassy_executor::task]
async fn beside() {
    for round in 0..20 {
        let (first, second) = gather!(wait(round % 3), wait(2)).await;
        if first >= round % 3 && second >= 2 {
            ROUNDS.store(ROUNDS.load(Relaxed) + 1, Relaxed);
        }
    }
}

static ROUNDS: AtomicUsize = AtomicUsize::new(0);
