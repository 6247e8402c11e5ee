//! The table: slots, wakers, and the only loops that poll children.

mod next;
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
    wakers::{Begin, First, OneTurn, Visit, WakeOnUnwind, Wakers, Whose},
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

    /// Starts a poll of the parent. One pass at most, so that a child that wakes itself waits for the next.
    #[inline(always)]
    fn begin(&mut self, cx: &Context<'_>) -> Begin {
        self.patience = Patience::FULL;
        self.wakers.begin(cx.waker(), self.slots.running())
    }

    #[inline(always)]
    fn poll_pass<const SHOW: bool>(
        &mut self,
        cx: &mut Context<'_>,
        mut stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        if self.slots.running() == 0 {
            return Poll::Ready(None);
        }
        let begin = self.begin(cx);
        let Self { wakers, slots, .. } = self;
        let mut fill = |slots: &mut Slots<F>, index, output| {
            let finished = slots.fill::<SHOW>(index, output);
            (SHOW && stop(index, finished.output())).then_some(index)
        };
        let one = match begin {
            Begin::Only => wakers.only(cx.waker()),
            Begin::One(child) => wakers.one(child, cx.waker()),
            Begin::First => return self.poll_first::<SHOW>(cx, stop),
            Begin::Pass => return self.poll_woken_apart(cx, fill),
            Begin::Nothing | Begin::Later => return Poll::Pending,
        };
        match visit(slots, one, &mut fill) {
            Some(Some(stopped)) => Poll::Ready(Some(stopped)),
            Some(None) if slots.running() == 0 => Poll::Ready(None),
            _ => Poll::Pending,
        }
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
                turns.turn.pending(index);
                false
            };
            let finished = |index| turns.turn.finished(index);
            slots.poll_in_order::<SHOW>(child, turns.end, waker, finished, pending, &mut stop)
        });
        match early {
            Some(Poll::Ready(stopped)) => Poll::Ready(stopped),
            Some(Poll::Pending) | None => poll_further::<F, SHOW>(slots, first, patience, stop),
        }
    }

    /// What is left of a later pass: gives each output to `done`, until that has had enough.
    #[inline(always)]
    fn poll_woken<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut done: impl FnMut(&mut Slots<F>, usize, F::Output) -> Option<T>,
    ) -> Poll<Option<T>> {
        let Self {
            wakers,
            slots,
            patience,
        } = self;
        while !patience.is_over() {
            let Some(woken) = wakers.next_woken(cx.waker()) else {
                break;
            };
            let finished = if woken.is_lasting() {
                let one = woken.visit();
                let child = one.child;
                let finished = visit(slots, one, &mut done);
                if finished.is_none() {
                    patience.pending(|| child.is_woken());
                }
                finished
            } else {
                let child = Cell::new(0);
                turn(slots, woken.turn(&child), patience, &mut done)
            };
            match finished {
                Some(Some(stopped)) => return Poll::Ready(Some(stopped)),
                Some(None) if slots.running() == 0 => return Poll::Ready(None),
                _ => {}
            }
        }
        wakers.rest(cx.waker());
        Poll::Pending
    }

    /// Not part of its callers, which are the smaller for it where no child is ever pending.
    #[inline(never)]
    fn poll_woken_apart<T>(
        &mut self,
        cx: &mut Context<'_>,
        done: impl FnMut(&mut Slots<F>, usize, F::Output) -> Option<T>,
    ) -> Poll<Option<T>> {
        self.poll_woken(cx, done)
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
                if turns.turn.pending(index) {
                    patience.spend(Patience::WOKE_ITSELF);
                }
                !patience.is_over()
            };
            let finished = |index| turns.turn.finished(index);
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

/// Polls a single child with a waker that lasts. If it has finished, gives its output to `done`.
#[inline(always)]
fn visit<F: Future, T>(
    slots: &mut Slots<F>,
    visit: Visit<'_>,
    done: impl FnOnce(&mut Slots<F>, usize, F::Output) -> T,
) -> Option<T> {
    let (child, unwinding) = visit.start();
    let mut finished = None;
    let polled = slots.poll(child.index, &mut Context::from_waker(&child.lend()));
    if let Some(Poll::Ready(output)) = polled {
        child.finished();
        finished = Some(done(slots, child.index, output));
    }
    unwinding.end();
    finished
}

/// The same with a waker on the stack.
#[inline(always)]
fn turn<F: Future, T>(
    slots: &mut Slots<F>,
    child: OneTurn<'_, impl Whose>,
    patience: &mut Patience,
    done: impl FnOnce(&mut Slots<F>, usize, F::Output) -> T,
) -> Option<T> {
    let index = child.index();
    let mut finished = None;
    match slots.poll(index, &mut Context::from_waker(&child.lend())) {
        Some(Poll::Ready(output)) => {
            child.finished();
            finished = Some(done(slots, index, output));
        }
        Some(Poll::Pending) if child.pending() => patience.spend(Patience::WOKE_ITSELF),
        Some(Poll::Pending) => patience.pending(|| child.is_woken()),
        // Perhaps for a wake that came while the child was finishing.
        None => {}
    }
    child.end();
    finished
}

impl<F: Future> fmt::Debug for Table<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slots.fmt(f)
    }
}
