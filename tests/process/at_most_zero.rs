//! The location of a panic, which only the panic hook of the process is given.

use std::{
    panic,
    sync::{Arc, Mutex},
    thread,
};

use gather::at_most;

use crate::panics::panic_of;

/// One test at a time: the hook is the process's.
static HOOK: Mutex<()> = Mutex::new(());

/// The message and the location of a panic.
fn panic_at(panics: impl FnOnce()) -> (String, Option<(String, u32)>) {
    let _one = HOOK.lock().unwrap();
    let location = Arc::new(Mutex::new(None));
    let this = thread::current().id();
    let previous = Arc::new(panic::take_hook());
    panic::set_hook(Box::new({
        let (location, previous) = (location.clone(), previous.clone());
        move |info| {
            if thread::current().id() != this {
                return previous(info);
            }
            let line = info.location().map(|at| (at.file().to_owned(), at.line()));
            *location.lock().unwrap() = line;
        }
    }));
    let message = panic_of(panics);
    panic::set_hook(Box::new(move |info| previous(info)));
    (message, location.lock().unwrap().take())
}

#[test]
fn a_limit_of_zero_panics_with_the_callers_location() {
    let ((message, location), line) = (panic_at(|| _ = at_most(0)), line!());
    assert!(message.contains("at_most(0)"), "{message}");
    assert_eq!(location, Some((file!().to_owned(), line)));
}

#[cfg(feature = "std")]
#[test]
fn a_limit_of_zero_of_a_group_panics_with_the_callers_location() {
    let job = gather::group(async |_| Ok::<_, &str>(()));
    let ((message, location), line) = (panic_at(|| drop(job.at_most(0))), line!());
    assert!(message.contains("at_most(0)"), "{message}");
    assert_eq!(location, Some((file!().to_owned(), line)));
}
