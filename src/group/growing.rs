//! A table that grows without moving a child: tables, each twice as large as the one before it.

use alloc::vec::Vec;
use core::{
    future::Future,
    task::{Context, Poll},
};

use crate::{table::Table, wakers::Begin};

/// The slots of the first table, a power of two.
const FIRST: usize = 8;

pub(super) struct Growing<F: Future> {
    tables: Vec<Table<F>>,
    /// For each slot, which child is or was in it.
    children: Vec<usize>,
    /// The slots whose child has finished, the last one first to be used again.
    vacant: Vec<usize>,
    running: usize,
}

impl<F: Future> Growing<F> {
    pub(super) fn new() -> Self {
        Self {
            tables: Vec::new(),
            children: Vec::new(),
            vacant: Vec::new(),
            running: 0,
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Starts a poll of the parent. False if there is nothing to do in it: the parent was woken.
    pub(super) fn begin(&mut self, cx: &Context<'_>) -> bool {
        self.tables
            .iter_mut()
            .all(|table| table.begin(cx) != Begin::Later)
    }

    /// Puts child number `child` into a slot, and polls it.
    pub(super) fn start(
        &mut self,
        child: usize,
        future: F,
        cx: &mut Context<'_>,
    ) -> Option<F::Output> {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.children.push(child);
            self.children.len() - 1
        });
        self.children[slot] = child;
        let (table, place) = place(slot);
        if table == self.tables.len() {
            self.tables.push(Table::with_vacant(FIRST << table));
        }
        self.running += 1;
        match self.tables[table].start(place, future, cx) {
            Poll::Ready(()) => self.end(slot).map(|(_, output)| output),
            Poll::Pending => None,
        }
    }

    /// Polls the children that were woken. Gives the next one to finish, and what with. Once there is
    /// none, the parent is woken for those that run.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Option<(usize, F::Output)> {
        for (index, table) in self.tables.iter_mut().enumerate() {
            if let Poll::Ready(Some(place)) = table.poll_next(cx) {
                return self.end(slot(index, place));
            }
        }
        None
    }

    /// From now on no child wakes the parent.
    pub(super) fn close(&mut self) {
        self.tables.iter_mut().for_each(Table::close);
    }

    fn end(&mut self, slot: usize) -> Option<(usize, F::Output)> {
        let (table, place) = place(slot);
        self.vacant.push(slot);
        self.running -= 1;
        let output = self.tables[table].slots.take(place);
        output.map(|output| (self.children[slot], output))
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
