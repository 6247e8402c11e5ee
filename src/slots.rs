//! One pinned slot per child, in input order: the future while it runs, then its output.

mod in_order;
mod unwinding;

use alloc::{boxed::Box, vec::Vec};
use core::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use self::unwinding::{DropOnPanic, Emptying};
use crate::memory::{WORTH_A_REALLOC, collect, shrink};

pin_project! {
    #[project = SlotProj]
    #[project_replace = SlotOwned]
    enum Slot<F>
    where
        F: Future,
    {
        Running {
            #[pin]
            future: F,
        },
        Done {
            output: F::Output,
            // Whether a reader (`until`, `inspect`, `completions`) has been shown it.
            shown: bool,
        },
        // Handed out, or never there: the child panicked.
        Taken,
    }
}

/// The slots, and what of them would take a scan to know.
pub(crate) struct Slots<F: Future> {
    slots: Pin<Box<[Slot<F>]>>,
    /// How many slots are `Running`. More than that only while children are polled in order.
    running: usize,
    /// No output that is yet to be shown is before this slot.
    unshown: usize,
    /// How many children panicked.
    panics: usize,
}

impl<F: Future> Slots<F> {
    #[inline(always)]
    pub(crate) fn new(children: impl Iterator<Item = F>) -> Self {
        let slots = collect(children.map(|future| Slot::Running { future }));
        let running = slots.len();
        Self::of(slots, running)
    }

    /// Slots that are empty, for [`start`](Self::start).
    pub(crate) fn with_vacant(len: usize) -> Self {
        Self::of((0..len).map(|_| Slot::Taken).collect(), 0)
    }

    #[inline(always)]
    fn of(slots: Box<[Slot<F>]>, running: usize) -> Self {
        let unshown = slots.len();
        Self {
            slots: Box::into_pin(slots),
            running,
            unshown,
            panics: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn running(&self) -> usize {
        self.running
    }

    pub(crate) fn panics(&self) -> usize {
        self.panics
    }

    /// The output in slot `index`, if the child has finished and it was not taken.
    pub(crate) fn get(&self, index: usize) -> Option<&F::Output> {
        self.slots.get(index).and_then(Slot::output)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&F::Output>> {
        self.slots.iter().map(Slot::output)
    }

    /// Polls child `index`; `None` if it is not running. One that panics is dropped at once.
    // Into the only loop that calls it for many: as a call it is a tenth of a job.
    #[inline(always)]
    pub(crate) fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
        let mut child = DropOnPanic {
            slot: at(self.slots.as_mut(), index),
            running: &mut self.running,
            panics: &mut self.panics,
        };
        let polled = match child.slot.as_mut().project() {
            SlotProj::Running { future } => Some(future.poll(cx)),
            SlotProj::Done { .. } | SlotProj::Taken => None,
        };
        mem::forget(child);
        polled
    }

    /// Puts a child into slot `index`, which is empty, and polls it. If it is ready the slot stays empty,
    /// and `finished` is called before the child is dropped.
    #[inline(always)]
    pub(crate) fn start(
        &mut self,
        index: usize,
        future: F,
        cx: &mut Context<'_>,
        finished: impl FnOnce(),
    ) -> Poll<F::Output> {
        debug_assert!(self.is_vacant(index));
        let mut slot = at(self.slots.as_mut(), index);
        slot.set(Slot::Running { future });
        let mut child = DropOnPanic {
            slot,
            // Counted once it is pending.
            running: &mut 1,
            panics: &mut self.panics,
        };
        let SlotProj::Running { future } = child.slot.as_mut().project() else {
            unreachable!("it is");
        };
        let polled = future.poll(cx);
        mem::forget(child);
        let Poll::Ready(output) = polled else {
            self.running += 1;
            return Poll::Pending;
        };
        finished();
        Poll::Ready(self.vacate(index, output))
    }

    /// The first slot that is empty.
    pub(crate) fn vacant(&self) -> Option<usize> {
        (0..self.len()).find(|&index| self.is_vacant(index))
    }

    pub(crate) fn is_vacant(&self, index: usize) -> bool {
        matches!(self.slots[index], Slot::Taken)
    }

    /// Drops child `index`, which was running, and puts its output into its slot, where it is given
    /// to a reader if it counts as shown.
    #[inline]
    pub(crate) fn fill<const SHOW: bool>(
        &mut self,
        index: usize,
        output: F::Output,
    ) -> Finished<'_, F> {
        self.running -= 1;
        let unshown = self.unshown;
        self.unshown = unshown.min(index);
        let finished = fill::<F, SHOW>(at(self.slots.as_mut(), index), output);
        if SHOW {
            self.unshown = unshown;
        }
        finished
    }

    /// Drops child `index`, which was running, and gives its output, which leaves the slot empty.
    #[inline]
    pub(crate) fn empty(&mut self, index: usize, output: F::Output) -> F::Output {
        self.running -= 1;
        self.vacate(index, output)
    }

    #[inline(always)]
    fn vacate(&mut self, index: usize, output: F::Output) -> F::Output {
        let mut emptying = Emptying {
            slot: at(self.slots.as_mut(), index),
            output: Some(output),
            unshown: &mut self.unshown,
            index,
        };
        emptying.slot.set(Slot::Taken);
        let output = emptying.output.take();
        mem::forget(emptying);
        output.expect("it was there")
    }

    /// Whether there may be an output that no reader was shown.
    pub(crate) fn may_show(&self) -> bool {
        self.unshown < self.len()
    }

    /// The first output that no reader was shown. From now on it counts as shown.
    pub(crate) fn show_next(&mut self) -> Option<(usize, Finished<'_, F>)> {
        let unshown = |slot: &Slot<F>| matches!(slot, Slot::Done { shown: false, .. });
        let rest = &self.slots[self.unshown..];
        let found = rest.iter().position(unshown);
        self.unshown += found.unwrap_or(rest.len());
        found?;
        let index = self.unshown;
        Some((index, show(at(self.slots.as_mut(), index))))
    }

    /// Forgets what was shown, so that the next reader is shown everything.
    pub(crate) fn unshow_all(&mut self) {
        self.unshown = 0;
        for index in 0..self.len() {
            if let SlotProj::Done { shown, .. } = at(self.slots.as_mut(), index).project() {
                *shown = false;
            }
        }
    }

    /// What is in each slot, for `Debug`.
    pub(crate) fn states(&self) -> impl Iterator<Item = &(impl fmt::Debug + use<F>)>
    where
        F::Output: fmt::Debug,
    {
        self.slots.iter()
    }

    /// Moves the output of child `index`, which a reader was shown, out of its slot.
    pub(crate) fn take(&mut self, index: usize) -> Option<F::Output> {
        self.get(index)?;
        let slot = at(self.slots.as_mut(), index);
        Some(Finished { slot }.take())
    }

    /// Drops the children that still run, then gives every slot's output to `each`, in input order.
    /// The slots' own memory is reused where `U` fits into it.
    pub(crate) fn into_vec<U>(mut self, each: impl FnMut(Option<F::Output>) -> U) -> Vec<U> {
        if self.running > 0 {
            self.drop_running();
        }
        // SAFETY: no slot is `Running`: `running` is never less than the number of those, and where
        // it was not 0 they have just been dropped in place. Nothing else is pinned structurally.
        let slots = unsafe { Pin::into_inner_unchecked(self.slots) };
        if size_of_val(&*slots) < WORTH_A_REALLOC {
            map(slots, each)
        } else {
            map_and_shrink(slots, each)
        }
    }

    #[inline(never)]
    fn drop_running(&mut self) {
        for index in 0..self.len() {
            if let SlotProj::Running { .. } = at(self.slots.as_mut(), index).project() {
                at(self.slots.as_mut(), index).set(Slot::Taken);
            }
        }
    }
}

impl<F: Future> Default for Slots<F> {
    fn default() -> Self {
        Self::of(Box::default(), 0)
    }
}

impl<F: Future> fmt::Debug for Slots<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.states()).finish()
    }
}

impl<F: Future> Slot<F> {
    fn output(&self) -> Option<&F::Output> {
        match self {
            Slot::Done { output, .. } => Some(output),
            Slot::Running { .. } | Slot::Taken => None,
        }
    }
}

impl<F: Future> fmt::Debug for Slot<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Running { .. } => f.write_str("Running"),
            Slot::Done { output, .. } => f.debug_tuple("Done").field(output).finish(),
            Slot::Taken => f.write_str("Taken"),
        }
    }
}

/// Drops the future in place, and puts the output into its place.
#[inline]
fn fill<F: Future, const SHOW: bool>(
    mut slot: Pin<&mut Slot<F>>,
    output: F::Output,
) -> Finished<'_, F> {
    // The output is stored even if the future's drop panics. Then it has not been shown.
    slot.set(Slot::Done {
        output,
        shown: false,
    });
    if SHOW { show(slot) } else { Finished { slot } }
}

/// The output in a slot, from now on counted as shown.
#[inline]
fn show<F: Future>(mut slot: Pin<&mut Slot<F>>) -> Finished<'_, F> {
    if let SlotProj::Done { shown, .. } = slot.as_mut().project() {
        *shown = true;
    }
    Finished { slot }
}

/// A child's output, in its slot, for a reader.
pub(crate) struct Finished<'a, F: Future> {
    // `Done`.
    slot: Pin<&'a mut Slot<F>>,
}

impl<'a, F: Future> Finished<'a, F> {
    /// A look at it.
    #[inline]
    pub(crate) fn output(self) -> &'a F::Output {
        match self.slot.project() {
            SlotProj::Done { output, .. } => output,
            SlotProj::Running { .. } | SlotProj::Taken => unreachable!("it is done"),
        }
    }

    /// Moves it out.
    #[inline]
    pub(crate) fn take(self) -> F::Output {
        match self.slot.project_replace(Slot::Taken) {
            SlotOwned::Done { output, .. } => output,
            SlotOwned::Running { .. } | SlotOwned::Taken => unreachable!("it is done"),
        }
    }
}

/// The vector in the memory of the slots, where a `U` fits into it.
#[inline]
fn map<F: Future, U>(
    slots: Box<[Slot<F>]>,
    mut each: impl FnMut(Option<F::Output>) -> U,
) -> Vec<U> {
    let slots = slots.into_vec().into_iter();
    let outputs = slots.map(|slot| match slot {
        Slot::Done { output, .. } => each(Some(output)),
        Slot::Running { .. } | Slot::Taken => each(None),
    });
    outputs.collect()
}

#[inline(never)]
fn map_and_shrink<F: Future, U>(
    slots: Box<[Slot<F>]>,
    each: impl FnMut(Option<F::Output>) -> U,
) -> Vec<U> {
    shrink(map(slots, each))
}

#[inline]
fn at<F: Future>(slots: Pin<&mut [Slot<F>]>, index: usize) -> Pin<&mut Slot<F>> {
    // SAFETY: a slot is part of the pinned slice, which is never moved, resized or handed out
    // while a slot is `Running` (`into_vec` drops those in place before it takes the box apart).
    unsafe { slots.map_unchecked_mut(|slots| &mut slots[index]) }
}
