//! In place of tests/it/support/panics.rs: a panic ends the instance, and there the test is left out.

use std::{cell::Cell, thread};

thread_local! {
    static IS_TO_BE_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether the current panic is one that the test expects.
pub(crate) fn is_to_be_caught() -> bool {
    IS_TO_BE_CAUGHT.get()
}

pub(crate) fn catch_unwind<R>(code: impl FnOnce() -> R) -> thread::Result<R> {
    let before = IS_TO_BE_CAUGHT.replace(true);
    let value = code();
    IS_TO_BE_CAUGHT.set(before);
    Ok(value)
}

#[track_caller]
pub(crate) fn panic_of<R>(code: impl FnOnce() -> R) -> String {
    let Err(_) = catch_unwind(code) else {
        panic!("this must panic");
    };
    unreachable!("the instance is over")
}
