//! How do I log each result as soon as it is ready, and still get all in order?
//!
//! In asyncio: `ensure_future` and `add_done_callback` for each, then `gather`. Here: `inspect`.
//!
//! `cargo run --example callbacks`

use std::time::{Duration, Instant};

use gather::gather;
use smol::Timer;

/// Stands for a request.
async fn fetch(path: &str) -> Result<&str, &str> {
    let (ms, outcome) = match path {
        "/users" => (300, Ok("Ada, Grace, Barbara")),
        "/prices" => (200, Ok("apples 2, pears 3")),
        _ => (100, Err("503, database down")),
    };
    Timer::after(Duration::from_millis(ms)).await;
    outcome
}

fn main() {
    let paths = ["/users", "/orders", "/prices"];
    let start = Instant::now();

    // The callback can borrow: it runs in this task, between two polls of children.
    let mut failed = 0;
    let job = gather(paths.map(fetch)).inspect(|index, outcome| {
        failed += u32::from(outcome.is_err());
        let seconds = start.elapsed().as_secs_f64();
        println!("log: {seconds:.1} s  {}: {outcome:?}", paths[index]);
    });
    let outcomes = smol::block_on(job);

    println!("{failed} failed. In order of input:");
    for (path, outcome) in paths.iter().zip(&outcomes) {
        println!("{path}: {outcome:?}");
    }
}
