//! Contenders that run a limited number of children at a time, and make them as there is room.

use std::cell::{Cell, RefCell};
use std::future::{Future, ready};
use std::num::NonZeroUsize;

use futures::stream::{self, StreamExt};
use futures_buffered::BufferedStreamExt;
use futures_concurrency::{concurrent_stream::ConcurrentStream, stream::StreamExt as _};
use gather::at_most;

use super::outputs::{in_place, indexed, sum};
use crate::kind::Kind;
use crate::stage::Given;
use crate::workload::{Contender, Role};

/// Its limit also counts outputs that wait for earlier ones.
const FEWER: &str =
    "fewer children run at a time: its limit also counts outputs that wait for earlier ones";

/// Contenders that return all outputs in the children's order.
pub(crate) fn ordered<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "at_most", |stage| {
            let job = at_most(stage.alive()).gather(K::children(stage));
            Given::Outputs(stage.run(job))
        }),
        Contender::new(Role::Peer, "futures buffered", |stage| {
            let stream = stream::iter(K::children(stage)).buffered(stage.alive());
            Given::Outputs(stage.run(stream.collect()))
        })
        .remark(FEWER),
        Contender::new(Role::Peer, "buffer_unordered", |stage| {
            let stream = stream::iter(indexed::<K>(stage)).buffer_unordered(stage.alive());
            Given::Outputs(stage.run(in_place::<K>(stage.len(), stream)))
        }),
        Contender::new(Role::Peer, "buffered_ordered", |stage| {
            let stream = stream::iter(K::children(stage)).buffered_ordered(stage.alive());
            Given::Outputs(stage.run(stream.collect()))
        })
        .remark(FEWER),
        Contender::new(Role::Peer, "buffered_unordered", |stage| {
            let stream = stream::iter(indexed::<K>(stage)).buffered_unordered(stage.alive());
            Given::Outputs(stage.run(in_place::<K>(stage.len(), stream)))
        }),
        Contender::new(Role::Peer, "ConcurrentStream", |stage| {
            let outputs = RefCell::new(vec![0; stage.len()]);
            let outputs = &outputs;
            let job = limited(
                stage.alive(),
                indexed::<K>(stage),
                move |(index, output)| {
                    outputs.borrow_mut()[index] = output;
                },
            );
            stage.run(job);
            Given::Outputs(outputs.take())
        })
        .scanning(10_000_000),
    ]
}

/// Contenders that give one output after the other, in the children's order.
pub(crate) fn streams_in_order<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "at_most ordered", |stage| {
            let stream = at_most(stage.alive()).ordered(K::children(stage));
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "futures buffered", |stage| {
            let stream = stream::iter(K::children(stage)).buffered(stage.alive());
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "buffered_ordered", |stage| {
            let stream = stream::iter(K::children(stage)).buffered_ordered(stage.alive());
            stage.run(sum(stream))
        }),
    ]
}

/// Contenders that give the outputs in order of completion.
pub(crate) fn unordered<K: Kind<Output = u64>>() -> Vec<Contender> {
    vec![
        Contender::new(Role::Ours, "at_most", |stage| {
            let stream = at_most(stage.alive()).unordered(K::children(stage));
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "buffer_unordered", |stage| {
            let stream = stream::iter(K::children(stage)).buffer_unordered(stage.alive());
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "buffered_unordered", |stage| {
            let stream = stream::iter(K::children(stage)).buffered_unordered(stage.alive());
            stage.run(sum(stream))
        }),
        Contender::new(Role::Peer, "ConcurrentStream", |stage| {
            let (sum, count) = (Cell::new(0u64), Cell::new(0));
            let (sum, count) = (&sum, &count);
            let job = limited(stage.alive(), K::children(stage), move |output| {
                sum.set(sum.get().wrapping_add(output));
                count.set(count.get() + 1);
            });
            stage.run(job);
            Given::Sum(sum.get(), count.get())
        })
        .scanning(10_000_000),
    ]
}

/// With `ConcurrentStream`, whose `collect` has no limit.
async fn limited<F: Future>(
    limit: usize,
    children: impl Iterator<Item = F>,
    take: impl Fn(F::Output) + Copy,
) {
    stream::iter(children)
        .co()
        .limit(NonZeroUsize::new(limit))
        .map(|child| child)
        .for_each(|output| {
            take(output);
            ready(())
        })
        .await;
}
