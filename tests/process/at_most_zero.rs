//! Where a panic is said to come from, which only the process's panic hook is told.

use std::{
    panic,
    sync::{Arc, Mutex},
    thread,
};

use gather::{at_most, group};

use crate::panics::panic_of;

/// What it panics with, and where from.
fn panic_at(panics: impl FnOnce()) -> (String, Option<(String, u32)>) {
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
fn a_limit_of_zero_panics_where_it_is_called() {
    let ((message, location), line) = (panic_at(|| _ = at_most(0)), line!());
    assert!(message.contains("at_most(0)"), "{message}");
    assert_eq!(location, Some((file!().to_owned(), line)));

    let job = group(async |_| Ok::<_, &str>(()));
    let ((message, location), line) = (panic_at(|| drop(job.at_most(0))), line!());
    assert!(message.contains("at_most(0)"), "{message}");
    assert_eq!(location, Some((file!().to_owned(), line)));
}
