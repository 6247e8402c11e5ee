//! Those who give the outputs as they come.

use std::pin::pin;

use futures::stream::{FuturesUnordered, Stream, StreamExt};
use futures_buffered::FuturesUnorderedBounded;
use futures_concurrency::future::FutureGroup;
use gather::gather;

use crate::stage::{Given, Kind};
use crate::workloads::{Contender, Role};

pub(crate) fn streams<K: Kind>() -> Vec<Contender> {
    vec![
        // It alone says whose output each one is.
        Contender::new(Role::Ours, "completions", |stage| {
            let stream = gather(K::children(stage)).completions();
            stage.run(sum(stream.map(|(_, output)| output)))
        }),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            let stream: FuturesUnordered<_> = K::children(stage).collect();
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "FuturesUnorderedBounded", |stage| {
            let stream: FuturesUnorderedBounded<_> = K::children(stage).collect();
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "FutureGroup", |stage| {
            let stream: FutureGroup<_> = K::children(stage).collect();
            stage.run(sum(stream))
        })
        .scanning(1_000_000),
    ]
}

pub(crate) async fn sum(stream: impl Stream<Item = u64>) -> Given {
    let mut stream = pin!(stream);
    let (mut sum, mut count) = (0u64, 0);
    while let Some(output) = stream.next().await {
        sum = sum.wrapping_add(output);
        count += 1;
    }
    Given::Sum(sum, count)
}
