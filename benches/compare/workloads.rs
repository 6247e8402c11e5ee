//! What is measured: workloads, and the contenders of each.

use crate::groups;
use crate::joins::joins;
use crate::limits::{self, LIMIT};
use crate::stage::{Given, Leaves, Receivers, Stage, Waiters, Wakes, Yields};
use crate::streams::streams;
use crate::tries::tries;

const SIZES: &[usize] = &[1, 2, 4, 8, 16, 30, 64, 256, 1_000, 10_000, 100_000];
const FEWER_SIZES: &[usize] = &[2, 8, 30, 64, 256, 1_000, 10_000, 100_000];
/// As many children as may be alive at once, some more, and many more.
const LIMIT_SIZES: &[usize] = &[LIMIT, 1_000, 65_536];

/// A job to be done by several contenders, at several sizes.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) wakes: Wakes,
    pub(crate) sizes: &'static [usize],
    /// What a job must give.
    pub(crate) gives: fn(&Stage) -> Given,
    pub(crate) contenders: Vec<Contender>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// This crate.
    Ours,
    /// What it is compared with.
    Peer,
    /// What no combinator can be expected to reach.
    Floor,
}

/// Somebody who can do a workload's job.
pub(crate) struct Contender {
    pub(crate) role: Role,
    pub(crate) name: &'static str,
    /// Does the job once.
    pub(crate) run: fn(&Stage) -> Given,
    /// What to know before it is compared, if there is something.
    pub(crate) remark: Option<&'static str>,
    /// If every poll of it looks at all children, woken or not: how many it looks at in some 20 ms.
    scans: Option<usize>,
}

impl Contender {
    pub(crate) fn new(role: Role, name: &'static str, run: fn(&Stage) -> Given) -> Self {
        Contender {
            role,
            name,
            run,
            remark: None,
            scans: None,
        }
    }

    pub(crate) fn remark(self, remark: &'static str) -> Self {
        Contender {
            remark: Some(remark),
            ..self
        }
    }

    pub(crate) fn scanning(self, most: usize) -> Self {
        Contender {
            scans: Some(most),
            ..self
        }
    }

    /// Why it cannot be measured with `n` children, if so.
    pub(crate) fn skipped(&self, wakes: Wakes, n: usize) -> Option<&'static str> {
        let looks = match wakes {
            Wakes::Never | Wakes::Themselves | Wakes::Fatal(_) | Wakes::Cancelled => n,
            Wakes::Scattered(wakes) => n.div_ceil(wakes) * n,
            Wakes::Waiting(wakes) => n.div_ceil(wakes) * LIMIT,
        };
        self.scans
            .is_some_and(|most| looks > most)
            .then_some("skipped: each of its polls looks at all children, which is quadratic here")
    }
}

/// All outputs, in the children's order.
fn outputs(stage: &Stage) -> Given {
    Given::Outputs(stage.outputs())
}

/// All outputs, as they come.
fn sum(stage: &Stage) -> Given {
    let outputs = stage.outputs();
    let sum = outputs.iter().copied().fold(0, u64::wrapping_add);
    Given::Sum(sum, outputs.len())
}

/// Every workload.
pub(crate) fn all() -> Vec<Workload> {
    vec![
        Workload {
            name: "ready",
            about: "every child is ready at the first poll",
            wakes: Wakes::Never,
            sizes: SIZES,
            gives: outputs,
            contenders: joins::<Leaves>(),
        },
        Workload {
            name: "each",
            about: "one child is woken before each further poll, in a scattered order",
            wakes: Wakes::Scattered(1),
            sizes: SIZES,
            gives: outputs,
            contenders: joins::<Leaves>(),
        },
        Workload {
            name: "batch",
            about: "64 children are woken before each further poll, in a scattered order",
            wakes: Wakes::Scattered(64),
            sizes: SIZES,
            gives: outputs,
            contenders: joins::<Leaves>(),
        },
        Workload {
            name: "yield",
            about: "each child wakes itself while it is polled, three times, and then is ready",
            wakes: Wakes::Themselves,
            sizes: SIZES,
            gives: outputs,
            contenders: joins::<Yields>(),
        },
        Workload {
            name: "try",
            about: "as `batch`, of children that may fail, and do not",
            wakes: Wakes::Scattered(64),
            sizes: FEWER_SIZES,
            gives: outputs,
            contenders: tries::<Leaves>(false),
        },
        Workload {
            name: "try-err",
            about: "as `try`, but the first child that is woken fails, and that ends it",
            wakes: Wakes::Fatal(64),
            sizes: FEWER_SIZES,
            gives: |stage| Given::Failure(stage.failure().expect("one fails")),
            contenders: tries::<Receivers>(true),
        },
        Workload {
            name: "stream-ready",
            about: "as `ready`, and the outputs are taken as they come",
            wakes: Wakes::Never,
            sizes: FEWER_SIZES,
            gives: sum,
            contenders: streams::<Leaves>(),
        },
        Workload {
            name: "stream-each",
            about: "as `each`, and the outputs are taken as they come",
            wakes: Wakes::Scattered(1),
            sizes: FEWER_SIZES,
            gives: sum,
            contenders: streams::<Leaves>(),
        },
        Workload {
            name: "stream-batch",
            about: "as `batch`, and the outputs are taken as they come",
            wakes: Wakes::Scattered(64),
            sizes: FEWER_SIZES,
            gives: sum,
            contenders: streams::<Leaves>(),
        },
        Workload {
            name: "limit-ready",
            about: "256 children at a time, made as there is room, each ready at its first poll",
            wakes: Wakes::Never,
            sizes: LIMIT_SIZES,
            gives: outputs,
            contenders: limits::ordered::<Leaves>(),
        },
        Workload {
            name: "limit-batch",
            about: "256 children at a time, of which 64 are woken before each further poll",
            wakes: Wakes::Waiting(64),
            sizes: LIMIT_SIZES,
            gives: outputs,
            contenders: limits::ordered::<Waiters>(),
        },
        Workload {
            name: "limit-stream-ready",
            about: "as `limit-ready`, and the outputs are taken as they come",
            wakes: Wakes::Never,
            sizes: LIMIT_SIZES,
            gives: sum,
            contenders: limits::unordered::<Leaves>(),
        },
        Workload {
            name: "limit-stream-batch",
            about: "as `limit-batch`, and the outputs are taken as they come",
            wakes: Wakes::Waiting(64),
            sizes: LIMIT_SIZES,
            gives: sum,
            contenders: limits::unordered::<Waiters>(),
        },
        Workload {
            name: "group-ready",
            about: "children of any type, spawned while it runs, are ready at the first poll",
            wakes: Wakes::Never,
            sizes: FEWER_SIZES,
            gives: outputs,
            contenders: groups::scoped::<Leaves>(),
        },
        Workload {
            name: "group-each",
            about: "as `group-ready`, but woken as in `each`",
            wakes: Wakes::Scattered(1),
            sizes: FEWER_SIZES,
            gives: outputs,
            contenders: groups::scoped::<Leaves>(),
        },
        Workload {
            name: "group-batch",
            about: "as `group-ready`, but woken as in `batch`",
            wakes: Wakes::Scattered(64),
            sizes: FEWER_SIZES,
            gives: outputs,
            contenders: groups::scoped::<Leaves>(),
        },
        Workload {
            name: "group-send",
            about: "`Send` children, spawned while it runs, that wake themselves as in `yield`",
            wakes: Wakes::Themselves,
            sizes: FEWER_SIZES,
            gives: outputs,
            contenders: groups::sent(),
        },
        Workload {
            name: "cancel",
            about: "every second child is ready at the first poll, and after that the job is dropped",
            wakes: Wakes::Cancelled,
            sizes: FEWER_SIZES,
            gives: |stage| Given::Dropped(stage.len()),
            contenders: joins::<Receivers>(),
        },
    ]
}
