//! Children that are added while others run.

use cortex_m_semihosting::hprintln;
#[cfg(feature = "generic-queue")]
use embassy_time::{Instant, Timer};
use gather::GatherSet;

use crate::events::{self, EVENTS, event, fire};

pub(crate) async fn run() {
    one_in_for_one_out().await;
    cancelled().await;
    #[cfg(feature = "generic-queue")]
    of_timers().await;
}

/// At most eight are in it, in slots that are used again.
async fn one_in_for_one_out() {
    let mut set: GatherSet<_> = (0..8).map(event).collect();
    let (mut next, mut seen) = (8, 0_u64);
    events::polls();
    fire(EVENTS);
    while let Some(index) = set.next().await {
        seen |= 1 << index;
        if next < EVENTS {
            set.push(event(next));
            next += 1;
        }
    }
    let polls = events::polls();
    hprintln!(
        "GatherSet: {} children, 8 at a time: each once: {}, polls of children at most {}: {}",
        next,
        seen == (1 << EVENTS) - 1,
        2 * EVENTS,
        polls <= 2 * EVENTS,
    );
}

/// The interrupt wakes a child that is gone, whose slot may be another's by then.
async fn cancelled() {
    let mut set = GatherSet::new();
    let gone = set.push(event(1));
    set.push(event(0));
    fire(1);
    let first = set.next().await;
    let was_there = [set.cancel(gone), set.cancel(gone)];
    let late = set.push(event(2));
    events::polls();
    // Event 1 comes first: it has the waker of the child that was cancelled.
    fire(3);
    let second = set.next_with_id().await;
    hprintln!(
        "GatherSet: {:?}, cancelled: {:?}, then {:?}, its Id: {}, left: {}",
        first,
        was_there,
        second.map(|(_, index)| index),
        second.map(|(id, _)| id) == Some(late),
        set.len(),
    );
    // These were not awaited.
    event(0).await;
    event(1).await;
}

#[cfg(feature = "generic-queue")]
async fn of_timers() {
    let timer = |milliseconds| async move {
        Timer::after_millis(milliseconds).await;
        milliseconds
    };
    let start = Instant::now();
    let mut set: GatherSet<_> = [9, 3, 6].map(timer).into_iter().collect();
    let mut order = 0;
    while let Some(milliseconds) = set.next().await {
        order = order * 10 + milliseconds;
        if milliseconds == 3 {
            set.push(timer(1));
        }
    }
    hprintln!(
        "GatherSet: timers in the order of {}, waited 9 ms: {}",
        order,
        start.elapsed().as_millis() >= 9,
    );
}
