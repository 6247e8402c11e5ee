//! A stream of what finishes, as it finishes, of children that are made as they are needed.

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

/// The stream of [`AtMost::completions`](super::AtMost::completions).
///
/// - **Order.** Children are pulled and polled first in input order, and yielded as they finish; those that
///   were woken since the last poll in the order of their slots, which is that of the input until slots are
///   used again.
/// - **Laziness.** A child is polled as soon as it is made, and the next one is made after that, as long as
///   fewer than `limit` run. A finished child is dropped at once; the next is made in its place at the poll
///   after its output was yielded. Children that are ready as soon as they are made are yielded before
///   those that were woken, but for every 32nd time.
/// - **Wakers.** A finished child's waker does nothing, until another child is in its slot: that one it
///   wakes, for one poll in vain.
/// - **Cancellation.** It may be polled on at any time later. Dropped, it drops the children that run.
/// - **Panic.** A child's panic goes through `poll_next`, and drops that child; the task is woken, and the
///   stream goes on with the others. So it does after a panic of the source.
/// - **Cost.** Room for 32 children at first, or for as many as fit into 64 KiB, or for `limit` if that is
///   less. It is doubled as needed, up to `limit`. Nothing is allocated for each child.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostCompletions<S, F: Future> {
    limited: Limited<S, F>,
    /// An output whose child is yet to be dropped.
    next: Option<(usize, F::Output)>,
}

impl<S, F: Future> AtMostCompletions<S, F> {
    pub(super) fn new(limited: Limited<S, F>) -> Self {
        Self {
            limited,
            next: None,
        }
    }

    /// Returns the number of children that run: at most the limit.
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

    /// Makes it a stream of the outputs alone, without the indices. What [`AtMost::unordered`] gives.
    ///
    /// [`AtMost::unordered`]: super::AtMost::unordered
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

    /// How many outputs there will be of the children that were pulled.
    fn left(&self) -> usize {
        self.limited.running() + usize::from(self.next.is_some())
    }
}

// Children are pinned in their slots, and nothing else is ever pinned.
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
        // One is there if the drop of its child has panicked.
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
