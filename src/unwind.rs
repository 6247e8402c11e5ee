//! Guards and helpers for polls and drops that panic.

use core::task::Waker;
#[cfg(feature = "alloc")]
use core::{mem, task::Context};

/// Wakes the task if it is dropped during a panic: code that catches the panic polls again only when woken,
/// and children may be ready.
pub(crate) struct WakeOnUnwind<'a>(pub(crate) &'a Waker);

impl Drop for WakeOnUnwind<'_> {
    #[cold]
    fn drop(&mut self) {
        contain(|| self.0.wake_by_ref());
    }
}

/// Calls `run`, and wakes the task if that panics.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn or_wake<R>(cx: &Context<'_>, run: impl FnOnce() -> R) -> R {
    let guard = WakeOnUnwind(cx.waker());
    let result = run();
    mem::forget(guard);
    result
}

/// Calls `run` during a panic. With `std`, a panic of `run` is caught: a second panic would abort the process.
pub(crate) fn contain(run: impl FnOnce()) {
    #[cfg(feature = "std")]
    {
        use std::panic::{AssertUnwindSafe, catch_unwind};

        // Dropping the payload could panic, too.
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(mem::forget);
    }
    #[cfg(not(feature = "std"))]
    run();
}

/// Calls `next` until it returns `false`, even after it has panicked. The first panic propagates, unless the
/// thread is panicking already.
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
