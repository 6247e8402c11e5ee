//! The set as a stream of outputs.

use core::{
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{GatherSet, Id, is_there};
use crate::chunks::Chunks;

impl<F: Future> GatherSet<F> {
    pub(super) fn poll_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(Id, F::Output)>> {
        let Self { table, queue, .. } = self;
        // An empty set can still be parked, for children that were cancelled.
        let is_new = !queue.is_empty() || table.children.len() == 0;
        let new = |children: &mut Chunks<F>, _: &_| {
            let mut queued = core::iter::from_fn(|| queue.pop_front());
            // Some can be over: cancelled, or polled to their end by a late wake.
            Some(queued.find(|&id| is_there(children, id))?.slot)
        };
        let mut next = None;
        let done = |children: &mut Chunks<F>, slot, output| {
            // The child is dropped before its output is returned.
            children.complete(slot, |child| next = Some((Id { child, slot }, output)));
            ControlFlow::Break(())
        };
        if ready!(table.poll_children(cx, is_new, new, done)).is_none() {
            table.close(cx);
        }
        Poll::Ready(next)
    }
}

impl<F: Future> Stream for GatherSet<F> {
    type Item = F::Output;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let next = ready!(self.poll_next_with_id(cx));
        Poll::Ready(next.map(|(_, output)| output))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<F: Future> FusedStream for GatherSet<F> {
    fn is_terminated(&self) -> bool {
        self.is_empty()
    }
}
