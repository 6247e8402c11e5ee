//! What is done as something unwinds.

use core::{mem, task::Waker};

/// Wakes the task when it is dropped, as something unwinds: whoever catches that polls on only when woken,
/// and there may be children that are ready.
pub(crate) struct WakeOnUnwind<'a>(pub(crate) &'a Waker);

impl WakeOnUnwind<'_> {
    /// Nothing has unwound.
    #[inline]
    pub(crate) fn end(self) {
        mem::forget(self);
    }
}

impl Drop for WakeOnUnwind<'_> {
    #[cold]
    fn drop(&mut self) {
        contain(|| self.0.wake_by_ref());
    }
}

/// Does what may panic as something unwinds. With `std` a panic in there is caught: it would be a second one,
/// which ends the process.
pub(crate) fn contain(run: impl FnOnce()) {
    #[cfg(feature = "std")]
    {
        use std::panic::{AssertUnwindSafe, catch_unwind};

        // To drop what it panicked with could panic, too.
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(mem::forget);
    }
    #[cfg(not(feature = "std"))]
    run();
}

/// Calls `next` until it gives false, also after it has panicked. The first panic goes on, unless something
/// unwinds already.
#[cfg(feature = "alloc")]
pub(crate) fn all(next: impl FnMut() -> bool) {
    struct Rest<F: FnMut() -> bool>(F);

    impl<F: FnMut() -> bool> Drop for Rest<F> {
        fn drop(&mut self) {
            let mut is_more = true;
            while is_more {
                contain(|| is_more = (self.0)());
            }
        }
    }

    let mut rest = Rest(next);
    #[cfg(feature = "std")]
    if std::thread::panicking() {
        return;
    }
    while (rest.0)() {}
    mem::forget(rest);
}
