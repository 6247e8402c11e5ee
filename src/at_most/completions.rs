//! The stream that a limit is made of: slots that are used again.

use core::{
    fmt,
    future::IntoFuture,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{Child, Output};
use crate::{
    growing::Growing,
    memory::{believable, few},
    wakers::WakeOnUnwind,
};

/// The stream of [`AtMost::completions`](super::AtMost::completions).
///
/// - **Order.** Children are made and polled first in input order, and yielded as they finish.
/// - **Laziness.** A child is polled as soon as it is made, and the next one is made after that, as long as
///   fewer than `limit` are alive. A finished child is dropped at once; the next is made in its place at
///   the poll after its output was yielded, or later if many children have just woken themselves.
///   Children that are always ready as soon as they are made are yielded before those that were woken.
/// - **Wakers.** A finished child's waker wakes the child that took its place: one poll for nothing.
///   Where slots were added later, the parent may be woken once for each time.
/// - **Cancellation.** It may be polled on at any time later. Dropped, it drops the children that run.
/// - **Panic.** A child's panic goes through `poll_next`, and drops that child; polled on, for which
///   the parent is woken, the stream goes on with the others. So it does after a panic of the iterator.
/// - **Cost.** Room for `limit` children at first, with their outputs: for fewer if the size hint says so,
///   or if they would take more than a megabyte, or more than 64 KiB where the hint says little. Room is
///   then doubled as needed. Nothing is allocated for each child.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    limit: usize,
    /// None once it has given its last.
    children: Option<I>,
    pub(super) pulled: usize,
    /// None before the first poll.
    alive: Option<Growing<Child<I>>>,
}

// Children are pinned in their table, and nothing else is ever pinned.
impl<I> Unpin for AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
}

impl<I> AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    pub(super) fn new(limit: usize, children: I) -> Self {
        Self {
            limit,
            children: Some(children),
            pulled: 0,
            alive: None,
        }
    }

    /// Gives each output to `take`, with the index of its child, until that says that it is enough, or
    /// there are no more.
    #[inline]
    pub(super) fn poll_each(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(usize, Output<I>) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        let Self {
            limit,
            children,
            pulled,
            alive,
        } = self;
        let alive = match alive {
            Some(alive) => alive,
            None => alive.insert(WakeOnUnwind::call(cx.waker(), || slots(children, *limit))),
        };
        // Before children are started, so that those who wake themselves wait for the next poll.
        alive.begin(cx);
        loop {
            while alive.len() < *limit && alive.is_patient() {
                let next = || pull(children, pulled);
                let Some(child) = WakeOnUnwind::call(cx.waker(), next) else {
                    break;
                };
                let index = *pulled - 1;
                if let Poll::Ready(output) = alive.start(index, child, cx) {
                    if take(index, output).is_break() {
                        return Poll::Ready(ControlFlow::Break(()));
                    }
                }
            }
            let Some((index, output)) = alive.poll_next(cx) else {
                break;
            };
            if take(index, output).is_break() {
                return Poll::Ready(ControlFlow::Break(()));
            }
        }
        if alive.len() == 0 {
            // The end, at which the parent's waker is let go.
            WakeOnUnwind::call(cx.waker(), || alive.close());
            return Poll::Ready(ControlFlow::Continue(()));
        }
        alive.rest(cx);
        Poll::Pending
    }

    /// No further child is made, and those alive are dropped.
    pub(super) fn end(&mut self) {
        self.children = None;
        self.alive = None;
    }

    /// How many children are made and not yet yielded.
    fn alive(&self) -> usize {
        self.alive.as_ref().map_or(0, Growing::len)
    }
}

/// Room for all that can be alive at once, if it is not too much to begin with.
#[cold]
fn slots<I>(children: &Option<I>, limit: usize) -> Growing<Child<I>>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    let hint = children.as_ref().map(Iterator::size_hint);
    let (lower, upper) = hint.unwrap_or_default();
    // A slot is not larger than that, with the number of its child.
    let more = upper
        .unwrap_or(usize::MAX)
        .min(few::<(Child<I>, Output<I>, usize)>());
    let room = believable::<(Child<I>, Output<I>, usize)>(lower).max(more);
    // A single slot is for a single child.
    let room = room.max(if upper == Some(1) { 1 } else { 2 });
    Growing::new(room.min(limit), limit)
}

/// Makes the next child. It is counted before its `into_future`, so that an index is never used twice
/// should that panic.
#[inline]
fn pull<I>(children: &mut Option<I>, pulled: &mut usize) -> Option<Child<I>>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    let Some(child) = children.as_mut()?.next() else {
        *children = None;
        return None;
    };
    *pulled += 1;
    Some(child.into_future())
}

impl<I> fmt::Debug for AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
    Output<I>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtMostCompletions")
            .field("limit", &self.limit)
            .field("pulled", &self.pulled)
            .field("alive", &self.alive)
            .finish_non_exhaustive()
    }
}

impl<I> Stream for AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    type Item = (usize, Output<I>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut next = None;
        let take = |index, output| {
            next = Some((index, output));
            ControlFlow::Break(())
        };
        let _ = ready!(self.poll_each(cx, take));
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let children = self.children.as_ref();
        let (lower, upper) = children.map_or((0, Some(0)), Iterator::size_hint);
        let alive = self.alive();
        let upper = upper.and_then(|upper| upper.checked_add(alive));
        (lower.saturating_add(alive), upper)
    }
}

impl<I> FusedStream for AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    fn is_terminated(&self) -> bool {
        self.children.is_none() && self.alive() == 0
    }
}
