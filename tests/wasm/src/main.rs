//! The library's tests in a JavaScript engine, on wasm32-unknown-unknown: `.ci/wasm` builds this, and `run.mjs` runs it in Node.
//!
//! There are no threads, and a panic ends the instance, so each test has an instance of its own. A test that makes a thread, or
//! catches a panic, is counted as left out when it gets there. Left out from the start are tests of threads or panics
//! alone, and of executors with threads:
//!
//! | left out | since they test |
//! |---|---|
//! | `at_most::{caught, panics}`, `gather::{catch_panic, oracle, panics, panics_outside}`, `group::{panics, random}`, `unwinding` | panics that are caught |
//! | `gather::threads`, `gather::task_waker_kept`, `group::remains`, `stack` | threads |
//! | `executors` | executors: the one here is `javascript`'s |
//! | `errors::report`, `peers` | what does not depend on the target |

#![no_main]
#![feature(custom_test_frameworks, test)]
#![test_runner(harness::list)]
#![reexport_test_harness_main = "list_tests"]
// Of the support and the macros some is for tests that are left out here.
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
    mod deadline;
    mod end;
    mod first_ok;
    mod limit;
    mod look;
    mod ordered;
    mod random;
    mod source;
    mod tries;
    mod wakes;
}

#[path = "../../it/errors"]
mod errors {
    mod borrowed;
    mod keyed;
    mod outcomes;
    mod partial;
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
    mod deadline;
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
    mod at_most;
    mod auto_traits;
    mod cancel;
    mod failure;
    mod finish;
    mod grace;
    mod handles;
    mod infallible;
    mod local;
    mod outcome;
    mod progress;
    mod reuse;
    mod spawn;
}

#[path = "../../it/set"]
mod set {
    mod auto_traits;
    mod cancel;
    mod fairness;
    mod next;
    mod push;
    mod random;
    mod shapes;
    mod stale;
    mod wakes;
}
