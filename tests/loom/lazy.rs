//! Lazy wakers: those of the first poll, until there is a root.

use std::{
    future::poll_fn,
    mem,
    sync::{self, Arc},
    task::{Poll, Waker},
};

use gather::gather;
use loom::{
    sync::atomic::{
        AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
    thread::{self, JoinHandle},
};

use crate::stage::*;

/// Two threads that make the root at once make one: a child lends its lazy waker to both, of which one
/// clones it and the other wakes by it.
#[test]
fn threads_that_make_the_root_at_once_make_one() {
    model(None, |ready| {
        let mut is_borrowed = false;
        let lending = Box::pin(poll_fn(move |cx| {
            if mem::replace(&mut is_borrowed, true) {
                return Poll::Ready(());
            }
            let waker: *const Waker = cx.waker();
            // SAFETY: both threads end while it is borrowed.
            let waker = unsafe { &*waker };
            let threads = [
                thread::spawn(|| Some(waker.clone())),
                thread::spawn(|| {
                    waker.wake_by_ref();
                    None
                }),
            ];
            let clones = threads.map(|thread| thread.join().unwrap());
            let same = |clone: &Waker| clone.will_wake(&cx.waker().clone());
            assert!(clones.iter().flatten().all(same));
            Poll::Pending
        }));
        let others: [Child; 2] = [lending, child(1, &Remotes::default())];
        let mut poller = Poller::new(gather(children(ready, others)), poll, 1);
        poller.run([], one_left);
        poller.end([]);
    });
}

/// The clone of a lazy waker wakes the child later: a child lends its waker to a thread, which clones it
/// and wakes by the clone, the only owned waker, as the poll goes on.
#[test]
fn a_clone_of_a_lazy_waker_wakes_later() {
    model(None, |ready| {
        let threads: Arc<sync::Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let (events, spawned, mut first) = (Arc::new(AtomicUsize::new(0)), threads.clone(), true);
        let lending = Box::pin(poll_fn(move |cx| {
            if mem::take(&mut first) {
                let waker: *const Waker = cx.waker();
                // SAFETY: it is borrowed until the thread has cloned it, which is waited for.
                let waker = unsafe { &*waker };
                let (events, cloned) = (events.clone(), Arc::new(AtomicUsize::new(0)));
                let done = cloned.clone();
                let thread = thread::spawn(move || {
                    let waker = waker.clone();
                    done.store(1, Release);
                    events.fetch_add(1, Relaxed);
                    waker.wake();
                });
                spawned.lock().unwrap().push(thread);
                while cloned.load(Acquire) == 0 {
                    thread::yield_now();
                }
            }
            ready_if(events.load(Relaxed) == 1)
        }));
        let others: [Child; 3] = [lending, idle(), idle()];
        let mut poller = Poller::new(gather(children(ready, others)), poll, 1);
        let thread = threads.lock().unwrap().pop().expect("it was polled");
        poller.run([thread], |poller| poller.job.running() == 2);
        poller.end([]);
    });
}

/// A lazy waker of a child that is over is late: a child lends it to a thread, which clones it and so
/// makes the root, and is ready in the same poll.
#[test]
fn a_clone_of_a_lazy_waker_is_late_once_the_child_is_over() {
    model(None, |ready| {
        let threads: Arc<sync::Mutex<Vec<JoinHandle<Waker>>>> = Arc::default();
        let spawned = threads.clone();
        let lending = Box::pin(poll_fn(move |cx| {
            let waker: *const Waker = cx.waker();
            // SAFETY: it is borrowed until the thread has cloned it, which is waited for.
            let waker = unsafe { &*waker };
            let cloned = Arc::new(AtomicUsize::new(0));
            let done = cloned.clone();
            let thread = thread::spawn(move || {
                let waker = waker.clone();
                done.store(1, Release);
                waker.wake_by_ref();
                waker
            });
            spawned.lock().unwrap().push(thread);
            while cloned.load(Acquire) == 0 {
                thread::yield_now();
            }
            Poll::Ready(())
        }));
        let others: [Child; 2] = [lending, idle()];
        let mut poller = Poller::new(gather(children(ready, others)), poll, 1);
        let thread = threads.lock().unwrap().pop().expect("it was polled");
        let late = thread.join().unwrap();
        while poller.is_woken() {
            poller.poll();
        }
        late.wake();
        assert!(!poller.is_woken(), "it is over");
        poller.end([]);
    });
}
