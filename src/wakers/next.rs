//! The children of a later pass, one after another.

use core::{
    cell::Cell,
    task::{RawWaker, Waker},
};

use super::{
    child::Known,
    rest::Rest,
    root::Root,
    turn::{OneTurn, Whose},
    visit::Visit,
    woken::wake_again,
};

/// A child that was woken.
pub(crate) struct Next<'a> {
    pub(crate) index: usize,
    pub(super) known: Known<'a>,
    pub(super) again: &'a Cell<usize>,
    pub(super) rest: &'a mut Rest,
    pub(super) parent: &'a Waker,
}

impl<'a> Next<'a> {
    /// Whether it has a waker that lasts. In most cases it has.
    #[inline(always)]
    pub(crate) fn is_lasting(&self) -> bool {
        self.known.lane.is_lasting(self.index)
    }

    /// Its poll, if it has.
    #[inline(always)]
    pub(crate) fn visit(self) -> Visit<'a> {
        Visit::to(self.known, self.index, self.rest, self.parent)
    }

    /// Its poll, if it has not. `child` is for its use.
    #[inline(always)]
    pub(crate) fn turn(self, child: &'a Cell<usize>) -> OneTurn<'a, impl Whose> {
        child.set(self.index);
        let noted = Noted {
            known: self.known,
            again: self.again,
        };
        OneTurn::new(noted, child, self.rest, self.parent)
    }
}

/// Whose turn it is where this is known, and where to note that it has woken itself.
pub(crate) struct Noted<'a> {
    pub(super) known: Known<'a>,
    pub(super) again: &'a Cell<usize>,
}

impl Whose for Noted<'_> {
    #[inline(always)]
    fn root(&self) -> Option<&Root> {
        Some(self.known.root)
    }

    #[inline(always)]
    fn lasting(&self, child: usize) -> RawWaker {
        self.known.waker(child)
    }

    #[inline(always)]
    fn finished(&self, child: usize) {
        self.known.lane.set_done(child);
    }

    #[inline(always)]
    fn pending(&self, child: usize, is_woken: bool) {
        if is_woken {
            wake_again(self.again, self.known.root, child);
        }
    }
}
