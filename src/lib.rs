//! Run many futures inside one task, and get one outcome per input, in input order, never lost.
//!
//! The counterpart of Python's `asyncio.gather()` and its family, without a runtime:
//!
//! ```
//! use gather::{Outcomes, gather};
//!
//! async fn half(n: u32) -> Result<u32, String> {
//!     if n % 2 == 1 {
//!         return Err(format!("{n} is odd"));
//!     }
//!     Ok(n / 2)
//! }
//!
//! # smol::block_on(async {
//! let outcomes = gather([4, 7, 2].map(half)).await;
//! assert_eq!(outcomes[0], Ok(2));
//! assert_eq!(outcomes[1], Err("7 is odd".into()));
//! assert_eq!(outcomes[2], Ok(1));
//!
//! let (values, errors) = outcomes.partition();
//! assert_eq!(values, [(0, 2), (2, 1)]);
//! assert_eq!(errors, [(1, "7 is odd".into())]);
//! # });
//! ```
//!
//! [`gather`](gather()) makes a table with a pinned slot for each child. It is a future, and can be looked into:
//! what has finished is in its slot, whatever becomes of the siblings.
//!
//! ```
//! # use std::{future::pending, time::Duration};
//! # use futures::future::{Either, ready};
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! # let children = [Either::Left(ready("users")), Either::Right(pending())];
//! # let timer = tokio::time::sleep(Duration::from_millis(10));
//! let job = gather::gather(children);
//! let known = job.deadline(timer).await;
//! assert_eq!(known, [Some("users"), None]);
//! # });
//! ```
//!
//! # Which item?
//!
//! | task | item |
//! |---|---|
//! | all outcomes, in input order | [`gather`](gather()) |
//! | all values, or the first error | [`try_gather`](try_gather()) |
//! | the first success, or all errors | [`first_ok`] |
//! | children of different types, or without allocation | [`gather!`], [`try_gather!`], [`gather_array`], [`try_gather_array`] |
//! | so many at once, made when there is room | [`at_most`](at_most()), [`from_stream`] |
//! | outputs as they come | [`Gather::completions`], [`AtMost::unordered`] |
//! | a stream in input order | [`AtMost::ordered`] |
//! | a look at each output, for logs and progress | [`Gather::inspect`] |
//! | stop at some point, and go on later | [`Gather::until`] |
//! | partial results | [`Gather::deadline`], [`Gather::into_partial`] |
//! | children that are added while it is waited on | [`GatherSet`] |
//! | children that start children, and end together | [`group`](group()), [`local_group`] |
//! | sort outcomes; one error of many | [`Outcomes`], [`Errors`] |
//! | a name for each output; a panic as an outcome | [`ChildExt`] |
//!
//! # The guide
//!
//! - [`recipes`](guide::recipes): how to do it, and mistakes that compilers report.
//! - [`coming_from`](guide::coming_from): from asyncio, `join_all`, `FuturesUnordered`, `buffered`, `JoinSet`.
//! - [`behaviour`](guide::behaviour): order, drop, panic, cancellation, wakers, cost.
//! - [`executors`](guide::executors): what it was run on, and what each needs.
//! - [`design`](guide::design): how it works.
//!
//! # Features
//!
//! `std` (default) adds `group` and `catch_panic`. `alloc` is all else that has a table. Without either, the items
//! that take no allocation are there. `portable-atomic` is for targets without compare-and-swap.

// Links to items of features that are off.
#![cfg_attr(not(feature = "std"), allow(rustdoc::broken_intra_doc_links))]
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

#[cfg(all(any(doc, doctest), feature = "std"))]
pub mod guide;

mod unwind;

// The engine: a table is children in slots, and the set of those that were woken.
#[cfg(feature = "alloc")]
mod chunks;
#[cfg(feature = "alloc")]
mod observed;
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
mod deadline;
#[cfg(feature = "alloc")]
mod first;
#[cfg(feature = "alloc")]
mod first_ok;
#[cfg(feature = "alloc")]
mod gather;
// Without `std` its types have only their local names, and the examples are not run, which are of `group`.
#[cfg(all(feature = "alloc", any(feature = "std", not(doctest))))]
#[cfg_attr(not(feature = "std"), allow(unreachable_pub))]
mod group;
#[cfg(feature = "alloc")]
mod job;
#[cfg(feature = "alloc")]
mod observe;
#[cfg(feature = "alloc")]
mod outputs;
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
mod outcome;
#[cfg(feature = "alloc")]
mod outcomes;

pub use self::array::{gather_array, try_gather_array};
#[cfg(feature = "std")]
pub use self::catch_panic::{CatchPanic, Panic};
pub use self::fixed::{GatherFixed, TryGatherFixed};
#[cfg(feature = "std")]
pub use self::group::{Child, ChildOutcome, Grace, Group, GroupFuture, group};
pub use self::keyed::{ChildExt, Keyed};
#[cfg(feature = "alloc")]
pub use self::{
    at_most::{
        AtMost, AtMostCompletions, AtMostFirstOk, AtMostGather, AtMostOrdered, AtMostTryGather,
        FromStream, IntoSource, Source, at_most, from_stream,
    },
    completions::Completions,
    deadline::Deadline,
    errors::Errors,
    first_ok::{FirstOk, first_ok},
    gather::{Gather, gather},
    group::{LocalChild, LocalChildOutcome, LocalGrace, LocalGroup, LocalGroupFuture, local_group},
    observe::{Inspect, Until},
    outcome::Outcome,
    outcomes::Outcomes,
    outputs::Outputs,
    set::{GatherSet, Id, Next, NextWithId},
    try_gather::{TryGather, try_gather},
};

/// For the macros, whatever is in scope where they are used.
#[doc(hidden)]
pub mod __private {
    pub use core::{compile_error, future::IntoFuture};
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
