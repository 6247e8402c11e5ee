//! What is allocated, how often and how much: a binary of its own, as its allocator counts.

#![cfg(all(feature = "alloc", not(gather_loom)))]

mod at_most;
mod counting;
mod errors;
mod fixed;
mod gather;
#[cfg(feature = "std")]
mod group;
mod set;

#[path = "../it/support/basics.rs"]
mod basics;
#[path = "../it/support/failures.rs"]
mod failures;
#[path = "../it/support/panics.rs"]
mod panics;
#[path = "../it/support/yields.rs"]
mod yields;

use std::{future::Future, pin::pin, task::Poll};

/// Polls to the end, with no waker that would be allocated.
fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = basics::poll_once(future.as_mut()) {
            return output;
        }
    }
    panic!("it does not end");
}
