//! The allocation: where everything is in there, and who keeps it alive.

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::{alloc::Layout, ptr};

use super::{
    gate::{CLAIMED, FLAGS, GATE, INDEX},
    parent::Parent,
};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// How many children a word serves.
pub(super) const BITS: usize = usize::BITS as usize;

/// The bits of the gate. With 64 of them, the upper half is the count of references.
pub(super) const GATE_BITS: u32 = if COUNTS { 32 } else { usize::BITS };
const COUNTS: bool = cfg!(all(target_pointer_width = "64", not(gather_narrow)));

/// In the count, a reference.
pub(super) const REFERENCE: usize = if COUNTS { 1 << 32 } else { 1 };
/// In the count: flips whenever a wake has returned from what is kept of the parent.
pub(super) const RETURNED: usize = 1 << (BITS - 1);
/// In the count: the poller is gone while a wake has yet to return from what is kept of the parent, and
/// has left that and its own reference to this wake.
pub(super) const LEFT: usize = 1 << (BITS - 2);

/// What allocators give without more ado.
const ALIGN: usize = 2 * size_of::<usize>();

/// The head of the allocation; its words follow. A few children need none: they have their bits in the
/// gate, and in `done` here.
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
#[cfg_attr(target_pointer_width = "32", repr(align(32)))]
#[cfg_attr(target_pointer_width = "16", repr(align(16)))]
pub(crate) struct Root {
    pub(super) gate: AtomicUsize,
    #[cfg(any(not(target_pointer_width = "64"), gather_narrow))]
    refs: AtomicUsize,
    /// As in a word: `done`, and in the upper half `lasting`.
    pub(super) marks: AtomicUsize,
    pub(super) parent: Parent,
    /// Whether the wake that the parent's spare last belonged to has moved it out.
    pub(super) spare_moved: AtomicBool,
    words: *const Word,
    len: u32,
    /// How far it is from the begin of the allocation.
    gap: u8,
    /// Whether the gate has the children's bits.
    pub(super) is_small: bool,
}

/// 64 children, or as many as a `usize` has bits.
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
#[cfg_attr(target_pointer_width = "32", repr(align(32)))]
#[cfg_attr(target_pointer_width = "16", repr(align(16)))]
pub(super) struct Word {
    pub(super) ready: AtomicUsize,
    pub(super) next: AtomicUsize,
    root: *const Root,
    pub(super) index: usize,
    /// The children whose wakes are ignored. Written as the next is, or by the poller.
    done: AtomicUsize,
    /// The children that have a waker that lasts, and so expect to be polled with it. Written by whoever
    /// clones one for the child that is polled, so by nobody else at a time.
    lasting: AtomicUsize,
    /// The poller's alone, as the next: children to be polled.
    batch: AtomicUsize,
    batch_next: AtomicUsize,
}

impl Root {
    /// Room for the gap up to the first aligned address, the head, and the words. Alignment is not asked
    /// of the allocator, since over-aligned memory takes several times as long to get.
    fn layout(len: usize) -> Layout {
        let gap = align_of::<Self>() - ALIGN;
        let size = len
            .checked_mul(size_of::<Word>())
            .and_then(|words| words.checked_add(gap + size_of::<Self>()));
        size.and_then(|size| Layout::from_size_align(size, ALIGN).ok())
            .expect("too many children")
    }

    /// A root with a claimed gate and one reference, the poller's.
    #[cold]
    pub(super) fn new(children: usize) -> *const Self {
        let is_small = children <= BITS / 2 - FLAGS as usize;
        let words = if is_small { 0 } else { children.div_ceil(BITS) };
        // What links to the last one has to fit into the gate.
        assert!(words <= GATE >> INDEX, "too many children");
        let len = u32::try_from(words).expect("too many children");
        let layout = Self::layout(words);
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { alloc(layout) };
        if memory.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: the layout has room for all this. Nobody else knows of it yet.
        unsafe {
            let gap = memory.align_offset(align_of::<Self>());
            let this = memory.add(gap).cast::<Self>();
            let words = this.add(1).cast::<Word>();
            this.write(Self {
                gate: AtomicUsize::new(CLAIMED | if COUNTS { REFERENCE } else { 0 }),
                #[cfg(any(not(target_pointer_width = "64"), gather_narrow))]
                refs: AtomicUsize::new(REFERENCE),
                marks: AtomicUsize::new(0),
                parent: Parent::new(),
                spare_moved: AtomicBool::new(false),
                words,
                len,
                gap: gap as u8,
                is_small,
            });
            for index in 0..len as usize {
                words.add(index).write(Word {
                    ready: AtomicUsize::new(0),
                    next: AtomicUsize::new(0),
                    root: this,
                    index,
                    done: AtomicUsize::new(0),
                    lasting: AtomicUsize::new(0),
                    batch: AtomicUsize::new(0),
                    batch_next: AtomicUsize::new(0),
                });
            }
            this
        }
    }

    /// It, as part of the whole allocation.
    #[inline]
    pub(super) fn this(&self) -> *const Self {
        // SAFETY: the words follow it.
        unsafe { self.words.cast::<Self>().sub(1) }
    }

    #[inline]
    pub(super) fn word(&self, index: usize) -> &Word {
        assert!(index < self.len as usize);
        // SAFETY: there are that many words, and they live as long as the root.
        unsafe { &*self.words.add(index) }
    }

    /// The word of child `index`, and its bit there.
    #[inline]
    pub(super) fn child(&self, index: usize) -> (&Word, usize) {
        (self.word(index / BITS), index % BITS)
    }

    /// Where there are few children: whether wakes of this one are ignored.
    #[inline]
    pub(super) fn is_done(&self, child: usize) -> bool {
        self.marks.load(Ordering::Relaxed) >> child & 1 == 1
    }

    /// Where the references are counted.
    #[inline]
    pub(super) fn count(&self) -> &AtomicUsize {
        #[cfg(any(not(target_pointer_width = "64"), gather_narrow))]
        return &self.refs;
        #[cfg(all(target_pointer_width = "64", not(gather_narrow)))]
        return &self.gate;
    }

    /// Adds a reference.
    #[inline]
    pub(super) fn retain(&self) {
        let count = self.count().fetch_add(REFERENCE, Ordering::Relaxed);
        if count & (LEFT / 2) != 0 {
            too_many_wakers();
        }
    }

    /// Gives back a reference.
    ///
    /// # Safety
    ///
    /// The caller owns that reference, and uses nothing of the root or its words afterwards.
    #[inline]
    pub(super) unsafe fn release(this: *const Self) {
        // SAFETY: as the caller says.
        if unsafe { Self::give_back(this) } {
            // SAFETY: that was the last reference.
            unsafe { Self::free(this) };
        }
    }

    /// The same, but leaves it to the caller to free it, if that was the last reference.
    ///
    /// # Safety
    ///
    /// As for `release`.
    #[inline]
    pub(super) unsafe fn give_back(this: *const Self) -> bool {
        // SAFETY: the caller's reference keeps it alive up to here.
        let count = unsafe { (*this).count() };
        // The only reference is the caller's own: nobody is left who could add one.
        is_last(count.load(Ordering::Acquire))
            || is_last(count.fetch_sub(REFERENCE, Ordering::AcqRel))
    }

    /// Frees it.
    ///
    /// # Safety
    ///
    /// The last reference is gone.
    #[inline(never)]
    pub(super) unsafe fn free(this: *const Self) {
        // SAFETY: it is the caller's alone. `parent` is empty: the poller has taken what was kept before
        // it gave back its reference, or left it to a wake that did. Nothing else in there needs
        // dropping, but for loom's atomics.
        unsafe {
            let this = this.cast_mut();
            let (words, len) = ((*this).words.cast_mut(), (*this).len as usize);
            let memory = this.byte_sub((*this).gap.into()).cast();
            for index in 0..len {
                words.add(index).drop_in_place();
            }
            this.drop_in_place();
            dealloc(memory, Self::layout(len));
        }
    }
}

impl Word {
    #[inline]
    pub(super) fn root(&self) -> *const Root {
        self.root
    }

    /// Its address, which is good for this word alone, `done` and `lasting`.
    #[inline(always)]
    pub(super) fn parts(&self) -> (*const Self, &AtomicUsize, &AtomicUsize) {
        (self, &self.done, &self.lasting)
    }

    /// What links to it.
    #[inline]
    pub(super) fn link(&self) -> usize {
        (self.index + 1) << INDEX
    }

    /// Adds children to be polled. Whether there were none, so that it is now to be linked before `next`.
    #[inline]
    pub(super) fn add_batch(&self, bits: usize, next: usize) -> bool {
        let batch = self.batch.load(Ordering::Relaxed);
        self.batch.store(batch | bits, Ordering::Relaxed);
        if batch == 0 && bits != 0 {
            self.batch_next.store(next, Ordering::Relaxed);
        }
        batch == 0 && bits != 0
    }

    /// Takes the children to be polled, and what it is linked before.
    #[inline]
    pub(super) fn take_batch(&self) -> (usize, usize) {
        let batch = self.batch.load(Ordering::Relaxed);
        self.batch.store(0, Ordering::Relaxed);
        (batch, self.batch_next.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn is_done(&self, bit: usize) -> bool {
        self.done.load(Ordering::Relaxed) >> bit & 1 == 1
    }
}

/// Whether there is one reference, by this count.
#[inline]
pub(super) fn is_last(count: usize) -> bool {
    (count & (LEFT - 1)) / REFERENCE == 1
}

/// Ends the process, since the count must not overflow, and a panic could be caught.
#[cold]
extern "C" fn too_many_wakers() {
    panic!("too many wakers");
}

/// That of a root to which nobody has a reference, to be freed.
pub(crate) struct Memory(pub(super) *const Root);

impl Memory {
    pub(super) const NONE: Self = Self(ptr::null());
}

impl Drop for Memory {
    #[inline]
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the last reference is gone.
            unsafe { Root::free(self.0) };
        }
    }
}
