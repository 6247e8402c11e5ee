//! What is measured: workloads, and the contenders of each.

use futures::stream::{FuturesUnordered, StreamExt};
use futures_concurrency::future::Join;
use gather::gather;

use crate::stage::{Kind, Leaves, Stage, Wakes, Yields, floor};

const SIZES: &[usize] = &[1, 2, 4, 8, 16, 30, 64, 256, 1_000, 10_000, 100_000];

/// A job to be done by several contenders, at several sizes.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) wakes: Wakes,
    pub(crate) sizes: &'static [usize],
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
    /// Does the job once and gives its outputs, in the children's order.
    pub(crate) run: fn(&Stage) -> Vec<u64>,
    /// Whether every poll of it looks at all children, woken or not.
    scans: bool,
}

impl Contender {
    fn new(role: Role, name: &'static str, run: fn(&Stage) -> Vec<u64>) -> Self {
        Contender {
            role,
            name,
            run,
            scans: false,
        }
    }

    fn scanning(self) -> Self {
        Contender {
            scans: true,
            ..self
        }
    }

    /// Why it cannot be measured with `n` children, if so.
    pub(crate) fn skipped(&self, wakes: Wakes, n: usize) -> Option<&'static str> {
        /// Children looked at in one job: some 20 ms.
        const LIMIT: usize = 10_000_000;
        let polls = match wakes {
            Wakes::Never | Wakes::Themselves => 1,
            Wakes::Scattered(wakes) => n.div_ceil(wakes),
        };
        (self.scans && polls * n > LIMIT)
            .then_some("skipped: each of its polls looks at all children, which is quadratic here")
    }
}

/// Every workload.
pub(crate) fn all() -> Vec<Workload> {
    vec![
        Workload {
            name: "ready",
            about: "every child is ready at the first poll",
            wakes: Wakes::Never,
            sizes: SIZES,
            contenders: joins::<Leaves>(),
        },
        Workload {
            name: "each",
            about: "one child is woken before each further poll, in a scattered order",
            wakes: Wakes::Scattered(1),
            sizes: SIZES,
            contenders: joins::<Leaves>(),
        },
        Workload {
            name: "batch",
            about: "64 children are woken before each further poll, in a scattered order",
            wakes: Wakes::Scattered(64),
            sizes: SIZES,
            contenders: joins::<Leaves>(),
        },
        Workload {
            name: "yield",
            about: "each child wakes itself while it is polled, three times, and then is ready",
            wakes: Wakes::Themselves,
            sizes: SIZES,
            contenders: joins::<Yields>(),
        },
    ]
}

/// Those who wait for all children and give all outputs in order.
fn joins<K: Kind>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "gather", |stage| {
            stage.run(gather(K::children(stage)))
        }),
        Contender::new(Role::Peer, "futures join_all", |stage| {
            stage.run(futures::future::join_all(K::children(stage)))
        }),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            stage.run(unordered::<K>(stage))
        }),
        Contender::new(Role::Peer, "futures_buffered", |stage| {
            stage.run(futures_buffered::join_all(K::children(stage)))
        }),
        // It takes a `Vec`, so whoever has an iterator pays for one.
        Contender::new(Role::Peer, "futures_concurrency", |stage| {
            stage.run(K::children(stage).collect::<Vec<_>>().join())
        })
        .scanning(),
        Contender::new(Role::Floor, "floor", |stage| stage.run(floor::<K>(stage))),
    ]
}

/// What is written by hand on `FuturesUnordered` where the order matters.
async fn unordered<K: Kind>(stage: &Stage) -> Vec<u64> {
    let mut running: FuturesUnordered<_> = K::children(stage)
        .enumerate()
        .map(|(index, child)| async move { (index, child.await) })
        .collect();
    let mut outputs = vec![0; running.len()];
    while let Some((index, output)) = running.next().await {
        outputs[index] = output;
    }
    outputs
}
