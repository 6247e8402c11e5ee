//! A stream of what finishes, as it finishes.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{slots::Slots, table::Table};

/// The stream of [`Gather::completions`](crate::Gather::completions): each child's index and output,
/// as they finish.
///
/// - **Cancellation.** It may be polled on at any time later; what has finished meanwhile is not
///   lost. Dropped, it drops the children that run and the outputs that were not yielded.
/// - **Panic.** A child's panic goes through `poll_next` and drops that child. Polled on, the stream
///   yields all other children, and ends.
/// - **Size.** `size_hint` is exact, but for children that will panic.
/// - **End.** Polled after its end, it gives `None` again.
#[must_use = "streams do nothing unless polled"]
pub struct Completions<F: Future> {
    table: Table<Slots<F>>,
    yielded: usize,
}

impl<F: Future> Completions<F> {
    pub(crate) fn new(mut table: Table<Slots<F>>) -> Self {
        table.children.unobserve_all();
        Self { table, yielded: 0 }
    }

    fn left(&self) -> usize {
        let slots = &self.table.children;
        slots.len() - slots.panics() - self.yielded
    }
}

impl<F: Future> fmt::Debug for Completions<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Completions").field(&self.table).finish()
    }
}

impl<F: Future> Stream for Completions<F> {
    type Item = (usize, F::Output);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let index = ready!(self.table.poll_until(cx, |_, _| true));
        let next = index.and_then(|index| Some((index, self.table.children.take(index)?)));
        self.yielded += usize::from(next.is_some());
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left(), Some(self.left()))
    }
}

impl<F: Future> FusedStream for Completions<F> {
    fn is_terminated(&self) -> bool {
        self.left() == 0
    }
}
