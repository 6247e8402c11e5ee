//! The parent's waker, where the poller leaves it for the wake that finds it asleep.

use core::task::Waker;

use super::rest::WakeOnUnwind;
use crate::sync::UnsafeCell;

/// Two places, of which one is in use in a sleep.
pub(super) struct Parent {
    /// Stays from one sleep to the next, and is woken by reference, by one wake at a time.
    kept: UnsafeCell<Option<Waker>>,
    /// In use while a wake has yet to return from `kept`. The wake moves it out, so that the poller has
    /// it back before that wake returns.
    spare: UnsafeCell<Option<Waker>>,
}

impl Parent {
    pub(super) fn new() -> Self {
        Self {
            kept: UnsafeCell::new(None),
            spare: UnsafeCell::new(None),
        }
    }

    /// The poller: whether `waker` is as good as what is kept.
    #[inline]
    pub(super) fn keeps(&self, waker: &Waker) -> bool {
        self.kept.with(|kept| {
            // SAFETY: only the poller writes it, and is not doing so.
            let kept = unsafe { &*kept };
            kept.as_ref().is_some_and(|kept| kept.will_wake(waker))
        })
    }

    /// # Safety
    ///
    /// Only the poller calls it, when it is awake and all wakes have returned from what is kept.
    #[cold]
    pub(super) unsafe fn keep(&self, waker: &Waker) {
        let new = WakeOnUnwind::call(waker, || waker.clone());
        // SAFETY: nobody else uses it, as the caller says.
        let old = self.kept.with_mut(|kept| unsafe { (*kept).replace(new) });
        WakeOnUnwind::call(waker, || drop(old));
    }

    /// # Safety
    ///
    /// Only the poller calls it, when it is awake, for which it has the spare back.
    #[cold]
    pub(super) unsafe fn set_spare(&self, waker: &Waker) {
        let new = WakeOnUnwind::call(waker, || waker.clone());
        // SAFETY: nobody else uses it, as the caller says. It is empty: what was in it was moved out.
        self.spare.with_mut(|spare| unsafe { *spare = Some(new) });
    }

    /// # Safety
    ///
    /// The spare is the caller's, be it the wake that found it in use, or the poller, before one has.
    #[cold]
    pub(super) unsafe fn take_spare(&self) -> Option<Waker> {
        // SAFETY: as the caller says.
        self.spare.with_mut(|spare| unsafe { (*spare).take() })
    }

    /// # Safety
    ///
    /// Nobody else uses what is kept, now or later.
    #[inline]
    pub(super) unsafe fn take_kept(&self) -> Option<Waker> {
        // SAFETY: as the caller says.
        self.kept.with_mut(|kept| unsafe { (*kept).take() })
    }

    /// # Safety
    ///
    /// The caller is the wake that found what is kept in use, and has not said that it has returned.
    #[inline]
    pub(super) unsafe fn wake_kept(&self) {
        self.kept.with(|kept| {
            // SAFETY: nobody writes it before this wake has returned.
            if let Some(kept) = unsafe { &*kept } {
                kept.wake_by_ref();
            }
        });
    }
}
