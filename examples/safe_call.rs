//! How do I handle a failure: log it, retry, convert it into an error of my own?
//!
//! In asyncio: a wrapper, `async def safe_call(..)`, with `try` and `except Exception`. Here: a
//! wrapper, too: an `async fn`, with a crate of your choice for the retries, and `catch_panic`.
//!
//! `cargo run --example safe_call`

use std::{io, panic, time::Duration};

use backon::{ConstantBuilder, Retryable as _};
use gather::{ChildExt as _, Panic, gather};
use smol::Timer;

#[derive(Debug)]
enum CallError {
    Failed(io::ErrorKind),
    Panicked(Panic),
}

/// Fetches with up to three attempts, and gives up at once if there is no such page.
async fn safe_call(path: &str) -> Result<&'static str, CallError> {
    let mut tries = 0;
    let attempt = || {
        tries += 1;
        fetch(path, tries)
    };
    let twice_more = ConstantBuilder::new().with_max_times(2);
    let attempts = attempt
        .retry(twice_more.with_delay(Duration::from_millis(100)))
        .sleep(Timer::after)
        .when(|error| *error != io::ErrorKind::NotFound)
        .notify(|error, delay| println!("log: {path}: {error}, again in {delay:?}"));
    let outcome = attempts.catch_panic().await.map_err(CallError::Panicked);
    let outcome = outcome.and_then(|outcome| outcome.map_err(CallError::Failed));
    outcome.inspect_err(|error| println!("log: {path}: {error:?}, given up"))
}

/// Stands for a request.
async fn fetch(path: &str, attempt: u32) -> Result<&'static str, io::ErrorKind> {
    match (path, attempt) {
        ("/users", 3) => Ok("Ada, Grace, Barbara"),
        ("/users", _) => Err(io::ErrorKind::ConnectionReset),
        ("/orders", _) => panic!("no digit in \"n/a\""),
        _ => Err(io::ErrorKind::NotFound),
    }
}

fn main() {
    panic::set_hook(Box::new(|_| {})); // The log shows the panic.
    let paths = ["/users", "/orders", "/prices"];
    let outcomes = smol::block_on(gather(paths.map(safe_call)));
    for (path, outcome) in paths.iter().zip(outcomes) {
        match outcome {
            Ok(body) => println!("OK     {path}: {body}"),
            Err(CallError::Failed(error)) => println!("ERROR  {path}: {error}"),
            Err(CallError::Panicked(panic)) => println!("PANIC  {path}: {panic}"),
        }
    }
}
