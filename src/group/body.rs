//! The body's task, and how the group knows whether the body awaits the cancellation.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{kind::Kind, shared::Shared};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// No thread.
const NONE: usize = 0;

/// Whether the body has polled a future of `cancelled`, its own or that of any other handle.
pub(super) struct Listens {
    /// The thread that polls the body now, or `NONE`.
    thread: AtomicUsize,
    listens: AtomicBool,
}

impl Listens {
    pub(super) fn new() -> Self {
        Self {
            thread: AtomicUsize::new(NONE),
            listens: AtomicBool::new(false),
        }
    }

    /// A future of `cancelled` is polled: by the body, if this thread is just polling that.
    pub(super) fn note<K: Kind>(&self) {
        // Relaxed: a thread sees at least what it wrote itself, and no other thread writes its number.
        if self.thread.load(Ordering::Relaxed) == K::thread() {
            self.listens.store(true, Ordering::Relaxed);
        }
    }

    /// For the thread that polls the group.
    pub(super) fn get(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }
}

pin_project! {
    /// The body as the group polls it.
    pub(super) struct Body<F, C, R, K: Kind> {
        #[pin]
        task: F,
        shared: K::Pointer<Shared<C, R, K>>,
    }
}

impl<F, C, R, K: Kind> Body<F, C, R, K> {
    pub(super) fn new(task: F, shared: K::Pointer<Shared<C, R, K>>) -> Self {
        Self { task, shared }
    }
}

impl<F: Future, C, R, K: Kind> Future for Body<F, C, R, K> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let thread = &this.shared.body.thread;
        thread.store(K::thread(), Ordering::Relaxed);
        // A panic ends the group, for which this does not matter any more.
        let polled = this.task.poll(cx);
        thread.store(NONE, Ordering::Relaxed);
        polled
    }
}
