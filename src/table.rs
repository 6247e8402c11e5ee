//! The table: slots, wakers, and the only loops that poll children.

mod patience;

use alloc::vec::Vec;
use core::{
    cell::Cell,
    fmt,
    future::{Future, IntoFuture},
    mem,
    task::{Context, Poll, ready},
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
    pub(crate) fn with_vacant(len: usize) -> Self {
        Self {
            wakers: Wakers::past_first_pass(len),
            slots: Slots::with_vacant(len),
            patience: Patience::FULL,
        }
    }

    /// Sees to it that the parent is woken for children that were started after the pass.
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
        let index = self.slots.vacant().unwrap_or_default();
        panic!("`{of}` has no output of child {index}, which panicked");
    }

    /// Polls the children that were woken, until all are done. Then the outputs are to be taken.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.begin_pass::<false>(cx, |_, _| false).map(drop)
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
        let polled = self.begin_pass::<true>(cx, stop);
        // Not where a child has stopped it: that would be forgotten if the drop of a waker panics.
        if polled == Poll::Ready(None) {
            WakeOnUnwind::call(cx.waker(), || self.close());
        }
        polled
    }

    /// Starts a poll of the parent, in which `poll_next` is then called until it is pending, and children
    /// may be started.
    #[inline]
    pub(crate) fn begin(&mut self, cx: &Context<'_>) {
        if let Begin::One(child) = self.begin_any(cx) {
            self.wakers.start_one(child);
        }
    }

    /// The next output, be it one that no reader was shown, and its index. `None` once there are no more.
    #[inline(never)]
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if let Some(next) = self.next_unshown() {
            return Poll::Ready(Some(next));
        }
        if self.slots.running() == 0 {
            // What is left are wakes of children that are over. Not for those that take their slots.
            self.wakers.forget_woken();
            return Poll::Ready(None);
        }
        let left = self.wakers.left();
        self.poll_next_of(left, cx)
    }

    /// The same, in a poll of the parent that starts with it.
    #[inline(always)]
    pub(crate) fn begin_poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(usize, F::Output)>> {
        if let Some(next) = self.next_unshown() {
            return Poll::Ready(Some(next));
        }
        if self.slots.running() == 0 {
            return Poll::Ready(None);
        }
        let begin = self.begin_any(cx);
        self.poll_next_of(begin, cx)
    }

    #[inline(always)]
    fn next_unshown(&mut self) -> Option<(usize, F::Output)> {
        let (index, finished) = self.slots.show_next()?;
        Some((index, finished.take()))
    }

    #[inline(always)]
    fn begin_any(&mut self, cx: &Context<'_>) -> Begin {
        self.patience = Patience::FULL;
        self.wakers.begin(cx.waker(), self.slots.running())
    }

    #[inline(always)]
    fn poll_next_of(
        &mut self,
        begin: Begin,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(usize, F::Output)>> {
        let next = match begin {
            Begin::Pass => self.visit_next(cx),
            Begin::One(index) => {
                let one = self.wakers.one(index, cx.waker());
                let output = visit(&mut self.slots, one, |slots, output| {
                    slots.empty(index, output)
                });
                let next = output.map(|output| Some((index, output)));
                return next.map_or(Poll::Pending, Poll::Ready);
            }
            _ => None,
        };
        if next.is_some() {
            return Poll::Ready(next);
        }
        let index = ready!(self.poll_pass::<true>(begin, cx, |_, _| true));
        Poll::Ready(index.and_then(|index| Some((index, self.slots.take(index)?))))
    }

    /// In most cases those who were woken have wakers that last, and need no pass around them.
    #[inline(always)]
    pub(crate) fn visit_next(&mut self, cx: &mut Context<'_>) -> Option<(usize, F::Output)> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        while !patience.is_over() {
            let woken = wakers.visit_woken(cx.waker())?;
            let child = woken.child;
            let output = visit(slots, woken, |slots, output| {
                slots.empty(child.index, output)
            });
            if let Some(output) = output {
                return Some((child.index, output));
            }
            patience.pending(|| child.is_woken());
        }
        None
    }

    /// Whether none of those that were woken before the poll is left.
    pub(crate) fn is_pass_over(&self) -> bool {
        self.wakers.is_pass_over()
    }

    /// Puts another child into slot `index`, which is empty, and polls it. The slot stays empty if the
    /// child is ready.
    #[inline(always)]
    pub(crate) fn start(
        &mut self,
        index: usize,
        child: F,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        slots.put(index, child);
        if wakers.is_for_only_child() {
            let only = wakers.only(cx.waker());
            let output = visit(slots, only, |slots, output| slots.empty(index, output));
            return output.map_or(Poll::Pending, Poll::Ready);
        }
        let child = Cell::new(index);
        let start = wakers.start(cx.waker(), &child);
        let polled = slots.poll(index, &mut Context::from_waker(&start.lend()));
        let polled = polled.unwrap_or(Poll::Pending).map(|output| {
            start.finished();
            slots.empty(index, output)
        });
        if polled.is_pending() && start.pending() {
            patience.spend(Patience::WOKE_ITSELF);
        }
        start.end();
        polled
    }

    /// Whether there is something to be gained by polling more children now.
    #[inline]
    pub(crate) fn is_patient(&self) -> bool {
        !self.patience.is_over()
    }

    /// One pass at most, so that a child that wakes itself waits for the next poll of the parent.
    #[inline(always)]
    fn poll_pass<const SHOW: bool>(
        &mut self,
        begin: Begin,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        let Self { wakers, slots, .. } = self;
        match begin {
            Begin::Only => visit_slot::<F, SHOW>(slots, wakers.only(cx.waker()), stop),
            Begin::First => self.poll_first::<SHOW>(cx, stop),
            Begin::Pass => self.poll_woken::<SHOW>(cx, stop),
            Begin::One(child) => visit_slot::<F, SHOW>(slots, wakers.one(child, cx.waker()), stop),
            Begin::Nothing | Begin::Later => Poll::Pending,
        }
    }

    #[inline(always)]
    fn begin_pass<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        if self.slots.running() == 0 {
            return Poll::Ready(None);
        }
        let begin = self.begin_any(cx);
        self.poll_pass::<SHOW>(begin, cx, stop)
    }

    /// What is left of the first pass.
    #[inline(always)]
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
        while !patience.is_over() {
            let Some(index) = pass.next() else { break };
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
                Some(Poll::Pending) if pass.pending() => patience.spend(Patience::WOKE_ITSELF),
                Some(Poll::Pending) => patience.pending(|| pass.is_woken()),
                // Perhaps for a wake that came while the child was finishing.
                None => {}
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
            let pending = |index| {
                if turns.pending(index) {
                    patience.spend(Patience::WOKE_ITSELF);
                }
                !patience.is_over()
            };
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

/// Polls a single child. If it has finished, gives its output to `done`.
#[inline(always)]
fn visit<F: Future, T>(
    slots: &mut Slots<F>,
    visit: Visit<'_>,
    done: impl FnOnce(&mut Slots<F>, F::Output) -> T,
) -> Option<T> {
    let (child, unwinding) = visit.start();
    let mut finished = None;
    let polled = slots.poll(child.index, &mut Context::from_waker(&child.lend()));
    if let Some(Poll::Ready(output)) = polled {
        child.finished();
        finished = Some(done(slots, output));
    }
    unwinding.end();
    finished
}

/// The same, in its slot, for `stop` to look at. Ready if that ends the poll of the parent.
#[inline(always)]
fn visit_slot<F: Future, const SHOW: bool>(
    slots: &mut Slots<F>,
    child: Visit<'_>,
    mut stop: impl FnMut(usize, &F::Output) -> bool,
) -> Poll<Option<usize>> {
    let index = child.child.index;
    let stopped = visit(slots, child, |slots, output| {
        let finished = slots.fill::<SHOW>(index, output);
        SHOW && stop(index, finished.output())
    });
    match stopped {
        Some(true) => Poll::Ready(Some(index)),
        Some(false) if slots.running() == 0 => Poll::Ready(None),
        _ => Poll::Pending,
    }
}

impl<F: Future> fmt::Debug for Table<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slots.fmt(f)
    }
}
