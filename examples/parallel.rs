//! How do I use all cores? A task runs on one thread at a time, and so do the children of its jobs.
//!
//! In asyncio: `run_in_executor` with a `ProcessPoolExecutor`, and `gather`. Here: spawn each child on
//! an executor with a thread for each core, and `gather` the handles. It costs an allocation for each
//! child, and moves it between threads. For children that mostly wait, it gains nothing.
//!
//! `cargo run --example parallel`

use std::{future::Future, thread, time::Instant};

use gather::gather;
use smol::{Executor, channel, future};

/// Computes without awaiting.
async fn primes_below(end: u32) -> usize {
    let is_prime = |n: &u32| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0);
    (2..end).filter(is_prime).count()
}

/// Awaits `future`, and returns how many milliseconds it took, too.
async fn timed<F: Future>(job: F) -> (F::Output, f64) {
    let start = Instant::now();
    (job.await, start.elapsed().as_secs_f64() * 1e3)
}

fn main() {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let executor = &Executor::new();
    let (stop, stopped) = &channel::bounded::<()>(1);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| smol::block_on(executor.run(stopped.recv())));
        }
        smol::block_on(async {
            let work = || (0..16).map(|_| primes_below(50_000));
            let (counts, one) = timed(gather(work())).await;
            let spawned = work().map(|child| executor.spawn(child));
            let (same, all) = timed(gather(spawned)).await;
            assert_eq!(counts, same);
            println!("16 children that compute: {one:.0} ms in one task");
            println!(
                "  spawned on {threads} threads: {all:.0} ms, {:.1} x",
                one / all
            );

            let rest = || (0..100_000).map(|_| future::yield_now());
            let (_, one) = timed(gather(rest())).await;
            let spawned = rest().map(|child| executor.spawn(child));
            let (_, all) = timed(gather(spawned)).await;
            println!("100000 children that only wait: {one:.0} ms in one task");
            println!("  spawned on {threads} threads: {all:.0} ms");
            let each = all / 100.0; // In microseconds.
            println!("It pays for a child that computes for longer than {each:.1} \u{b5}s.");
            stop.close();
        });
    });
}
