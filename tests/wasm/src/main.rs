//! The library's tests in a JavaScript engine, on wasm32-unknown-unknown: `.ci/wasm` builds this, and `run.mjs` runs it in Node.
//!
//! There are no threads, and a panic ends the instance, so each test has an instance of its own. A test that makes a thread, or
//! catches a panic, says so as it gets there, and is counted as left out. Left out from the start is what is about that alone, or
//! needs an executor with threads:
//!
//! | left out | since it is about |
//! |---|---|
//! | `at_most::{caught, panics}`, `gather::{catch_panic, oracle, panics, panics_outside}`, `group::{panics, random}` | panics that are caught |
//! | `gather::threads`, `gather::task_waker_kept`, `group::remains` | threads |
//! | `executors` | executors: the one here is `javascript`'s |
//! | `peers` | what is the same on any target |

#![no_main]
#![feature(custom_test_frameworks, test)]
#![test_runner(harness::list)]
#![reexport_test_harness_main = "list_tests"]
#![allow(dead_code, unused_imports, unused_macros, unused_mut)]

extern crate alloc;
extern crate test;

mod harness;
mod javascript;

#[path = "../../it/support/mod.rs"]
mod support;

#[path = "../../it/at_most"]
mod at_most {
    mod chunks;
    mod end;
    mod limit;
    mod random;
    mod wakes;
}

#[path = "../../it/errors"]
mod errors {
    mod outcomes;
    mod print;
    mod value;
}

#[path = "../../it/fixed"]
mod fixed {
    mod array;
    mod auto_traits;
    mod ends;
    mod polls;
    mod tuple;
}

#[path = "../../it/gather"]
mod gather {
    mod auto_traits;
    mod completions;
    mod composition;
    mod construction;
    mod drops;
    mod fairness;
    mod finish;
    mod first_ok;
    mod inspect;
    mod keyed;
    mod late_wakes;
    mod reentrancy;
    mod task_waker;
    mod try_gather;
    mod types;
    mod until;
    mod values;
    mod wakers;
    mod with_task_waker;
}

#[path = "../../it/group"]
mod group {
    mod auto_traits;
    mod cancel;
    mod failure;
    mod finish;
    mod grace;
    mod handles;
    mod progress;
    mod reuse;
    mod spawn;
}
