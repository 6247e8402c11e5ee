//! A child's waker: the address of its word, plus its bit.

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::root::{Root, Word};

/// A waker that has no reference of its own, so it is not dropped, and does not outlive `'a`.
pub(crate) struct Lent<'a>(ManuallyDrop<Waker>, PhantomData<&'a ()>);

impl<'a> Lent<'a> {
    #[inline]
    pub(super) fn child(root: &'a Root, index: usize) -> Self {
        let (word, bit) = root.child(index);
        // SAFETY: `CHILD` keeps the contract of wakers while the word is alive. Clones of this one
        // keep it alive themselves.
        unsafe { Self::new(data(word, bit), &CHILD) }
    }

    #[inline]
    pub(super) fn parent(waker: &'a Waker) -> Self {
        // SAFETY: the waker that this is a copy of is there for as long.
        unsafe { Self::new(waker.data(), waker.vtable()) }
    }

    /// # Safety
    ///
    /// For `'a`, the two are a waker as `Waker::new` wants it, but for the call to drop it.
    #[inline]
    pub(super) unsafe fn new(data: *const (), vtable: &'static RawWakerVTable) -> Self {
        // SAFETY: as the caller says.
        let waker = unsafe { Waker::new(data, vtable) };
        Self(ManuallyDrop::new(waker), PhantomData)
    }
}

impl Deref for Lent<'_> {
    type Target = Waker;

    #[inline]
    fn deref(&self) -> &Waker {
        &self.0
    }
}

pub(super) fn data(word: *const Word, bit: usize) -> *const () {
    debug_assert!(bit < align_of::<Word>());
    // SAFETY: a word is at least as large as it is aligned.
    unsafe { word.byte_add(bit) }.cast()
}

/// The inverse of [`data`].
///
/// # Safety
///
/// `data` is of a word that is alive for `'a`.
#[inline]
unsafe fn parts<'a>(data: *const ()) -> (&'a Word, usize) {
    let bit = data.addr() % align_of::<Word>();
    // SAFETY: that many bytes before it, a word begins.
    (unsafe { &*data.byte_sub(bit).cast() }, bit)
}

static CHILD: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

pub(super) unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker that is cloned keeps its root alive, and thereby its word.
    unsafe { (*parts(data).0.root()).retain() };
    RawWaker::new(data, &CHILD)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker that is consumed keeps its root alive until its reference goes. That is
    // before the parent's waker runs, which may do anything, and nothing of ours is used after.
    let parent = unsafe {
        let (word, bit) = parts(data);
        let (root, parent) = (word.root(), word.notify(bit));
        Root::release(root);
        parent
    };
    if let Some(parent) = parent {
        parent.wake();
    }
}

pub(super) unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker that is used keeps its root alive.
    let (word, bit) = unsafe { parts(data) };
    if let Some(parent) = word.notify(bit) {
        parent.wake();
    }
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the waker that is dropped has kept its root alive, and gives its reference back.
    unsafe { Root::release(parts(data).0.root()) };
}
