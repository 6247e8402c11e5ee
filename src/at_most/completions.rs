//! A stream of what finishes, as it finishes, of children that are made as they are needed.

use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::limited::Limited;

/// The stream of [`AtMost::completions`](super::AtMost::completions).
///
/// - **Order.** Children are made and polled first in input order, and yielded as they finish.
/// - **Laziness.** A child is polled as soon as it is made, and the next one is made after that, as long as
///   fewer than `limit` run. A finished child is dropped at once; the next is made in its place at the poll
///   after its output was yielded. Children that are ready as soon as they are made are yielded before
///   those that were woken, but for every 32nd time.
/// - **Wakers.** A finished child's waker does nothing, until another child is in its slot: that one it
///   wakes, for one poll in vain.
/// - **Cancellation.** It may be polled on at any time later. Dropped, it drops the children that run.
/// - **Panic.** A child's panic goes through `poll_next`, and drops that child; the task is woken, and the
///   stream goes on with the others. So it does after a panic of the iterator.
/// - **Cost.** Room for 32 children at first, or for as many as fit into 64 KiB, or for `limit` if that is
///   less. It is doubled as needed, up to `limit`. Nothing is allocated for each child.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostCompletions<I, F: Future> {
    limited: Limited<I, F>,
    /// An output whose child is yet to be dropped.
    next: Option<(usize, F::Output)>,
}

impl<I, F: Future> AtMostCompletions<I, F> {
    pub(super) fn new(limited: Limited<I, F>) -> Self {
        Self {
            limited,
            next: None,
        }
    }

    /// How many outputs there will be of the children that were made.
    fn left(&self) -> usize {
        self.limited.running() + usize::from(self.next.is_some())
    }
}

// Children are pinned in their slots, and nothing else is ever pinned.
impl<I, F: Future> Unpin for AtMostCompletions<I, F> {}

impl<I, F: Future> fmt::Debug for AtMostCompletions<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostCompletions")
            .field(&self.limited)
            .finish()
    }
}

impl<I, F> Stream for AtMostCompletions<I, F>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Item = (usize, F::Output);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { limited, next } = &mut *self;
        // One is there if the drop of its child has panicked.
        if next.is_none() {
            let _ = ready!(limited.poll(cx, |index, output| {
                *next = Some((index, output));
                ControlFlow::Break(())
            }));
        }
        Poll::Ready(next.take())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let source = self.limited.source();
        let (lower, upper) = source.map_or((0, Some(0)), Iterator::size_hint);
        let upper = upper.and_then(|upper| upper.checked_add(self.left()));
        (lower.saturating_add(self.left()), upper)
    }
}

impl<I, F> FusedStream for AtMostCompletions<I, F>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    fn is_terminated(&self) -> bool {
        self.limited.source().is_none() && self.left() == 0
    }
}
