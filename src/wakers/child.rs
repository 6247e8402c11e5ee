//! A child's waker: the address of its word, plus its bit.

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::root::{BITS, Root, Word};
use crate::sync::{AtomicUsize, Ordering};

/// A waker that has no reference of its own, so it is not dropped, and does not outlive `'a`.
pub(crate) struct Lent<'a>(ManuallyDrop<Waker>, PhantomData<&'a ()>);

impl<'a> Lent<'a> {
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

/// The children of one word, for the poller: what is the same for all of them.
#[derive(Clone, Copy)]
pub(crate) struct Lane<'a> {
    pub(super) first: usize,
    /// The first one's waker.
    data: *const (),
    vtable: &'static RawWakerVTable,
    done: &'a AtomicUsize,
    lasting: &'a AtomicUsize,
    /// Where the first one's bit is in `lasting`.
    shift: usize,
}

impl<'a> Lane<'a> {
    #[inline(always)]
    pub(super) fn lend(&self, child: usize) -> Lent<'a> {
        let data = self.data.wrapping_byte_add(child - self.first);
        // SAFETY: `vtable` keeps the contract of wakers while the root is alive. Clones of this one keep
        // it alive themselves.
        unsafe { Lent::new(data, self.vtable) }
    }

    /// Whether this child has a waker that lasts.
    #[inline(always)]
    pub(super) fn is_lasting(&self, child: usize) -> bool {
        self.lasting.load(Ordering::Relaxed) >> (child - self.first + self.shift) & 1 == 1
    }

    /// Whoever clones a waker that lasts.
    #[inline(always)]
    pub(super) fn set_lasting(&self, child: usize) {
        let bit = 1 << (child - self.first + self.shift);
        let lasting = self.lasting.load(Ordering::Relaxed) | bit;
        self.lasting.store(lasting, Ordering::Relaxed);
    }

    /// The poller: wakes of this child are ignored from now on.
    #[inline(always)]
    pub(super) fn set_done(&self, child: usize) {
        let done = self.done.load(Ordering::Relaxed) | 1 << (child - self.first);
        self.done.store(done, Ordering::Relaxed);
    }

    /// For a new child in its place: they are not.
    #[inline(always)]
    pub(super) fn set_running(&self, child: usize) {
        let done = self.done.load(Ordering::Relaxed) & !(1 << (child - self.first));
        self.done.store(done, Ordering::Relaxed);
    }

    /// Nor has that a waker that lasts.
    #[inline(always)]
    pub(super) fn forget_lasting(&self, child: usize) {
        let bit = 1 << (child - self.first + self.shift);
        let lasting = self.lasting.load(Ordering::Relaxed) & !bit;
        self.lasting.store(lasting, Ordering::Relaxed);
    }
}

/// A child whose root and lane are known.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(super) root: &'a Root,
    pub(super) lane: Lane<'a>,
}

impl<'a> Known<'a> {
    #[inline(always)]
    pub(super) fn of(root: &'a Root, child: usize) -> Self {
        let lane = root.lane_of(child);
        Self { root, lane }
    }

    /// A waker of it that lasts.
    #[inline(always)]
    pub(super) fn waker(&self, child: usize) -> RawWaker {
        let Self { root, lane } = self;
        lane.set_lasting(child);
        root.retain();
        RawWaker::new(lane.data.wrapping_byte_add(child - lane.first), lane.vtable)
    }
}

impl Root {
    /// The lane of the word with this index.
    #[inline(always)]
    pub(super) fn lane(&self, word: usize) -> Lane<'_> {
        if self.is_small {
            return self.only_lane();
        }
        let (this, done, lasting) = self.word(word).parts();
        Lane {
            first: word * BITS,
            data: this.cast(),
            vtable: &MANY,
            done,
            lasting,
            shift: 0,
        }
    }

    /// The only one, of a few children.
    #[inline(always)]
    fn only_lane(&self) -> Lane<'_> {
        Lane {
            first: 0,
            data: self.this().cast(),
            vtable: &FEW,
            done: &self.marks,
            lasting: &self.marks,
            shift: BITS / 2,
        }
    }

    /// The lane of this child.
    #[inline]
    pub(super) fn lane_of(&self, child: usize) -> Lane<'_> {
        self.lane(child / BITS)
    }
}

/// What a waker points to, which is aligned as `T`, and the child's bit.
#[inline]
fn split<T>(data: *const ()) -> (*const T, usize) {
    let bit = data.addr() % align_of::<T>();
    (data.wrapping_byte_sub(bit).cast(), bit)
}

/// Wakers of few children point to the root.
static FEW: RawWakerVTable = RawWakerVTable::new(
    |data| {
        // SAFETY: the waker that is cloned keeps the root alive.
        unsafe { retain(split::<Root>(data).0, data, &FEW) }
    },
    |data| {
        let (root, child) = split(data);
        // SAFETY: the waker that is consumed has kept the root alive, and gives its reference up.
        unsafe { Root::wake(root, child, true) }
    },
    |data| {
        let (root, child) = split(data);
        // SAFETY: whoever uses the waker has borrowed it, so it keeps the root alive, also while the
        // parent's waker runs.
        unsafe { Root::wake(root, child, false) }
    },
    |data| {
        // SAFETY: the waker that is dropped has kept the root alive, and gives its reference back.
        unsafe { Root::release(split(data).0) }
    },
);

/// Wakers of many point to their word, which is part of the root.
static MANY: RawWakerVTable = RawWakerVTable::new(
    |data| {
        // SAFETY: as in `FEW`, here and below.
        unsafe { retain((*split::<Word>(data).0).root(), data, &MANY) }
    },
    |data| {
        let (word, bit) = split::<Word>(data);
        // SAFETY: as in `FEW`.
        unsafe { Word::wake(word, bit, true) }
    },
    |data| {
        let (word, bit) = split::<Word>(data);
        // SAFETY: as in `FEW`.
        unsafe { Word::wake(word, bit, false) }
    },
    |data| {
        // SAFETY: as in `FEW`.
        unsafe { Root::release((*split::<Word>(data).0).root()) }
    },
);

/// # Safety
///
/// The root is alive.
#[inline]
unsafe fn retain(root: *const Root, data: *const (), vtable: &'static RawWakerVTable) -> RawWaker {
    // SAFETY: as the caller says.
    unsafe { (*root).retain() };
    RawWaker::new(data, vtable)
}
