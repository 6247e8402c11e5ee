//! Children that wake themselves.

use std::{
    future::{Future, poll_fn},
    task::Poll,
};

/// Wakes itself and is pending that many times, then gives `output`.
pub(crate) async fn yielding<T>(times: usize, output: T) -> T {
    for _ in 0..times {
        yield_now().await;
    }
    output
}

pub(crate) fn yield_now() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
