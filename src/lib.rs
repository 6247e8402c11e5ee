#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

// Else the first error would be that an atomic has no `swap`.
#[cfg(all(
    feature = "alloc",
    not(feature = "portable-atomic"),
    not(target_has_atomic = "ptr")
))]
compile_error!(
    "this target has no compare-and-swap: `alloc` needs the feature `portable-atomic` too"
);

mod unwind;

// The engine: a table is children in slots, and the set of those that were woken.
#[cfg(feature = "alloc")]
mod chunks;
#[cfg(feature = "alloc")]
#[allow(unsafe_code)]
mod ready_set;
#[cfg(feature = "alloc")]
#[allow(unsafe_code)]
mod slots;
#[cfg(feature = "alloc")]
mod sync;
#[cfg(feature = "alloc")]
mod table;

// Its readers.
#[cfg(feature = "alloc")]
mod at_most;
#[cfg(feature = "alloc")]
mod completions;
#[cfg(feature = "alloc")]
mod first_ok;
#[cfg(feature = "alloc")]
mod gather;
#[cfg(feature = "std")]
mod group;
#[cfg(feature = "alloc")]
mod set;
#[cfg(feature = "alloc")]
mod try_gather;

// The ones without allocation, of a number of children that the compiler knows.
#[allow(unsafe_code)]
mod array;
mod fixed;
mod tuple;

// What goes around children, and what comes of their outcomes.
#[cfg(feature = "std")]
mod catch_panic;
#[cfg(feature = "alloc")]
mod errors;
mod keyed;
#[cfg(feature = "alloc")]
mod memory;
#[cfg(feature = "alloc")]
mod outcomes;

pub use self::array::{gather_array, try_gather_array};
#[cfg(feature = "std")]
pub use self::catch_panic::{CatchPanic, Panic};
pub use self::fixed::{GatherFixed, TryGatherFixed};
#[cfg(feature = "std")]
pub use self::group::{
    Child, Grace, Group, GroupFuture, LocalChild, LocalGroup, LocalGroupFuture, group, local_group,
};
pub use self::keyed::{ChildExt, Keyed};
#[cfg(feature = "alloc")]
pub use self::{
    at_most::{AtMost, AtMostCompletions, AtMostGather, AtMostTryGather, at_most},
    completions::Completions,
    errors::Errors,
    first_ok::{FirstOk, first_ok},
    gather::{Gather, Inspect, Until, gather},
    outcomes::Outcomes,
    set::{GatherSet, Id},
    try_gather::{TryGather, try_gather},
};

/// For the macros, whatever is in scope where they are used.
#[doc(hidden)]
pub mod __private {
    pub use core::{compile_error, future::IntoFuture};
}
