//! How do I read what is done at a deadline, and resume afterwards?
//!
//! In asyncio: `done, pending = await wait(tasks, timeout=0.25)`, which cancels nothing. Here: the job
//! keeps finished outputs. Stop polling it when a timer is ready, read it, and await it again.
//!
//! `cargo run --example deadline`

use std::{
    future::Future,
    time::{Duration, Instant},
};

use futures::future::select;
use gather::{Gather, gather};
use smol::Timer;

/// Stands for a request.
async fn fetch(path: &str) -> Result<&str, &str> {
    let (ms, outcome) = match path {
        "/users" => (400, Ok("Ada, Grace, Barbara")),
        "/prices" => (200, Ok("apples 2, pears 3")),
        _ => (100, Err("503, database down")),
    };
    Timer::after(Duration::from_millis(ms)).await;
    outcome
}

/// Runs the job until all children are done or the timer is ready. Outputs stay in the job.
async fn run_for<F: Future>(job: &mut Gather<F>, ms: u64) {
    let timer = Timer::after(Duration::from_millis(ms));
    select(job.until(|_, _| false), timer).await;
}

fn main() {
    smol::block_on(async {
        let paths = ["/users", "/orders", "/prices"];
        let start = Instant::now();
        let mut job = gather(paths.map(fetch));

        run_for(&mut job, 250).await;
        println!("at 250 ms, {} of {} still run", job.running(), job.len());
        for (path, outcome) in paths.iter().zip(job.iter()) {
            match outcome {
                Some(outcome) => println!("  {path}: {outcome:?}"),
                None => println!("  {path}: no outcome yet"),
            }
        }
        println!("the orders alone: {:?}", job.get(1));
        println!("resumed: {:?}", job.await);
        let seconds = start.elapsed().as_secs_f64();
        println!("{seconds:.1} s, as if there had been no deadline");

        let mut job = gather(paths.map(fetch));
        run_for(&mut job, 150).await;
        println!("ended at 150 ms: {:?}", job.into_partial());
    });
}
