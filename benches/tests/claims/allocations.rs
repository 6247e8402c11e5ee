//! The row "allocations", and the allocator that counts them, for each thread on its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use futures_concurrency::future::Join;

pub(crate) struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all arguments are handed on to `System` unchanged; to count neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: what holds for this call holds for that one.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// How often a job allocates, until it is done. A vector that is made smaller, or larger, is not counted.
fn count<J: Future>(job: impl FnOnce() -> J) -> usize {
    let before = ALLOCATIONS.get();
    let mut job = pin!(job());
    let mut cx = Context::from_waker(Waker::noop());
    while job.as_mut().poll(&mut cx).is_pending() {}
    ALLOCATIONS.get() - before
}

/// Children that are pending once.
fn children(n: usize) -> impl ExactSizeIterator<Item = impl Future<Output = usize> + Send + use<>> {
    (0..n).map(|index| async move {
        let mut polled = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut polled, true) {
                return std::task::Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        index
    })
}

#[test]
fn of_children_that_wait() {
    for n in [2, 10, 30] {
        assert_eq!(count(|| gather::gather(children(n))), 2);
        assert_eq!(count(|| futures::future::join_all(children(n))), 2);
    }
    for n in [31, 64, 100, 1000] {
        assert_eq!(count(|| gather::gather(children(n))), 2);
        assert!(count(|| futures::future::join_all(children(n))) > n);
    }
    for n in [2, 30, 31, 1000] {
        assert_eq!(
            count(|| FuturesUnordered::from_iter(children(n)).count()),
            n + 2
        );
        assert!(count(|| children(n).collect::<Vec<_>>().join()) > n);
        // A build without debug assertions takes one less.
        let buffered = count(|| futures_buffered::join_all(children(n)));
        assert!((3..=4).contains(&buffered), "{buffered}");
    }
}

#[test]
fn of_a_join_set() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let allocations = runtime.block_on(async {
        let before = ALLOCATIONS.get();
        let mut set: tokio::task::JoinSet<_> = children(100).collect();
        while set.join_next().await.is_some() {}
        ALLOCATIONS.get() - before
    });
    assert!(allocations > 100, "{allocations}");
}

/// With a limit of 16: one for each child that was ever started.
#[test]
fn of_a_limit() {
    for n in [16, 1000] {
        assert_eq!(
            count(|| stream::iter(children(n)).buffered(16).count()),
            n + 2
        );
        assert_eq!(
            count(|| stream::iter(children(n)).buffer_unordered(16).count()),
            n + 2
        );
        let ours = count(|| gather::at_most(16).unordered(children(n)).count());
        assert!(ours <= 3, "{ours}");
        let ours = count(|| gather::at_most(16).ordered(children(n)).count());
        assert!(ours <= 4, "{ours}");
    }
}

#[test]
fn of_children_that_are_ready() {
    let ready = |n| (0..n).map(std::future::ready);
    assert_eq!(count(|| gather::gather(ready(100))), 1);
    assert!(count(|| futures::future::join_all(ready(100))) > 100);
    assert_eq!(
        count(|| FuturesUnordered::from_iter(ready(100)).count()),
        102
    );
}
