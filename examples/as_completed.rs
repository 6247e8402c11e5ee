//! How do I handle each result as soon as it is ready, and stop early?
//!
//! In asyncio: `for coroutine in as_completed(..)`. Here: `completions`, a stream of the index and the
//! output of each child.
//!
//! `cargo run --example as_completed`

use std::time::{Duration, Instant};

use gather::gather;
use smol::{Timer, stream::StreamExt as _};

/// Stands for a request to a mirror.
async fn ask(mirror: &str) -> Result<&str, &str> {
    let (ms, outcome) = match mirror {
        "oslo" => (100, Err("connection refused")),
        "rome" => (200, Ok("version 1.2")),
        "lima" => (300, Ok("version 1.1")),
        _ => (400, Ok("version 1.2")),
    };
    Timer::after(Duration::from_millis(ms)).await;
    outcome
}

fn main() {
    smol::block_on(async {
        let mirrors = ["kiev", "oslo", "lima", "rome"];
        let start = Instant::now();
        let seconds = || start.elapsed().as_secs_f64();

        let mut answers = gather(mirrors.map(ask)).completions();
        while let Some((index, outcome)) = answers.next().await {
            println!("{:.1} s  {}: {outcome:?}", seconds(), mirrors[index]);
            if outcome.is_ok() {
                break;
            }
        }

        // Dropping `answers` now would cancel the others. Polling it again would resume them.
        println!("{:.1} s  a success: other work first", seconds());
        Timer::after(Duration::from_millis(150)).await;
        while let Some((index, outcome)) = answers.next().await {
            println!("{:.1} s  {}: {outcome:?}", seconds(), mirrors[index]);
        }
    });
}
