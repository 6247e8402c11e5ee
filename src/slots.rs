//! One pinned slot per child, in input order: the future while it runs, then its output.

use alloc::{boxed::Box, vec::Vec};
use core::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{
    memory::{collect, shrink},
    observed::Observed,
    table::Children,
};

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
            // Whether a reader (`until`, `inspect`, `completions`) has observed it.
            observed: bool,
        },
        // The output was taken, or the child panicked.
        Empty,
    }
}

/// The slots, and what of them would take a scan to know.
pub(crate) struct Slots<F: Future> {
    slots: Pin<Box<[Slot<F>]>>,
    running: usize,
    panics: usize,
    /// No output that is yet to be observed is before this slot.
    unobserved: usize,
}

impl<F: Future> Slots<F> {
    pub(crate) fn new(children: impl Iterator<Item = F>) -> Self {
        let slots = collect(children.map(|future| Slot::Running { future }));
        let running = slots.len();
        Self {
            slots: Box::into_pin(slots),
            running,
            panics: 0,
            unobserved: running,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn panics(&self) -> usize {
        self.panics
    }

    /// The output in slot `index`, if it is there.
    pub(crate) fn get(&self, index: usize) -> Option<&F::Output> {
        self.slots.get(index).and_then(Slot::output)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&F::Output>> {
        self.slots.iter().map(Slot::output)
    }

    /// The first slot without an output.
    pub(crate) fn first_empty(&self) -> Option<usize> {
        self.iter().position(|output| output.is_none())
    }

    /// Moves the output out of slot `index`, if it is there.
    pub(crate) fn take(&mut self, index: usize) -> Option<F::Output> {
        self.get(index)?;
        match at(&mut self.slots, index).project_replace(Slot::Empty) {
            SlotOwned::Done { output, .. } => Some(output),
            SlotOwned::Running { .. } | SlotOwned::Empty => None,
        }
    }

    /// From now on outputs may be there that are yet to be observed.
    pub(crate) fn leave_unobserved(&mut self) {
        self.unobserved = 0;
    }

    /// Drops child `index`, which was running, and puts its output into its slot.
    pub(crate) fn complete(&mut self, index: usize, output: F::Output) {
        self.running -= 1;
        // It is there even if the drop panics.
        at(&mut self.slots, index).set(Slot::Done {
            output,
            observed: false,
        });
    }

    /// As `complete`, for an output that is observed at once.
    pub(crate) fn complete_observed(&mut self, index: usize, output: F::Output) -> &F::Output {
        // Unless the drop of the child panics.
        let unobserved = mem::replace(&mut self.unobserved, 0);
        self.complete(index, output);
        self.unobserved = unobserved;
        self.observe(index)
    }

    /// From now on all outputs are yet to be observed.
    pub(crate) fn unobserve_all(&mut self) {
        self.unobserved = 0;
        for index in 0..self.len() {
            if let SlotProj::Done { observed, .. } = at(&mut self.slots, index).project() {
                *observed = false;
            }
        }
    }

    /// Drops the children that still run.
    pub(crate) fn remove_all(&mut self) {
        if self.running > 0 {
            for index in 0..self.len() {
                self.remove(index);
            }
        }
    }

    /// Drops the children that still run, then gives each slot's output to `map`, in input order.
    ///
    /// The vector has the memory of the slots, if a `U` fits into that.
    pub(crate) fn into_vec<U>(mut self, mut map: impl FnMut(Option<F::Output>) -> U) -> Vec<U> {
        self.remove_all();
        // SAFETY: no slot is `Running`, and nothing else is pinned.
        let slots = unsafe { Pin::into_inner_unchecked(self.slots) };
        let outputs = slots.into_vec().into_iter().map(|slot| match slot {
            Slot::Done { output, .. } => map(Some(output)),
            Slot::Running { .. } | Slot::Empty => map(None),
        });
        shrink(outputs.collect())
    }
}

impl<F: Future> Children for Slots<F> {
    type Output = F::Output;

    fn running(&self) -> usize {
        self.running
    }

    fn poll(&mut self, index: usize, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
        match at(&mut self.slots, index).project() {
            SlotProj::Running { future } => Some(future.poll(cx)),
            SlotProj::Done { .. } | SlotProj::Empty => None,
        }
    }

    fn remove(&mut self, index: usize) {
        let mut slot = at(&mut self.slots, index);
        if let SlotProj::Running { .. } = slot.as_mut().project() {
            self.running -= 1;
            self.panics += 1;
            slot.set(Slot::Empty);
        }
    }
}

impl<F: Future> Observed for Slots<F> {
    type Output = F::Output;

    fn len(&self) -> usize {
        self.slots.len()
    }

    fn first(&mut self) -> &mut usize {
        &mut self.unobserved
    }

    fn is_unobserved(&self, index: usize) -> bool {
        let slot = &self.slots[index];
        matches!(slot, Slot::Done { observed, .. } if !observed)
    }

    fn observe(&mut self, index: usize) -> &F::Output {
        match at(&mut self.slots, index).project() {
            SlotProj::Done { output, observed } => {
                *observed = true;
                output
            }
            SlotProj::Running { .. } | SlotProj::Empty => unreachable!("the child is done"),
        }
    }
}

impl<F: Future> Default for Slots<F> {
    fn default() -> Self {
        Self::new(core::iter::empty())
    }
}

impl<F: Future> fmt::Debug for Slots<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&*self.slots).finish()
    }
}

impl<F: Future> Slot<F> {
    fn output(&self) -> Option<&F::Output> {
        match self {
            Slot::Done { output, .. } => Some(output),
            Slot::Running { .. } | Slot::Empty => None,
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
            Slot::Empty => f.write_str("Empty"),
        }
    }
}

/// A slot, pinned as all of them are.
pub(crate) fn at<T>(slots: &mut Pin<Box<[T]>>, index: usize) -> Pin<&mut T> {
    // SAFETY: a slot is part of the slice, which is pinned.
    unsafe { slots.as_mut().map_unchecked_mut(|slots| &mut slots[index]) }
}
