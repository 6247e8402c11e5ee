//! A stream of what finishes, as it finishes.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{table::Table, wakers::WakeOnUnwind};

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
    table: Table<F>,
    yielded: usize,
}

impl<F: Future> Completions<F> {
    pub(crate) fn new(mut table: Table<F>) -> Self {
        table.slots.unshow_all();
        Self { table, yielded: 0 }
    }

    fn left(&self) -> usize {
        let slots = &self.table.slots;
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
        let next = ready!(self.table.begin_poll_next(cx));
        if next.is_some() {
            self.yielded += 1;
        } else {
            // The end, at which the parent's waker is let go.
            WakeOnUnwind::call(cx.waker(), || self.table.close());
        }
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
