//! The poller at work on one child, with a waker that lasts.

use core::{mem, task::Waker};

use super::{
    child::{Lane, Lent},
    rest::{Rest, wake_awake},
    root::Root,
};

/// The poll of one child, outside of any pass.
pub(crate) struct Visit<'a> {
    /// None for an only child, which gets the parent's waker.
    lane: Option<Lane<'a>>,
    unwinding: Unwinding<'a>,
}

impl<'a> Visit<'a> {
    /// To an only child.
    #[inline(always)]
    pub(super) fn only(rest: &'a mut Rest, parent: &'a Waker) -> Self {
        Self {
            lane: None,
            unwinding: Unwinding {
                root: None,
                rest,
                parent,
                child: 0,
            },
        }
    }

    /// To one of several. It has a waker that lasts, or this counts as one.
    #[inline(always)]
    pub(super) fn to(
        root: &'a Root,
        lane: Lane<'a>,
        child: usize,
        rest: &'a mut Rest,
        parent: &'a Waker,
    ) -> Self {
        Self {
            lane: Some(lane),
            unwinding: Unwinding {
                root: Some(root),
                rest,
                parent,
                child,
            },
        }
    }

    #[inline(always)]
    pub(crate) fn child(&self) -> usize {
        self.unwinding.child
    }

    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'_> {
        match self.lane {
            Some(lane) => lane.lend(self.child()),
            None => Lent::parent(self.unwinding.parent),
        }
    }

    /// From now on the child's wakes are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        if let Some(lane) = self.lane {
            lane.set_done(self.child());
        }
    }

    /// Whether the child was woken since the poller last took it.
    #[inline(always)]
    pub(crate) fn is_woken(&self) -> bool {
        let root = self.unwinding.root;
        root.is_some_and(|root| root.is_ready(self.child()))
    }

    /// Nothing has panicked.
    #[inline(always)]
    pub(crate) fn end(self) {
        mem::forget(self.unwinding);
    }
}

/// The child has panicked, or its drop, or the reader to which its output was shown: it is over. Whoever
/// catches that may well wait to be woken.
// Alone it has to be in memory while the child is polled.
struct Unwinding<'a> {
    root: Option<&'a Root>,
    rest: &'a mut Rest,
    parent: &'a Waker,
    child: usize,
}

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(root) = self.root {
            root.lane_of(self.child).set_done(self.child);
        }
        wake_awake(self.root, self.rest, self.parent);
    }
}
