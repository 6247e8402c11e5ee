//! The tests of what the crate does, in one binary: one is linked sooner than fifty.
//!
//! | a test of | goes to |
//! |---|---|
//! | `gather`, `try_gather`, `first_ok`; `until`, `inspect`, `completions`, `deadline` of a job; `catch_panic`, `keyed`; wakers, drops and panics of children | `gather` |
//! | `at_most` and its jobs and streams: sources, limits, slots that are used again | `at_most` |
//! | `gather!`, `try_gather!`, `gather_array`, `try_gather_array` | `fixed` |
//! | `GatherSet` | `set` |
//! | `group`: spawning, handles, failure, `grace`; what needs no `std` in its `local` | `group` |
//! | `Errors` and `Outcomes` | `errors` |
//! | random scripts beside a naive oracle | `random` or `oracle` in the folder of what they test |
//! | `Send`, `Sync` and `Unpin` | `auto_traits` in the folder of the type |
//! | what is left after a panic out of a poll, in all combinators | `unwinding` |
//! | how much stack a job takes | `stack` |
//! | the same job on every executor, and what is particular to one executor | `executors` |
//! | the same job on an executor that takes too long to build for each `cargo test` | `tests/executors`, a package of its own |
//! | a behaviour that another library's test suite asserts of that library | `peers` |
//! | what the docs say of another crate | `benches/tests/claims`, which has the peers as dependencies |
//! | what is allocated, how often and how much | `tests/memory`, whose allocator counts |
//! | what needs a process of its own: a panic hook, an example that is run | `tests/process` |
//! | an interleaving of threads | `tests/loom`, which `.ci/loom` runs |
//! | children that interrupts wake, under embassy | `tests/firmware`, which `.ci/firmware` runs in QEMU |
//! | children that JavaScript wakes | `tests/wasm`, which `.ci/wasm` runs in Node, with the tests of this binary that need no threads |
//!
//! A helper that two files need goes to `support`.

#![cfg(all(feature = "alloc", not(gather_loom)))]

mod stack;
mod support;

mod at_most {
    mod caught;
    mod chunks;
    mod deadline;
    mod end;
    mod first_ok;
    mod limit;
    mod look;
    mod ordered;
    mod panics;
    mod random;
    mod source;
    mod tries;
    mod wakes;
}

mod errors {
    mod borrowed;
    mod keyed;
    mod outcomes;
    mod partial;
    mod print;
    mod report;
    mod value;
}

mod executors {
    #[cfg(feature = "std")]
    mod catch_panic;
    mod forty_lines;
    mod gather;
    mod gather_jobs;
    #[cfg(feature = "std")]
    mod group;
    #[cfg(feature = "std")]
    mod group_jobs;
    mod tokio_coop;
    mod tokio_spawn;
}

mod fixed {
    mod array;
    mod auto_traits;
    mod ends;
    mod polls;
    mod tuple;
}

mod gather {
    mod auto_traits;
    #[cfg(feature = "std")]
    mod catch_panic;
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
    mod oracle;
    mod panics;
    mod panics_outside;
    mod reentrancy;
    mod task_waker;
    mod task_waker_kept;
    mod threads;
    mod try_gather;
    mod types;
    mod until;
    mod values;
    mod wakers;
    mod with_task_waker;
}

mod group {
    #[cfg(feature = "std")]
    mod at_most;
    #[cfg(feature = "std")]
    mod auto_traits;
    #[cfg(feature = "std")]
    mod cancel;
    #[cfg(feature = "std")]
    mod failure;
    #[cfg(feature = "std")]
    mod finish;
    #[cfg(feature = "std")]
    mod grace;
    #[cfg(feature = "std")]
    mod handles;
    #[cfg(feature = "std")]
    mod infallible;
    mod local;
    #[cfg(feature = "std")]
    mod outcome;
    #[cfg(feature = "std")]
    mod panics;
    #[cfg(feature = "std")]
    mod progress;
    #[cfg(feature = "std")]
    mod random;
    #[cfg(feature = "std")]
    mod remains;
    #[cfg(feature = "std")]
    mod reuse;
    #[cfg(feature = "std")]
    mod spawn;
}

mod peers {
    mod asyncio;
    #[cfg(feature = "std")]
    mod asyncio_taskgroup;
    mod exception_group;
}

mod set {
    mod auto_traits;
    mod cancel;
    mod fairness;
    mod next;
    mod panics;
    mod push;
    mod queued;
    mod random;
    mod shapes;
    mod stale;
    mod wakes;
}

mod unwinding {
    mod ended;
    mod known;
    mod random;
}
