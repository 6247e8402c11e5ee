//! A table that grows without moving a child: tables, each twice as large as the one before it.

use alloc::vec::Vec;
use core::{
    future::Future,
    mem,
    task::{Context, Poll},
};

use crate::{table::Table, wakers::Begin};

/// The slots of the first table, a power of two.
const FIRST: usize = 8;

pub(super) struct Growing<F: Future> {
    tables: Vec<Table<F>>,
    /// For each slot that was ever used: the number of its child, or if it is vacant, the next such.
    slots: Vec<usize>,
    /// The slot that became vacant last. If there is none, the next one that was never used.
    vacant: usize,
    running: usize,
    /// The table to be polled next in this poll of the parent, and whether that has begun.
    turn: usize,
    begun: bool,
    /// Whether children were started that the parent is not yet woken for.
    restless: bool,
}

impl<F: Future> Growing<F> {
    pub(super) fn new() -> Self {
        Self {
            tables: Vec::new(),
            slots: Vec::new(),
            vacant: 0,
            running: 0,
            turn: 0,
            begun: false,
            restless: false,
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Puts child number `child` into a slot, and polls it.
    pub(super) fn start(
        &mut self,
        child: usize,
        future: F,
        cx: &mut Context<'_>,
    ) -> Option<F::Output> {
        let slot = self.vacant;
        if slot == self.slots.len() {
            self.slots.push(slot + 1);
        }
        self.vacant = mem::replace(&mut self.slots[slot], child);
        let (table, place) = place(slot);
        if table == self.tables.len() {
            self.tables.push(Table::with_vacant(FIRST << table));
        }
        self.running += 1;
        match self.tables[table].start(place, future, cx) {
            Poll::Ready(output) => {
                self.free(slot);
                Some(output)
            }
            Poll::Pending => {
                self.restless = true;
                None
            }
        }
    }

    /// Starts a poll of the parent, in which `poll_next` is then called until it gives nothing,
    /// children may be started, and `rest` is called if the parent is to be woken for those.
    pub(super) fn begin(&mut self) {
        self.turn = 0;
    }

    /// Polls the children that were woken. Gives the next one to finish, and what with.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Option<(usize, F::Output)> {
        while let Some(table) = self.tables.get_mut(self.turn) {
            // If it begins later, it has woken the parent for that.
            self.begun = self.begun || table.begin(cx) == Begin::Pass;
            if self.begun {
                if let Poll::Ready(Some(place)) = table.poll_rest(cx, |_, _| true) {
                    let output = table.slots.take(place);
                    let child = self.free(slot(self.turn, place));
                    return output.map(|output| (child, output));
                }
            }
            self.begun = false;
            self.turn += 1;
        }
        None
    }

    pub(super) fn rest(&mut self, cx: &Context<'_>) {
        if mem::take(&mut self.restless) {
            self.tables.iter_mut().for_each(|table| table.rest(cx));
        }
    }

    /// Wakes every child.
    pub(super) fn wake_all(&self) {
        self.tables.iter().for_each(Table::wake_all);
    }

    /// From now on no child wakes the parent.
    pub(super) fn close(&mut self) {
        self.tables.iter_mut().for_each(Table::close);
    }

    /// The child of a slot, which can then be used again.
    fn free(&mut self, slot: usize) -> usize {
        self.running -= 1;
        let child = mem::replace(&mut self.slots[slot], self.vacant);
        self.vacant = slot;
        child
    }
}

/// The table of a slot, and its place there.
fn place(slot: usize) -> (usize, usize) {
    let table = ((slot + FIRST) / FIRST).ilog2() as usize;
    (table, slot + FIRST - (FIRST << table))
}

/// The inverse of [`place`].
fn slot(table: usize, place: usize) -> usize {
    (FIRST << table) + place - FIRST
}
