//! Children that are spawned while others run, in a `local_group`, which needs no lock.

use core::cell::Cell;

use cortex_m_semihosting::hprintln;
#[cfg(feature = "generic-queue")]
use embassy_time::Timer;
use gather::{Errors, gather_array, local_group};

use crate::{
    OnDrop,
    events::{EVENTS, event, fire, fire_in_batches},
};

pub(crate) async fn run() {
    spawned_by_children().await;
    in_batches().await;
    failed().await;
    #[cfg(feature = "generic-queue")]
    at_most_two_timers().await;
}

/// Each spawns the next, and awaits it.
async fn spawned_by_children() {
    fire(3);
    let outcome: Result<_, Errors<usize>> = local_group(async |g| {
        let inner = g.clone();
        let outer = g.spawn(async move {
            let first = event(1).await;
            let second = inner.spawn(async { Ok(event(2).await) });
            Ok((first, second.await))
        });
        Ok((event(0).await, outer.await))
    })
    .await;
    hprintln!("local_group: {:?}", outcome.ok());
}

/// Children that borrow one value, several of them woken in each interrupt.
async fn in_batches() {
    let sum = Cell::new(0);
    let sum = &sum;
    fire_in_batches(EVENTS, 5);
    let outcome: Result<(), Errors<usize>> = local_group(async |g| {
        for index in 0..EVENTS {
            g.spawn(async move {
                let index = event(index).await;
                sum.set(sum.get() + index);
                Ok(())
            });
        }
        Ok(())
    })
    .await;
    hprintln!(
        "local_group: {} children, 5 at a time: {}, all seen: {}",
        EVENTS,
        outcome.is_ok(),
        sum.get() == EVENTS * (EVENTS - 1) / 2
    );
}

/// Two children that fail in one interrupt, and one that would run for ever.
async fn failed() {
    let dropped = Cell::new(false);
    let dropped = &dropped;
    fire_in_batches(2, 2);
    let outcome: Result<(), _> = local_group(async |g| {
        g.spawn(async move {
            let _dropped = OnDrop(dropped);
            event(2).await;
            Ok(())
        });
        for index in 0..2 {
            g.spawn::<(), _>(async move { Err(event(index).await) });
        }
        Ok(())
    })
    .await;
    hprintln!("local_group: sibling dropped: {}", dropped.get());
    if let Err(errors) = outcome {
        hprintln!("{}", errors);
    }
    // Its waker is still with the event.
    fire(3);
    gather_array([0, 1, 2].map(event)).await;
}

/// A limit, and an end before all have run.
#[cfg(feature = "generic-queue")]
async fn at_most_two_timers() {
    let (alive, most) = (Cell::new(0), Cell::new(0));
    let (alive, most) = (&alive, &most);
    let outcome: Result<usize, Errors<()>> = local_group(async |g| {
        for index in 0..10 {
            let child = g.clone();
            g.spawn(async move {
                alive.set(alive.get() + 1);
                most.set(most.get().max(alive.get()));
                Timer::after_millis(1 + index % 3).await;
                alive.set(alive.get() - 1);
                if index == 6 {
                    child.finish(6);
                }
                Ok(())
            });
        }
        Ok(10)
    })
    .at_most(2)
    .await;
    hprintln!(
        "local_group: {} at once, finished by {:?}",
        most.get(),
        outcome.ok()
    );
    // The timers of those that were dropped are still in the queue, each with a waker.
    Timer::after_millis(5).await;
}
