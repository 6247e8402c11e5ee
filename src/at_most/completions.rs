//! A stream of outputs in completion order, with a limit: [`AtMostCompletions`].

use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{
    limited::{ALL, Limited},
    source::Source,
};
use crate::outputs::Outputs;

/// The stream returned by [`AtMost::completions`](super::AtMost::completions): the index and the output of each
/// child, in completion order.
///
/// Children run only while the stream is polled, so a slow loop body stalls them. After its end, the stream
/// yields `None` again.
///
/// ```
/// use std::future::{Ready, ready};
/// use futures::StreamExt;
/// use gather::{AtMostCompletions, Source, at_most};
///
/// fn stream() -> AtMostCompletions<impl Source<Child = Ready<char>>, Ready<char>> {
///     at_most(8).completions(['a', 'b'].map(ready))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(stream().collect::<Vec<_>>().await, [(0, 'a'), (1, 'b')]);
/// # });
/// ```
///
/// # Behaviour
///
/// - **Laziness.** Children are pulled in input order while fewer than `limit` run, and each is polled before the
///   next one is pulled. A child is dropped as soon as it finishes. The next poll pulls another one in its place.
/// - **Order.** Outputs that are ready in the same poll come in the order in which the children are polled: new
///   children in input order, then woken children in the order of their slots. That is input order until slots
///   are reused. After 32 outputs in a row of new children, woken children are polled first until one of them
///   finishes.
/// - **Wakers.** The waker of a finished child does nothing until another child is in its slot. Then it causes
///   one needless poll of that child.
///
/// # Panics
///
/// If a child panics, the panic propagates out of `poll_next`, the child is dropped, and the task is woken.
/// Further polls run the other children. If the source panics, further polls run the children, and pull from an
/// iterator again; a stream that panicked has ended.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops running children.
///
/// # Performance
///
/// Makes no allocation for each child. It starts with room for 32 children, for about 64 KiB of large children, or
/// for `limit`, whichever is least, and doubles it as needed, up to `limit`.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostCompletions<S, F: Future> {
    limited: Limited<S, F>,
    /// An output, while its child is dropped.
    next: Option<(usize, F::Output)>,
}

impl<S, F: Future> AtMostCompletions<S, F> {
    pub(super) fn new(limited: Limited<S, F>) -> Self {
        Self {
            limited,
            next: None,
        }
    }

    /// Returns the number of running children, which is at most the limit.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    /// use gather::at_most;
    ///
    /// let children = (0..5).map(async |n| if n == 2 { n } else { std::future::pending().await });
    /// let mut stream = at_most(3).completions(children);
    /// assert_eq!(stream.running(), 0);
    /// assert_eq!(stream.next().await, Some((2, 2)));
    /// assert_eq!(stream.running(), 2);
    /// # });
    /// ```
    pub fn running(&self) -> usize {
        self.limited.running()
    }

    /// Turns it into a stream of the outputs, without the indices.
    ///
    /// [`AtMost::unordered`](super::AtMost::unordered) returns the same stream.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    ///
    /// let squares = gather::at_most(8).completions((0u64..4).map(async |n| n * n));
    /// assert_eq!(squares.outputs().collect::<Vec<_>>().await, [0, 1, 4, 9]);
    /// # });
    /// ```
    pub fn outputs(self) -> Outputs<Self> {
        Outputs::new(self)
    }

    /// The number of outputs to come of the children that were pulled.
    fn left(&self) -> usize {
        self.limited.running() + usize::from(self.next.is_some())
    }
}

// Children are pinned in their slots, and nothing else is pinned.
impl<S, F: Future> Unpin for AtMostCompletions<S, F> {}

impl<S, F: Future> fmt::Debug for AtMostCompletions<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostCompletions")
            .field(&self.limited)
            .finish()
    }
}

impl<S, F> Stream for AtMostCompletions<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Item = (usize, F::Output);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { limited, next } = &mut *self;
        // There is one already if the drop of its child has panicked.
        if next.is_none() {
            let _ = ready!(limited.poll(cx, ALL, |index, output| {
                *next = Some((index, output));
                ControlFlow::Break(())
            }));
        }
        Poll::Ready(next.take())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.limited.size_hint(self.left())
    }
}

impl<S, F> FusedStream for AtMostCompletions<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    fn is_terminated(&self) -> bool {
        self.limited.is_source_over() && self.left() == 0
    }
}
