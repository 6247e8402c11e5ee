//! Wakes the task if a poll panics.

use core::{mem, task::Waker};

/// Wakes the task if it is dropped during a panic: code that catches the panic polls again only when woken,
/// and children may be ready.
pub(crate) struct WakeOnUnwind<'a>(pub(crate) &'a Waker);

impl WakeOnUnwind<'_> {
    /// Ends the guard: there was no panic.
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
            // Dropping the payload could panic, too.
            woken.unwrap_or_else(mem::forget);
        }
        #[cfg(not(feature = "std"))]
        self.0.wake_by_ref();
    }
}
