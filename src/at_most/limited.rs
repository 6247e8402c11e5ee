//! A source and the children that were pulled from it, which all jobs with a limit are made of.

use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    task::{Context, Poll},
};

use crate::{at_most::source::Source, chunks::Chunks, table::Table};

/// No bound on the number of children.
pub(super) const ALL: usize = usize::MAX;

pub(super) struct Limited<S, F> {
    limit: usize,
    /// `None` once it has ended.
    source: Option<S>,
    /// The number of children that were pulled, which is the index of the next one.
    pub(super) pulled: usize,
    /// Whether the source ended early, by a panic.
    pub(super) is_cut: bool,
    table: Table<Chunks<F>>,
}

impl<S, F> Limited<S, F> {
    pub(super) fn new(limit: usize, source: S) -> Self {
        Self {
            limit,
            source: Some(source),
            pulled: 0,
            is_cut: false,
            table: Table::growing(limit),
        }
    }

    /// Drops the source and the running children.
    pub(super) fn end(&mut self) {
        self.source = None;
        self.cancel();
    }

    /// Drops the running children, even if one of the drops panics.
    pub(super) fn cancel(&mut self) {
        self.table = Table::growing(self.limit);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The number of running children.
    pub(super) fn running(&self) -> usize {
        self.table.children.len()
    }

    /// The indices of the running children.
    pub(super) fn running_children(&mut self) -> impl Iterator<Item = usize> {
        let children = &mut self.table.children;
        let slots = 0..children.slots();
        slots.filter_map(|slot| children.child(slot).map(|child| child as usize))
    }

    /// Whether the source has ended.
    pub(super) fn is_source_over(&self) -> bool {
        self.source.is_none()
    }

    /// The rest of the source, if it has not ended.
    pub(super) fn into_source(self) -> Option<S> {
        self.source
    }

    /// Calls `run` while the table is not parked. If it panics, the task is woken.
    pub(super) fn unparked<R>(&mut self, cx: &Context<'_>, run: impl FnOnce() -> R) -> R
    where
        F: Future,
    {
        self.table.unparked(cx, |_| run())
    }
}

impl<S, F> Limited<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    /// Polls the children, and pulls new ones, `count` in all. Calls `done` with the index and the output of each
    /// child before the child is dropped, until `done` breaks or all children are done.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        count: usize,
        mut done: impl FnMut(usize, F::Output) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        self.poll_slots(cx, count, |chunks, slot, output| {
            let flow = chunks.complete(slot, |child| done(child as usize, output));
            flow.expect("the child was polled")
        })
    }

    /// Like `poll`, but passes the slot of the child to `done`, which has to complete it.
    pub(super) fn poll_slots<B>(
        &mut self,
        cx: &mut Context<'_>,
        count: usize,
        done: impl FnMut(&mut Chunks<F>, usize, F::Output) -> ControlFlow<B>,
    ) -> Poll<ControlFlow<B>> {
        let Self {
            limit,
            source,
            pulled,
            is_cut,
            table,
        } = self;
        let task = cx.waker();
        let is_new = source.is_some() && table.children.len() < *limit && *pulled < count;
        // A pending source has the task waker, and is not polled again in this poll.
        let mut is_source_pending = false;
        let new = |children: &mut Chunks<F>, _: &_| {
            if children.len() == *limit || *pulled >= count || is_source_pending {
                return None;
            }
            let pulling = source.as_mut()?;
            let child = match pulling.poll_child(&mut Context::from_waker(task)) {
                Poll::Ready(Some(child)) => child,
                Poll::Ready(None) => {
                    *is_cut = pulling.has_panicked();
                    *source = None;
                    return None;
                }
                Poll::Pending => {
                    is_source_pending = true;
                    return None;
                }
            };
            // Counted first: if `into_future` panics, the index is not used again.
            *pulled += 1;
            Some(children.insert(*pulled as u64 - 1, child.into_future()))
        };
        match table.poll_children(cx, is_new, new, done) {
            Poll::Ready(Some(stopped)) => Poll::Ready(ControlFlow::Break(stopped)),
            Poll::Ready(None) if !is_source_pending => {
                table.close(cx);
                Poll::Ready(ControlFlow::Continue(()))
            }
            // No child runs, but the source is pending.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// The bounds on the number of outputs to come: `left` of the children that were pulled, and those of the source.
    pub(super) fn size_hint(&self, left: usize) -> (usize, Option<usize>) {
        let source = self.source.as_ref();
        let (lower, upper) = source.map_or((0, Some(0)), S::size_hint);
        let upper = upper.and_then(|upper| upper.checked_add(left));
        (lower.saturating_add(left), upper)
    }
}

impl<S, F> fmt::Debug for Limited<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited")
            .field("limit", &self.limit)
            .field("pulled", &self.pulled)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}
