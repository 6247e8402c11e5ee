//! The wakers of the children: a leaf's address plus the number of the child's bit.

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    ptr,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::{
    ReadySet, alive,
    node::{BITS, Node},
    root::Root,
};

/// A waker lent without a reference of its own.
pub(crate) struct WakerRef<'a>(ManuallyDrop<Waker>, PhantomData<&'a ()>);

impl Deref for WakerRef<'_> {
    type Target = Waker;

    #[inline]
    fn deref(&self) -> &Waker {
        &self.0
    }
}

/// A child that is being visited.
pub(crate) struct Child<'a> {
    pub(super) set: &'a ReadySet,
    /// Its leaf, null as long as there was no root.
    pub(super) leaf: *const Node,
    /// The number of its bit there.
    pub(super) bit: u32,
}

impl Child<'_> {
    /// Its waker. Until there is a root that is a lazy one, whose data is this.
    #[inline]
    pub(crate) fn waker<'a>(&'a self, task: &'a Waker) -> WakerRef<'a> {
        let (data, vtable) = if !self.leaf.is_null() {
            (data(self.leaf, self.bit), &OWNED)
        } else if self.set.is_bypassed {
            (task.data(), task.vtable())
        } else {
            (ptr::from_ref(self).cast(), &LAZY)
        };
        // SAFETY: the task waker, the root and this are borrowed for as long as the waker is lent, and it
        // is not dropped.
        let waker = unsafe { Waker::new(data, vtable) };
        WakerRef(ManuallyDrop::new(waker), PhantomData)
    }

    /// From now on its wakers do nothing.
    #[inline]
    pub(crate) fn over(&self) {
        self.set_live(false);
    }

    #[inline]
    pub(super) fn set_live(&self, is_live: bool) {
        // It may have made the root.
        let made_leaf = || alive(self.set.root()?.leaf(self.set.first).0);
        if let Some(leaf) = alive(self.leaf).or_else(made_leaf) {
            leaf.set_live(self.bit, is_live);
        }
    }
}

/// The data of a child's waker: the address of its leaf, plus the number of its bit.
fn data(leaf: *const Node, bit: u32) -> *const () {
    leaf.wrapping_byte_add(bit as usize).cast()
}

/// The leaf of a child, and the number of its bit.
///
/// # Safety
///
/// `data` made this, and there is a reference to the root.
unsafe fn leaf<'a>(data: *const ()) -> (&'a Node, u32) {
    let bit = data.addr() % BITS;
    // SAFETY: it is the leaf's address, which is aligned so that it has no such bits, and the leaf lives
    // as long as the root.
    let leaf = unsafe { &*data.wrapping_byte_sub(bit).cast::<Node>() };
    (leaf, bit as u32)
}

/// Of wakers that have a reference to the root, or that are lent by the poller, which has one.
static OWNED: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

unsafe fn clone(child: *const ()) -> RawWaker {
    // SAFETY: the waker that is cloned is there, and so is the root.
    unsafe { leaf(child) }.0.root().retain();
    RawWaker::new(child, &OWNED)
}

unsafe fn wake(child: *const ()) {
    // SAFETY: the reference is this waker's, which is dropped at the end, also if that of the task panics.
    let waker = unsafe { Waker::new(child, &OWNED) };
    waker.wake_by_ref();
}

unsafe fn wake_by_ref(child: *const ()) {
    // SAFETY: the waker is there until this returns, and so is the root. If it is lent, the poller is not
    // parked, and the task is not woken.
    unsafe {
        let (leaf, bit) = leaf(child);
        if leaf.set_woken(bit) {
            leaf.root().wake_task();
        }
    }
}

unsafe fn release(child: *const ()) {
    // SAFETY: the waker is there, and its reference is not used after this.
    unsafe { Root::release(leaf(child).0.root) };
}

/// Of the waker on the stack, until there is a root: to clone it, or to wake by it, makes the root.
static LAZY: RawWakerVTable = RawWakerVTable::new(clone_lazy, wake_lazy, wake_lazy, |_| ());

unsafe fn clone_lazy(child: *const ()) -> RawWaker {
    // SAFETY: this is the data of a waker that the child has lent.
    let child = unsafe { &*child.cast::<Child<'_>>() };
    let root = child.set.make_root();
    root.retain();
    let (leaf, _) = root.leaf(child.set.first);
    RawWaker::new(data(leaf, child.bit), &OWNED)
}

unsafe fn wake_lazy(child: *const ()) {
    // SAFETY: as in `clone_lazy`, which gives the reference that this waker has.
    let waker = unsafe { Waker::from_raw(clone_lazy(child)) };
    waker.wake();
}
