//! How do I run many coroutines at once, without one failure costing me the other results?
//!
//! In asyncio: `await gather(*coroutines, return_exceptions=True)`. Here that is what `gather` does:
//! an error is a value like any other, in the place of its input.
//!
//! `cargo run --example settle`

use std::time::{Duration, Instant};

use gather::gather;
use smol::Timer;

/// Stands for a request. The one that fails is the first to end.
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
