//! Runs the children of a source and stores their outputs in input order, until one of them ends the job.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    task::{Context, Poll, ready},
};

use super::{
    kept::Kept,
    limited::{ALL, Limited},
    source::Source,
};
use crate::{observed::Observed as _, unwind};

/// Stores a `T` for each output, or is ended by an `E`.
pub(super) struct Collect<S, F, T, E> {
    limited: Limited<S, F>,
    kept: Kept<T>,
    /// The output that ended the job early, until it is returned.
    ended: Option<E>,
    terminated: bool,
}

impl<S, F, T, E> Collect<S, F, T, E> {
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            limited,
            kept: Kept::new(hint),
            ended: None,
            terminated: false,
        }
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.terminated
    }

    pub(super) fn check(&self, of: &str) {
        assert!(!self.terminated, "`{of}` polled after completion");
    }

    pub(super) fn running(&self) -> usize {
        self.limited.running()
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.kept.get(index)
    }

    /// Iterates over the children that were pulled.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&T>> + use<'_, S, F, T, E> {
        (0..self.limited.pulled).map(|index| self.kept.get(index))
    }

    /// Marks all outputs as not observed.
    pub(super) fn unobserve_all(&mut self) {
        self.kept.unobserve_all();
    }

    /// Drops running children and, if the job has ended early, the source and stored outputs. If one of the drops
    /// panics, the next call drops the rest.
    pub(super) fn cancel(&mut self) {
        if self.ended.is_some() {
            self.limited.end();
            self.kept.clear();
        } else {
            self.limited.cancel();
        }
    }

    /// Returns the stored outputs and the rest of the source, or what has ended the job.
    pub(super) fn into_partial(mut self) -> Result<(Vec<Option<T>>, Option<S>), E> {
        self.limited.cancel();
        match self.ended {
            Some(end) => Err(end),
            None => {
                let kept = self.kept.into_partial(self.limited.pulled);
                Ok((kept, self.limited.into_source()))
            }
        }
    }

    /// Takes all outputs, or what has ended the job, when it is done. `of` is the name of the public type.
    pub(super) fn take(&mut self, cx: &Context<'_>, of: &str) -> Result<Vec<T>, E> {
        if self.ended.is_some() {
            unwind::or_wake(cx, || self.cancel());
        }
        let taken = match self.ended.take() {
            Some(end) => Err(end),
            None => Ok(self.kept.take(of, &self.limited)),
        };
        self.terminated = true;
        self.limited.pulled = 0;
        taken
    }

    /// Whether the job has ended early. Drops running children then, so that none is alive when the caller learns it.
    fn is_ended(&mut self, cx: &Context<'_>) -> bool {
        if self.ended.is_some() {
            unwind::or_wake(cx, || self.limited.end());
        }
        self.ended.is_some()
    }
}

impl<S, F, T, E> Collect<S, F, T, E>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    /// Runs the children. Ready when all are done, or when `keep` has returned `Err` for one.
    pub(super) fn poll_all(
        &mut self,
        cx: &mut Context<'_>,
        keep: impl Fn(F::Output) -> Result<T, E>,
    ) -> Poll<()> {
        if !self.is_ended(cx) {
            let Self {
                limited,
                kept,
                ended,
                ..
            } = self;
            drop(kept.leave_unobserved());
            let _ = ready!(limited.poll(cx, ALL, |index, output| match keep(output) {
                Ok(output) => {
                    kept.put(index, output);
                    ControlFlow::Continue(())
                }
                Err(end) => {
                    *ended = Some(end);
                    ControlFlow::Break(())
                }
            }));
            self.is_ended(cx);
        }
        Poll::Ready(())
    }

    /// Like `poll_all`, and passes each stored output to `stop` once, those that are stored already first. Ready with
    /// the index of the output for which `stop` returns `true`, or with `None` when the job is done.
    pub(super) fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        keep: impl Fn(F::Output) -> Result<T, E>,
        mut stop: impl FnMut(usize, &T) -> bool,
    ) -> Poll<Option<usize>> {
        let Self {
            limited,
            kept,
            ended,
            ..
        } = self;
        if kept.may_observe() {
            let stopped = limited.unparked(cx, || kept.observe_until(&mut stop));
            if stopped.is_some() {
                return Poll::Ready(stopped);
            }
        }
        if ended.is_none() {
            let polled = limited.poll_slots(cx, ALL, |chunks, slot, output| {
                // If the drop of the child panics, the output is observed at the next poll.
                let observe_again = kept.leave_unobserved();
                let index = chunks.complete(slot, |child| {
                    match keep(output) {
                        Ok(output) => kept.put(child as usize, output),
                        Err(end) => *ended = Some(end),
                    }
                    child as usize
                });
                observe_again(kept);
                let index = index.expect("the child was polled");
                if ended.is_some() {
                    ControlFlow::Break(None)
                } else if stop(index, kept.observe(index)) {
                    ControlFlow::Break(Some(index))
                } else {
                    ControlFlow::Continue(())
                }
            });
            if let ControlFlow::Break(Some(index)) = ready!(polled) {
                return Poll::Ready(Some(index));
            }
        }
        self.is_ended(cx);
        Poll::Ready(None)
    }
}

impl<S, F, T, E> fmt::Debug for Collect<S, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.limited.fmt(f)
    }
}
