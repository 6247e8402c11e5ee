//! What is owed to the task when a poll unwinds.

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
        // A panic of the waker would be a second one, which ends the process.
        #[cfg(feature = "std")]
        {
            use std::panic::{AssertUnwindSafe, catch_unwind};

            let woken = catch_unwind(AssertUnwindSafe(|| self.0.wake_by_ref()));
            // To drop what it panicked with could panic, too.
            woken.unwrap_or_else(mem::forget);
        }
        #[cfg(not(feature = "std"))]
        self.0.wake_by_ref();
    }
}
