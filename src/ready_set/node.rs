//! A node of the tree: a word of bits for the children that were woken, and one for those that run.

use core::{cell::Cell, ptr};

use super::root::Root;
use crate::sync::{AtomicUsize, Ordering, see_freed};

/// How many children a leaf has, and how many nodes a node has below it.
pub(super) const BITS: usize = usize::BITS as usize;

/// The root's top bit: the poller counts on being woken.
pub(super) const PARKED: usize = 1 << (BITS - 1);

/// The bit after it, in the root of a set that grows: something else than a child woke the poller.
pub(super) const NOTIFIED: usize = PARKED >> 1;

// Aligned so that there is room for the number of a bit in a node's address.
#[repr(C, align(64))]
pub(super) struct Node {
    /// A bit for each child that was woken since the poller last took the bits, and for each node below
    /// in which there is one.
    pub(super) woken: AtomicUsize,
    /// A bit for each child that runs. Only the poller writes it.
    live: AtomicUsize,
    /// The node above, and the number of this node's bit there. Null in the root.
    up: *const Node,
    bit: u8,
    /// How many of the bits, from the lowest on, are children. The others are nodes below.
    pub(super) children: u8,
    /// The number of the first child.
    pub(super) first: usize,
    /// The first of the nodes below. Null if there are none, and in the root of a set that grows.
    below: *const Node,
    /// Of use for all of the root's memory, unlike a reference.
    pub(super) root: *const Root,
    /// The poller's: the bits that the pass has yet to visit.
    left: Cell<usize>,
}

const _: () = assert!(align_of::<Node>() >= BITS);

impl Node {
    /// The node of a root.
    pub(super) fn root_node(
        root: *const Root,
        children: usize,
        below: *const Node,
        live: usize,
    ) -> Self {
        Self {
            woken: AtomicUsize::new(0),
            live: AtomicUsize::new(live),
            up: ptr::null(),
            bit: 0,
            children: children as u8,
            first: 0,
            below,
            root,
            left: Cell::new(0),
        }
    }

    /// How many nodes a tree for `children` has, if its top level is to have at most `width`.
    pub(super) fn count(children: usize, width: usize) -> usize {
        let mut level = children.div_ceil(BITS);
        let mut count = level;
        while level > width {
            level = level.div_ceil(BITS);
            count += level;
        }
        count
    }

    /// Writes that tree: the leaves, of children from `first` on, then the level above them, and so on. The
    /// nodes of the top level are below the root, from its bit number `bit` on. Gives the first of them.
    ///
    /// # Safety
    ///
    /// `nodes` has room for as many nodes as `count` says, and no other user.
    pub(super) unsafe fn write_tree(
        nodes: *mut Self,
        (children, width): (usize, usize),
        root: *const Root,
        (bit, first, live): (usize, usize, usize),
    ) -> *const Self {
        let (mut below, mut start, mut level) = (None, 0, children.div_ceil(BITS));
        loop {
            let above = start + level;
            let is_top = level <= width;
            for index in 0..level {
                let (up, bit) = if is_top {
                    (root.cast(), bit + index)
                } else {
                    (
                        nodes.wrapping_add(above + index / BITS).cast_const(),
                        index % BITS,
                    )
                };
                let of_children = if below.is_none() { BITS } else { 0 };
                let below = below.map_or(ptr::null(), |below| {
                    nodes.wrapping_add(below + index * BITS).cast_const()
                });
                let node = Self {
                    up,
                    bit: bit as u8,
                    first: first + index * BITS,
                    ..Self::root_node(root, of_children, below, live)
                };
                // SAFETY: `start + index` is less than `count` says.
                unsafe { nodes.add(start + index).write(node) };
            }
            if is_top {
                return nodes.wrapping_add(start);
            }
            (below, start, level) = (Some(start), above, level.div_ceil(BITS));
        }
    }

    pub(super) fn root(&self) -> &Root {
        // SAFETY: the nodes live as long as their root.
        unsafe { &*self.root }
    }

    #[inline]
    fn up(&self) -> Option<&Self> {
        // SAFETY: all nodes of a root live as long as it does.
        unsafe { self.up.as_ref() }
    }

    /// Notes that the child of bit number `bit` was woken. Whether the task is to be woken: the poller was parked,
    /// and this is the first wake since.
    ///
    /// Where the node had a bit already, the wake that set it goes on up, for this one too.
    #[inline]
    pub(super) fn set_woken(&self, bit: u32) -> bool {
        if self.live.load(Ordering::Relaxed) >> bit & 1 == 0 {
            return false;
        }
        let (mut node, mut bit) = (self, bit);
        loop {
            let before = node.woken.fetch_or(1 << bit, Ordering::AcqRel);
            let Some(up) = node.up() else {
                return before == PARKED;
            };
            if before != 0 {
                return false;
            }
            (node, bit) = (up, node.bit.into());
        }
    }

    /// The poller: the child of bit number `bit` runs from now on, or is over.
    #[inline]
    pub(super) fn set_live(&self, bit: u32, is_live: bool) {
        let live = self.live.load(Ordering::Relaxed);
        let live = if is_live {
            live | 1 << bit
        } else {
            live & !(1 << bit)
        };
        self.live.store(live, Ordering::Relaxed);
    }

    /// The poller: has a pass visit `woken` of this node, and of the nodes below what was woken there.
    pub(super) fn begin_pass(&self, woken: usize) {
        self.left.set(woken);
        let mut nodes = woken & self.of_nodes();
        while nodes != 0 {
            let below = self.below(nodes.trailing_zeros());
            below.begin_pass(below.woken.swap(0, Ordering::AcqRel));
            nodes &= nodes - 1;
        }
    }

    /// The poller: the bits of this node's children that the pass is to visit, which it now has.
    pub(super) fn take_children(&self) -> usize {
        let left = self.left.get();
        let children = left & !self.of_nodes();
        self.left.set(left ^ children);
        children
    }

    /// The poller: the node with which a pass goes on that has visited this node's children, if it is not
    /// over.
    pub(super) fn next(&self) -> Option<&Self> {
        let left = self.left.get();
        if left == 0 {
            return self.up();
        }
        self.left.set(left & (left - 1));
        Some(self.below(left.trailing_zeros()))
    }

    /// Which bits are of nodes below.
    fn of_nodes(&self) -> usize {
        usize::MAX.checked_shl(self.children.into()).unwrap_or(0)
    }

    /// The poller: whether the pass, which is at this node, has visited all.
    pub(super) fn is_pass_over(&self) -> bool {
        self.left.get() == 0 && self.up().is_none_or(Self::is_pass_over)
    }

    /// The node below at a bit that is not a child's.
    fn below(&self, bit: u32) -> &Self {
        if self.below.is_null() {
            return self.root().top(bit as usize);
        }
        // SAFETY: the nodes below lie side by side, and a pass has only bits that stand for one.
        unsafe { &*self.below.add(bit as usize) }
    }

    /// Lets loom see that the node is not used any more.
    pub(super) fn see_freed(&mut self) {
        see_freed(&mut self.woken);
        see_freed(&mut self.live);
    }
}
