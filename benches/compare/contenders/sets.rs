//! Contenders to which children of one type are added while they run: one for each that completes.

use std::future::Future;

use futures::stream::{FuturesUnordered, StreamExt};
use futures_concurrency::future::FutureGroup;
use gather::GatherSet;
use tokio::task::JoinSet;

use super::runtime;
use crate::children::Yields;
use crate::kind::Kind;
use crate::stage::{Given, Stage};
use crate::workload::{Contender, Role};

pub(crate) fn sets<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "GatherSet", |stage| {
            stage.run(steady(stage, GatherSet::new(), K::children(stage)))
        }),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            stage.run(steady(stage, FuturesUnordered::new(), K::children(stage)))
        }),
        Contender::new(Role::Peer, "futures_buffered", |stage| {
            let set = futures_buffered::FuturesUnordered::new();
            stage.run(steady(stage, set, K::children(stage)))
        }),
        Contender::new(Role::Peer, "FutureGroup", |stage| {
            stage.run(steady(stage, FutureGroup::new(), K::children(stage)))
        })
        .scanning(1_000_000),
    ]
}

/// The contenders of [`sets`], and the one that takes only children that are `Send` and `'static`.
pub(crate) fn sets_and_spawned() -> Vec<Contender> {
    let mut contenders = sets::<Yields>();
    let spawned = Contender::new(Role::Peer, "JoinSet", |stage| {
        let children = (0..stage.len()).map(Yields::owned);
        runtime::block_on(steady(stage, JoinSet::new(), children))
    });
    contenders.push(spawned.remark(runtime::REMARK));
    contenders
}

trait Set<F> {
    fn push(&mut self, child: F);

    async fn next(&mut self) -> Option<u64>;
}

/// Pushes as many as may be alive, and then one for each that completes.
async fn steady<F>(
    stage: &Stage,
    mut set: impl Set<F>,
    children: impl Iterator<Item = F>,
) -> Given {
    let mut children = children.fuse();
    for child in children.by_ref().take(stage.alive()) {
        set.push(child);
    }
    let (mut sum, mut count) = (0u64, 0);
    while let Some(output) = set.next().await {
        sum = sum.wrapping_add(output);
        count += 1;
        if let Some(child) = children.next() {
            set.push(child);
        }
    }
    Given::Sum(sum, count)
}

impl<F: Future<Output = u64>> Set<F> for GatherSet<F> {
    fn push(&mut self, child: F) {
        GatherSet::push(self, child);
    }

    async fn next(&mut self) -> Option<u64> {
        StreamExt::next(self).await
    }
}

impl<F: Future<Output = u64>> Set<F> for FuturesUnordered<F> {
    fn push(&mut self, child: F) {
        FuturesUnordered::push(self, child);
    }

    async fn next(&mut self) -> Option<u64> {
        StreamExt::next(self).await
    }
}

impl<F: Future<Output = u64>> Set<F> for futures_buffered::FuturesUnordered<F> {
    fn push(&mut self, child: F) {
        futures_buffered::FuturesUnordered::push(self, child);
    }

    async fn next(&mut self) -> Option<u64> {
        StreamExt::next(self).await
    }
}

impl<F: Future<Output = u64>> Set<F> for FutureGroup<F> {
    fn push(&mut self, child: F) {
        self.insert(child);
    }

    async fn next(&mut self) -> Option<u64> {
        StreamExt::next(self).await
    }
}

impl<F: Future<Output = u64> + Send + 'static> Set<F> for JoinSet<u64> {
    fn push(&mut self, child: F) {
        self.spawn(child);
    }

    async fn next(&mut self) -> Option<u64> {
        let joined = self.join_next().await?;
        Some(joined.expect("none fails"))
    }
}
