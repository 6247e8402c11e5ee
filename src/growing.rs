//! A table that grows without moving a child: tables, each twice as large as the one before it. For
//! children that come one by one.

use alloc::vec::Vec;
use core::{
    fmt,
    future::Future,
    mem,
    task::{Context, Poll},
};

use crate::table::Table;

pub(crate) struct Growing<F: Future> {
    tables: Vec<Table<F>>,
    /// How many slots the first table has, and all of them at most.
    first: usize,
    most: usize,
    /// For each slot that was ever used: the number of its child, or if it is vacant, the next such.
    slots: Vec<usize>,
    /// The slot that became vacant last. If there is none, the next one that was never used.
    vacant: usize,
    /// How many slots are in use.
    len: usize,
    /// The table to be polled next, and how many are yet to be in this poll of the parent.
    turn: usize,
    left: usize,
    /// Whether there is something to be gained by starting more children now. Else some have woken
    /// themselves, and so the parent.
    is_patient: bool,
}

impl<F: Future> Growing<F> {
    pub(crate) fn new(first: usize, most: usize) -> Self {
        Self {
            tables: Vec::new(),
            first,
            most,
            slots: Vec::new(),
            vacant: 0,
            len: 0,
            turn: 0,
            left: 0,
            is_patient: true,
        }
    }

    /// How many children are in there.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn is_patient(&self) -> bool {
        self.is_patient
    }

    /// Starts a poll of the parent, in which children may be started, `poll_next` is called until it
    /// gives nothing, and then `rest`.
    #[inline(always)]
    pub(crate) fn begin(&mut self, cx: &Context<'_>) {
        for table in &mut self.tables {
            table.begin_next(cx);
        }
        self.is_patient = true;
        self.left = self.tables.len();
    }

    /// Puts child number `child` into a slot, and polls it. If it is ready, the slot stays vacant.
    #[inline(always)]
    pub(crate) fn start(
        &mut self,
        child: usize,
        future: F,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let slot = self.vacant;
        if slot == self.slots.len() {
            self.grow();
        }
        let (table, place) = self.place(slot);
        let starting = Starting {
            growing: self,
            child,
        };
        let table = &mut starting.growing.tables[table];
        let polled = table.start(place, future, cx);
        let is_patient = table.is_patient();
        if polled.is_pending() {
            starting.growing.is_patient = is_patient;
            starting.growing.occupy(child);
        }
        mem::forget(starting);
        polled
    }

    /// Polls the children that were woken. Gives the next one to finish, and what with.
    #[inline(always)]
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Option<(usize, F::Output)> {
        while self.left > 0 {
            let polling = Polling(self);
            let turn = polling.0.turn;
            let table = &mut polling.0.tables[turn];
            let next = table.poll_next(cx);
            mem::forget(polling);
            let Poll::Ready(Some((place, output))) = next else {
                self.turn_over();
                continue;
            };
            // A stream is polled again for each output, and all tables are to have their turn.
            if self.tables.len() > 1 && self.tables[turn].is_pass_over() {
                self.turn_over();
            }
            return Some((self.free(self.slot(turn, place)), output));
        }
        None
    }

    #[inline]
    fn turn_over(&mut self) {
        self.left -= 1;
        self.turn = if self.turn + 1 < self.tables.len() {
            self.turn + 1
        } else {
            0
        };
    }

    /// Sees to it that the parent is woken, also for tables that were not polled to their end.
    #[inline]
    pub(crate) fn rest(&mut self, cx: &Context<'_>) {
        self.tables.iter_mut().for_each(|table| table.rest(cx));
    }

    /// Wakes every child.
    #[cfg(feature = "std")]
    pub(crate) fn wake_all(&self) {
        self.tables.iter().for_each(Table::wake_all);
    }

    /// From now on no child wakes the parent.
    pub(crate) fn close(&mut self) {
        self.tables.iter_mut().for_each(Table::close);
    }

    /// Makes room for one more.
    #[cold]
    fn grow(&mut self) {
        let slot = self.slots.len();
        let (table, _) = self.place(slot);
        if table == self.tables.len() {
            let len = self.first.saturating_mul(1 << table);
            let len = len.min(self.most - slot);
            self.slots.reserve(len);
            // A table of one slot hands its child the parent's waker, as if that were the only one.
            let len = if table == 0 { len } else { len.max(2) };
            self.tables.push(Table::with_vacant(len));
            // Among those yet to be polled, if there are any.
            self.left += usize::from(self.left > 0);
        }
        self.slots.push(slot + 1);
    }

    /// Child number `child` is in the vacant slot.
    #[inline]
    fn occupy(&mut self, child: usize) {
        self.vacant = mem::replace(&mut self.slots[self.vacant], child);
        self.len += 1;
    }

    /// The child of a slot, which can then be used again.
    #[inline]
    fn free(&mut self, slot: usize) -> usize {
        self.len -= 1;
        let child = mem::replace(&mut self.slots[slot], self.vacant);
        self.vacant = slot;
        child
    }

    /// The table of a slot, and its place there.
    #[inline]
    fn place(&self, slot: usize) -> (usize, usize) {
        if slot < self.first {
            return (0, slot);
        }
        let table = (slot / self.first + 1).ilog2();
        (table as usize, slot + self.first - (self.first << table))
    }

    /// The inverse of `place`.
    #[inline]
    fn slot(&self, table: usize, place: usize) -> usize {
        (self.first << table) + place - self.first
    }

    /// Finds out which slots are vacant.
    fn recount(&mut self) {
        self.vacant = self.slots.len();
        self.len = self.slots.len();
        for slot in 0..self.slots.len() {
            let (table, place) = self.place(slot);
            if self.tables[table].slots.is_vacant(place) {
                self.free(slot);
            }
        }
    }
}

impl<F: Future> Drop for Growing<F> {
    /// No child that is dropped wakes the parent through one of another table.
    fn drop(&mut self) {
        self.close();
    }
}

impl<F: Future> fmt::Debug for Growing<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.tables).finish()
    }
}

/// A child whose first poll unwinds. Its slot is vacant, unless it has finished and its drop panicked, or
/// it is pending and the parent's wake did.
struct Starting<'a, F: Future> {
    growing: &'a mut Growing<F>,
    child: usize,
}

impl<F: Future> Drop for Starting<'_, F> {
    #[cold]
    fn drop(&mut self) {
        let Self { growing, child } = self;
        let (table, place) = growing.place(growing.vacant);
        if !growing.tables[table].slots.is_vacant(place) {
            growing.occupy(*child);
        }
    }
}

/// Children in a poll that unwinds: one of them has panicked.
struct Polling<'a, F: Future>(&'a mut Growing<F>);

impl<F: Future> Drop for Polling<'_, F> {
    #[cold]
    fn drop(&mut self) {
        self.0.recount();
    }
}
