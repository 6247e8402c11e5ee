//! A job that ends with the first outcome of a kind: what `try_gather` and `first_ok` have in common.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    task::{Context, Poll, ready},
};

use crate::{
    slots::Slots,
    table::{Children as _, Table},
    unwind,
};

pub(crate) struct First<F: Future> {
    table: Table<Slots<F>>,
    /// The child that ended the job. Its outcome stays in its slot until all others were dropped.
    first: Option<usize>,
    terminated: bool,
}

impl<F: Future> First<F> {
    pub(crate) fn new<X>(children: impl IntoIterator<Item = X>) -> Self
    where
        X: IntoFuture<IntoFuture = F, Output = F::Output>,
    {
        Self {
            table: Table::new(children),
            first: None,
            terminated: false,
        }
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated
    }

    /// Runs the children. Ready with the first outcome for which `ends` returns `true`, once all others were dropped,
    /// or with `None` when all children are done. `of` is the name of the public type.
    pub(crate) fn poll(
        &mut self,
        cx: &Context<'_>,
        of: &str,
        ends: impl Fn(&F::Output) -> bool,
    ) -> Poll<Option<F::Output>> {
        assert!(!self.terminated, "`{of}` polled after completion");
        if self.first.is_none() {
            self.first = ready!(self.table.poll_until(cx, |_, outcome| ends(outcome)));
        }
        Poll::Ready(self.first.and_then(|first| self.end(cx, first)))
    }

    /// Takes the outcome of child `first`, once all others were dropped. If one of these drops panics, the next call
    /// takes it.
    fn end(&mut self, cx: &Context<'_>, first: usize) -> Option<F::Output> {
        self.table.close(cx);
        let children = &mut self.table.children;
        let mut others = (0..children.len()).filter(|&index| index != first);
        let drop_next = || {
            let other = others.next();
            if let Some(other) = other {
                children.remove(other);
                drop(children.take(other));
            }
            other.is_some()
        };
        unwind::or_wake(cx, || unwind::all(drop_next));
        let first = children.take(first);
        self.terminated = true;
        drop(self.table.take_children());
        first
    }

    /// Takes all outcomes in input order, passed through `map`. All children must be done.
    pub(crate) fn take_outputs<T>(
        &mut self,
        cx: &Context<'_>,
        of: &str,
        map: impl Fn(F::Output) -> T,
    ) -> Vec<T> {
        let outputs = self.table.take_outputs(cx, of, map);
        self.terminated = true;
        outputs
    }
}

impl<F: Future> fmt::Debug for First<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(f)
    }
}
