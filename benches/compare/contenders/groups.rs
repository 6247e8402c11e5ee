//! Contenders to which children of any type are added one by one while they run, and that return each value
//! through a handle.

use std::future::Future;
use std::pin::Pin;

use futures::FutureExt;
use futures::stream::FuturesUnordered;
use futures_concurrency::future::FutureGroup;
use gather::{Group, group, local_group};
use tokio::task::JoinSet;

use super::outputs::{in_place, indexed};
use super::runtime;
use crate::children::Yields;
use crate::kind::Kind;
use crate::stage::{Given, Stage};
use crate::workload::{Contender, Role};

/// It has no handles, so its job is less.
const STREAM: &str = "a stream: a child has no handle, and cannot spawn another one";

/// Contenders whose children may borrow and need not be `Send`.
pub(crate) fn scoped<K: Kind<Output = u64> + 'static>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "local_group", |stage| {
            let job = local_group(async |g| {
                let children = K::children(stage).map(infallible);
                let handles: Vec<_> = children.map(|child| g.spawn(child)).collect();
                Ok(in_order(handles).await)
            });
            Given::Outputs(stage.run(job).expect("none fails"))
        }),
        Contender::new(Role::Peer, "moro-local", |stage| {
            let job = moro_local::async_scope!(|scope| {
                let spawn = |child| scope.spawn(child);
                let handles: Vec<_> = K::children(stage).map(spawn).collect();
                in_order(handles).await
            });
            Given::Outputs(stage.run(job))
        }),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            Given::Outputs(stage.run(async {
                let running = FuturesUnordered::new();
                for child in boxed::<K>(stage) {
                    running.push(child);
                }
                in_place::<K>(stage.len(), running).await
            }))
        })
        .remark(STREAM),
        Contender::new(Role::Peer, "FutureGroup", |stage| {
            Given::Outputs(stage.run(async {
                let mut running = FutureGroup::new();
                for child in boxed::<K>(stage) {
                    running.insert(child);
                }
                in_place::<K>(stage.len(), running).await
            }))
        })
        .remark(STREAM)
        .scanning(1_000_000),
    ]
}

/// Contenders whose children are `Send` and `'static`.
pub(crate) fn sent() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "group", |stage| {
            let len = stage.len();
            let job = group(async |g: Group<_, _>| {
                let children = (0..len).map(|index| infallible(Yields::owned(index)));
                let handles: Vec<_> = children.map(|child| g.spawn(child)).collect();
                Ok(in_order(handles).await)
            });
            Given::Outputs(stage.run(job).expect("none fails"))
        }),
        Contender::new(Role::Peer, "moro", |stage| {
            let len = stage.len();
            let job = moro::async_scope!(|scope| {
                let spawn = |index| scope.spawn(Yields::owned(index));
                let handles: Vec<_> = (0..len).map(spawn).collect();
                in_order(handles).await
            });
            Given::Outputs(stage.run(job))
        }),
        Contender::new(Role::Peer, "JoinSet", |stage| {
            let len = stage.len();
            Given::Outputs(runtime::block_on(async move {
                let mut running = JoinSet::new();
                for index in 0..len {
                    running.spawn(async move { (index, Yields::owned(index).await) });
                }
                let mut outputs = vec![0; len];
                while let Some(joined) = running.join_next().await {
                    let (index, output) = joined.expect("none fails");
                    outputs[index] = output;
                }
                outputs
            }))
        })
        .remark(runtime::REMARK),
        Contender::new(Role::Peer, "FuturesUnordered", |stage| {
            let len = stage.len();
            Given::Outputs(stage.run(async move {
                let running = FuturesUnordered::new();
                for index in 0..len {
                    let child = async move { (index, Yields::owned(index).await) };
                    running.push(child.boxed());
                }
                in_place::<Yields>(len, running).await
            }))
        })
        .remark(STREAM),
    ]
}

/// A child that may fail by its type, as a group's children do.
async fn infallible(child: impl Future<Output = u64>) -> Result<u64, String> {
    Ok(child.await)
}

async fn in_order(handles: Vec<impl Future<Output = u64>>) -> Vec<u64> {
    let mut outputs = Vec::with_capacity(handles.len());
    for handle in handles {
        outputs.push(handle.await);
    }
    outputs
}

type Boxed<'a> = Pin<Box<dyn Future<Output = (usize, u64)> + 'a>>;

/// Boxed children whose output carries the index.
fn boxed<'a, K: Kind<Output = u64> + 'a>(stage: &'a Stage) -> impl Iterator<Item = Boxed<'a>> {
    indexed::<K>(stage).map(|child| -> Boxed<'a> { Box::pin(child) })
}
