//! How the poller goes to sleep, so that the parent is woken for it, and wakes.

use core::{mem, task::Waker};

use super::{gate::Found, root::Root};
use crate::sync::Ordering;

/// How the poller stands with its parent.
#[derive(Default)]
pub(super) struct Rest {
    /// Whether it left the gate `ASLEEP`.
    pub(super) asleep: bool,
    /// Whether it then left the parent's waker as the spare.
    pub(super) spare: bool,
    /// Whether it has seen to the parent's wake in this poll of the parent.
    pub(super) rested: bool,
    /// Whether an odd number of wakes has found `kept` in place.
    pub(super) returns: bool,
}

/// The poller is not asleep any more.
pub(super) struct Woke {
    /// Whether a child's wake came first.
    pub(super) by_child: bool,
    /// The parent's waker that it has no use for.
    pub(super) spare: Option<Waker>,
}

impl Rest {
    /// While asleep: whether `waker` is as good as what the parent is to be woken by. It says no for a
    /// spare.
    #[inline]
    pub(super) fn knows(&self, root: &Root, waker: &Waker) -> bool {
        !self.spare && root.parent.keeps(waker)
    }

    /// To sleep, with `parent` to be woken, from what the gate was `found` to be. Whether that succeeded.
    #[inline]
    pub(super) fn sleep(&mut self, root: &Root, parent: &Waker, found: Found) -> bool {
        self.spare = root.is_in_parent(self.returns);
        if self.spare {
            // SAFETY: this is the poller, and it is awake.
            unsafe { root.parent.set_spare(parent) };
            root.spare_moved.store(false, Ordering::Relaxed);
        } else if !root.parent.keeps(parent) {
            // SAFETY: the same, and all wakes have returned.
            unsafe { root.parent.keep(parent) };
        }
        self.asleep = root.sleep(found, self.spare);
        if !self.asleep && self.spare {
            // SAFETY: no wake has found it, as the gate was never `ASLEEP` since.
            let spare = unsafe { root.parent.take_spare() };
            WakeOnUnwind::call(parent, || drop(spare));
        }
        self.asleep
    }

    /// At the end of a pass that has left something to do, or the poller awake.
    #[inline(never)]
    pub(super) fn end(&mut self, root: &Root, parent: &Waker, is_over: bool) {
        if !is_over {
            return wake_awake(Some(root), self, parent);
        }
        let found = root.look();
        if !found.is_quiet() || !self.sleep(root, parent, found) {
            parent.wake_by_ref();
        }
    }

    /// From asleep to awake; `None` while that is not to be had, since a wake has yet to move the spare.
    #[inline]
    pub(super) fn wake(&mut self, root: &Root, found: Found) -> Option<Woke> {
        let by_child = !root.claim(found);
        let mut spare = None;
        if !self.spare {
            self.returns ^= by_child;
        } else if !by_child {
            // SAFETY: no wake has found it.
            spare = unsafe { root.parent.take_spare() };
        } else if !root.spare_moved.load(Ordering::Acquire) {
            return None;
        }
        self.asleep = false;
        Some(Woke { by_child, spare })
    }
}

/// Wakes the parent, which may be a new one. If the poller is asleep it claims, so that no child's wake
/// does so too; where one came first and calls the spare, the parent may be woken twice.
#[cold]
pub(super) fn wake_awake(root: Option<&Root>, rest: &mut Rest, parent: &Waker) {
    let mut woke = None;
    if let (true, Some(root)) = (rest.asleep, root) {
        let is_known = rest.knows(root, parent);
        woke = rest.wake(root, root.look());
        if is_known && woke.as_ref().is_some_and(|woke| woke.by_child) {
            // A wake has come first, and wakes it.
            return;
        }
    }
    parent.wake_by_ref();
    // Last, as its drop may panic.
    drop(woke);
}

/// Wakes the parent if foreign code panics, since whoever catches that may well wait to be woken.
pub(crate) struct WakeOnUnwind<'a>(&'a Waker);

impl WakeOnUnwind<'_> {
    /// Calls `foreign`, and wakes the parent if it panics.
    pub(crate) fn call<T>(parent: &Waker, foreign: impl FnOnce() -> T) -> T {
        let guard = WakeOnUnwind(parent);
        let value = foreign();
        mem::forget(guard);
        value
    }
}

impl Drop for WakeOnUnwind<'_> {
    fn drop(&mut self) {
        self.0.wake_by_ref();
    }
}
