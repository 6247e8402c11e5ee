//! A stream of outputs in completion order.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use crate::{outputs::Outputs, slots::Slots, table::Table};

/// The stream returned by [`Gather::completions`](crate::Gather::completions): the index and the output of
/// each child, in completion order.
///
/// Outputs that are ready in the same poll come in the order of their indices. Children run only while the
/// stream is polled, so a slow loop body stalls them; in a [`group`](crate::group()) it does not. After its
/// end, the stream yields `None` again. `size_hint` is exact unless a child panics later.
///
/// ```
/// use std::future::{Ready, ready};
/// use futures::StreamExt;
/// use gather::{Completions, gather};
///
/// fn stream() -> Completions<Ready<char>> {
///     gather(['a', 'b'].map(ready)).completions()
/// }
///
/// # smol::block_on(async {
/// assert_eq!(stream().collect::<Vec<_>>().await, [(0, 'a'), (1, 'b')]);
/// # });
/// ```
///
/// # Panics
///
/// If a child panics, the panic propagates out of `poll_next`, and the child is dropped. Further polls
/// yield the outputs of all other children.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops running children and outputs that
/// were not yielded.
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

    /// Returns the number of outputs that the stream will still yield.
    ///
    /// Children that have panicked do not count.
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

    /// Returns `true` if the stream will yield no more outputs.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    ///
    /// let mut done = gather::gather([async { 1 }]).completions();
    /// assert!(!done.is_empty());
    /// done.next().await;
    /// assert!(done.is_empty());
    /// # });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.left() == 0
    }

    /// Turns it into a stream of the outputs, without the indices.
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
