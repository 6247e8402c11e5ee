//! Collecting a stream of outputs by hand.

use std::future::Future;
use std::pin::pin;

use futures::stream::{Stream, StreamExt};

use crate::kind::Kind;
use crate::stage::{Given, Stage};

/// Children whose output carries the index.
pub(crate) fn indexed<K: Kind>(
    stage: &Stage,
) -> impl Iterator<Item = impl Future<Output = (usize, K::Output)>> {
    K::children(stage)
        .enumerate()
        .map(|(index, child)| async move { (index, child.await) })
}

/// Puts the outputs in order.
pub(crate) async fn in_place<K: Kind>(
    len: usize,
    stream: impl Stream<Item = (usize, K::Output)>,
) -> Vec<K::Output> {
    let mut stream = pin!(stream);
    let mut outputs = vec![K::EMPTY; len];
    while let Some((index, output)) = stream.next().await {
        outputs[index] = output;
    }
    outputs
}

/// Adds the outputs up in order of completion.
pub(crate) async fn sum(stream: impl Stream<Item = u64>) -> Given {
    let mut stream = pin!(stream);
    let (mut sum, mut count) = (0u64, 0);
    while let Some(output) = stream.next().await {
        sum = sum.wrapping_add(output);
        count += 1;
    }
    Given::Sum(sum, count)
}
