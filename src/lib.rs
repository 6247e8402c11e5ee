//! Runs many futures inside one task, and returns one outcome per input, in input order, even if some fail.
//!
//! The counterpart of Python's `asyncio.gather()` and its family, without a runtime:
//!
//! ```
//! use gather::{Outcomes, gather};
//!
//! async fn half(n: u32) -> Result<u32, &'static str> {
//!     if n % 2 == 0 { Ok(n / 2) } else { Err("odd") }
//! }
//!
//! # smol::block_on(async {
//! let outcomes = gather([4, 7, 2].map(half)).await;
//! assert_eq!(outcomes, [Ok(2), Err("odd"), Ok(1)]);
//!
//! let (values, errors) = outcomes.partition();
//! assert_eq!(values, [(0, 2), (2, 1)]);
//! assert_eq!(errors, [(1, "odd")]);
//! # });
//! ```
//!
//! [`gather`](gather()) makes a table with a pinned slot for each child. It is a future that can be read,
//! stopped, resumed or ended, and keeps what has finished:
//!
//! ```
//! # use std::{future::pending, time::Duration};
//! # use futures::future::{Either, ready};
//! # use gather::gather;
//! # use tokio::time::sleep;
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! # let children = [Either::Left(ready("users")), Either::Right(pending())];
//! let timer = sleep(Duration::from_millis(10));
//! let outputs = gather(children).deadline(timer).await;
//! assert_eq!(outputs, [Some("users"), None]);
//! # });
//! ```
//!
//! # Items by task
//!
//! | task | item |
//! |---|---|
//! | all outcomes, in input order | [`gather`](gather()) |
//! | all values, or the first error | [`try_gather`](try_gather()) |
//! | the first success, or all errors | [`first_ok`] |
//! | children of different types; no allocation | [`gather!`], [`try_gather!`], [`gather_array`], [`try_gather_array`] |
//! | a limit on how many run at once | [`at_most`](at_most()), [`from_stream`] |
//! | a stream in completion order | [`Gather::completions`], [`AtMost::unordered`] |
//! | a stream in input order | [`AtMost::ordered`] |
//! | a callback for each output, for logs and progress | [`Gather::inspect`] |
//! | stop early, and resume | [`Gather::until`] |
//! | partial results at a deadline | [`Gather::deadline`], [`Gather::into_partial`] |
//! | children that are added while others run | [`GatherSet`] |
//! | children that spawn children, and end together | [`group`](group()), [`local_group`] |
//! | values and errors apart; all errors as one | [`Outcomes`], [`Errors`] |
//! | a name beside each output, and in its error | [`ChildExt::keyed`] |
//! | a panic as an outcome | [`ChildExt::catch_panic`] |
//!
//! Timeouts and retries are part of the child: see [recipes](guide::recipes), which starts with one program that has
//! all of this. The other pages of the [guide]: [groups](guide::groups), [compiler messages](guide::mistakes),
//! [coming from](guide::coming_from) asyncio, `join_all`, `FuturesUnordered`, `buffered` or `JoinSet`,
//! [behaviour](guide::behaviour), [executors](guide::executors) and [design](guide::design).
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `std` (default) | `group`, `catch_panic` |
//! | `alloc` (in `std`) | all other items but those of the next row |
//! | none | `gather!`, `try_gather!`, `gather_array`, `try_gather_array`, `keyed` |
//! | `portable-atomic` | support for targets without compare-and-swap |

// Links to items of features that are off.
#![cfg_attr(not(feature = "std"), allow(rustdoc::broken_intra_doc_links))]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

// Without this, the first error would be that an atomic has no `swap`.
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

// The engine: children in slots, and the set of woken children.
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

// What uses the engine.
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
// Without `std`, its types have their local names only, and its examples, which are of `group`, are not run.
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

// Without allocation: a number of children known at compile time.
#[allow(unsafe_code)]
mod array;
mod fixed;
mod tuple;

// Adapters for children, and what is done with outcomes.
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
#[cfg(all(feature = "alloc", any(feature = "std", not(doctest))))]
pub use self::group::{
    LocalChild, LocalChildOutcome, LocalGrace, LocalGroup, LocalGroupFuture, local_group,
};
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
    observe::{Inspect, Until},
    outcome::Outcome,
    outcomes::Outcomes,
    outputs::Outputs,
    set::{GatherSet, Id, Next, NextWithId},
    try_gather::{TryGather, try_gather},
};

/// Used by the macros, independent of what is in scope at the call.
#[doc(hidden)]
pub mod __private {
    pub use core::{compile_error, future::IntoFuture};
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
