//! Children that are polled one after another, for the first time.

use core::{
    cell::Cell,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{Slot, SlotProj, Slots, at, fill, unwinding::DropOnPanic};

impl<F: Future> Slots<F> {
    /// Polls the children from `turn` on up to `end`, one after another, and says whether all are done.
    /// Ends early, with its index, at one for whose output `stop` is true, or at one after which
    /// `pending` does not want to go on. `turn` then says who would be next.
    #[inline]
    pub(crate) fn poll_in_order<const SHOW: bool>(
        &mut self,
        turn: &Cell<usize>,
        end: usize,
        waker: &Waker,
        finished: impl Fn(usize),
        mut pending: impl FnMut(usize) -> bool,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        let from = turn.get();
        let mut run = Run::<F, SHOW> {
            slots: self.slots.as_mut(),
            running: &mut self.running,
            unshown: &mut self.unshown,
            panics: &mut self.panics,
            from,
            pending: 0,
            turn,
        };
        for index in from..end {
            turn.set(index);
            let mut slot = at(run.slots.as_mut(), index);
            let SlotProj::Running { future } = slot.as_mut().project() else {
                unreachable!("polled in order, and not before");
            };
            // Each has a context of its own, which it may overwrite.
            let Poll::Ready(output) = future.poll(&mut Context::from_waker(waker)) else {
                let goes_on = pending(index);
                run.pending += 1;
                if goes_on {
                    continue;
                }
                run.end(index + 1);
                return Poll::Pending;
            };
            finished(index);
            let finished = fill::<F, SHOW>(slot, output);
            if SHOW && stop(index, finished.output()) {
                run.end(index + 1);
                return Poll::Ready(Some(index));
            }
        }
        run.end(end);
        if self.running == 0 {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Children polled in order. The books are kept at the end, be it that one of them panics.
struct Run<'a, F: Future, const SHOW: bool> {
    slots: Pin<&'a mut [Slot<F>]>,
    running: &'a mut usize,
    unshown: &'a mut usize,
    panics: &'a mut usize,
    from: usize,
    /// How many are pending.
    pending: usize,
    turn: &'a Cell<usize>,
}

impl<F: Future, const SHOW: bool> Run<'_, F, SHOW> {
    /// `next` is next.
    #[inline]
    fn end(self, next: usize) {
        *self.running -= next - self.from - self.pending;
        if !SHOW {
            *self.unshown = (*self.unshown).min(self.from);
        }
        self.turn.set(next);
        mem::forget(self);
    }
}

impl<F: Future, const SHOW: bool> Drop for Run<'_, F, SHOW> {
    #[cold]
    fn drop(&mut self) {
        let index = self.turn.get();
        let unshown = if SHOW { index } else { self.from };
        *self.unshown = (*self.unshown).min(unshown);
        *self.running -= index - self.from - self.pending;
        self.turn.set(index + 1);
        let slot = at(self.slots.as_mut(), index);
        if let Slot::Running { .. } = *slot {
            drop(DropOnPanic {
                slot,
                running: self.running,
                panics: self.panics,
            });
        } else {
            *self.running -= 1;
        }
    }
}
