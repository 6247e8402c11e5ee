//! What the tests share.

mod basics;
mod into_ready;
mod job;
mod log;
// In a JavaScript engine a panic cannot be caught. Tests catch panics with this, so that such tests are left out there.
#[cfg_attr(target_family = "wasm", path = "../../wasm/src/panics.rs")]
mod panics;
mod random;
mod remote;
#[cfg(not(target_family = "wasm"))]
mod runtimes;
mod still;
mod task;
mod traits;
mod yields;

pub(crate) mod causes;
pub(crate) mod failures;
pub(crate) mod feed;
pub(crate) mod panicky;
pub(crate) mod set;
pub(crate) mod stock;
pub(crate) mod trees;

#[cfg(target_family = "wasm")]
pub(crate) use self::panics::is_to_be_caught;
#[cfg(not(target_family = "wasm"))]
pub(crate) use self::runtimes::{current_thread, on_each_executor, two_threads};
pub(crate) use {
    basics::{SIZES, poll_once, sizes},
    into_ready::IntoReady,
    job::{job, job_of, polled, with_four_finished, with_half_observed},
    log::{Holding, Log, Noted, PanicsOnDrop},
    panics::{catch_unwind, panic_of},
    random::Random,
    remote::{Child, Remote, polls, total_polls},
    still::Still,
    task::Task,
    traits::{Fut, Neither, OnlySend, OnlySync, assert_impl, assert_not_impl},
    yields::{yield_now, yielding},
};
