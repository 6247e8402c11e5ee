//! How do I run many coroutines at once, and get all results even if one fails?
//!
//! In asyncio: `await gather(*coroutines, return_exceptions=True)`. Here: `gather`. An error is a value
//! like any other, at the index of its input.
//!
//! `cargo run --example settle`

use std::time::{Duration, Instant};

use gather::gather;
use smol::Timer;

/// Stands for a request. The one that fails ends first.
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

    let outcomes = smol::block_on(gather(paths.map(fetch)));

    let seconds = start.elapsed().as_secs_f64();
    for (path, outcome) in paths.iter().zip(&outcomes) {
        match outcome {
            Ok(body) => println!("OK     {path}: {body}"),
            Err(error) => println!("ERROR  {path}: {error}"),
        }
    }
    println!("all 3 outcomes in {seconds:.1} s; one after another, 0.6 s");
}
