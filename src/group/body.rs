//! The body as the group polls it, and how the group knows whether it awaits the cancellation.

use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{child::Ended, kind::Kind, shared::Shared};
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
    /// The body, whose value is for the group.
    pub(super) struct Body<F, C, R, K: Kind> {
        #[pin]
        future: Option<F>,
        shared: K::Pointer<Shared<C, R, K>>,
    }
}

impl<F, C, R, K: Kind> Body<F, C, R, K> {
    pub(super) fn new(future: F, shared: K::Pointer<Shared<C, R, K>>) -> Self {
        let future = Some(future);
        Self { future, shared }
    }
}

impl<F, C, R, E, K> Future for Body<F, C, R, K>
where
    F: Future<Output = Result<R, E>>,
    K: Kind,
{
    type Output = Ended<E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<E>> {
        let mut this = self.project();
        let future = this.future.as_mut().as_pin_mut();
        let future = future.expect("not polled after its end");
        let thread = &this.shared.body.thread;
        thread.store(K::thread(), Ordering::Relaxed);
        // A panic ends the group, for which this does not matter any more.
        let polled = future.poll(cx);
        thread.store(NONE, Ordering::Relaxed);
        let Poll::Ready(result) = polled else {
            return Poll::Pending;
        };
        this.future.set(None);
        Poll::Ready(match result {
            Ok(value) => {
                this.shared.put(value);
                None
            }
            Err(error) => Some(Box::new(error)),
        })
    }
}
