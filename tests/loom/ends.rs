//! Wakes of what has ended, or panics.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    task::Poll,
};

use gather::gather;
use loom::thread;

use crate::stage::*;

/// Wakes while the job is dropped do no harm: two threads wake children, and the last of the three frees
/// the root.
#[test]
fn wakes_while_the_job_is_dropped_are_harmless() {
    model(None, |ready| {
        let (poller, remotes) = start(ready, 1, [1, 1]);
        poller.end(remotes.map(fire));
    });
}

/// Wakers that are cloned, woken by reference and dropped while the job is dropped free the root once,
/// after all uses.
#[test]
fn clones_and_drops_while_the_job_is_dropped_free_once() {
    model(None, |ready| {
        let (poller, [a, b]) = start(ready, 1, [1, 1]);
        let clone = thread::spawn(move || drop(a.waker.clone()));
        let wake = thread::spawn(move || b.waker.wake_by_ref());
        poller.end([clone, wake]);
    });
}

/// Late wakes after the job is dropped neither wake nor keep the task: a thread wakes two
/// children at the end, the first of which had been woken before.
#[test]
fn late_wakes_of_a_job_that_was_dropped_are_harmless() {
    model(None, |ready| {
        let (poller, [a, b]) = start(ready, 1, [1, 1]);
        let task = poller.task().clone();
        a.waker.wake_by_ref();
        drop(poller.job);
        assert_eq!(Arc::strong_count(&task), 2, "it is not kept");
        let wakes = task.take();
        join([a, b].map(fire));
        assert_eq!((wakes, task.take()), (1, 0));
    });
}

/// A job that is over keeps no task waker, though it is not dropped: a thread wakes the last two children
/// as the poller parks.
#[test]
fn a_job_that_is_over_keeps_no_task_waker() {
    model(None, |ready| {
        let (mut poller, [a, b]) = start(ready, 1, [1, 1]);
        poller.poll = |job, waker| poll(&mut job.until(|_, _| false), waker);
        let thread = thread::spawn(|| {
            a.fire();
            b.fire();
        });
        poller.run([thread], |poller| poller.ready);
        assert_eq!(Arc::strong_count(poller.task()), 1, "it is not kept");
        poller.end([]);
    });
}

/// A late wake does not wake the task: a thread wakes a child once too often, before it is over,
/// meanwhile, or after, and so after the job is over.
#[test]
fn a_late_wake_does_not_wake_the_task() {
    model(None, |ready| {
        let (mut poller, [a, b]) = start(ready, 1, [1, 1]);
        let (late, threads) = (a.clone(), [wake(&a)]);
        a.fire();
        poller.run(threads, one_left);
        while poller.is_woken() {
            poller.poll();
        }
        late.waker.wake_by_ref();
        assert!(!poller.is_woken());
        let threads = [wake(&late)];
        b.fire();
        poller.run(threads, |poller| poller.ready);
        poller.is_woken();
        poller.allowed = 0;
        late.waker.wake();
        poller.end([]);
    });
}

/// A wake while a child panics is not lost: two threads wake that child and another, and the poller
/// catches the panic.
#[test]
fn a_wake_while_a_child_panics_is_not_lost() {
    model(None, |ready| {
        let remotes = Remotes::default();
        let mut pending = child(1, &remotes);
        let panicking = Box::pin(poll_fn(move |cx| {
            let polled = pending.as_mut().poll(cx);
            polled.map(|()| resume_unwind(Box::new("caught by the poller")))
        }));
        let others: [Child; 3] = [panicking, child(1, &remotes), child(1, &remotes)];
        let mut poller = Poller::new(gather(children(ready, others)), poll, 1);
        poller.poll = |job, waker| {
            let polled = catch_unwind(AssertUnwindSafe(|| poll(job, waker)));
            polled.unwrap_or(Poll::Pending)
        };
        let [panicking, a, _b] = take(&remotes);
        let late = panicking.waker.clone();
        poller.run([fire(panicking), fire(a)], one_left);
        while poller.is_woken() {
            poller.poll();
        }
        late.wake();
        assert!(!poller.is_woken(), "it is over");
        poller.end([]);
    });
}
