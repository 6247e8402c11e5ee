//! Many children, made as they are needed, so many at a time.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    iter::Fuse,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedFuture, FusedStream, Stream};

use crate::table::Table;

type Child<I> = <<I as Iterator>::Item as IntoFuture>::IntoFuture;
type Output<I> = <<I as Iterator>::Item as IntoFuture>::Output;

/// At most `limit` children at once: the counterpart of a semaphore around each of them.
///
/// ```
/// # smol::block_on(async {
/// use gather::at_most;
///
/// async fn fetch(id: u32) -> u32 {
///     id * 2
/// }
///
/// // A million children, of which 64 are alive at any moment.
/// let outputs = at_most(64).gather((0..1_000_000).map(fetch)).await;
/// assert_eq!(outputs[999_999], 1_999_998);
/// # });
/// ```
///
/// The iterator is pulled in order, and only when there is room for a child. Memory is for `limit`
/// children (or for all, if they are fewer) and the outputs; nothing is allocated for each child.
///
/// # Panics
///
/// If `limit` is 0.
#[track_caller]
pub fn at_most(limit: usize) -> AtMost {
    assert!(limit > 0, "`at_most(0)` would never start a child");
    AtMost { limit }
}

/// A limit on how many children are alive at once. See [`at_most`].
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing before `gather`, `try_gather` or `completions`"]
pub struct AtMost {
    limit: usize,
}

impl AtMost {
    /// As [`gather`](crate::gather()): all outputs, in input order.
    pub fn gather<I>(self, children: I) -> AtMostGather<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: IntoFuture,
    {
        AtMostGather {
            completions: self.completions(children),
            outputs: Outputs::new(),
        }
    }

    /// As [`try_gather`](crate::try_gather()): all values, or the first error, after which no child
    /// is made, and those alive are dropped.
    ///
    /// ```
    /// # smol::block_on(async {
    /// let made = std::cell::Cell::new(0);
    /// let children = (0..).map(|id| {
    ///     made.set(id);
    ///     async move { if id == 5 { Err("five") } else { Ok(id) } }
    /// });
    /// assert_eq!(gather::at_most(2).try_gather(children).await, Err("five"));
    /// assert_eq!(made.get(), 5);
    /// # });
    /// ```
    pub fn try_gather<I, T, E>(self, children: I) -> AtMostTryGather<I::IntoIter, T>
    where
        I: IntoIterator,
        I::Item: IntoFuture<Output = Result<T, E>>,
    {
        AtMostTryGather {
            completions: self.completions(children),
            values: Outputs::new(),
        }
    }

    /// As [`Gather::completions`](crate::Gather::completions): a stream of each child's index in the
    /// input and its output, as they finish. The iterator may be endless.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    ///
    /// let squares = gather::at_most(8).completions((0u64..).map(async |n| n * n));
    /// let ten: Vec<_> = squares.take(10).collect().await;
    /// assert_eq!(ten[9], (9, 81));
    /// # });
    /// ```
    pub fn completions<I>(self, children: I) -> AtMostCompletions<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: IntoFuture,
    {
        AtMostCompletions {
            limit: self.limit,
            children: children.into_iter().fuse(),
            starting: Vec::new(),
            table: None,
            inputs: Vec::new(),
            vacant: Vec::new(),
            pulled: 0,
            exhausted: false,
        }
    }
}

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
    pulled: usize,
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
    /// The next child to finish. `first` in a poll of the parent: a child that wakes itself waits
    /// for the next one.
    fn poll_next_output(
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
    fn end(&mut self) {
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

/// The future of [`AtMost::gather`]: all outputs, in input order.
///
/// Drop, panic and cancellation as for [`Gather`](crate::Gather), laziness and cost as for
/// [`AtMostCompletions`].
///
/// # Panics
///
/// When polled after completion. When a child or the iterator panics, with its panic; polled on, it
/// goes on, and panics at the end, naming the child that has no output.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostGather<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    completions: AtMostCompletions<I>,
    outputs: Outputs<Output<I>>,
}

impl<I> fmt::Debug for AtMostGather<I>
where
    I: Iterator,
    I::Item: IntoFuture,
    Output<I>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostGather")
            .field(&self.completions)
            .finish()
    }
}

// As for `AtMostCompletions`.
impl<I> Unpin for AtMostGather<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
}

impl<I> Future for AtMostGather<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    type Output = Vec<Output<I>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            completions,
            outputs,
        } = &mut *self;
        outputs.check("AtMostGather");
        let mut first = true;
        while let Some((index, output)) =
            ready!(completions.poll_next_output(cx, mem::take(&mut first)))
        {
            outputs.put(index, output);
        }
        Poll::Ready(outputs.take("AtMostGather", completions.pulled))
    }
}

impl<I> FusedFuture for AtMostGather<I>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    fn is_terminated(&self) -> bool {
        self.outputs.terminated
    }
}

/// The future of [`AtMost::try_gather`]: all values, in input order, or the first error.
///
/// At an error no further child is made, and those alive are dropped before it is returned. All else
/// as for [`AtMostGather`].
///
/// # Panics
///
/// As [`AtMostGather`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostTryGather<I, T>
where
    I: Iterator,
    I::Item: IntoFuture,
{
    completions: AtMostCompletions<I>,
    values: Outputs<T>,
}

impl<I, T> fmt::Debug for AtMostTryGather<I, T>
where
    I: Iterator,
    I::Item: IntoFuture,
    Output<I>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("AtMostTryGather");
        tuple.field(&self.completions).finish()
    }
}

// As for `AtMostCompletions`.
impl<I, T> Unpin for AtMostTryGather<I, T>
where
    I: Iterator,
    I::Item: IntoFuture,
{
}

impl<I, T, E> Future for AtMostTryGather<I, T>
where
    I: Iterator,
    I::Item: IntoFuture<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            completions,
            values,
        } = &mut *self;
        values.check("AtMostTryGather");
        let mut first = true;
        while let Some((index, output)) =
            ready!(completions.poll_next_output(cx, mem::take(&mut first)))
        {
            match output {
                Ok(value) => values.put(index, value),
                Err(error) => {
                    values.terminated = true;
                    completions.end();
                    values.slots.clear();
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(values.take("AtMostTryGather", completions.pulled)))
    }
}

impl<I, T, E> FusedFuture for AtMostTryGather<I, T>
where
    I: Iterator,
    I::Item: IntoFuture<Output = Result<T, E>>,
{
    fn is_terminated(&self) -> bool {
        self.values.terminated
    }
}

/// Outputs on their way to be a vector in input order.
struct Outputs<T> {
    slots: Vec<Option<T>>,
    terminated: bool,
}

impl<T> Outputs<T> {
    fn new() -> Self {
        Self {
            slots: Vec::new(),
            terminated: false,
        }
    }

    fn check(&self, of: &str) {
        assert!(!self.terminated, "`{of}` polled after completion");
    }

    fn put(&mut self, index: usize, output: T) {
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(output);
    }

    /// All of them: those of the first `len` inputs.
    fn take(&mut self, of: &str, len: usize) -> Vec<T> {
        self.slots.resize_with(len, || None);
        if let Some(index) = self.slots.iter().position(Option::is_none) {
            panic!("`{of}` has no output of child {index}, which panicked");
        }
        self.terminated = true;
        let slots = mem::take(&mut self.slots).into_iter();
        slots.map(|slot| slot.expect("none is missing")).collect()
    }
}
