//! The table: slots, wakers, and the only loops that poll children.

mod patience;

use alloc::vec::Vec;
use core::{
    cell::Cell,
    fmt,
    future::{Future, IntoFuture},
    mem,
    task::{Context, Poll},
};

use self::patience::Patience;
use crate::{
    slots::Slots,
    wakers::{Begin, First, Visit, WakeOnUnwind, Wakers},
};

pub(crate) struct Table<F: Future> {
    // Before the slots: children are dropped once they cannot wake the parent any more.
    wakers: Wakers,
    /// Readers look into it and take from it; only the table polls.
    pub(crate) slots: Slots<F>,
    patience: Patience,
}

impl<F: Future> Table<F> {
    // Here and in all that makes a table: made where it stays. To move it, just after its fields were
    // written one by one, would stall.
    #[inline(always)]
    pub(crate) fn new<X>(children: impl IntoIterator<Item = X>) -> Self
    where
        X: IntoFuture<IntoFuture = F, Output = F::Output>,
    {
        let children = children.into_iter().map(IntoFuture::into_future);
        let slots = Slots::new(children);
        Self {
            wakers: Wakers::new(slots.len()),
            slots,
            patience: Patience::FULL,
        }
    }

    /// A table of slots that are empty, for [`start`](Self::start).
    #[cfg(feature = "std")]
    pub(crate) fn with_vacant(len: usize) -> Self {
        Self {
            wakers: Wakers::past_first_pass(len),
            slots: Slots::with_vacant(len),
            patience: Patience::FULL,
        }
    }

    /// Sees to it that the parent is woken for children that were started after the pass.
    #[cfg(feature = "std")]
    pub(crate) fn rest(&mut self, cx: &Context<'_>) {
        if !self.wakers.is_over() {
            self.wakers.pass(cx.waker(), &Cell::new(0)).rest();
        }
    }

    /// Wakes every child.
    #[cfg(feature = "std")]
    pub(crate) fn wake_all(&self) {
        self.wakers.wake_all();
    }

    /// From now on no child wakes the parent.
    pub(crate) fn close(&mut self) {
        drop(self.wakers.close());
    }

    /// The slots, which leaves the table empty. What is dropped now does not wake the parent.
    pub(crate) fn take_slots(&mut self) -> Slots<F> {
        self.close();
        mem::take(&mut self.slots)
    }

    /// Every output, in input order, which leaves the table empty.
    ///
    /// # Panics
    ///
    /// If there is none of a child, as it panicked; the table stays as it is.
    pub(crate) fn take_outputs<T>(
        &mut self,
        cx: &Context<'_>,
        of: &str,
        map: impl Fn(F::Output) -> T,
    ) -> Vec<T> {
        // Freed at the end, as that gives the result time: what was just written one by one is not
        // there to be moved on as a whole.
        let _memory = WakeOnUnwind::call(cx.waker(), || self.wakers.close());
        if self.slots.panics() > 0 {
            self.lacks_outputs(of);
        }
        let outputs = mem::take(&mut self.slots);
        outputs.into_vec(|output| map(output.expect("every child is done")))
    }

    #[cold]
    fn lacks_outputs(&self, of: &str) -> ! {
        let index = self.slots.vacant().next().unwrap_or_default();
        panic!("`{of}` has no output of child {index}, which panicked");
    }

    /// Polls the children that were woken, until all are done. Then the outputs are to be taken.
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
        while let Some((index, finished)) = self.slots.show_next() {
            let Self { wakers, .. } = self;
            if wakers.call_reader(cx.waker(), || stop(index, finished.output())) {
                return Poll::Ready(Some(index));
            }
        }
        let polled = self.poll_pass::<true>(cx, stop);
        // Not where a child has stopped it: that would be forgotten if the drop of a waker panics.
        if polled == Poll::Ready(None) {
            WakeOnUnwind::call(cx.waker(), || self.close());
        }
        polled
    }

    /// Starts a poll of the parent, in which `poll_rest` is then called until it is pending.
    #[inline]
    pub(crate) fn begin(&mut self, cx: &Context<'_>) -> Begin {
        let begin = self.begin_any(cx);
        if let Begin::One(child) = begin {
            self.wakers.start_one(child);
            return Begin::Pass;
        }
        begin
    }

    #[inline]
    fn begin_any(&mut self, cx: &Context<'_>) -> Begin {
        self.patience = Patience::FULL;
        self.wakers.begin(cx.waker(), self.slots.running())
    }

    /// What is left of the poll: as [`poll_until`](Self::poll_until).
    #[inline]
    pub(crate) fn poll_rest(
        &mut self,
        cx: &mut Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        while let Some((index, finished)) = self.slots.show_next() {
            if stop(index, finished.output()) {
                return Poll::Ready(Some(index));
            }
        }
        if self.slots.running() == 0 {
            // What is left are wakes of children that are over. Not for those that take their slots.
            self.wakers.forget_woken();
            return Poll::Ready(None);
        }
        let Self { wakers, slots, .. } = self;
        if wakers.is_only() {
            return visit_slot::<F, true>(slots, 0, wakers.only(cx.waker()), stop);
        }
        if wakers.is_first_pass() {
            return self.poll_first::<true>(cx, stop);
        }
        if wakers.is_over() {
            return Poll::Pending;
        }
        self.poll_woken::<true>(cx, stop)
    }

    /// Whether some children have not been polled yet.
    pub(crate) fn is_first_pass(&self) -> bool {
        self.wakers.is_first_pass()
    }

    /// Puts another child into slot `index`, which is empty, and polls it. The slot stays empty if the
    /// child is ready.
    #[inline]
    pub(crate) fn start(
        &mut self,
        index: usize,
        child: F,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let Self { wakers, slots, .. } = self;
        slots.put(index, child);
        if wakers.is_for_only_child() {
            let only = wakers.only(cx.waker());
            let polled = visit_slot::<F, true>(slots, index, only, |_, _| true);
            return polled.map(|_| slots.take(index).expect("it has just been shown"));
        }
        let child = Cell::new(index);
        let start = wakers.start(cx.waker(), &child);
        let polled = slots.poll(index, &mut Context::from_waker(&start.lend()));
        let polled = polled.unwrap_or(Poll::Pending).map(|output| {
            start.finished();
            slots.fill::<true>(index, output).take()
        });
        if polled.is_pending() {
            start.pending();
        }
        start.end();
        polled
    }

    /// One pass at most, so that a child that wakes itself waits for the next poll of the parent.
    #[inline]
    fn poll_pass<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        if self.slots.running() == 0 {
            return Poll::Ready(None);
        }
        let begin = self.begin_any(cx);
        let Self { wakers, slots, .. } = self;
        match begin {
            Begin::Only => visit_slot::<F, SHOW>(slots, 0, wakers.only(cx.waker()), stop),
            Begin::First => self.poll_first::<SHOW>(cx, stop),
            Begin::Pass => self.poll_woken::<SHOW>(cx, stop),
            Begin::One(child) => {
                let visit = wakers.one(child, cx.waker());
                visit_slot::<F, SHOW>(slots, child, visit, stop)
            }
            Begin::Nothing | Begin::Later => Poll::Pending,
        }
    }

    /// What is left of the first pass.
    #[inline]
    fn poll_first<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        let mut first = wakers.first(cx.waker());
        let child = first.child;
        let early = first.poll_early(|turns, waker| {
            let pending = |index| {
                turns.pending(index);
                false
            };
            let finished = |index| turns.finished(index);
            slots.poll_in_order::<SHOW>(child, turns.end, waker, finished, pending, &mut stop)
        });
        match early {
            Some(Poll::Ready(stopped)) => Poll::Ready(stopped),
            Some(Poll::Pending) | None => poll_further::<F, SHOW>(slots, first, patience, stop),
        }
    }

    /// What is left of a later pass. Not part of its callers, which are the smaller for it where no child
    /// is ever pending.
    #[inline(never)]
    fn poll_woken<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        let child = Cell::new(0);
        let mut pass = wakers.pass(cx.waker(), &child);
        while let Some(index) = pass.next() {
            match slots.poll(index, &mut Context::from_waker(&pass.lend())) {
                Some(Poll::Ready(output)) => {
                    pass.finished();
                    let finished = slots.fill::<SHOW>(index, output);
                    let stopped = SHOW && stop(index, finished.output());
                    if stopped || slots.running() == 0 {
                        pass.stop();
                        return Poll::Ready(stopped.then_some(index));
                    }
                }
                Some(Poll::Pending) if !patience.pending(&mut pass) => break,
                // Perhaps for a wake that came while the child was finishing.
                Some(Poll::Pending) | None => {}
            }
        }
        pass.rest();
        Poll::Pending
    }
}

/// What is left of the first pass once a child is pending. Not part of its callers, which are the smaller
/// for it where none ever is.
#[inline(never)]
fn poll_further<F: Future, const SHOW: bool>(
    slots: &mut Slots<F>,
    mut first: First<'_>,
    patience: &mut Patience,
    mut stop: impl FnMut(usize, &F::Output) -> bool,
) -> Poll<Option<usize>> {
    let child = first.child;
    while !patience.is_over() {
        let polled = first.poll_next(|turns, waker| {
            let pending = |index| !turns.pending(index) || patience.spend(Patience::WOKE_ITSELF);
            let finished = |index| turns.finished(index);
            slots.poll_in_order::<SHOW>(child, turns.end, waker, finished, pending, &mut stop)
        });
        match polled {
            Some(Poll::Ready(stopped)) => return Poll::Ready(stopped),
            Some(Poll::Pending) => {}
            None => break,
        }
    }
    first.rest();
    Poll::Pending
}

/// Polls a single child. Ready if that ends the poll of the parent.
#[inline(always)]
fn visit_slot<F: Future, const SHOW: bool>(
    slots: &mut Slots<F>,
    index: usize,
    visit: Visit<'_>,
    mut stop: impl FnMut(usize, &F::Output) -> bool,
) -> Poll<Option<usize>> {
    let polled = slots.poll(index, &mut Context::from_waker(&visit.lend()));
    let Some(Poll::Ready(output)) = polled else {
        visit.end();
        return Poll::Pending;
    };
    visit.finished();
    let finished = slots.fill::<SHOW>(index, output);
    let stopped = SHOW && stop(index, finished.output());
    visit.end();
    if stopped {
        return Poll::Ready(Some(index));
    }
    if slots.running() == 0 {
        return Poll::Ready(None);
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
