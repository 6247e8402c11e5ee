//! The wakers of all children, in one allocation that is made late, and the protocol by which
//! they tell the poller which children to poll, and the parent that there are some.
//!
//! # Layout
//!
//! ```text
//! Root  | refs | stack | parent | taken | ..              |
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
//! - `ASLEEP`: the poller has returned `Pending` and counts on being woken. `parent` is full.
//! - `CLAIMED`: the poller is at work, or has seen to it that it will be polled again. The bit
//!   stays while children are woken: words are pushed under it, or ready bits set beside it.
//! - anything else: children were woken while it was `ASLEEP`. With a stack, the first leaves just
//!   its own index there (`LONE`), as often no second comes. Who comes second pushes its own word
//!   instead, and then wakes the first once more, in its stead.
//!
//! Who moves it:
//!
//! - The poller, from anything to `CLAIMED`: it takes the children that were woken, all at once.
//! - The poller, from `CLAIMED` to `ASLEEP`, after it filled `parent`. This fails if a child was
//!   woken meanwhile, and then the poller wakes its parent itself. Where one child was woken, it
//!   goes straight from that to `ASLEEP`, and polls the child after.
//! - A wake, from `ASLEEP` to anything else. There is one such wake in a sleep, and it owns
//!   `parent`: it moves the waker out, sets `taken`, gives its reference back, and only then calls
//!   the waker. All other wakes end with setting a bit, or with pushing a word.
//!
//! So a parent is woken at most once in a sleep, and no foreign code (the parent's waker is that)
//! runs while anybody has something half done: the parent may poll or drop the table in `wake`.
//!
//! `done` has a bit for each child that will not be polled again, whose late wakes are ignored.
//! Only the poller writes it.
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
//! is not `ASLEEP` any more. It sees that some wake owns `parent`, and `taken` tells whether that
//! wake is past its move. If so, nobody else can reach `parent` before the poller sleeps again. If
//! not, the poller leaves everything as it is, wakes B itself and returns `Pending`. Polled again,
//! it looks again; no one waits for anyone.
//!
//! Dropping the table is the same step: the poller claims for good. From `ASLEEP`, the parent's
//! waker is its own to drop; from anything else, it belongs to the wake that came before. Later
//! wakes find the gate claimed, or woken from a sleep that is over, and leave the parent alone.
//!
//! `tests/loom.rs` has a model for each of these claims.

mod child;
mod early;
mod pass;
mod root;

use core::{fmt, mem, ptr, task::Waker};

use self::root::{Root, Woken};
pub(crate) use self::{
    early::Early,
    pass::{Pass, Visit},
};
use crate::sync::{AtomicPtr, Ordering};

/// The poller's side: the wakers of a fixed number of children.
pub(crate) struct Wakers {
    shared: Shared,
    cursor: Cursor,
    /// Whether the poller left the gate `ASLEEP`.
    asleep: bool,
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

// SAFETY: behind the pointer are atomics, and the parent's waker, itself `Send + Sync`, which has
// one owner at a time by the protocol above.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

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
        }
    }

    /// What an only child is polled with, always, and what others are until one of them needs a
    /// waker that lasts. Only a poll that may `begin` a pass polls an only child again.
    #[inline]
    pub(crate) fn early<'a>(&'a mut self, parent: &'a Waker, begin: bool) -> Option<Early<'a>> {
        let Self { shared, cursor, .. } = self;
        if begin && shared.children == 1 {
            cursor.first = 0;
        } else if cursor.first == shared.children || shared.root().is_some() {
            return None;
        }
        Some(Early::new(shared, &mut cursor.first, parent))
    }

    /// Starts a poll of the parent: goes on with a pass that ended early, or begins one over the
    /// children woken since the last, if it may. `None` if there is nothing to do but to return
    /// `Pending`.
    #[inline]
    pub(crate) fn pass<'a>(
        &'a mut self,
        parent: &'a Waker,
        running: usize,
        begin: bool,
    ) -> Option<Pass<'a>> {
        if self.cursor.is_at_end(&self.shared) {
            if begin {
                if !self.collect(parent, running) {
                    return None;
                }
            } else if self.asleep {
                // Whether somebody was woken since, or this is another parent: it comes back.
                if !self.is_undisturbed(parent) {
                    parent.wake_by_ref();
                }
                return None;
            }
        }
        let root = self.shared.root()?;
        let children = self.shared.children;
        let (cursor, asleep) = (&mut self.cursor, &mut self.asleep);
        Some(Pass::new(root, children, cursor, asleep, parent))
    }

    /// Whether there are children that were never polled.
    pub(crate) fn is_first_pass(&self) -> bool {
        self.cursor.first < self.shared.children
    }

    /// Polls a child that was put into the slot of one that finished, outside of any pass.
    pub(crate) fn visit<'a>(&'a mut self, index: usize, parent: &'a Waker) -> Visit<'a> {
        let root = (self.shared.children > 1).then(|| self.shared.make_root());
        Visit::new(root, index, parent)
    }

    /// Asleep, for this parent, and nobody was woken.
    fn is_undisturbed(&self, parent: &Waker) -> bool {
        let undisturbed = |root: &Root| root.is_asleep() && root.parent_is(parent);
        self.shared.root().is_some_and(undisturbed)
    }

    /// Takes the children that were woken. False if the parent was polled for nothing.
    #[inline]
    fn collect(&mut self, parent: &Waker, running: usize) -> bool {
        let Some(root) = self.shared.root() else {
            return false;
        };
        if self.asleep {
            if self.is_undisturbed(parent) {
                return false;
            }
            let old = if root.is_asleep() { root.claim() } else { None };
            if old.is_none() && !root.is_parent_taken() {
                // The scary race.
                parent.wake_by_ref();
                return false;
            }
            self.asleep = false;
            drop(old);
        }
        // Where one child was woken, and is not the last, sleep at once: polling it is all there is
        // to do, and this spares a step of the protocol.
        let lone = (running > 1).then(|| root.collect_lone(parent)).flatten();
        self.asleep = lone.is_some();
        self.cursor.woken = lone.unwrap_or_else(|| root.collect());
        true
    }

    /// From now on no child wakes the parent, whose waker is dropped.
    #[inline]
    pub(crate) fn close(&mut self) {
        self.cursor.first = self.shared.children;
        self.cursor.woken = Woken::NONE;
        if self.shared.root().is_some() {
            self.close_root();
        }
    }

    fn close_root(&mut self) {
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

impl fmt::Debug for Wakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wakers").finish_non_exhaustive()
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
        if made.is_err() {
            // Another thread, to which a child has lent its early waker, was first.
            // SAFETY: its only reference, and nobody has seen it.
            unsafe { Root::release(new) };
        }
        self.root().expect("it was made")
    }
}

impl Cursor {
    fn is_at_end(&self, shared: &Shared) -> bool {
        self.first == shared.children && self.woken.is_empty()
    }
}
