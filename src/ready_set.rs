//! ESSAY

mod node;
mod root;
mod waker;

use core::{
    ptr,
    task::{RawWakerVTable, Waker},
};

pub(crate) use self::waker::Child;
use self::{
    node::{BITS, Node, PARKED},
    root::Root,
};
use crate::sync::{AtomicPtr, Ordering};

/// The poller's side.
pub(crate) struct ReadySet {
    /// Null until a waker is needed that is not on the stack.
    root: AtomicPtr<Root>,
    /// How many children there are; 0 in a set that grows.
    len: usize,
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
    /// What the task waker was made of as the poller parked: to compare it, the cell must not be read.
    task: (*const (), *const RawWakerVTable),
}

// SAFETY: the root's atomics are shared, and all else of it is the poller's, that is used through `&mut`
// alone: it may move to another thread.
unsafe impl Send for ReadySet {}
// SAFETY: by a shared reference the root is found or made, which is atomic.
unsafe impl Sync for ReadySet {}

impl ReadySet {
    /// For so many children; or if that is 0, for a set that grows.
    pub(crate) fn new(len: usize) -> Self {
        Self {
            root: AtomicPtr::new(ptr::null_mut()),
            len,
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

    /// Whether there is only one child, which is given the task waker.
    #[inline]
    fn is_only(&self) -> bool {
        self.len == 1
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
        if self.is_only() {
            self.unpolled = 0;
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
        root.node.begin_pass(found & !PARKED);
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
        while let Some(next) = node(self.node).and_then(Node::next) {
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
        self.left == 0 && node(self.node).is_none_or(Node::is_pass_over)
    }

    /// Visits a new child of a set that grows.
    #[inline]
    pub(crate) fn insert(&mut self, index: usize) -> Child<'_> {
        if index >= self.room {
            self.room = self.make_root().grow(index);
        }
        let child = self.child(index);
        child.set_live(true);
        child
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

    /// A child is pending: from now on wakers are owned.
    #[inline]
    pub(crate) fn pending(&mut self) {
        if self.node.is_null() && !self.is_only() {
            self.make_root();
            self.node = self.child(self.first).leaf;
        }
    }

    /// Ends a poll by `task` that leaves children to be woken.
    pub(crate) fn park(&mut self, task: &Waker) {
        let Some(root) = find(&self.root).filter(|_| !self.is_only()) else {
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
        unsafe { root.put_task(task) };
        self.task = parts(task);
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
    // SAFETY: if not null, it is alive: the poller's reference is given back by its drop.
    unsafe { root.load(Ordering::Acquire).as_ref() }
}

/// The node at which a pass or a child is.
#[inline]
fn node<'a>(node: *const Node) -> Option<&'a Node> {
    // SAFETY: if not null, it is one of the poller's root, which is there.
    unsafe { node.as_ref() }
}

fn parts(waker: &Waker) -> (*const (), *const RawWakerVTable) {
    (waker.data(), waker.vtable())
}
