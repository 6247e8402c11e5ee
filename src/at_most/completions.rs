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
use crate::table::Table;

/// The stream of [`AtMost::completions`].
///
/// - **Order.** Children are made and polled first in input order, and yielded as they finish.
/// - **Laziness.** The first poll makes up to `limit` children. A finished child is dropped at once;
///   the next is made in its place at the poll after its output was yielded.
/// - **Cancellation.** It may be polled on at any time later. Dropped, it drops the children that run.
/// - **Panic.** A child's panic goes through `poll_next`, and drops that child; polled on, the stream
///   goes on with the others. So it does after a panic of the iterator.
/// - **Cost.** A few allocations for the first children, up to `limit`, and none for later ones.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostCompletions<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    limit: usize,
    children: Fuse<I>,
    /// The first children, until there is a table of them.
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
        mut first: bool,
    ) -> Poll<Option<(usize, Output<I>)>> {
        while self.table.is_none() {
            if self.starting.len() == self.limit || self.exhausted {
                self.inputs.extend(0..self.starting.len());
                let children = mem::take(&mut self.starting);
                self.table = Some(Table::new(children.into_iter()));
            } else if let Some(child) = self.pull() {
                self.starting.push(child);
            }
        }
        loop {
            self.find_vacant();
            let table = self.table.as_mut().expect("made above");
            // Those made first are polled first.
            let refill = !table.is_first_pass();
            while let (true, Some(&slot)) = (refill, self.vacant.last()) {
                let input = self.pulled;
                let Some(child) = self.pull() else { break };
                self.vacant.pop();
                self.inputs[slot] = input;
                let table = self.table.as_mut().expect("made above");
                if table.start(slot, child, cx).is_ready() {
                    return Poll::Ready(self.take(slot));
                }
            }
            let table = self.table.as_mut().expect("made above");
            match table.poll_next(cx, mem::take(&mut first)) {
                Poll::Ready(slot) => return Poll::Ready(slot.and_then(|slot| self.take(slot))),
                Poll::Pending if self.vacant.is_empty() || self.exhausted => return Poll::Pending,
                // The first pass has just ended.
                Poll::Pending => {}
            }
        }
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

    fn take(&mut self, slot: usize) -> Option<(usize, Output<I>)> {
        self.vacant.push(slot);
        let output = self.table.as_mut()?.slots.take(slot);
        output.map(|output| (self.inputs[slot], output))
    }

    /// Children that panicked have left slots that nobody has noted.
    fn find_vacant(&mut self) {
        let Some(table) = &self.table else { return };
        if table.slots.running() + self.vacant.len() < table.slots.len() {
            self.vacant.clear();
            self.vacant.extend(table.slots.vacant());
        }
    }

    /// No further child is made, and those alive are dropped.
    pub(super) fn end(&mut self) {
        self.exhausted = true;
        self.vacant.clear();
        drop(self.table.take());
        self.table = Some(Table::new(core::iter::empty()));
    }

    fn alive(&self) -> usize {
        let running = self.table.as_ref().map_or(0, |table| table.slots.running());
        self.starting.len() + running
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
