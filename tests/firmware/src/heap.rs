//! Children whose number is known at run time: on a heap that counts.

use alloc::vec::Vec;
#[cfg(feature = "generic-queue")]
use core::cell::Cell;
use core::{
    future::{Future, poll_fn},
    pin::pin,
};

use cortex_m_semihosting::hprintln;
use embassy_time::{Instant, Timer};
use gather::gather;
#[cfg(feature = "generic-queue")]
use gather::{at_most, try_gather};

#[cfg(feature = "generic-queue")]
use crate::counted::counts;
use crate::events::{self, EVENTS, event, fire_in_batches};

pub(crate) async fn run() {
    of_interrupts().await;
    with_task_waker().await;
    #[cfg(feature = "generic-queue")]
    of_timers().await;
}

/// Children that were woken in the handler of an interrupt, one by one and several at once.
async fn of_interrupts() {
    for batch in [1, 5] {
        let children: Vec<_> = (0..EVENTS).map(event).collect();
        events::polls();
        fire_in_batches(EVENTS, batch);
        let (outputs, polls) = count_polls(gather(children)).await;
        hprintln!(
            "gather: {} children, {} at a time: {} polls of the job, {} of children, in order: {}",
            outputs.len(),
            batch,
            polls,
            events::polls(),
            outputs.into_iter().eq(0..EVENTS),
        );
    }
}

/// Timers of embassy-time without its generic queue know no waker but the executor's own.
async fn with_task_waker() {
    let timers = (0..12).map(|index| async move {
        Timer::after_millis(12 - index).await;
        index
    });
    let start = Instant::now();
    let outputs = gather(timers).with_task_waker().await;
    hprintln!(
        "with_task_waker: {} timers, in order: {}, waited 12 ms: {}",
        outputs.len(),
        outputs.into_iter().eq(0..12),
        start.elapsed().as_millis() >= 12,
    );
}

/// Each timer keeps the waker of its child.
#[cfg(feature = "generic-queue")]
async fn of_timers() {
    let timers = (0..40).map(|index| async move {
        Timer::after_millis(40 - index).await;
        index
    });
    let outputs = gather(timers).await;
    hprintln!(
        "gather: {} timers, in order: {}",
        outputs.len(),
        outputs.into_iter().eq(0..40)
    );

    let (alive, most) = (Cell::new(0), Cell::new(0));
    let (alive, most) = (&alive, &most);
    let limited = (0..20).map(|index| async move {
        alive.set(alive.get() + 1);
        most.set(most.get().max(alive.get()));
        Timer::after_millis(1 + index % 4).await;
        alive.set(alive.get() - 1);
        index
    });
    let outputs = at_most(3).gather(limited).await;
    hprintln!(
        "at_most(3): {} timers, {} at once, in order: {}",
        outputs.len(),
        most.get(),
        outputs.into_iter().eq(0..20),
    );

    let failed = try_gather((0..8).map(|index| async move {
        Timer::after_millis(8 - index).await;
        if index == 6 { Err(index) } else { Ok(index) }
    }));
    hprintln!("try_gather: {:?}", failed.await);

    let mut job = gather((0..4).map(|index| async move {
        Timer::after_millis(2 + 2 * index).await;
        index
    }));
    let stopped = job.until(|_, &index| index == 1).await;
    hprintln!(
        "until: {:?}, so far {:?}",
        stopped,
        [job.get(0), job.get(1), job.get(2)]
    );
    hprintln!("resumed: {:?}", job.await);

    // The timers of those that were dropped are still in the queue, each with a waker.
    Timer::after_millis(10).await;
}

/// A timer of a child that was dropped still has the child's waker. Its job is gone, so that is all that
/// keeps the memory of the set which says which children were woken.
#[cfg(feature = "generic-queue")]
pub(crate) async fn job_that_is_gone() {
    let before = counts();
    {
        let mut job = pin!(gather((0..2).map(|_| Timer::after_millis(3))));
        poll_fn(|cx| {
            assert!(job.as_mut().poll(cx).is_pending());
            core::task::Poll::Ready(())
        })
        .await;
    }
    // A free list is kept in order: the memory of the set is at hand until its timers are due.
    let kept = counts().used - before.used;
    Timer::after_millis(5).await;
    let after = counts();
    hprintln!(
        "a job that is gone: kept by timers: {}, freed in interrupts: {}, left: {} bytes",
        kept > 0,
        after.freed_in_interrupts - before.freed_in_interrupts,
        after.used - before.used,
    );
}

async fn count_polls<F: Future>(future: F) -> (F::Output, usize) {
    let (mut future, mut polls) = (pin!(future), 0);
    let output = poll_fn(|cx| {
        polls += 1;
        future.as_mut().poll(cx)
    });
    (output.await, polls)
}
