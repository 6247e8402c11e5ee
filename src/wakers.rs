//! The wakers of all children, in one allocation that is made late, and the protocol by which
//! they tell the poller which children to poll, and the parent that there are some.
//!
//! # Layout
//!
//! ```text
//! Root  | gate + count | done, lasting | kept | spare | ..            |   children   0..30, if no more
//! Word  | ready | next | root | index | done | lasting | (poller's)   |   children   0..64
//! Word  | ready | next | root | index | done | lasting | (poller's)   |   children  64..128
//! ```
//!
//! A word is aligned to the number of children that it serves, so a child's waker is one pointer: the
//! word's address plus the child's bit. Up to 30 children need no word: their bits are in the root.
//!
//! Before a child has a waker that lasts it is polled with one that lives on the stack (`turn`), whose
//! clones are those that last. The first of them makes the root. A child that wakes itself with the one
//! on the stack costs no atomic step: the poller notes it for its next pass.
//!
//! # Protocol
//!
//! `ready` has a bit for each child that was woken since the poller last took the word's bits. Who
//! makes it non-zero pushes the word on the stack, linked through `next`, so it is there once.
//!
//! The *gate* is the one atomic that the poller and all wakes contend for: the head of that stack, or
//! the ready bits themselves where there are no words. It is
//!
//! - `ASLEEP`: the poller counts on being woken, by what it has left in `parent`.
//! - `CLAIMED`: the poller is at work, or will look again by itself, or is gone. The bit stays while
//!   children are woken: words are pushed under it, or ready bits set beside it.
//! - anything else: children were woken while it was `ASLEEP`. With a stack, the first leaves just
//!   its own index there (`LONE`), as often no second comes. Who comes second pushes its own word
//!   instead, and then wakes the first once more, in its stead; so a wake may come a little late,
//!   and by another's thread.
//!
//! Who moves it:
//!
//! - The poller, from anything to `CLAIMED`: it takes the children that were woken, all at once. From
//!   `ASLEEP`, since it is polled again, or ends, or a child panics.
//! - The poller, from `CLAIMED` to `ASLEEP`, with the parent's waker in place. This fails if a child was
//!   woken meanwhile, and then the poller wakes its parent itself. Where one child was woken, it
//!   goes straight from that to `ASLEEP`, and polls the child after.
//! - A wake, from `ASLEEP` to anything else. There is one such wake in a sleep, and it wakes the
//!   parent. All other wakes end with setting a bit, or with pushing a word.
//!
//! So a parent is woken at most once in a sleep (but for panics, after which it is woken in any case), and
//! not by anybody who has something half done: in there it may poll or drop the table.
//!
//! `done` has a bit for each child that is over, whose late wakes are ignored. Only the poller writes it,
//! or who clones a waker for the child that it polls: a child that is put into the slot of one that is
//! over takes the bit back with its first waker that lasts. From then on the wakers of the earlier one
//! wake it too.
//!
//! # The parent's waker
//!
//! The poller keeps a clone of it, `kept`, from one sleep to the next, and the wake that finds `ASLEEP`
//! calls that by reference: no clone and no drop for a sleep. It may take its time in there, or poll or
//! drop the table, so the poller has to know whether it has returned before it writes `kept`. That is
//! a bit of the count, `RETURNED`, which the wake flips when it has returned, in the same step that gives
//! back its reference; the poller knows from the gate how many wakes there were. While one has yet to
//! return
//!
//! - the poller goes to sleep with another clone in place, the `spare`, and says so in the gate. The wake
//!   that finds it moves it out, before it calls it, so that the poller has it back at once.
//! - the poller may end. It then sets `LEFT` in the count, and leaves its reference and `kept` to that
//!   wake, which sees this when it returns. Both is one step on one atomic, so it is one of the two that
//!   drops `kept`.
//!
//! # The scary races
//!
//! The poller wants to replace the parent's waker while a child is being woken.
//!
//! 1. Poller: asleep, `kept` is A. It is polled again for some other reason, with waker B.
//! 2. Child: finds `ASLEEP`, and is about to call A.
//! 3. Poller: must not write B over A now.
//!
//! In step 3 it does not, since to go on it has to move the gate from `ASLEEP`, which fails. So some wake
//! is in `kept`, or was: `RETURNED` tells. If it is, B is cloned into the spare. Which of the two
//! places a wake is to call, it reads from the gate in the step that finds `ASLEEP`: had it to look after
//! that, it could take the spare of a later sleep for its own.
//!
//! The same with the spare in place:
//!
//! 1. Poller: asleep, the spare is A, as an earlier wake is still in `kept`. It is polled again.
//! 2. Child: finds `ASLEEP`, so it owns the spare, and is about to move it out.
//! 3. Poller: can neither take it back nor use the place.
//!
//! `spare_moved` tells whether that wake is past its move. If not, the poller leaves everything as it
//! is, wakes the parent itself and returns `Pending`. Polled again, it looks again; no one waits for
//! anyone.
//!
//! Dropping the table is the same step: the poller claims for good. From `ASLEEP`, what it left in
//! `parent` is its own to drop; from anything else, a spare belongs to the wake that came before, and of
//! `kept` see above. Later wakes find the gate claimed, or woken from a sleep that is over, and leave the
//! parent alone.
//!
//! `tests/loom` has models of all this.

mod begin;
mod child;
mod first;
mod gate;
mod next;
mod parent;
mod rest;
mod root;
mod shared;
mod start;
mod turn;
mod visit;
mod wake;
mod woken;

use core::{cell::Cell, mem, ptr, task::Waker};

pub(crate) use self::{
    begin::Begin,
    first::First,
    next::Next,
    rest::WakeOnUnwind,
    turn::{OneTurn, Whose},
    visit::Visit,
};
use self::{
    child::Known,
    rest::{Rest, wake_awake},
    root::{Memory, Root},
    shared::Shared,
    start::Newcomer,
    woken::Woken,
};
use crate::sync::Ordering;

/// The poller's side: the wakers of a fixed number of children.
pub(crate) struct Wakers {
    shared: Shared,
    cursor: Cursor,
    rest: Rest,
}

/// What the current pass has yet to visit. It stays when a poll ends early, so that nothing has to
/// be put back.
struct Cursor {
    /// The first pass polls every child, this one next.
    first: usize,
    /// Later ones poll those that were woken.
    woken: Woken,
}

impl Wakers {
    pub(crate) fn new(children: usize) -> Self {
        Self {
            shared: Shared::new(children),
            cursor: Cursor {
                first: 0,
                woken: Woken::new(),
            },
            rest: Rest::default(),
        }
    }

    /// The same for children that come one by one: there is no first pass.
    pub(crate) fn past_first_pass(children: usize) -> Self {
        let mut wakers = Self::new(children);
        wakers.cursor.first = children;
        wakers
    }

    /// What is left of the first pass.
    #[inline(always)]
    pub(crate) fn first<'a>(&'a mut self, parent: &'a Waker) -> First<'a> {
        let Self {
            shared,
            cursor: Cursor { first, woken },
            rest,
        } = self;
        First::new(shared, Cell::from_mut(first), woken.again(), rest, parent)
    }

    /// The next child that was woken.
    #[inline(always)]
    pub(crate) fn next_woken<'a>(&'a mut self, parent: &'a Waker) -> Option<Next<'a>> {
        let Self {
            shared,
            cursor: Cursor { woken, .. },
            rest,
        } = self;
        let (index, known) = woken.next(shared.root()?)?;
        Some(Next {
            index,
            known,
            again: woken.again(),
            rest,
            parent,
        })
    }

    /// The end of a later pass. Sees to it that the parent is woken, now if there is something to do
    /// already, else as soon as a child is woken.
    #[inline(always)]
    pub(crate) fn rest(&mut self, parent: &Waker) {
        let Self {
            shared,
            cursor: Cursor { woken, .. },
            rest,
        } = self;
        let Some(root) = shared.root() else { return };
        let is_over = woken.is_clear();
        rest.rested = true;
        if !(rest.asleep && is_over) {
            rest.end(root, parent, is_over);
        }
    }

    /// Whether there is an only child, and was not polled in this poll of the parent.
    #[inline]
    pub(crate) fn is_only(&self) -> bool {
        self.is_for_only_child() && self.cursor.first == 0
    }

    /// Whether nobody is left in the pass.
    #[inline]
    pub(crate) fn is_pass_over(&self) -> bool {
        self.cursor.woken.is_empty()
    }

    /// Whether this poll of the parent has got to its end already.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.rest.rested || self.shared.root().is_none()
    }

    /// Calls a reader before the pass. If it panics, the parent is woken, which may be a new one.
    pub(crate) fn call_reader<T>(&mut self, parent: &Waker, reader: impl FnOnce() -> T) -> T {
        let unwinding = ReaderUnwinding {
            wakers: self,
            parent,
        };
        let value = reader();
        mem::forget(unwinding);
        value
    }

    /// Leaves out those who were woken and are yet to be visited.
    #[inline]
    pub(crate) fn forget_woken(&mut self) {
        if let Some(root) = self.shared.root() {
            self.cursor.woken.clear(root);
        }
    }

    /// The poll of an only child.
    #[inline(always)]
    pub(crate) fn only<'a>(&'a mut self, parent: &'a Waker) -> Visit<'a> {
        self.cursor.first = 1;
        Visit::only(&mut self.rest, parent)
    }

    /// Whether there is an only child, or place for one.
    pub(crate) fn is_for_only_child(&self) -> bool {
        self.shared.children == 1
    }

    /// The poll of a child that was put into the slot of one that finished, where there are several.
    #[inline(always)]
    pub(crate) fn start<'a>(
        &'a mut self,
        parent: &'a Waker,
        child: &'a Cell<usize>,
    ) -> OneTurn<'a, impl Whose> {
        let newcomer = Newcomer::new(&self.shared);
        OneTurn::new(newcomer, child, &mut self.rest, parent)
    }

    /// A child that was started has woken itself. Not noted as in a pass, as there may be one in which it
    /// would then be polled again.
    #[cold]
    pub(crate) fn wake_started(&self, child: usize) {
        if let Some(root) = self.shared.root() {
            root.lane_of(child).lend(child).wake_by_ref();
        }
    }

    /// The poll of a child for which [`Begin::One`] was given.
    #[inline(always)]
    pub(crate) fn one<'a>(&'a mut self, child: usize, parent: &'a Waker) -> Visit<'a> {
        let root = self.shared.root().expect("somebody has woken that child");
        let known = Known::of(root, child);
        known.lane.set_lasting(child);
        Visit::to(known, child, &mut self.rest, parent)
    }

    /// Makes a pass of [`Begin::One`].
    #[inline]
    pub(crate) fn start_one(&mut self, child: usize) {
        self.cursor.woken.start_one(child);
    }

    /// Wakes every child that needs a waker that lasts, from outside of any pass.
    #[cfg(feature = "std")]
    pub(crate) fn wake_all(&self) {
        if let Some(root) = self.shared.root() {
            for index in 0..self.shared.children {
                root.lane_of(index).lend(index).wake_by_ref();
            }
        }
    }

    /// From now on no child wakes the parent, whose waker is dropped.
    #[inline]
    pub(crate) fn close(&mut self) -> Memory {
        if self.shared.root().is_some() {
            return self.close_root();
        }
        Memory::NONE
    }

    #[inline(never)]
    fn close_root(&mut self) -> Memory {
        self.cursor.first = self.shared.children;
        self.cursor.woken = Woken::new();
        let root = self.shared.root.load(Ordering::Relaxed);
        let mut woke = None;
        if self.rest.asleep {
            woke = self
                .shared
                .root()
                .and_then(|root| self.rest.wake(root, root.look()));
            // Else a wake came first, and is about to move the spare.
            self.rest.asleep = false;
        }
        self.shared.root.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: this is the poller, the gate is claimed for good or was found by a wake, and the
        // pointer to the root is gone.
        let (kept, is_last) = unsafe { Root::leave(root, self.rest.returns) };
        let memory = if is_last { Memory(root) } else { Memory::NONE };
        drop((woke, kept));
        memory
    }
}

/// A reader has panicked. Whoever catches that may well wait to be woken.
struct ReaderUnwinding<'a> {
    wakers: &'a mut Wakers,
    parent: &'a Waker,
}

impl Drop for ReaderUnwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        let Wakers { shared, rest, .. } = &mut *self.wakers;
        wake_awake(shared.root(), rest, self.parent);
    }
}

impl Drop for Wakers {
    #[inline]
    fn drop(&mut self) {
        drop(self.close());
    }
}
