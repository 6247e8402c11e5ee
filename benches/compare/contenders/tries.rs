//! Contenders that wait for all values, or for the first error.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_concurrency::future::TryJoin;
use gather::try_gather;

use crate::kind::Named;
use crate::stage::{Given, Stage};
use crate::workload::{Contender, Role};

/// Above 30 children, `futures` awaits the results in order, so it does not observe the error while an
/// earlier child runs (futures-rs#2866).
const LATE: &str =
    "above 30 children it is polled on until all children before the failed one are done";

/// `fails` if one of the children will.
pub(crate) fn tries<K: Named>(fails: bool) -> Vec<Contender> {
    let mut contenders = vec![
        Contender::new(Role::Ours, "try_gather", |stage| {
            run(stage, try_gather(children::<K>(stage)))
        }),
        Contender::new(Role::Peer, "futures try_join_all", |stage| {
            run(stage, futures::future::try_join_all(children::<K>(stage)))
        }),
        Contender::new(Role::Peer, "futures_buffered", |stage| {
            run(stage, futures_buffered::try_join_all(children::<K>(stage)))
        }),
        // It takes a `Vec`, so an iterator has to be collected first.
        Contender::new(Role::Peer, "futures_concurrency", |stage| {
            run(stage, children::<K>(stage).collect::<Vec<_>>().try_join())
        })
        .scanning(10_000_000),
    ];
    if fails {
        contenders[1].remark = Some(LATE);
    }
    contenders
}

fn run(stage: &Stage, job: impl Future<Output = Result<Vec<u64>, u64>>) -> Given {
    match stage.run(job) {
        Ok(outputs) => Given::Outputs(outputs),
        Err(output) => Given::Failure(output),
    }
}

fn children<K: Named>(stage: &Stage) -> impl ExactSizeIterator<Item = Fallible<K::Child<'_>>> {
    let failure = stage.failure();
    K::named(stage).map(move |child| Fallible { child, failure })
}

/// A child that fails if its output is `failure`.
struct Fallible<F> {
    child: F,
    failure: Option<u64>,
}

impl<F: Future<Output = u64> + Unpin> Future for Fallible<F> {
    type Output = Result<u64, u64>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(output) = Pin::new(&mut self.child).poll(cx) else {
            return Poll::Pending;
        };
        Poll::Ready(if self.failure == Some(output) {
            Err(output)
        } else {
            Ok(output)
        })
    }
}
