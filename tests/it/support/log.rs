//! Records what is dropped, and in which order.

use std::{
    future::Future,
    panic::panic_any,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    thread,
};

/// A future that holds something, and drops it only when it is dropped itself.
pub(crate) struct Holding<F, H>(pub(crate) F, pub(crate) H);

impl<F: Unpin, H> Unpin for Holding<F, H> {}

impl<F: Future + Unpin, H> Future for Holding<F, H> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// Numbers in the order in which they were noted.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<usize>>>);

/// Notes its number when it is dropped, and panics then if told to.
pub(crate) struct Noted {
    log: Log,
    pub(crate) number: usize,
    panics: bool,
}

impl Log {
    pub(crate) fn note(&self, number: usize) {
        self.0.lock().unwrap().push(number);
    }

    /// What was noted since this was last asked.
    pub(crate) fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(crate) fn on_drop(&self, number: usize) -> Noted {
        self.noted(number, false)
    }

    /// Notes its number when it is dropped, and panics then.
    pub(crate) fn panics_on_drop(&self, number: usize) -> Noted {
        self.noted(number, true)
    }

    pub(crate) fn noted(&self, number: usize, panics: bool) -> Noted {
        Noted {
            log: self.clone(),
            number,
            panics,
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.log.note(self.number);
        // A second panic would end the process, and hide the first.
        if self.panics && !thread::panicking() {
            panic_any(format!("drop of {}", self.number));
        }
    }
}

/// Panics with "drop" when it is dropped, if told to.
pub(crate) struct PanicsOnDrop(pub(crate) bool);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if self.0 && !thread::panicking() {
            panic_any("drop");
        }
    }
}
