//! Outputs in completion order, without their indices: [`Outputs`].

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};

/// The stream returned by [`Completions::outputs`](crate::Completions::outputs) and
/// [`AtMost::unordered`](crate::AtMost::unordered): outputs in completion order.
///
/// It runs, panics and ends as the stream of completions that it wraps.
///
/// ```
/// use std::future::{Ready, ready};
/// use futures::StreamExt;
/// use gather::{Completions, Outputs, gather};
///
/// fn stream() -> Outputs<Completions<Ready<char>>> {
///     gather(['a', 'b'].map(ready)).completions().outputs()
/// }
///
/// # smol::block_on(async {
/// assert_eq!(stream().collect::<String>().await, "ab");
/// # });
/// ```
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Outputs<C> {
    completions: C,
}

impl<C> Outputs<C> {
    pub(crate) fn new(completions: C) -> Self {
        Self { completions }
    }

    /// Returns the stream of completions, with the indices.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    /// use gather::at_most;
    ///
    /// let mut outputs = at_most(1).unordered(["a", "b"].map(async |name| name));
    /// assert_eq!(outputs.next().await, Some("a"));
    /// assert_eq!(outputs.into_inner().next().await, Some((1, "b")));
    /// # });
    /// ```
    pub fn into_inner(self) -> C {
        self.completions
    }
}

impl<C, T> Stream for Outputs<C>
where
    C: Stream<Item = (usize, T)> + Unpin,
{
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let next = Pin::new(&mut self.completions).poll_next(cx);
        next.map(|next| next.map(|(_, output)| output))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.completions.size_hint()
    }
}

impl<C, T> FusedStream for Outputs<C>
where
    C: FusedStream<Item = (usize, T)> + Unpin,
{
    fn is_terminated(&self) -> bool {
        self.completions.is_terminated()
    }
}
