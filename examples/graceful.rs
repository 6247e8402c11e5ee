//! How do I give the others time to clean up when one has failed?
//!
//! In asyncio: in `except CancelledError`, without a time limit. Here: `cancelled` resolves in the
//! children, and `grace` sets the deadline at which those that still run are dropped.
//!
//! `cargo run --example graceful`

use std::pin::pin;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use gather::{Group, group};
use smol::Timer;

async fn sleep(ms: u64) {
    Timer::after(Duration::from_millis(ms)).await;
}

struct Worker {
    name: &'static str,
    start: Instant,
    unsaved: u32,
}

impl Worker {
    /// Makes lines until the group is cancelled, and then needs `ms` to save them.
    async fn run(mut self, g: Group<'_, (), &'static str>, ms: u64) -> Result<(), &'static str> {
        let mut cancelled = pin!(g.cancelled());
        while let Either::Right(_) = select(cancelled.as_mut(), pin!(sleep(60))).await {
            self.unsaved += 1;
        }
        self.say("cancelled, will save");
        sleep(ms).await;
        self.say("saved");
        self.unsaved = 0;
        Ok(())
    }

    fn say(&self, what: &str) {
        let (name, seconds) = (self.name, self.start.elapsed().as_secs_f64());
        println!("{seconds:.1} s  {name}: {what} {} lines", self.unsaved);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.unsaved > 0 {
            self.say("dropped, lost");
        }
    }
}

fn main() {
    let start = Instant::now();
    let worker = |name| Worker {
        name,
        start,
        unsaved: 0,
    };
    let job = group(async |g| {
        g.spawn(worker("memory").run(g.clone(), 100));
        g.spawn(worker("tape").run(g.clone(), 60_000));
        g.spawn(async {
            sleep(210).await;
            Err::<(), _>("out of paper")
        });
        Ok(())
    });
    // The time starts at the cancellation, as the block is not polled before.
    let errors = smol::block_on(job.grace(sleep(300))).unwrap_err();
    println!("{:.1} s  {errors:#}", start.elapsed().as_secs_f64());
}
