//! The allocation, and the steps of the protocol on it.

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::{alloc::Layout, mem::MaybeUninit, ptr, task::Waker};

use super::{pass::WakeOnUnwind, woken::Woken};
use crate::sync::{AtomicBool, AtomicUsize, Ordering, UnsafeCell};

/// How many children a word serves.
pub(super) const BITS: usize = usize::BITS as usize;

/// The gate of a poller that counts on being woken. As a link: none.
pub(super) const ASLEEP: usize = 0;
/// The gate of a poller at work, alone or with what was woken meanwhile. As a link: none.
pub(super) const CLAIMED: usize = 1 << (BITS - 1);
/// The gate when a single child was woken while it was `ASLEEP`; the rest is the child's index.
const LONE: usize = 1 << (BITS - 2);

/// The word that a link (the stack's head, or a word's `next`) leads to.
pub(super) fn linked(link: usize) -> Option<usize> {
    (link & !CLAIMED).checked_sub(1)
}

/// What allocators give without more ado.
const ALIGN: usize = 2 * size_of::<usize>();

/// The head of the allocation; its words follow.
pub(super) struct Root {
    refs: AtomicUsize,
    stack: AtomicUsize,
    parent: UnsafeCell<MaybeUninit<Waker>>,
    /// Whether the wake that `parent` last belonged to has moved it out.
    parent_moved: AtomicBool,
    /// Whether one word with a bit to spare serves all children.
    single: bool,
    len: u32,
    words: *const Word,
}

#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
#[cfg_attr(target_pointer_width = "32", repr(align(32)))]
#[cfg_attr(target_pointer_width = "16", repr(align(16)))]
pub(super) struct Word {
    pub(super) ready: AtomicUsize,
    done: AtomicUsize,
    next: AtomicUsize,
    index: usize,
    root: *const Root,
    /// The poller's alone: what it took from `ready` and `next`.
    pub(super) batch: AtomicUsize,
    pub(super) batch_next: AtomicUsize,
}

impl Root {
    /// Room for the head, and for the words from the next aligned address on. Their alignment is
    /// not asked of the allocator, since over-aligned memory takes several times as long to get.
    fn layout(len: usize) -> Layout {
        let head = size_of::<Self>().next_multiple_of(ALIGN);
        let gap = align_of::<Word>() - ALIGN;
        let size = len
            .checked_mul(size_of::<Word>())
            .and_then(|words| words.checked_add(head + gap));
        size.and_then(|size| Layout::from_size_align(size, ALIGN).ok())
            .expect("too many children")
    }

    /// A root with a claimed gate and one reference.
    #[cold]
    pub(super) fn new(children: usize) -> *mut Self {
        let len = children.div_ceil(BITS);
        let single = children < BITS;
        assert!(children <= LONE, "too many children");
        let word_count = u32::try_from(len).expect("too many children");
        let layout = Self::layout(len);
        // SAFETY: the layout's size is not zero.
        let this = unsafe { alloc(layout) }.cast::<Self>();
        if this.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: the layout has the head, which is a multiple of `ALIGN`, then the gap that the
        // next aligned address can be away, then the words. Nobody else knows of it yet.
        unsafe {
            let words = this.add(1).cast::<Word>();
            let words = words.map_addr(|end| end.next_multiple_of(align_of::<Word>()));
            this.write(Self {
                refs: AtomicUsize::new(1),
                stack: AtomicUsize::new(CLAIMED),
                parent: UnsafeCell::new(MaybeUninit::uninit()),
                parent_moved: AtomicBool::new(false),
                single,
                len: word_count,
                words,
            });
            for index in 0..len {
                words.add(index).write(Word {
                    ready: AtomicUsize::new(if single { CLAIMED } else { 0 }),
                    done: AtomicUsize::new(0),
                    next: AtomicUsize::new(ASLEEP),
                    index,
                    root: this,
                    batch: AtomicUsize::new(0),
                    batch_next: AtomicUsize::new(ASLEEP),
                });
            }
        }
        this
    }

    /// Gives back a reference.
    ///
    /// # Safety
    ///
    /// The caller owns that reference, and uses nothing of the root or its words afterwards.
    pub(super) unsafe fn release(this: *const Self) {
        // SAFETY: the caller's reference keeps it alive up to here.
        let refs = unsafe { &(*this).refs };
        // A count of one is the caller's own: nobody is left who could raise it.
        if refs.load(Ordering::Acquire) != 1 && refs.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        // SAFETY: that was the last reference. `parent` is empty: the poller has claimed it before it
        // gave back its reference, or else a wake has moved it out before it gave back its own.
        // Nothing else in there needs dropping, but for loom's atomics.
        unsafe {
            let (words, len) = ((*this).words.cast_mut(), (*this).len as usize);
            for index in 0..len {
                words.add(index).drop_in_place();
            }
            this.cast_mut().drop_in_place();
            dealloc(this.cast_mut().cast(), Self::layout(len));
        }
    }

    /// Adds a reference.
    pub(super) fn retain(&self) {
        if self.refs.fetch_add(1, Ordering::Relaxed) > isize::MAX as usize {
            too_many_wakers();
        }
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

    /// The poller: whether wakes of this child are ignored from now on.
    #[inline]
    pub(super) fn set_done(&self, child: usize, done: bool) {
        let (word, bit) = self.child(child);
        let others = word.done.load(Ordering::Relaxed) & !(1 << bit);
        let done = others | usize::from(done) << bit;
        word.done.store(done, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn gate(&self) -> &AtomicUsize {
        if self.single {
            &self.word(0).ready
        } else {
            &self.stack
        }
    }

    #[inline]
    pub(super) fn is_asleep(&self) -> bool {
        self.gate().load(Ordering::Acquire) == ASLEEP
    }

    /// The poller: from `ASLEEP` to `CLAIMED`, with what was in `parent`. `None` if a wake came
    /// first, to which `parent` belongs.
    pub(super) fn claim(&self) -> Option<Waker> {
        self.gate()
            .compare_exchange(ASLEEP, CLAIMED, Ordering::AcqRel, Ordering::Acquire)
            .ok()?;
        // SAFETY: `parent` was full as the gate was `ASLEEP`, and no wake has found it so.
        Some(unsafe { self.take_parent() })
    }

    /// The poller: from `CLAIMED` to `ASLEEP`. Gives `parent` back if a wake came first.
    ///
    /// # Safety
    ///
    /// As for [`Root::sleep_from`].
    #[inline]
    pub(super) unsafe fn sleep(&self, parent: Waker) -> Result<(), Waker> {
        // SAFETY: as the caller says.
        unsafe { self.sleep_from(CLAIMED, parent) }
    }

    /// The poller: from a gate that it `found` to `ASLEEP`, with `parent` to be woken.
    ///
    /// # Safety
    ///
    /// Only the poller calls it, when `parent` is empty and its own: it has claimed from `ASLEEP`,
    /// or has seen [`Root::is_parent_moved`] since it last slept, or has not slept yet.
    #[inline]
    unsafe fn sleep_from(&self, found: usize, parent: Waker) -> Result<(), Waker> {
        // SAFETY: `parent` is the poller's, as the caller says, until the gate is `ASLEEP`.
        self.parent.with_mut(|cell| unsafe {
            (*cell).write(parent);
        });
        self.parent_moved.store(false, Ordering::Relaxed);
        self.gate()
            .compare_exchange(found, ASLEEP, Ordering::AcqRel, Ordering::Relaxed)
            .map(drop)
            // SAFETY: written just now, and the gate was never `ASLEEP` since.
            .map_err(|_| unsafe { self.take_parent() })
    }

    /// The poller: if a single child was woken, takes that and goes to sleep in one step.
    ///
    /// # Safety
    ///
    /// As for [`Root::sleep_from`].
    #[inline]
    pub(super) unsafe fn collect_lone(&self, parent: &Waker) -> Option<Woken> {
        let found = self.gate().load(Ordering::Relaxed);
        let child = match found {
            _ if found & CLAIMED != 0 => return None,
            bits if self.single => bits
                .is_power_of_two()
                .then(|| bits.trailing_zeros() as usize)?,
            lone if lone & LONE != 0 => lone & !LONE,
            _ => return None,
        };
        let parent = WakeOnUnwind::call(parent, || parent.clone());
        // SAFETY: as the caller says.
        unsafe { self.sleep_from(found, parent) }.ok()?;
        Some(Woken::one(child))
    }

    /// The poller, with the gate claimed, by itself or by a wake that is done with `parent`: takes
    /// the children that were woken.
    #[inline]
    pub(super) fn collect(&self) -> Woken {
        let mut woken = Woken::NONE;
        if self.gate().load(Ordering::Relaxed) == CLAIMED {
            return woken;
        }
        let found = if self.refs.load(Ordering::Acquire) == 1 {
            // Nobody is left who could wake, as no waker is lent now either: a store will do. All wakes
            // came before the last reference went, and so are seen.
            let found = self.gate().load(Ordering::Relaxed);
            self.gate().store(CLAIMED, Ordering::Relaxed);
            found
        } else {
            self.gate().swap(CLAIMED, Ordering::AcqRel)
        } & !CLAIMED;
        if self.single {
            woken.bits = found;
        } else if found & LONE != 0 {
            woken = Woken::one(found & !LONE);
        } else {
            woken.chain = found;
            // All words now: the children's own memory is then visited without a barrier between.
            let mut link = found;
            while let Some(index) = linked(link) {
                let word = self.word(index);
                // In this order: after the swap, a wake may push the word again.
                link = word.next.load(Ordering::Relaxed);
                let bits = word.ready.swap(0, Ordering::AcqRel);
                word.batch.store(bits, Ordering::Relaxed);
                word.batch_next.store(link, Ordering::Relaxed);
            }
        }
        woken
    }

    /// The poller, once it found the gate neither `ASLEEP` nor `CLAIMED` by itself: whether the
    /// wake that `parent` belongs to is done with it.
    pub(super) fn is_parent_moved(&self) -> bool {
        self.parent_moved.load(Ordering::Acquire)
    }

    /// The poller: whether what it put into `parent` when it went to sleep is as good as `waker`.
    ///
    /// # Safety
    ///
    /// Only the poller calls it, after it has slept once.
    #[inline]
    pub(super) unsafe fn parent_is(&self, waker: &Waker) -> bool {
        self.parent.with(|cell| {
            // SAFETY: it was written, and is not being written. A wake may have moved the waker out
            // meanwhile, but its two pointers are still there, and they are only compared.
            let parent = unsafe { (*cell).assume_init_ref() };
            parent.data() == waker.data() && ptr::eq(parent.vtable(), waker.vtable())
        })
    }

    /// A wake of this child, where there is a stack. Whether it found `ASLEEP`.
    #[inline(never)]
    fn announce(&self, mut child: usize) -> bool {
        // The first in a sleep just leaves its index: often there is no second.
        let lone = LONE | child;
        if self.stack.load(Ordering::Relaxed) == ASLEEP && self.replace(ASLEEP, lone).is_ok() {
            return true;
        }
        loop {
            let (word, bit) = self.child(child);
            // Not skipped for a bit that is set: who takes it must see what came before this wake.
            if word.ready.fetch_or(1 << bit, Ordering::AcqRel) != 0 {
                return false;
            }
            let below = self.push(word);
            if below & LONE == 0 {
                return below == ASLEEP;
            }
            // The first was in the way, and has to be brought in by whoever displaced it.
            child = below & !LONE;
            let (word, bit) = self.child(child);
            if word.is_done(bit) {
                return false;
            }
        }
    }

    /// Links a word that just became ready. What was on top.
    fn push(&self, word: &Word) -> usize {
        let mut top = self.stack.load(Ordering::Relaxed);
        loop {
            // The claim stays with the head, and a lone child is no word.
            let (next, claim) = match top {
                top if top & LONE != 0 => (ASLEEP, 0),
                top => (top & !CLAIMED, top & CLAIMED),
            };
            word.next.store(next, Ordering::Relaxed);
            match self.replace(top, (word.index + 1) | claim) {
                Ok(()) => return top,
                Err(now) => top = now,
            }
        }
    }

    fn replace(&self, top: usize, new: usize) -> Result<(), usize> {
        let done = self
            .stack
            .compare_exchange(top, new, Ordering::AcqRel, Ordering::Relaxed);
        done.map(drop)
    }

    /// # Safety
    ///
    /// `parent` is full and belongs to the caller, who leaves it empty.
    unsafe fn take_parent(&self) -> Waker {
        // SAFETY: full, as the caller says.
        self.parent
            .with(|cell| unsafe { (*cell).assume_init_read() })
    }
}

impl Word {
    fn is_done(&self, bit: usize) -> bool {
        self.done.load(Ordering::Relaxed) >> bit & 1 == 1
    }

    pub(super) fn root(&self) -> *const Root {
        self.root
    }

    /// Makes the child of this bit ready. The parent's waker if this wake has to call it.
    #[inline]
    pub(super) fn notify(&self, bit: usize) -> Option<Waker> {
        if self.is_done(bit) {
            return None;
        }
        // SAFETY: who uses a word keeps its root alive.
        let root = unsafe { &*self.root };
        let was_asleep = if root.single {
            self.ready.fetch_or(1 << bit, Ordering::AcqRel) == ASLEEP
        } else {
            root.announce(self.index * BITS + bit)
        };
        if !was_asleep {
            return None;
        }
        // SAFETY: the gate was `ASLEEP`, so `parent` is full, and belongs to the wake that found it
        // so: this one.
        let parent = unsafe { root.take_parent() };
        root.parent_moved.store(true, Ordering::Release);
        Some(parent)
    }
}

/// Ends the process, since the count must not overflow, and a panic could be caught.
#[cold]
extern "C" fn too_many_wakers() {
    panic!("too many wakers");
}
