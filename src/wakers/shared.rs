//! Where the poller finds the root, and children that need one make it.

use core::ptr;

use super::root::Root;
use crate::sync::{AtomicPtr, Ordering};

/// What the poller shares with the children that it polls.
pub(crate) struct Shared {
    /// Null until a child needs a waker that outlives its poll.
    pub(super) root: AtomicPtr<Root>,
    pub(super) children: usize,
}

impl Shared {
    pub(super) fn new(children: usize) -> Self {
        Self {
            root: AtomicPtr::new(ptr::null_mut()),
            children,
        }
    }

    #[inline]
    pub(super) fn root(&self) -> Option<&Root> {
        // SAFETY: if not null, it is alive: the poller has a reference, given back in `close_root`,
        // which leaves null behind and has the poller to itself.
        unsafe { self.root.load(Ordering::Acquire).as_ref() }
    }

    /// The root, made now if there is none.
    #[inline(always)]
    pub(super) fn make_root(&self) -> &Root {
        match self.root() {
            Some(root) => root,
            None => self.make_first_root(),
        }
    }

    #[cold]
    fn make_first_root(&self) -> &Root {
        let new = Root::new(self.children).cast_mut();
        let made =
            self.root
                .compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        let root = made.err().map_or(new, |first| {
            // Another thread, to which a child has lent its waker, was first.
            // SAFETY: its only reference, and nobody has seen it.
            unsafe { Root::release(new) };
            first
        });
        // SAFETY: as in `root`. Not loaded again, as that would wait for the exchange.
        unsafe { &*root }
    }
}
