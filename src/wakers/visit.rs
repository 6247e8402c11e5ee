//! The poller at work on one child, with a waker that lasts.

use core::{mem, task::Waker};

use super::{
    child::{Known, Lent},
    rest::{Rest, wake_awake},
    root::Root,
};

/// The poll of one child, outside of any pass.
pub(crate) struct Visit<'a> {
    pub(crate) child: Visited<'a>,
    rest: &'a mut Rest,
    parent: &'a Waker,
}

/// The child.
#[derive(Clone, Copy)]
pub(crate) struct Visited<'a> {
    pub(crate) index: usize,
    waker: Visitor<'a>,
}

#[derive(Clone, Copy)]
enum Visitor<'a> {
    /// An only child gets the parent's waker.
    Parent(&'a Waker),
    Child(Known<'a>),
}

impl<'a> Visit<'a> {
    /// To an only child.
    #[inline(always)]
    pub(super) fn only(rest: &'a mut Rest, parent: &'a Waker) -> Self {
        let waker = Visitor::Parent(parent);
        Self {
            child: Visited { index: 0, waker },
            rest,
            parent,
        }
    }

    /// To one of several. It has a waker that lasts, or this counts as one.
    #[inline(always)]
    pub(super) fn to(
        known: Known<'a>,
        index: usize,
        rest: &'a mut Rest,
        parent: &'a Waker,
    ) -> Self {
        let waker = Visitor::Child(known);
        Self {
            child: Visited { index, waker },
            rest,
            parent,
        }
    }

    /// The child, and what follows if it panics.
    // Apart from each other: then nothing of the child has to be in memory.
    #[inline(always)]
    pub(crate) fn start(self) -> (Visited<'a>, Unwinding<'a>) {
        let Self {
            child,
            rest,
            parent,
        } = self;
        let unwinding = Unwinding {
            root: child.root(),
            index: child.index,
            rest,
            parent,
        };
        (child, unwinding)
    }
}

impl<'a> Visited<'a> {
    #[inline(always)]
    pub(crate) fn lend(&self) -> Lent<'a> {
        match self.waker {
            Visitor::Parent(waker) => Lent::parent(waker),
            Visitor::Child(known) => known.lane.lend(self.index),
        }
    }

    /// From now on its wakes are ignored.
    #[inline(always)]
    pub(crate) fn finished(&self) {
        if let Visitor::Child(known) = self.waker {
            known.lane.set_done(self.index);
        }
    }

    /// Whether it was woken since the poller last took it.
    #[inline(always)]
    pub(crate) fn is_woken(&self) -> bool {
        self.root().is_some_and(|root| root.is_ready(self.index))
    }

    #[inline(always)]
    fn root(&self) -> Option<&'a Root> {
        match self.waker {
            Visitor::Parent(_) => None,
            Visitor::Child(known) => Some(known.root),
        }
    }
}

/// The child has panicked, or its drop, or the reader to which its output was shown: it is over. Whoever
/// catches that may well wait to be woken.
pub(crate) struct Unwinding<'a> {
    root: Option<&'a Root>,
    index: usize,
    rest: &'a mut Rest,
    parent: &'a Waker,
}

impl Unwinding<'_> {
    /// Nothing has panicked.
    #[inline(always)]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(root) = self.root {
            root.lane_of(self.index).set_done(self.index);
        }
        wake_awake(self.root, self.rest, self.parent);
    }
}
