//! In a grace period: finds the tasks that nobody is going to wake.

use alloc::{sync::Arc, task::Wake};
use core::{
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crate::sync::{AtomicBool, Ordering, fence};

std::thread_local! {
    /// Whether the group that is being polled on this thread, the innermost one, watches its tasks.
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Calls `poll`, in which tasks are watched if `watching`.
pub(super) fn during<R>(watching: bool, poll: impl FnOnce() -> R) -> R {
    let _outer = Outer(WATCHING.replace(watching));
    poll()
}

/// Restores what the group around this one wants, also if this one panics.
struct Outer(bool);

impl Drop for Outer {
    fn drop(&mut self) {
        WATCHING.set(self.0);
    }
}

/// Polls a task. `None` if it is watched, and has kept no waker by which it could be polled again: it
/// waits for a child that failed, say. Only the waker of the last poll counts, as ever.
#[inline]
pub(super) fn poll<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Option<Poll<F::Output>> {
    if WATCHING.get() {
        poll_watched(future, cx)
    } else {
        Some(future.poll(cx))
    }
}

#[cold]
fn poll_watched<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
    let watched = Arc::new(Watched {
        waker: cx.waker().clone(),
        woken: AtomicBool::new(false),
    });
    let polled = future.poll(&mut Context::from_waker(&Waker::from(watched.clone())));
    if polled.is_pending() && Arc::strong_count(&watched) == 1 {
        // Who had a waker has dropped it: whether it was used is seen now.
        fence(Ordering::Acquire);
        if !watched.woken.load(Ordering::Relaxed) {
            return None;
        }
    }
    Some(polled)
}

struct Watched {
    waker: Waker,
    woken: AtomicBool,
}

impl Wake for Watched {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
        self.waker.wake_by_ref();
    }
}
