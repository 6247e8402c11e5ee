//! The body of a group, and whether it has awaited the cancellation.

use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{kind::Kind, shared::Shared, task::Ended};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// No thread.
const NONE: usize = 0;

/// Whether the body has polled a future returned by `cancelled`.
pub(super) struct Listens {
    /// The thread that is polling the body, or `NONE`.
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

    /// Called when a future returned by `cancelled` is polled. The body polls it if this thread is polling the body.
    pub(super) fn note<K: Kind>(&self) {
        // Relaxed: a thread sees its own writes, and no other thread writes its number.
        if self.thread.load(Ordering::Relaxed) == K::thread() {
            self.listens.store(true, Ordering::Relaxed);
        }
    }

    /// Called by the thread that polls the group.
    pub(super) fn get(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }
}

pin_project! {
    /// The body as the group polls it. Its value goes to the group.
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
        let future = future.expect("the body is not polled after its end");
        let thread = &this.shared.body.thread;
        thread.store(K::thread(), Ordering::Relaxed);
        // A panic of the body ends the group, which does not use `thread` any more.
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
