//! Contenders that wait for all children and return all outputs in order.

use futures::stream::FuturesUnordered;
use futures_concurrency::future::Join;
use gather::gather;

use super::floor::floor;
use super::outputs::{in_place, indexed};
use crate::kind::{Kind, Named};
use crate::stage::Given;
use crate::workload::{Contender, Role};

/// The contenders of [`joins`], and the floor.
pub(crate) fn joins_and_floor<K: Named>() -> Vec<Contender> {
    let mut contenders = joins::<K>();
    contenders.push(Contender::new(Role::Floor, "floor", |stage| {
        stage.run_all(floor::<K>(stage))
    }));
    contenders
}

pub(crate) fn joins<K: Kind>() -> Vec<Contender>
where
    Given: From<Vec<K::Output>>,
{
    vec![
        Contender::new(Role::Ours, "gather", |stage| {
            stage.run_all(gather(K::children(stage)))
        }),
        Contender::new(Role::Peer, "futures join_all", |stage| {
            stage.run_all(futures::future::join_all(K::children(stage)))
        }),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            let running: FuturesUnordered<_> = indexed::<K>(stage).collect();
            stage.run_all(in_place::<K>(stage.len(), running))
        }),
        Contender::new(Role::Peer, "futures_buffered", |stage| {
            stage.run_all(futures_buffered::join_all(K::children(stage)))
        }),
        // It takes a `Vec`, so an iterator has to be collected first.
        Contender::new(Role::Peer, "futures_concurrency", |stage| {
            stage.run_all(K::children(stage).collect::<Vec<_>>().join())
        })
        .scanning(10_000_000),
    ]
}
