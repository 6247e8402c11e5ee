//! Which children were woken, and how the task hears of it.
//!
//! # What it is
//!
//! A tree of bit sets, drawn here for 130 children, which take three leaves:
//!
//! ```text
//! root   woken ..011 | references | task waker | taken
//!              |  `---- leaf 0  woken 0..01001 | live 1..11011    children   0 to  63
//!              `------- leaf 1  woken 0..10000 | live 1..11111    children  64 to 127
//!                       leaf 2  woken 0..00000 | live 0..00011    children 128 and 129
//! ```
//!
//! - `woken` has a bit for each child that was woken since the *poller* (whoever polls the table) last took
//!   the bits, and in the nodes above for each node below with such a bit. Up to 63 children are bits of the
//!   root itself.
//! - `live` has a bit for each child that runs. A late wake finds none, and does nothing.
//! - The root's top bit is `PARKED`: the poller has nothing to do and counts on being woken. In a set that
//!   grows the next one is `NOTIFIED`: something else than a child has woken the poller, as a spawn does in a
//!   group. It is set as a child's bit is, and always live, but no pass visits it.
//!
//! A child's waker is the address of its leaf plus the number of its bit. To clone it is to count one
//! reference to the root, which owns all nodes. The poller has a reference too, and lends wakers to the
//! children that it polls at no cost. A set that does not grow has no tree until the first child is pending:
//! children are polled with a lazy waker, on the stack, which makes the tree when it is cloned or woken.
//!
//! A set that grows has half of its root's bits for children, and below each of the others a tree twice as
//! large as the one before, made when it is needed. So a task has one root to be parked at, however large
//! the set becomes.
//!
//! # What happens
//!
//! - **wake**: sets the child's bit in its leaf. If the leaf had no bit before, sets the leaf's bit in the
//!   node above, and so on; if it had one, the wake that set it is on its way up, for both. A wake that gets
//!   to the root and finds exactly `PARKED` there is the first of this parking: it, and no other, moves the
//!   task waker out of its cell, sets `taken`, and wakes the task, with nothing of ours held. In there the
//!   task may poll the table, or drop it.
//! - **begin** a poll: swaps the root's bits for 0, and those of each node with a bit on the way down. These
//!   are the children of this pass. A child that is woken from now on is one of the next.
//! - **park**: puts the task waker into the cell, then exchanges the root's 0 for `PARKED`. If there is no 0,
//!   a child was woken meanwhile, and the poller wakes the task itself.
//! - **close**: swaps the root's bits for 0. No wake finds `PARKED` any more.
//!
//! # The race
//!
//! The cell is not an atomic, so the poller and a wake must never use it at once.
//!
//! 1. The poller parks: the waker of task A is in the cell, the root is `PARKED`.
//! 2. A child is woken. Its wake finds `PARKED`, so the cell is its own, and it stops for a while just there.
//! 3. The poller is polled for another reason, by task B. It swaps the root's bits, and finds more than
//!    `PARKED`: a wake has begun, and may be anywhere. It notes that (`is_waking`) and polls the child.
//! 4. The poller wants to park. The cell is its own again only if `taken` is set, which it is not. So it
//!    leaves everything as it is, wakes task B, and returns. Polled again, it looks again.
//! 5. The wake goes on: it moves the waker of task A out, sets `taken`, and wakes task A.
//! 6. The poller, polled again, finds `taken`, clears it, and parks with the waker of task B.
//!
//! No one waits for anyone, and the newest task is woken. To close in step 4 is the same: the cell is left to
//! the wake, which frees the root if it has the last reference. Had the poller found exactly `PARKED` in step
//! 3, no wake would have begun, and the cell would have been its own at once.
//!
//! A spurious poll must not even read the cell, as a wake may be at step 5. So as it parks the poller notes what
//! the waker in the cell is made of, and compares that. It does not note what its caller's waker is made of,
//! of which that is a clone: a lazy waker is gone after the poll, and the next one may be at its address.
//!
//! `tests/loom` has a model of each of these claims.

mod node;
mod root;
mod waker;

use core::{
    ptr,
    task::{RawWakerVTable, Waker},
};

pub(crate) use self::waker::Child;
use self::{
    node::{BITS, NOTIFIED, Node, PARKED},
    root::Root,
};
use crate::sync::{AtomicPtr, Ordering};

/// The poller's side: the pass at hand, and whether it is parked.
pub(crate) struct ReadySet {
    /// Null until a waker is needed that is not on the stack.
    root: AtomicPtr<Root>,
    /// How many children there are; 0 in a set that grows.
    len: usize,
    /// Whether children are given the task waker, and are all polled in each poll.
    is_bypassed: bool,
    /// The first child that was never polled.
    unpolled: usize,
    /// The pass: a node, null if there is no root yet; which of its children are yet to be visited, and the
    /// number of the first of its children.
    node: *const Node,
    left: usize,
    first: usize,
    /// A set that grows: how many children there is room for.
    room: usize,
    is_parked: bool,
    /// Whether the last parking was ended by a wake that had not set `taken` when last looked at.
    is_waking: bool,
    /// What the waker in the cell was made of as the poller parked: to compare it, the cell must not be read. As
    /// that one is kept meanwhile, no other is made of the same.
    task: Parts,
}

// SAFETY: the root's atomics are shared, and all else of it is the poller's, that is used through `&mut`
// alone: it may move to another thread.
unsafe impl Send for ReadySet {}
// SAFETY: by a shared reference the root is found or made, and its references are counted, which is atomic.
unsafe impl Sync for ReadySet {}

impl ReadySet {
    /// For so many children; or if that is 0, for a set that grows.
    pub(crate) fn new(len: usize) -> Self {
        Self {
            root: AtomicPtr::new(ptr::null_mut()),
            len,
            is_bypassed: len == 1,
            unpolled: 0,
            node: ptr::null(),
            left: 0,
            first: 0,
            room: 0,
            is_parked: false,
            is_waking: false,
            task: (ptr::null(), ptr::null()),
        }
    }

    /// From now on children are given the task waker, and are all polled in each poll. A single child is so
    /// from the start.
    pub(crate) fn bypass(&mut self) {
        *self = Self::new(self.len);
        self.is_bypassed = true;
    }

    /// The root, if there is one.
    #[inline]
    fn root(&self) -> Option<&Root> {
        find(&self.root)
    }

    /// The root, made now if there is none.
    fn make_root(&self) -> &Root {
        match self.root() {
            Some(root) => root,
            None => self.make_first_root(),
        }
    }

    #[cold]
    fn make_first_root(&self) -> &Root {
        let new = Root::new(self.len);
        let none = ptr::null_mut();
        let made = self
            .root
            .compare_exchange(none, new, Ordering::AcqRel, Ordering::Acquire);
        if made.is_err() {
            // A thread to which a child has lent its waker was first.
            // SAFETY: its only reference, and nobody has seen it.
            unsafe { Root::release(new) };
        }
        self.root().expect("there is one now")
    }

    /// Begins a poll by `task`: the children that were woken are a pass, unless there is one to go on
    /// with. False if there is nothing to do: the poller is parked, with the same waker, and nothing
    /// `is_new`.
    pub(crate) fn begin(&mut self, task: &Waker, is_new: bool) -> bool {
        if self.is_bypassed {
            (self.unpolled, self.left) = (0, 0);
        }
        let Some(root) = find(&self.root) else {
            return true;
        };
        if self.is_first_pass() || !self.is_pass_over() {
            return true;
        }
        let woken = &root.node.woken;
        match woken.load(Ordering::Relaxed) {
            // Nothing was woken since the last pass, which is over.
            0 => return true,
            PARKED if !is_new && self.task == parts(task) => return false,
            _ => {}
        }
        let found = woken.swap(0, Ordering::AcqRel);
        if self.is_parked {
            self.is_parked = false;
            self.is_waking = found != PARKED;
        }
        let no_child = if self.len == 0 {
            PARKED | NOTIFIED
        } else {
            PARKED
        };
        root.node.begin_pass(found & !no_child);
        self.node = &raw const root.node;
        self.first = 0;
        self.left = root.node.take_children();
        true
    }

    /// A bit for each child that the pass has yet to visit in this node.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Visits the child of the lowest of `left`, which are those that `left` gives.
    #[inline]
    pub(crate) fn visit(&mut self, left: usize) -> (usize, Child<'_>) {
        self.left = left & (left - 1);
        let bit = left.trailing_zeros();
        (
            self.first + bit as usize,
            Child {
                set: self,
                leaf: self.node,
                bit,
            },
        )
    }

    /// Moves the pass to the next node of which children are to be visited, and gives their bits. In the
    /// first pass, in which each is polled once, that is all.
    pub(crate) fn next_node(&mut self) -> usize {
        if self.is_first_pass() {
            self.first = self.unpolled;
            let children = (self.len - self.first).min(BITS);
            self.unpolled += children;
            self.left = usize::MAX >> (BITS - children);
            self.node = self.child(self.first).leaf;
            return self.left;
        }
        while let Some(next) = alive(self.node).and_then(Node::next) {
            self.node = next;
            self.first = next.first;
            self.left = next.take_children();
            if self.left != 0 {
                break;
            }
        }
        self.left
    }

    /// Whether there are children that were never polled.
    #[inline]
    pub(crate) fn is_first_pass(&self) -> bool {
        self.unpolled < self.len
    }

    #[inline]
    fn is_pass_over(&self) -> bool {
        self.left == 0 && alive(self.node).is_none_or(Node::is_pass_over)
    }

    /// Visits a new child of a set that grows.
    #[inline]
    pub(crate) fn insert(&mut self, index: usize) -> Child<'_> {
        if index >= self.room {
            self.grow(index);
        }
        let child = self.child(index);
        child.set_live(true);
        child
    }

    /// Makes room for child `index`.
    #[cold]
    fn grow(&mut self, index: usize) {
        // A block may be skipped: children that were cancelled before their first poll have none.
        while index >= self.room {
            self.room = self.make_root().grow(index);
        }
    }

    /// Child `index`.
    #[inline]
    pub(crate) fn child(&self, index: usize) -> Child<'_> {
        let (leaf, bit) = match self.root() {
            Some(root) => root.leaf(index),
            None => (ptr::null(), 0),
        };
        Child {
            set: self,
            leaf,
            bit,
        }
    }

    /// Child `index` is over, if it ever ran.
    pub(crate) fn over(&mut self, index: usize) {
        if index < self.room.max(self.len) {
            self.child(index).over();
        }
    }

    /// A waker by which something else than a child ends a parking of a set that grows.
    pub(crate) fn notifier(&self) -> Waker {
        let notified = Child {
            set: self,
            leaf: &raw const self.make_root().node,
            bit: NOTIFIED.trailing_zeros(),
        };
        notified.waker(Waker::noop()).clone()
    }

    /// A child is pending: from now on wakers are owned.
    #[inline]
    pub(crate) fn pending(&mut self) {
        if self.node.is_null() && !self.is_bypassed {
            self.make_root();
            self.node = self.child(self.first).leaf;
        }
    }

    /// Ends a poll by `task` that leaves children to be woken.
    pub(crate) fn park(&mut self, task: &Waker) {
        let Some(root) = find(&self.root).filter(|_| !self.is_bypassed) else {
            return;
        };
        if self.is_waking {
            if !root.taken.load(Ordering::Acquire) {
                // Its cell is not the poller's yet. It looks again in the next poll.
                task.wake_by_ref();
                return;
            }
            root.taken.store(false, Ordering::Relaxed);
            self.is_waking = false;
        }
        // SAFETY: the poller is not parked, and the last wake has set `taken`.
        self.task = unsafe { root.put_task(task) };
        let parked =
            root.node
                .woken
                .compare_exchange(0, PARKED, Ordering::AcqRel, Ordering::Acquire);
        self.is_parked = parked.is_ok();
        if !self.is_parked {
            task.wake_by_ref();
        }
    }

    /// From now on no child wakes the task. Its waker, to be dropped, if it is not being woken.
    pub(crate) fn close(&mut self) -> Option<Waker> {
        let root = find(&self.root)?;
        if self.is_parked {
            self.is_parked = false;
            self.is_waking = root.node.woken.swap(0, Ordering::AcqRel) != PARKED;
        }
        if self.is_waking && !root.taken.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: the poller is not parked, and the last wake has set `taken`.
        unsafe { root.with_task(Option::take) }
    }
}

impl Drop for ReadySet {
    fn drop(&mut self) {
        let _task = self.close();
        let root = self.root.load(Ordering::Relaxed);
        if !root.is_null() {
            // SAFETY: the reference is the poller's.
            unsafe { Root::release(root) };
        }
    }
}

#[inline]
fn find(root: &AtomicPtr<Root>) -> Option<&Root> {
    alive(root.load(Ordering::Acquire))
}

/// The poller's root, or a node of it.
#[inline]
fn alive<'a, T>(it: *const T) -> Option<&'a T> {
    // SAFETY: if not null, it lives until the poller gives back its reference, which it does as its last
    // step.
    unsafe { it.as_ref() }
}

/// What a waker is made of.
type Parts = (*const (), *const RawWakerVTable);

fn parts(waker: &Waker) -> Parts {
    (waker.data(), waker.vtable())
}
