//! Contenders that give the outputs in order of completion.

use futures::stream::{FuturesUnordered, StreamExt};
use futures_buffered::FuturesUnorderedBounded;
use futures_concurrency::future::FutureGroup;
use gather::gather;

use super::outputs::sum;
use crate::kind::Kind;
use crate::workload::{Contender, Role};

pub(crate) fn streams<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        // It alone gives the index of each output.
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
