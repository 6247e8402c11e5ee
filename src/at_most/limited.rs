//! What all of a limit's readers are made of: an iterator, and the children that were pulled from it.

use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    task::{Context, Poll, ready},
};

use crate::{chunks::Chunks, table::Table};

pub(super) struct Limited<I, F> {
    limit: usize,
    /// `None` once it has given its last.
    source: Option<I>,
    /// How many children were pulled: the index of the next one.
    pub(super) pulled: usize,
    table: Table<Chunks<F>>,
}

impl<I, F> Limited<I, F> {
    pub(super) fn new(limit: usize, source: I) -> Self {
        Self {
            limit,
            source: Some(source),
            pulled: 0,
            table: Table::growing(limit),
        }
    }

    /// No further child is made, and those that run are dropped.
    pub(super) fn end(&mut self) {
        self.source = None;
        self.table = Table::growing(self.limit);
    }

    /// How many children run.
    pub(super) fn running(&self) -> usize {
        self.table.children.len()
    }

    pub(super) fn source(&self) -> Option<&I> {
        self.source.as_ref()
    }
}

impl<I, F> Limited<I, F>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    /// Calls `done` with each output and the index of its child, before that is dropped, until it breaks
    /// or there are no more.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut done: impl FnMut(usize, F::Output) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        let Self {
            limit,
            source,
            pulled,
            table,
        } = self;
        let is_new = source.is_some() && table.children.len() < *limit;
        let new = |children: &mut Chunks<F>| {
            if children.len() == *limit {
                return None;
            }
            let Some(child) = source.as_mut()?.next() else {
                *source = None;
                return None;
            };
            // Counted first, so that an index is never used twice should `into_future` panic.
            *pulled += 1;
            Some(children.insert(*pulled as u64 - 1, child.into_future()))
        };
        let done = |_, child, output| done(child as usize, output);
        if ready!(table.poll(cx, is_new, new, done)).is_some() {
            return Poll::Ready(ControlFlow::Break(()));
        }
        table.close(cx);
        Poll::Ready(ControlFlow::Continue(()))
    }
}

impl<I, F> fmt::Debug for Limited<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited")
            .field("limit", &self.limit)
            .field("pulled", &self.pulled)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}
