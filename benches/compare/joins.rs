//! Those who wait for all children and give all outputs in order.

use futures::stream::{FuturesUnordered, StreamExt};
use futures_concurrency::future::Join;
use gather::gather;

use crate::stage::{Kind, Stage, floor};
use crate::workloads::{Contender, Role};

pub(crate) fn joins<K: Kind>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "gather", |stage| {
            stage.run_all(gather(K::children(stage)))
        }),
        Contender::new(Role::Peer, "futures join_all", |stage| {
            stage.run_all(futures::future::join_all(K::children(stage)))
        }),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            stage.run_all(unordered::<K>(stage))
        }),
        Contender::new(Role::Peer, "futures_buffered", |stage| {
            stage.run_all(futures_buffered::join_all(K::children(stage)))
        }),
        // It takes a `Vec`, so whoever has an iterator pays for one.
        Contender::new(Role::Peer, "futures_concurrency", |stage| {
            stage.run_all(K::children(stage).collect::<Vec<_>>().join())
        })
        .scanning(10_000_000),
        Contender::new(Role::Floor, "floor", |stage| {
            stage.run_all(floor::<K>(stage))
        }),
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
