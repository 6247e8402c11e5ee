//! The table: slots, wakers, and the only loop that polls children.

use alloc::vec::Vec;
use core::{
    fmt,
    future::Future,
    mem,
    task::{Context, Poll},
};

use crate::{
    slots::Slots,
    wakers::{Begin, Early, Pass, Wakers},
};

/// A pass ends early once it has polled this much in vain. Where a cooperative budget has run out
/// (tokio's), all children come back at once, and to poll the others too would be quadratic.
const PATIENCE: usize = 256;
/// A child that woke itself while polled: it tells at once that it wants no more of this pass.
const WOKE_ITSELF: usize = 8;
/// A woken child that was polled for nothing: tokio wakes those only after the parent's poll.
const POLLED_FOR_NOTHING: usize = 1;

pub(crate) struct Table<F: Future> {
    // Before the slots: children are dropped once they cannot wake the parent any more.
    wakers: Wakers,
    /// Readers look into it and take from it; only the table polls.
    pub(crate) slots: Slots<F>,
    /// What is left of it in this poll of the parent.
    patience: usize,
}

impl<F: Future> Table<F> {
    pub(crate) fn new(children: impl Iterator<Item = F>) -> Self {
        let slots = Slots::new(children);
        Self {
            wakers: Wakers::new(slots.len()),
            slots,
            patience: PATIENCE,
        }
    }

    /// A table of slots that are empty, for [`start`](Self::start).
    #[cfg(feature = "std")]
    pub(crate) fn with_vacant(len: usize) -> Self {
        Self {
            wakers: Wakers::past_first_pass(len),
            slots: Slots::with_vacant(len),
            patience: PATIENCE,
        }
    }

    /// From now on no child wakes the parent.
    #[cfg(feature = "std")]
    pub(crate) fn close(&mut self) {
        self.wakers.close();
    }

    /// The slots, which leaves the table empty. What is dropped now does not wake the parent.
    pub(crate) fn take_slots(&mut self) -> Slots<F> {
        self.wakers.close();
        mem::take(&mut self.slots)
    }

    /// Every output, in input order, which leaves the table empty.
    ///
    /// # Panics
    ///
    /// If there is none of a child, as it panicked; the table stays as it is.
    pub(crate) fn take_outputs<T>(&mut self, of: &str, map: impl Fn(F::Output) -> T) -> Vec<T> {
        if self.slots.panics() > 0 {
            let index = self.slots.vacant().next().unwrap_or_default();
            panic!("`{of}` has no output of child {index}, which panicked");
        }
        let outputs = self.take_slots();
        outputs.into_vec(|output| map(output.expect("every child is done")))
    }

    /// Polls the children that were woken, until all are done.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_pass::<false>(cx, |_, _| false).map(drop)
    }

    /// The same, but shows each output to `stop`, those that nobody was shown before first, and
    /// ends with the index of the one for which that is true; `None` once there are no more.
    #[inline]
    pub(crate) fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        while let Some((index, output)) = self.slots.show_next() {
            if stop(index, output) {
                return Poll::Ready(Some(index));
            }
        }
        self.poll_pass::<true>(cx, stop)
    }

    /// Starts a poll of the parent, in which `poll_next` is then called until it is pending.
    #[inline]
    pub(crate) fn begin(&mut self, cx: &Context<'_>) -> Begin {
        self.patience = PATIENCE;
        self.wakers.begin(cx.waker(), self.slots.running())
    }

    /// Gives the next child to finish.
    #[inline]
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        if let Some((index, _)) = self.slots.show_next() {
            return Poll::Ready(Some(index));
        }
        if self.slots.running() == 0 {
            // What is left are wakes of children that are over. Not for those that take their slots.
            self.wakers.forget_woken();
            return Poll::Ready(None);
        }
        self.poll_rest::<true>(cx, |_, _| true)
    }

    /// Whether some children have not been polled yet.
    pub(crate) fn is_first_pass(&self) -> bool {
        self.wakers.is_first_pass()
    }

    /// Puts another child into slot `index`, which is empty, and polls it.
    pub(crate) fn start(&mut self, index: usize, child: F, cx: &mut Context<'_>) -> Poll<()> {
        let Self { wakers, slots, .. } = self;
        slots.put(index, child);
        let visit = wakers.visit(index, cx.waker());
        let polled = slots.poll(index, &mut Context::from_waker(&visit.lend()));
        let Some(Poll::Ready(output)) = polled else {
            visit.end(false);
            return Poll::Pending;
        };
        visit.end(true);
        slots.fill::<true>(index, output);
        Poll::Ready(())
    }

    /// One pass at most, so that a child that wakes itself waits for the next poll of the parent.
    #[inline]
    fn poll_pass<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        if self.slots.running() == 0 {
            self.wakers.close();
            return Poll::Ready(None);
        }
        if self.begin(cx) != Begin::Pass {
            return Poll::Pending;
        }
        let polled = self.poll_rest::<SHOW>(cx, stop);
        if self.slots.running() == 0 {
            self.wakers.close();
        }
        polled
    }

    /// What is left of the pass.
    #[inline]
    fn poll_rest<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        let early = wakers.early(cx.waker());
        match early.map(|early| begin::<F, SHOW>(slots, early, &mut stop)) {
            Some(Some(Poll::Ready(stopped))) => return Poll::Ready(stopped),
            Some(None) => return Poll::Pending,
            Some(Some(Poll::Pending)) | None => {}
        }
        match wakers.pass(cx.waker()) {
            Some(pass) => run::<F, SHOW>(slots, pass, patience, stop),
            None => Poll::Pending,
        }
    }
}

/// Polls children before any of them needs a waker that lasts.
#[inline]
fn begin<F: Future, const SHOW: bool>(
    slots: &mut Slots<F>,
    early: Early<'_>,
    stop: impl FnMut(usize, &F::Output) -> bool,
) -> Option<Poll<Option<usize>>> {
    let polled = slots.poll_in_order::<SHOW>(
        early.turn(),
        &mut Context::from_waker(&early.lend()),
        |index| early.finished(index),
        stop,
    );
    early.end(polled)
}

#[inline]
fn run<F: Future, const SHOW: bool>(
    slots: &mut Slots<F>,
    mut pass: Pass<'_>,
    patience: &mut usize,
    mut stop: impl FnMut(usize, &F::Output) -> bool,
) -> Poll<Option<usize>> {
    while *patience > 0 {
        let Some(index) = pass.next() else { break };
        match slots.poll(index, &mut Context::from_waker(&pass.lend())) {
            Some(Poll::Ready(output)) => {
                pass.finished();
                let output = slots.fill::<SHOW>(index, output);
                let stopped = SHOW && output.is_some_and(|output| stop(index, output));
                if stopped || slots.running() == 0 {
                    pass.stop();
                    return Poll::Ready(stopped.then_some(index));
                }
            }
            Some(Poll::Pending) => {
                if pass.pending() {
                    *patience = patience.saturating_sub(WOKE_ITSELF);
                } else if !pass.is_first() {
                    *patience -= POLLED_FOR_NOTHING;
                }
            }
            // A wake that came while the child was finishing.
            None => {}
        }
    }
    Poll::Pending
}

impl<F: Future> fmt::Debug for Table<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slots.fmt(f)
    }
}
