//! What needs a process of its own: the panic hook is global, and an example is a process.

#![cfg(not(gather_loom))]

#[cfg(feature = "alloc")]
mod at_most_zero;
mod fetch_example;

#[cfg(feature = "alloc")]
#[path = "../it/support/panics.rs"]
mod panics;
