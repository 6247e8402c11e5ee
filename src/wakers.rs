//! The wakers of all children, in one allocation that is made late, and the protocol by which
//! they tell the poller which children to poll, and the parent that there are some.
//!
//! # Layout
//!
//! ```text
//! Root  | refs | stack | parent | parent_moved | ..       |
//! Word  | ready | done | next | index | root | (poller's) |   children   0..64
//! Word  | ready | done | next | index | root | (poller's) |   children  64..128
//! ```
//!
//! A word is aligned to the number of children that it serves, so a child's waker is one pointer:
//! the word's address plus the child's bit. All wakers and the poller share the count `refs`.
//!
//! Until a child needs a waker that lasts, there is none of this: children are polled with a waker
//! that lives on the stack ([`Early`]), whose clones are the real ones.
//!
//! # Protocol
//!
//! `ready` has a bit for each child that was woken since the poller last took the word's bits. Who
//! makes it non-zero pushes the word on the stack, linked through `next`, so it is there once.
//!
//! The *gate* is the one atomic that the poller and all wakes contend for: the head of that stack.
//! Where one word with a bit to spare serves all children, its `ready` is the gate, and nothing is
//! pushed. The gate is
//!
//! - `ASLEEP`: the poller counts on being woken. `parent` is full.
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
//!   `ASLEEP` it takes the parent's waker back, since it is polled again, or ends, or a child panics.
//! - The poller, from `CLAIMED` to `ASLEEP`, after it filled `parent`. This fails if a child was
//!   woken meanwhile, and then the poller wakes its parent itself. Where one child was woken, it
//!   goes straight from that to `ASLEEP`, and polls the child after.
//! - A wake, from `ASLEEP` to anything else. There is one such wake in a sleep, and it owns
//!   `parent`: it moves the waker out, sets `parent_moved`, and calls the waker when all that is
//!   done. All other wakes end with setting a bit, or with pushing a word.
//!
//! So a parent is woken at most once in a sleep, and no foreign code (the parent's waker is that)
//! runs while anybody has something half done: the parent may poll or drop the table in `wake`.
//!
//! `done` has a bit for each child that is over, whose late wakes are ignored. Only the poller
//! writes it, and takes the bit back if it puts another child into the slot, which the wakers of
//! the earlier one then wake too.
//!
//! # The scary race
//!
//! The poller wants to replace the parent's waker while a child is being woken.
//!
//! 1. Poller: asleep, `parent` is A. It is polled again for some other reason, with waker B.
//! 2. Child: finds `ASLEEP`, so it owns A and is about to move it out.
//! 3. Poller: must not write B over A now.
//!
//! In step 3 it does not, since to write it has to go from `ASLEEP` to `CLAIMED` first, and the gate
//! is not `ASLEEP` any more. It sees that some wake owns `parent`, and `parent_moved` tells whether that
//! wake is past its move. If so, nobody else can reach `parent` before the poller sleeps again. If
//! not, the poller leaves everything as it is, wakes B itself and returns `Pending`. Polled again,
//! it looks again; no one waits for anyone.
//!
//! Dropping the table is the same step: the poller claims for good. From `ASLEEP`, the parent's
//! waker is its own to drop; from anything else, it belongs to the wake that came before. Later
//! wakes find the gate claimed, or woken from a sleep that is over, and leave the parent alone.
//!
//! `tests/loom` has models of all this.

mod child;
mod early;
mod pass;
mod root;
mod woken;

use core::{cell::Cell, mem, ptr, task::Waker};

pub(crate) use self::{
    early::Early,
    pass::{Pass, Visit, WakeOnUnwind},
};
use self::{pass::wake_unwinding, root::Root, woken::Woken};
use crate::sync::{AtomicPtr, Ordering};

/// The poller's side: the wakers of a fixed number of children.
pub(crate) struct Wakers {
    shared: Shared,
    cursor: Cursor,
    /// Whether the poller left the gate `ASLEEP`.
    asleep: bool,
    /// Whether it has seen to the parent's wake in this poll of the parent.
    rested: bool,
}

/// What there is to do in a poll of the parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// A pass, which may turn out to be empty.
    Pass,
    /// Nothing: nobody was woken, and the parent is known.
    Nothing,
    /// Nothing now: the parent was woken, to be polled again.
    Later,
}

/// What the poller shares with the children that it polls.
struct Shared {
    /// Null until a child needs a waker that outlives its poll.
    root: AtomicPtr<Root>,
    children: usize,
}

/// What the current pass has yet to visit. It stays when a poll ends early, so that nothing has to
/// be put back.
#[derive(Clone, Copy)]
struct Cursor {
    /// The first pass polls every child, this one next.
    first: usize,
    /// Later ones poll those that were woken.
    woken: Woken,
}

impl Wakers {
    pub(crate) fn new(children: usize) -> Self {
        Self {
            shared: Shared {
                root: AtomicPtr::new(ptr::null_mut()),
                children,
            },
            cursor: Cursor {
                first: 0,
                woken: Woken::NONE,
            },
            asleep: false,
            rested: false,
        }
    }

    /// The same for children that come one by one: there is no first pass.
    #[cfg(feature = "std")]
    pub(crate) fn past_first_pass(children: usize) -> Self {
        let mut wakers = Self::new(children);
        wakers.cursor.first = children;
        wakers
    }

    /// Starts a poll of the parent: finds out whom to poll, which is the rest of a pass that ended
    /// early, or else the children that were woken.
    #[inline]
    pub(crate) fn begin(&mut self, parent: &Waker, running: usize) -> Begin {
        self.rested = false;
        if self.shared.children == 1 {
            self.cursor.first = 0;
        }
        if self.shared.root().is_none() {
            return Begin::Pass;
        }
        self.begin_with_root(parent, running)
    }

    fn begin_with_root(&mut self, parent: &Waker, running: usize) -> Begin {
        let over = self.cursor.is_at_end(&self.shared);
        let Some(root) = self.shared.root() else {
            return Begin::Pass;
        };
        if self.asleep {
            let mut old = None;
            if root.is_asleep() {
                // SAFETY: this is the poller, and it has slept.
                if unsafe { root.parent_is(parent) } {
                    return if over { Begin::Nothing } else { Begin::Pass };
                }
                old = root.claim();
            }
            if old.is_none() && !root.is_parent_moved() {
                // The scary race.
                parent.wake_by_ref();
                return Begin::Later;
            }
            self.asleep = false;
            WakeOnUnwind::call(parent, || drop(old));
        }
        if over {
            // Where one child was woken, and is not the last, sleep at once: polling it is all there
            // is to do, and this spares a step of the protocol.
            let lone = if running > 1 {
                // SAFETY: this is the poller, and it is not asleep: if it ever slept, it has claimed
                // since, or has seen that a wake moved the parent's waker.
                unsafe { root.collect_lone(parent) }
            } else {
                None
            };
            self.asleep = lone.is_some();
            self.cursor.woken = lone.unwrap_or_else(|| root.collect());
        }
        Begin::Pass
    }

    /// What an only child is polled with, always, and what others are until one of them needs a
    /// waker that lasts.
    #[inline]
    pub(crate) fn early<'a>(&'a mut self, parent: &'a Waker) -> Option<Early<'a>> {
        let Self { shared, cursor, .. } = self;
        if cursor.first == shared.children || shared.root().is_some() {
            return None;
        }
        Some(Early::new(
            shared,
            Cell::from_mut(&mut cursor.first),
            parent,
        ))
    }

    /// What is left of the pass. `None` if nobody has a waker that lasts, or if this poll of the
    /// parent has got to its end already.
    #[inline]
    pub(crate) fn pass<'a>(&'a mut self, parent: &'a Waker) -> Option<Pass<'a>> {
        let Self {
            shared,
            cursor,
            asleep,
            rested,
        } = self;
        let root = if *rested { None } else { shared.root() }?;
        Some(Pass {
            root,
            children: shared.children,
            cursor,
            asleep,
            rested,
            parent,
            index: 0,
        })
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
        self.cursor.woken = Woken::NONE;
    }

    /// Whether there are children that were never polled.
    pub(crate) fn is_first_pass(&self) -> bool {
        self.shared.children > 1 && self.cursor.first < self.shared.children
    }

    /// Polls a child that was put into the slot of one that finished, outside of any pass.
    pub(crate) fn visit<'a>(&'a mut self, index: usize, parent: &'a Waker) -> Visit<'a> {
        if self.shared.children == 1 {
            self.cursor.first = 1;
            return Visit::new(None, index, parent);
        }
        Visit::new(Some(self.shared.make_root()), index, parent)
    }

    /// Wakes every child that needs a waker that lasts, from outside of any pass.
    #[cfg(feature = "std")]
    pub(crate) fn wake_all(&self) {
        if let Some(root) = self.shared.root() {
            for index in 0..self.shared.children {
                child::Lent::child(root, index).wake_by_ref();
            }
        }
    }

    /// From now on no child wakes the parent, whose waker is dropped.
    #[inline]
    pub(crate) fn close(&mut self) {
        if self.shared.root().is_some() {
            self.close_root();
        }
    }

    #[inline(never)]
    fn close_root(&mut self) {
        self.cursor.first = self.shared.children;
        self.cursor.woken = Woken::NONE;
        let root = self.shared.root.load(Ordering::Relaxed);
        let mut parent = None;
        if mem::take(&mut self.asleep) {
            parent = self.shared.root().and_then(Root::claim);
        }
        self.shared.root.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: this is the poller's reference, and the pointer to it is gone.
        unsafe { Root::release(root) };
        drop(parent);
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
        let Wakers { shared, asleep, .. } = &mut *self.wakers;
        wake_unwinding(shared.root(), asleep, self.parent);
    }
}

impl Drop for Wakers {
    #[inline]
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    #[inline]
    fn root(&self) -> Option<&Root> {
        // SAFETY: if not null, it is alive: the poller has a reference, given back in `close_root`,
        // which leaves null behind and has the poller to itself.
        unsafe { self.root.load(Ordering::Acquire).as_ref() }
    }

    /// The root, made now if there is none.
    fn make_root(&self) -> &Root {
        if let Some(root) = self.root() {
            return root;
        }
        let new = Root::new(self.children);
        let made =
            self.root
                .compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        let root = made.err().map_or(new, |first| {
            // Another thread, to which a child has lent its early waker, was first.
            // SAFETY: its only reference, and nobody has seen it.
            unsafe { Root::release(new) };
            first
        });
        // SAFETY: as in `root`. Not loaded again, as that would wait for the exchange.
        unsafe { &*root }
    }
}

impl Cursor {
    fn is_at_end(&self, shared: &Shared) -> bool {
        self.first == shared.children && self.woken.is_empty()
    }
}
