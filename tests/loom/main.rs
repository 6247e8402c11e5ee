//! Models of the wakers' protocol (`src/wakers.rs`). Loom runs each in all interleavings, up to a
//! number of preemptions, and with all values that a load may see.
//!
//! The children look for what they wait for with relaxed loads. One that is not polled after a wake,
//! or is polled without what came before that wake, stays pending, and so does the model: then "a
//! wake is lost".
//!
//! `.ci/loom` runs them.

#![cfg(gather_loom)]

mod ends;
mod first;
mod group;
mod reentry;
mod reuse;
mod stage;
mod wakes;
