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
mod first;
mod gate;
mod parent;
mod pass;
mod root;
mod shared;
mod turn;
mod woken;

use core::{cell::Cell, mem, ptr, task::Waker};

pub(crate) use self::{
    first::First,
    pass::{Pass, Start, Visit, WakeOnUnwind},
};
use self::{gate::Found, pass::wake_awake, root::Root, shared::Shared, woken::Woken};
use crate::sync::Ordering;

/// The poller's side: the wakers of a fixed number of children.
pub(crate) struct Wakers {
    shared: Shared,
    cursor: Cursor,
    rest: Rest,
}

/// How the poller stands with its parent.
struct Rest {
    /// Whether it left the gate `ASLEEP`.
    asleep: bool,
    /// Whether it then left the parent's waker as the spare.
    spare: bool,
    /// Whether it has seen to the parent's wake in this poll of the parent.
    rested: bool,
    /// Whether an odd number of wakes has been called to wake the parent by what is kept of it.
    returns: bool,
}

/// The poller is not asleep any more.
struct Woke {
    /// Whether a child's wake came first.
    by_child: bool,
    /// The parent's waker that it has no use for.
    spare: Option<Waker>,
}

/// What there is to do in a poll of the parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// To poll an only child.
    Only,
    /// What is left of the first pass.
    First,
    /// A pass, which may turn out to be empty.
    Pass,
    /// To poll this child, and nothing else: the poller is asleep already.
    One(usize),
    /// Nothing: nobody was woken, and the parent is known.
    Nothing,
    /// Nothing now: the parent was woken, to be polled again.
    Later,
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
            rest: Rest {
                asleep: false,
                spare: false,
                rested: false,
                returns: false,
            },
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
    #[inline(always)]
    pub(crate) fn begin(&mut self, parent: &Waker, running: usize) -> Begin {
        self.rest.rested = false;
        if self.shared.children == 1 {
            self.cursor.first = 0;
            return Begin::Only;
        }
        if self.cursor.first < self.shared.children {
            return Begin::First;
        }
        if !self.rest.asleep && !self.cursor.woken.is_empty() {
            return Begin::Pass;
        }
        self.begin_later(parent, running)
    }

    #[inline(never)]
    fn begin_later(&mut self, parent: &Waker, running: usize) -> Begin {
        let Self {
            shared,
            cursor: Cursor { woken, .. },
            rest,
        } = self;
        let Some(root) = shared.root() else {
            return Begin::Nothing;
        };
        let mut found = root.look();
        if rest.asleep {
            if found.is_asleep() {
                if woken.is_clear() && rest.knows(root, parent) {
                    return Begin::Nothing;
                }
            } else if !rest.spare && woken.is_clear() && running > 1 {
                // Where one child was woken, and is not the last, back to sleep at once: polling it is
                // all there is to do, and this spares a step of the protocol.
                if let Some(child) = root.lone(found) {
                    let returns = !rest.returns;
                    if !root.is_in_parent(returns)
                        && root.parent.keeps(parent)
                        && root.sleep(found, false)
                    {
                        rest.returns = returns;
                        return Begin::One(child);
                    }
                    found = root.look();
                }
            }
            let Some(woke) = rest.wake(root, found) else {
                // The scary race.
                parent.wake_by_ref();
                return Begin::Later;
            };
            if !woke.by_child || woke.spare.is_some() {
                WakeOnUnwind::call(parent, || drop(woke.spare));
                found = root.look();
            }
        }
        if woken.is_empty() {
            root.collect(found, woken);
        }
        Begin::Pass
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

    /// What is left of a later pass. `child` is for its use.
    #[inline(always)]
    pub(crate) fn pass<'a>(&'a mut self, parent: &'a Waker, child: &'a Cell<usize>) -> Pass<'a> {
        let Self {
            shared,
            cursor,
            rest,
        } = self;
        Pass::new(shared, cursor, rest, parent, child)
    }

    /// Whether this poll of the parent has got to its end already, or to that of an only child.
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

    /// Whether there are children that were never polled.
    #[inline]
    pub(crate) fn is_first_pass(&self) -> bool {
        self.shared.children > 1 && self.cursor.first < self.shared.children
    }

    /// Whether there is an only child, and was not polled in this poll of the parent.
    #[inline]
    pub(crate) fn is_only(&self) -> bool {
        self.shared.children == 1 && self.cursor.first == 0
    }

    /// The poll of an only child.
    #[inline(always)]
    pub(crate) fn only<'a>(&'a mut self, parent: &'a Waker) -> Visit<'a> {
        self.cursor.first = 1;
        Visit::new(None, &mut self.rest, parent, 0)
    }

    /// Whether there is an only child, or place for one.
    pub(crate) fn is_for_only_child(&self) -> bool {
        self.shared.children == 1
    }

    /// The poll of a child that was put into the slot of one that finished, where there are several.
    #[inline(always)]
    pub(crate) fn start<'a>(&'a mut self, parent: &'a Waker, child: &'a Cell<usize>) -> Start<'a> {
        Start::new(&self.shared, &mut self.rest, parent, child)
    }

    /// The poll of a child for which [`Begin::One`] was given.
    #[inline(always)]
    pub(crate) fn one<'a>(&'a mut self, child: usize, parent: &'a Waker) -> Visit<'a> {
        let root = self.shared.root().expect("somebody has woken that child");
        Visit::new(Some(root), &mut self.rest, parent, child)
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
        Memory(ptr::null())
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
        let memory = Memory(if is_last { root } else { ptr::null() });
        drop((woke, kept));
        memory
    }
}

/// That of the wakers, to be freed, if nobody else uses it.
pub(crate) struct Memory(*const Root);

impl Drop for Memory {
    #[inline]
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the last reference is gone.
            unsafe { Root::free(self.0) };
        }
    }
}

impl Rest {
    /// While asleep: whether `waker` is as good as what the parent is to be woken by. It says no for a
    /// spare.
    #[inline]
    fn knows(&self, root: &Root, waker: &Waker) -> bool {
        !self.spare && root.parent.keeps(waker)
    }

    /// To sleep, with `parent` to be woken, from what the gate was `found` to be. Whether that succeeded.
    #[inline]
    fn sleep(&mut self, root: &Root, parent: &Waker, found: Found) -> bool {
        self.spare = root.is_in_parent(self.returns);
        if self.spare {
            // SAFETY: this is the poller, and it is awake.
            unsafe { root.parent.set_spare(parent) };
            root.spare_moved.store(false, Ordering::Relaxed);
        } else if !root.parent.keeps(parent) {
            // SAFETY: the same, and all wakes have returned.
            unsafe { root.parent.keep(parent) };
        }
        self.asleep = root.sleep(found, self.spare);
        if !self.asleep && self.spare {
            // SAFETY: no wake has found it, as the gate was never `ASLEEP` since.
            let spare = unsafe { root.parent.take_spare() };
            WakeOnUnwind::call(parent, || drop(spare));
        }
        self.asleep
    }

    /// At the end of a pass that has left something to do, or the poller awake.
    #[inline(never)]
    fn end(&mut self, root: &Root, parent: &Waker, is_over: bool) {
        if !is_over {
            return wake_awake(Some(root), self, parent);
        }
        let found = root.look();
        if !found.is_quiet() || !self.sleep(root, parent, found) {
            parent.wake_by_ref();
        }
    }

    /// From asleep to awake; `None` while that is not to be had, since a wake has yet to move the spare.
    #[inline]
    fn wake(&mut self, root: &Root, found: Found) -> Option<Woke> {
        let by_child = !root.claim(found);
        let mut spare = None;
        if !self.spare {
            self.returns ^= by_child;
        } else if !by_child {
            // SAFETY: no wake has found it.
            spare = unsafe { root.parent.take_spare() };
        } else if !root.spare_moved.load(Ordering::Acquire) {
            return None;
        }
        self.asleep = false;
        Some(Woke { by_child, spare })
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
