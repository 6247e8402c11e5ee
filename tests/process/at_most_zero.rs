//! Where a panic is said to come from, which only the process's panic hook is told.

use std::{
    panic,
    sync::{Arc, Mutex},
    thread,
};

use gather::at_most;

use crate::panics::panic_of;

#[test]
fn a_limit_of_zero_panics_where_it_is_called() {
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
    let (message, line) = (panic_of(|| at_most(0)), line!());
    panic::set_hook(Box::new(move |info| previous(info)));
    assert!(message.contains("at_most(0)"), "{message}");
    let location = location.lock().unwrap().take();
    assert_eq!(location, Some((file!().to_owned(), line)));
}
