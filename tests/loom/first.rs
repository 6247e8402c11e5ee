//! The first poll, in which there are no wakers yet.

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

/// A child lends the waker of its first poll to two threads.
/// Each finds no memory and makes some.
#[test]
fn threads_in_the_first_poll_get_the_same_waker() {
    model(None, |ready| {
        let mut lent = false;
        let lending = Box::pin(poll_fn(move |cx| {
            if mem::replace(&mut lent, true) {
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
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        parent.run([], one_left);
        parent.end([]);
    });
}

/// A child lends the waker of its first poll to a thread, which clones it.
/// That thread wakes with the clone once the poll is over, and has the only waker there is.
#[test]
fn a_waker_cloned_in_the_first_poll_wakes_later() {
    model(3, |ready| {
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
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        let thread = threads.lock().unwrap().pop().expect("it was polled");
        parent.run([thread], |parent| parent.job.running() == 2);
        parent.end([]);
    });
}
