//! What needs a process to itself: the panic hook is the process's, and an example is one.

#![cfg(not(gather_loom))]

#[cfg(feature = "alloc")]
mod at_most_zero;
mod fetch_example;

#[cfg(feature = "alloc")]
#[path = "../it/support/panics.rs"]
mod panics;
