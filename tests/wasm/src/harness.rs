//! What `run.mjs` calls to run one of the tests that `#[test]` marks.

use std::{cell::Cell, panic};

use test::{ShouldPanic, TestDescAndFn, TestFn};

thread_local! {
    static TESTS: Cell<&'static [&'static TestDescAndFn]> = const { Cell::new(&[]) };
}

// Functions of JavaScript.
#[link(wasm_import_module = "harness")]
unsafe extern "C" {
    /// Receives the name of a test.
    fn name(text: *const u8, length: usize);
    /// Receives the message of a panic, before the instance ends.
    fn panicked(text: *const u8, length: usize);
    /// Ends the test, which cannot go on in a JavaScript engine.
    fn leave_out(text: *const u8, length: usize) -> !;
}

/// The compiler calls this with all tests.
pub(crate) fn list(tests: &[&'static TestDescAndFn]) {
    TESTS.set(Box::leak(tests.into()));
}

/// How many tests there are.
#[unsafe(no_mangle)]
extern "C" fn count() -> usize {
    crate::list_tests();
    panic::set_hook(Box::new(|panic| {
        if crate::support::is_to_be_caught() {
            needs("a panic that is caught");
        }
        let text = panic.to_string();
        // SAFETY: it reads the text only.
        unsafe { panicked(text.as_ptr(), text.len()) }
    }));
    TESTS.get().len()
}

/// Gives the name of a test to `name`, and whether it is to panic.
#[unsafe(no_mangle)]
extern "C" fn describe(test: usize) -> bool {
    let test = &TESTS.get()[test].desc;
    describe_as(test.name.as_slice());
    test.should_panic != ShouldPanic::No
}

pub(crate) fn describe_as(text: &str) {
    // SAFETY: it reads the text only.
    unsafe { name(text.as_ptr(), text.len()) }
}

#[unsafe(no_mangle)]
extern "C" fn run(test: usize) {
    match &TESTS.get()[test].testfn {
        TestFn::StaticTestFn(test) => test().unwrap(),
        _ => panic!("a test of another kind"),
    }
}

/// Ends the test that runs: what it needs is not to be had in a JavaScript engine.
pub(crate) fn needs(what: &str) -> ! {
    // SAFETY: it reads the text only.
    unsafe { leave_out(what.as_ptr(), what.len()) }
}
