//! A stream of what finishes, as it finishes.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{outputs::Outputs, slots::Slots, table::Table};

/// The stream of [`Gather::completions`](crate::Gather::completions): each child's index and output,
/// as they finish.
///
/// - **Order.** Outputs that are ready in the same poll come in the order of their indices.
/// - **A slow loop body** stalls the children: they run only while the stream is polled. In a
///   `group` they do not.
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

    /// How many outputs are to come: those of all children, but for those that were yielded and of those that
    /// have panicked.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    /// use gather::gather;
    ///
    /// let mut done = gather([1, 2].map(async |n| n)).completions();
    /// while let Some((index, output)) = done.next().await {
    ///     println!("{index}: {output}, {} to come", done.len());
    /// }
    /// assert!(done.is_empty());
    /// # });
    /// ```
    pub fn len(&self) -> usize {
        self.left()
    }

    /// Whether no outputs are to come.
    pub fn is_empty(&self) -> bool {
        self.left() == 0
    }

    /// Makes it a stream of the outputs alone, without the indices.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    /// use gather::gather;
    ///
    /// let done = gather(["a", "b"].map(async |name| name)).completions().outputs();
    /// assert_eq!(done.collect::<String>().await, "ab");
    /// # });
    /// ```
    pub fn outputs(self) -> Outputs<Self> {
        Outputs::new(self)
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
