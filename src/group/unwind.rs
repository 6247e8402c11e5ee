//! What is done as something unwinds: with `std` after the panic was caught, so that what is dropped then may
//! panic too; without, while it unwinds, which then ends the process.

/// Calls `run`, and if that panics `end`, before the panic goes on.
#[cfg(feature = "std")]
pub(super) fn or_end<S, R>(
    state: &mut S,
    run: impl FnOnce(&mut S) -> R,
    end: impl FnOnce(&mut S),
) -> R {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    catch_unwind(AssertUnwindSafe(|| run(state))).unwrap_or_else(|panic| {
        let ended = catch_unwind(AssertUnwindSafe(|| end(state)));
        // The first panic is the one to tell of. The second one's drop might panic yet again.
        ended.unwrap_or_else(core::mem::forget);
        resume_unwind(panic)
    })
}

#[cfg(not(feature = "std"))]
pub(super) fn or_end<S, R>(
    state: &mut S,
    run: impl FnOnce(&mut S) -> R,
    end: impl FnOnce(&mut S),
) -> R {
    struct Guard<'a, S, F: FnOnce(&mut S)>(&'a mut S, Option<F>);

    impl<S, F: FnOnce(&mut S)> Drop for Guard<'_, S, F> {
        fn drop(&mut self) {
            if let Some(end) = self.1.take() {
                end(self.0);
            }
        }
    }

    let mut guard = Guard(state, Some(end));
    let result = run(guard.0);
    guard.1 = None;
    result
}

/// Calls `next` until it gives false, also after it has panicked; then the first panic goes on, unless
/// something unwinds already.
#[cfg(feature = "std")]
pub(super) fn all(mut next: impl FnMut() -> bool) {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    let mut first = None;
    loop {
        match catch_unwind(AssertUnwindSafe(&mut next)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(panic) if first.is_none() => first = Some(panic),
            Err(panic) => core::mem::forget(panic),
        }
    }
    if let (Some(panic), false) = (first, std::thread::panicking()) {
        resume_unwind(panic);
    }
}

#[cfg(not(feature = "std"))]
pub(super) fn all(mut next: impl FnMut() -> bool) {
    while or_end(&mut next, |next| next(), |next| while next() {}) {}
}
