//! Pinned slots for children that come and go: chunks, each as large as all before it, so that to make room
//! moves no child.

use alloc::{boxed::Box, vec::Vec};
use core::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{slots::at, table::Children};

/// The first chunk has this many slots, or as many as fit into `BYTES`.
const SLOTS: usize = 32;
const BYTES: usize = 1 << 16;

pin_project! {
    #[project = PlaceProj]
    enum Place<F> {
        Running {
            #[pin]
            future: F,
            // Its number, by which the outside knows it.
            child: u64,
        },
        Vacant {
            // The next vacant slot. If it is the last one, the number of all slots.
            next: usize,
        },
    }
}

pub(crate) struct Chunks<F> {
    chunks: Vec<Pin<Box<[Place<F>]>>>,
    /// How many slots there are at most.
    limit: usize,
    /// The first chunk has `1 << first` slots, and only the last one may have fewer than it could.
    first: u32,
    /// The slot that became vacant last. If there is none, the number of all slots.
    vacant: usize,
    slots: usize,
    running: usize,
}

impl<F> Chunks<F> {
    /// For up to `limit` children, to begin with few.
    pub(crate) fn new(limit: usize) -> Self {
        let few = (BYTES / size_of::<Place<F>>()).clamp(1, SLOTS);
        let first = limit.min(few).next_power_of_two().ilog2();
        Self {
            chunks: Vec::new(),
            limit,
            first,
            vacant: 0,
            slots: 0,
            running: 0,
        }
    }

    /// Puts a child into a vacant slot, whose number it gives.
    pub(crate) fn insert(&mut self, child: u64, future: F) -> usize {
        let slot = self.vacant;
        if slot == self.slots {
            self.grow();
        }
        let mut place = self.at(slot);
        let next = match place.as_mut().project() {
            PlaceProj::Vacant { next } => *next,
            PlaceProj::Running { .. } => unreachable!("it is vacant"),
        };
        place.set(Place::Running { future, child });
        self.vacant = next;
        self.running += 1;
        slot
    }

    /// Drops the child in `slot`, if one runs there, after `done` was called with its number.
    pub(crate) fn complete<R>(&mut self, slot: usize, done: impl FnOnce(u64) -> R) -> Option<R> {
        let mut place = place(&mut self.chunks, self.first, slot);
        let PlaceProj::Running { child, .. } = place.as_mut().project() else {
            return None;
        };
        let result = done(*child);
        self.running -= 1;
        let next = mem::replace(&mut self.vacant, slot);
        // It is vacant even if the drop panics.
        place.set(Place::Vacant { next });
        Some(result)
    }

    /// The number of the child that runs in `slot`.
    pub(crate) fn child(&mut self, slot: usize) -> Option<u64> {
        match self.at(slot).project() {
            PlaceProj::Running { child, .. } => Some(*child),
            PlaceProj::Vacant { .. } => None,
        }
    }

    /// The child in `slot`, if there is such a slot and it is still this one.
    pub(crate) fn get_mut(&mut self, slot: usize, child: u64) -> Option<Pin<&mut F>> {
        if slot >= self.slots {
            return None;
        }
        match self.at(slot).project() {
            PlaceProj::Running { future, child: now } if *now == child => Some(future),
            PlaceProj::Running { .. } | PlaceProj::Vacant { .. } => None,
        }
    }

    /// How many children run.
    pub(crate) fn len(&self) -> usize {
        self.running
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    #[cold]
    fn grow(&mut self) {
        let slots = (self.slots * 2).max(1 << self.first).min(self.limit);
        let chunk = (self.slots..slots).map(|slot| Place::Vacant { next: slot + 1 });
        self.chunks.push(Box::into_pin(chunk.collect()));
        self.slots = slots;
    }

    fn at(&mut self, slot: usize) -> Pin<&mut Place<F>> {
        place(&mut self.chunks, self.first, slot)
    }
}

#[inline]
fn place<F>(chunks: &mut [Pin<Box<[Place<F>]>>], first: u32, slot: usize) -> Pin<&mut Place<F>> {
    let (chunk, start) = match (slot >> first).checked_ilog2() {
        None => (0, 0),
        Some(chunk) => (chunk as usize + 1, 1 << first << chunk),
    };
    at(&mut chunks[chunk], slot - start)
}

impl<F: Future> Children for Chunks<F> {
    type Output = F::Output;

    fn running(&self) -> usize {
        self.running
    }

    fn poll(&mut self, slot: usize, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
        match self.at(slot).project() {
            PlaceProj::Running { future, .. } => Some(future.poll(cx)),
            PlaceProj::Vacant { .. } => None,
        }
    }

    fn remove(&mut self, slot: usize) {
        self.complete(slot, |_| ());
    }
}

impl<F> fmt::Debug for Chunks<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
