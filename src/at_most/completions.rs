//! The stream that a limit is made of: slots that are used again.

use alloc::vec::Vec;
use core::{
    fmt,
    future::IntoFuture,
    iter::Fuse,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};

use super::{Child, Output};
use crate::{
    memory::{believable, try_reserve},
    table::Table,
    wakers::{Begin, WakeOnUnwind},
};

/// The stream of [`AtMost::completions`](super::AtMost::completions).
///
/// - **Order.** Children are made and polled first in input order, and yielded as they finish.
/// - **Laziness.** The first poll makes up to `limit` children. A finished child is dropped at once;
///   the next is made in its place at the poll after its output was yielded.
/// - **Wakers.** A finished child's waker wakes the child that took its place: one poll for nothing.
/// - **Cancellation.** It may be polled on at any time later. Dropped, it drops the children that run.
/// - **Panic.** A child's panic goes through `poll_next`, and drops that child; polled on, for which
///   the parent is woken, the stream goes on with the others. So it does after a panic of the iterator.
/// - **Cost.** A few allocations for the first children, up to `limit`, and none for later ones.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    limit: usize,
    children: Fuse<I>,
    /// The first children, until there is a table of them: none is lost if the iterator panics.
    starting: Vec<Child<I>>,
    table: Option<Table<Child<I>>>,
    /// For each slot, which input is in it.
    inputs: Vec<usize>,
    /// Slots without a child.
    vacant: Vec<usize>,
    pub(super) pulled: usize,
    exhausted: bool,
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
            children: children.fuse(),
            starting: Vec::new(),
            table: None,
            inputs: Vec::new(),
            vacant: Vec::new(),
            pulled: 0,
            exhausted: false,
        }
    }

    /// The next child to finish. `first` in a poll of the parent: a child that wakes itself waits
    /// for the next one.
    pub(super) fn poll_next_output(
        &mut self,
        cx: &mut Context<'_>,
        first: bool,
    ) -> Poll<Option<(usize, Output<I>)>> {
        while self.table.is_none() {
            if self.starting.capacity() == 0 {
                let hint = WakeOnUnwind::call(cx.waker(), || self.children.size_hint().0);
                let room = believable::<(Child<I>, usize)>(hint.min(self.limit));
                try_reserve(&mut self.starting, room);
                try_reserve(&mut self.inputs, room);
            }
            if self.starting.len() == self.limit || self.exhausted {
                let children = mem::take(&mut self.starting);
                self.vacant.reserve(children.len());
                self.table = Some(Table::new(children));
            } else if let Some(child) = WakeOnUnwind::call(cx.waker(), || self.pull()) {
                self.starting.push(child);
                self.inputs.push(self.pulled - 1);
            }
        }
        // Before children are started, so that they are not polled again in this poll.
        if let (true, Some(table)) = (first, &mut self.table) {
            if table.begin(cx) == Begin::Later {
                return Poll::Pending;
            }
        }
        loop {
            // Those made first are polled first.
            let first_pass = self.table.as_ref().is_some_and(Table::is_first_pass);
            let ready = if first_pass {
                None
            } else {
                self.fill_vacant(cx)
            };
            if let Some(ready) = ready {
                return Poll::Ready(Some(ready));
            }
            let Some(table) = &mut self.table else {
                return Poll::Ready(None);
            };
            match table.poll_rest(cx, |_, _| true) {
                Poll::Ready(None) => {
                    // The end, at which the parent's waker is let go.
                    WakeOnUnwind::call(cx.waker(), || table.close());
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(slot)) => {
                    let output = table.slots.take(slot);
                    self.vacant.push(slot);
                    return Poll::Ready(output.map(|output| (self.inputs[slot], output)));
                }
                // The first pass has just ended, so now there is room.
                Poll::Pending if first_pass && !table.is_first_pass() => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Starts a child in each slot that is vacant, until one is ready at once.
    fn fill_vacant(&mut self, cx: &mut Context<'_>) -> Option<(usize, Output<I>)> {
        let slots = &self.table.as_ref()?.slots;
        if slots.running() + self.vacant.len() < slots.len() {
            // Children that panicked have left slots that nobody has noted.
            self.vacant.clear();
            self.vacant.extend(slots.vacant());
        }
        while let Some(&slot) = self.vacant.last() {
            let input = self.pulled;
            let child = WakeOnUnwind::call(cx.waker(), || self.pull())?;
            // Not vacant if that unwinds: if the child's drop does so, its output is there.
            self.vacant.pop();
            self.inputs[slot] = input;
            if let Poll::Ready(output) = self.table.as_mut()?.start(slot, child, cx) {
                self.vacant.push(slot);
                return Some((input, output));
            }
        }
        None
    }

    fn pull(&mut self) -> Option<Child<I>> {
        if self.exhausted {
            return None;
        }
        let child = self.children.next();
        self.pulled += usize::from(child.is_some());
        self.exhausted = child.is_none();
        child.map(IntoFuture::into_future)
    }

    /// No further child is made, and those alive are dropped.
    pub(super) fn end(&mut self) {
        self.exhausted = true;
        self.vacant.clear();
        drop(self.table.take());
        self.table = Some(Table::new(Vec::<Child<I>>::new()));
    }

    /// How many children are made and not yet yielded.
    fn alive(&self) -> usize {
        let filled = |table: &Table<_>| table.slots.len() - table.slots.vacant().count();
        self.starting.len() + self.table.as_ref().map_or(0, filled)
    }
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
            .field("slots", &self.table)
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
        self.poll_next_output(cx, true)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (lower, upper) = self.children.size_hint();
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
        self.exhausted && self.alive() == 0
    }
}
