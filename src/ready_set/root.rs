//! The root: the node at which the poller parks, and the owner of all others.

use alloc::{
    alloc::{alloc, dealloc, handle_alloc_error},
    boxed::Box,
    vec::Vec,
};
use core::{alloc::Layout, cell, ptr, task::Waker};

use super::{
    Parts,
    node::{BITS, NOTIFIED, Node},
    parts,
};
use crate::sync::{AtomicBool, AtomicUsize, Ordering, UnsafeCell};

/// How many children of a set that grows are bits of the root. Block `k` has `FIRST << k` more. Narrow words
/// have fewer, so that there are bits for as many blocks as there is memory for.
const FIRST: usize = if BITS == 64 { 32 } else { BITS / 4 };

/// What any allocator aligns to.
const ALIGNED: usize = 2 * align_of::<usize>();

/// In one allocation with the nodes of a set that does not grow, which follow it.
#[repr(C)]
pub(super) struct Root {
    // First, so that the root's address is its node's.
    pub(super) node: Node,
    /// One of the poller, and one of each waker.
    references: AtomicUsize,
    /// Whether the first wake of a parking has moved the task waker out of its cell.
    pub(super) taken: AtomicBool,
    /// How far into its allocation the root is.
    offset: u8,
    /// The cell. It is the poller's, but from the first wake of a parking until that has set `taken`.
    task: UnsafeCell<Option<Waker>>,
    /// How many nodes follow.
    nodes: usize,
    /// The poller's: block by block, the trees of a set that grows.
    blocks: cell::UnsafeCell<Vec<*mut [Node]>>,
}

impl Root {
    /// For `children` that all run; or if there are none, for a set that grows. With one reference.
    #[cold]
    pub(super) fn new(children: usize) -> *mut Self {
        const WIDTH: usize = BITS - 1;
        let (on_root, below) = match children {
            0 => (FIRST, 0),
            1..=WIDTH => (WIDTH, 0),
            _ => (0, Node::count(children, WIDTH)),
        };
        let live = if children == 0 { NOTIFIED } else { usize::MAX };
        let layout = Self::layout(below);
        // SAFETY: the layout has a size, and room for a root and for the nodes behind it. There is no
        // other user yet.
        unsafe {
            let memory = alloc(layout);
            if memory.is_null() {
                handle_alloc_error(layout);
            }
            let offset = memory.addr().wrapping_neg() % align_of::<Self>();
            let root: *mut Self = memory.add(offset).cast();
            let nodes: *mut Node = root.add(1).cast();
            let top = match below {
                0 => ptr::null(),
                _ => Node::write_tree(nodes, (children, WIDTH), root, (0, 0, live)),
            };
            root.write(Self {
                node: Node::root_node(root, on_root, top, live),
                references: AtomicUsize::new(1),
                taken: AtomicBool::new(false),
                offset: offset as u8,
                task: UnsafeCell::new(None),
                nodes: below,
                blocks: cell::UnsafeCell::default(),
            });
            root
        }
    }

    fn layout(nodes: usize) -> Layout {
        let nodes = Layout::array::<Node>(nodes);
        let all = nodes.and_then(|nodes| Layout::new::<Self>().extend(nodes));
        let all = all.expect("nodes take less memory than their children").0;
        // Aligned by hand: allocators take their time over more than they do by themselves.
        let spare = all.align() - ALIGNED;
        Layout::from_size_align(all.size() + spare, ALIGNED).expect("it has just been a layout")
    }

    /// The leaf of a child, and the number of its bit there.
    #[inline]
    pub(super) fn leaf(&self, child: usize) -> (*const Node, u32) {
        let on_root = usize::from(self.node.children);
        if child < on_root {
            return (&raw const self.node, child as u32);
        }
        let (nodes, child) = if on_root == 0 {
            (self.nodes(), child)
        } else {
            let block = (child / FIRST).ilog2();
            (self.blocks()[block as usize], child - (FIRST << block))
        };
        (&raw const tree(nodes)[child / BITS], (child % BITS) as u32)
    }

    /// The nodes that follow.
    fn nodes(&self) -> *mut [Node] {
        let first = self.node.root.wrapping_add(1);
        ptr::slice_from_raw_parts_mut(first.cast_mut().cast(), self.nodes)
    }

    /// The poller: the top of the tree below bit number `bit` in a set that grows.
    pub(super) fn top(&self, bit: usize) -> &Node {
        tree(self.blocks()[bit - FIRST])
            .last()
            .expect("no block is empty")
    }

    fn blocks(&self) -> &[*mut [Node]] {
        // SAFETY: only the poller calls this, or what frees the root. Nothing of it is held while `grow`, which
        // is the poller's too, adds a block.
        unsafe { &*self.blocks.get() }
    }

    /// The poller: makes room for child number `child` in a set that grows, which has the one before it. Gives
    /// how many there is room for.
    pub(super) fn grow(&self, child: usize) -> usize {
        let block = self.blocks().len();
        let children = FIRST << block;
        if child < children {
            return children;
        }
        assert!(
            FIRST + block < NOTIFIED.trailing_zeros() as usize,
            "no room for more than {children} children"
        );
        let count = Node::count(children, 1);
        let nodes: *mut Node = Box::into_raw(Box::<[Node]>::new_uninit_slice(count)).cast();
        // SAFETY: there is just that much room, of which nobody else knows yet. The blocks are the poller's,
        // who holds nothing of what is in there.
        unsafe {
            Node::write_tree(
                nodes,
                (children, 1),
                self.node.root,
                (FIRST + block, children, 0),
            );
            (*self.blocks.get()).push(ptr::slice_from_raw_parts_mut(nodes, count));
        }
        children * 2
    }

    /// Counts one more reference.
    pub(super) fn retain(&self) {
        // Relaxed, as in an `Arc`: the reference that is already there keeps the root alive.
        if self.references.fetch_add(1, Ordering::Relaxed) > usize::MAX / 2 {
            too_many_wakers();
        }
    }

    /// Gives a reference back. The last one frees the root and its nodes.
    ///
    /// # Safety
    ///
    /// The reference is the caller's, who does not use it any more.
    pub(super) unsafe fn release(root: *const Self) {
        // SAFETY: it is alive, as there is still this reference; and if that was the last one, it is the
        // caller's alone. What others did before they gave theirs back happened before.
        unsafe {
            if (*root).references.fetch_sub(1, Ordering::AcqRel) == 1 {
                Self::free(root.cast_mut());
            }
        }
    }

    /// # Safety
    ///
    /// There is no reference to it.
    #[cold]
    unsafe fn free(root: *mut Self) {
        // SAFETY: it has no other user. The nodes behind it were written, each block was a box, and the
        // root was allocated with this layout.
        unsafe {
            (*root).node.see_freed();
            (*(*root).nodes()).iter_mut().for_each(Node::see_freed);
            for &block in (*root).blocks() {
                Box::from_raw(block).iter_mut().for_each(Node::see_freed);
            }
            let (layout, offset) = (Self::layout((*root).nodes), usize::from((*root).offset));
            ptr::drop_in_place(root);
            dealloc(root.cast::<u8>().sub(offset), layout);
        }
    }

    /// Wakes the task.
    ///
    /// # Safety
    ///
    /// The caller is the first wake of a parking, and has a reference: the job may be dropped in here.
    pub(super) unsafe fn wake_task(&self) {
        // SAFETY: the poller leaves the cell to this wake until `taken` is set.
        let task = unsafe { self.with_task(Option::take) };
        self.taken.store(true, Ordering::Release);
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Puts a waker like `task` into the cell, if there is none. What the one in there is made of, which may
    /// be other than `task`: a clone of a waker on the stack is not.
    ///
    /// # Safety
    ///
    /// As for `with_task`.
    pub(super) unsafe fn put_task(&self, task: &Waker) -> Parts {
        // SAFETY: as the caller says.
        unsafe {
            if self.with_task(|there| there.as_ref().is_some_and(|there| there.will_wake(task))) {
                return parts(task);
            }
            let task = task.clone();
            let new = parts(&task);
            drop(self.with_task(|there| there.replace(task)));
            new
        }
    }

    /// Gives access to the cell, for what runs no foreign code.
    ///
    /// # Safety
    ///
    /// The cell is the caller's, as its doc says.
    pub(super) unsafe fn with_task<R>(&self, with: impl FnOnce(&mut Option<Waker>) -> R) -> R {
        // SAFETY: as the caller says.
        self.task.with_mut(|task| with(unsafe { &mut *task }))
    }
}

/// The nodes of a tree, which live as long as the root that is borrowed.
fn tree<'a>(nodes: *mut [Node]) -> &'a [Node] {
    // SAFETY: they were written as the root was made or as it grew, are freed with it, and are only ever
    // shared until then.
    unsafe { &*nodes }
}

/// Ends the process: if the count were to overflow, the root would be freed too early.
#[cold]
extern "C" fn too_many_wakers() {
    panic!("too many wakers");
}
