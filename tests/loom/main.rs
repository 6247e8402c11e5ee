//! Models of how children's wakers wake the task (`src/ready_set.rs`). Loom runs each in all
//! interleavings, up to a number of preemptions, and with all values that a load may see.
//!
//! The children read what they wait for by relaxed loads. A child that is not polled after a wake, or does
//! not observe what came before that wake, stays pending, and so does the model, which then fails with "a
//! wake is lost".
//!
//! `.ci/loom` runs them.

#![cfg(gather_loom)]

mod ends;
mod gap;
mod group;
mod grown;
mod lazy;
mod park;
mod reentry;
mod set;
mod stage;
