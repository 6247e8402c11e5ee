//! What is measured: workloads, and the contenders of each.

use crate::asyncs::{Blocks, Requests, Wide};
use crate::children::{Leaves, Receivers, Waiters, Yields};
use crate::contenders::fixed::{arrays, tuples};
use crate::contenders::groups;
use crate::contenders::joins::{joins, joins_and_floor};
use crate::contenders::limits;
use crate::contenders::sets::{sets, sets_and_spawned};
use crate::contenders::streams::streams;
use crate::contenders::tries::tries;
use crate::stage::{FEW, Given, Stage, Wakes};
use crate::workload::Workload;

/// How many children are alive at a time where there is a limit.
const LIMIT: usize = 256;
const SIZES: &[usize] = &[1, 2, 4, 8, 16, 30, 64, 256, 1_000, 10_000, 100_000];
const FEW_SIZES: &[usize] = &[2, 3, 5, 8, FEW];
const REAL_SIZES: &[usize] = &[2, 3, 4, 6, 8, 12, 16, 30, 64, 1_000];
const WIDE_SIZES: &[usize] = &[2, 8, 30, 64, 256, 1_000, 10_000];
const FEWER_SIZES: &[usize] = &[2, 8, 30, 64, 256, 1_000, 10_000, 100_000];
/// Numbers of children: the limit, some more, and many more.
const LIMIT_SIZES: &[usize] = &[LIMIT, 1_000, 65_536];

/// How many children of a set are alive at a time.
const SET_SIZES: &[usize] = &[1, 16, 256, 4_096];

/// All outputs, in the children's order.
fn outputs(stage: &Stage) -> Given {
    Given::Outputs(stage.outputs())
}

/// All outputs, in order of completion.
fn sum(stage: &Stage) -> Given {
    let outputs = stage.outputs();
    let sum = outputs.iter().copied().fold(0, u64::wrapping_add);
    Given::Sum(sum, outputs.len())
}

/// All outputs of children that may fail.
fn results(stage: &Stage) -> Given {
    Given::Results(stage.outputs().into_iter().map(Ok).collect())
}

/// All outputs, of a few children.
fn few(stage: &Stage) -> Given {
    let mut outputs = [0; FEW];
    outputs[..stage.len()].copy_from_slice(&stage.outputs());
    Given::Few(outputs, stage.len())
}

fn ready(n: usize) -> Stage {
    Stage::new(n, Wakes::Never)
}

fn each(n: usize) -> Stage {
    Stage::new(n, Wakes::Scattered(1))
}

fn batch(n: usize) -> Stage {
    Stage::new(n, Wakes::Scattered(64))
}

fn yields(n: usize) -> Stage {
    Stage::new(n, Wakes::Themselves)
}

fn sent_each(n: usize) -> Stage {
    each(n).with_senders()
}

fn sent_batch(n: usize) -> Stage {
    Stage::new(n, Wakes::Scattered(16)).with_senders()
}

fn limited_ready(n: usize) -> Stage {
    Stage::new(n, Wakes::Never).with_alive(LIMIT)
}

fn limited_batch(n: usize) -> Stage {
    Stage::new(n, Wakes::Waiting(64)).with_alive(LIMIT)
}

fn set_ready(alive: usize) -> Stage {
    set(alive, Wakes::Never)
}

fn set_each(alive: usize) -> Stage {
    set(alive, Wakes::Waiting(1))
}

fn set_batch(alive: usize) -> Stage {
    set(alive, Wakes::Waiting(64))
}

fn set_yields(alive: usize) -> Stage {
    set(alive, Wakes::Themselves)
}

/// So many more children than are alive that the steady state dominates.
fn set(alive: usize, wakes: Wakes) -> Stage {
    Stage::new(1_024.max(16 * alive), wakes).with_alive(alive)
}

/// Every workload.
pub(crate) fn all() -> Vec<Workload> {
    vec![
        Workload::new(
            "ready",
            "every child is ready at the first poll",
            SIZES,
            ready,
            outputs,
            joins_and_floor::<Leaves>(),
        ),
        Workload::new(
            "each",
            "one child is woken before each further poll, in a scattered order",
            SIZES,
            each,
            outputs,
            joins_and_floor::<Leaves>(),
        ),
        Workload::new(
            "batch",
            "64 children are woken before each further poll, in a scattered order",
            SIZES,
            batch,
            outputs,
            joins_and_floor::<Leaves>(),
        ),
        Workload::new(
            "yield",
            "each child wakes itself while it is polled, three times, and then is ready",
            SIZES,
            yields,
            outputs,
            joins_and_floor::<Yields>(),
        ),
        Workload::new(
            "real-each",
            "requests: tokio oneshot receivers two `async fn` deep, sent to one by one",
            REAL_SIZES,
            sent_each,
            results,
            joins::<Requests>(),
        ),
        Workload::new(
            "real-batch",
            "as `real-each`, sent to in batches of 16",
            REAL_SIZES,
            sent_batch,
            results,
            joins::<Requests>(),
        ),
        Workload::new(
            "async-8",
            "`async` blocks that hold 8 bytes and are ready at the first poll",
            FEWER_SIZES,
            ready,
            outputs,
            joins::<Blocks<1>>(),
        ),
        Workload::new(
            "async-64",
            "as `async-8`, of 64 bytes",
            FEWER_SIZES,
            ready,
            outputs,
            joins::<Blocks<8>>(),
        ),
        Workload::new(
            "async-256",
            "as `async-8`, of 256 bytes",
            FEWER_SIZES,
            ready,
            outputs,
            joins::<Blocks<32>>(),
        ),
        Workload::new(
            "wide-ready",
            "as `ready`, of `async` blocks with a buffer of 2 kB",
            WIDE_SIZES,
            ready,
            outputs,
            joins::<Wide>(),
        ),
        Workload::new(
            "wide-batch",
            "as `batch`, of `async` blocks with a buffer of 2 kB",
            WIDE_SIZES,
            batch,
            outputs,
            joins::<Wide>(),
        ),
        Workload::new(
            "tuple-ready",
            "as `ready`, of children that could be of different types",
            FEW_SIZES,
            ready,
            few,
            tuples::<Leaves>(),
        ),
        Workload::new(
            "tuple-each",
            "as `each`, of children that could be of different types",
            FEW_SIZES,
            each,
            few,
            tuples::<Leaves>(),
        ),
        Workload::new(
            "array-ready",
            "as `ready`, of an array of children",
            FEW_SIZES,
            ready,
            few,
            arrays::<Leaves>(),
        ),
        Workload::new(
            "array-each",
            "as `each`, of an array of children",
            FEW_SIZES,
            each,
            few,
            arrays::<Leaves>(),
        ),
        Workload::new(
            "try",
            "as `batch`, of children that may fail, and do not",
            FEWER_SIZES,
            batch,
            outputs,
            tries::<Leaves>(false),
        ),
        Workload::new(
            "try-err",
            "as `try`, but the first child that is woken fails, and that ends it",
            FEWER_SIZES,
            |n| Stage::new(n, Wakes::Fatal(64)),
            |stage| Given::Failure(stage.failure().expect("one fails")),
            tries::<Receivers>(true),
        ),
        Workload::new(
            "stream-ready",
            "as `ready`, and the outputs are consumed in order of completion",
            FEWER_SIZES,
            ready,
            sum,
            streams::<Leaves>(),
        ),
        Workload::new(
            "stream-each",
            "as `each`, and the outputs are consumed in order of completion",
            FEWER_SIZES,
            each,
            sum,
            streams::<Leaves>(),
        ),
        Workload::new(
            "stream-batch",
            "as `batch`, and the outputs are consumed in order of completion",
            FEWER_SIZES,
            batch,
            sum,
            streams::<Leaves>(),
        ),
        Workload::new(
            "limit-ready",
            "256 children at a time, made as there is room, each ready at its first poll",
            LIMIT_SIZES,
            limited_ready,
            outputs,
            limits::ordered::<Leaves>(),
        ),
        Workload::new(
            "limit-batch",
            "256 children at a time, of which 64 are woken before each further poll",
            LIMIT_SIZES,
            limited_batch,
            outputs,
            limits::ordered::<Waiters>(),
        ),
        Workload::new(
            "limit-stream-ready",
            "as `limit-ready`, and the outputs are consumed in order of completion",
            LIMIT_SIZES,
            limited_ready,
            sum,
            limits::unordered::<Leaves>(),
        ),
        Workload::new(
            "limit-stream-batch",
            "as `limit-batch`, and the outputs are consumed in order of completion",
            LIMIT_SIZES,
            limited_batch,
            sum,
            limits::unordered::<Waiters>(),
        ),
        Workload::new(
            "set-ready",
            "a set of n children: one is pushed for each that completes; ready at the first poll",
            SET_SIZES,
            set_ready,
            sum,
            sets::<Leaves>(),
        ),
        Workload::new(
            "set-each",
            "as `set-ready`, and one of those that wait is woken before each further poll",
            SET_SIZES,
            set_each,
            sum,
            sets::<Waiters>(),
        ),
        Workload::new(
            "set-batch",
            "as `set-ready`, and up to 64 of those that wait are woken before each further poll",
            SET_SIZES,
            set_batch,
            sum,
            sets::<Waiters>(),
        ),
        Workload::new(
            "set-yield",
            "as `set-ready`, of children that wake themselves as in `yield`",
            SET_SIZES,
            set_yields,
            sum,
            sets_and_spawned(),
        ),
        Workload::new(
            "limit-order-ready",
            "as `limit-stream-ready`, in the children's order",
            LIMIT_SIZES,
            limited_ready,
            sum,
            limits::streams_in_order::<Leaves>(),
        ),
        Workload::new(
            "limit-order-batch",
            "as `limit-stream-batch`, in the children's order",
            LIMIT_SIZES,
            limited_batch,
            sum,
            limits::streams_in_order::<Waiters>(),
        ),
        Workload::new(
            "group-ready",
            "children of any type, spawned while it runs, are ready at the first poll",
            FEWER_SIZES,
            ready,
            outputs,
            groups::scoped::<Leaves>(),
        ),
        Workload::new(
            "group-each",
            "as `group-ready`, but woken as in `each`",
            FEWER_SIZES,
            each,
            outputs,
            groups::scoped::<Leaves>(),
        ),
        Workload::new(
            "group-batch",
            "as `group-ready`, but woken as in `batch`",
            FEWER_SIZES,
            batch,
            outputs,
            groups::scoped::<Leaves>(),
        ),
        Workload::new(
            "group-send",
            "`Send` children, spawned while it runs, that wake themselves as in `yield`",
            FEWER_SIZES,
            yields,
            outputs,
            groups::sent(),
        ),
        Workload::new(
            "cancel",
            "every second child is ready at the first poll, and after that the job is dropped",
            FEWER_SIZES,
            |n| Stage::new(n, Wakes::Cancelled),
            |stage| Given::Dropped(stage.len()),
            joins_and_floor::<Receivers>(),
        ),
    ]
}
