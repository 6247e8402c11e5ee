//! Wakes of what has ended, or panics.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    task::Poll,
};

use gather::gather;
use loom::thread;

use crate::stage::*;

/// The parent drops the job.
/// Two threads wake children, and the last of the three frees the memory.
#[test]
fn a_wake_while_the_job_is_dropped_is_harmless() {
    model(4, |ready| {
        let (parent, remotes) = start(ready, 1, [1, 1]);
        parent.end(remotes.map(fire));
    });
}

/// The parent drops the job.
/// Two threads clone and drop wakers, and the last of the three frees the memory.
#[test]
fn clones_and_drops_while_the_job_is_dropped_free_once() {
    model(3, |ready| {
        let (parent, remotes) = start(ready, 1, [1, 1]);
        let clone_and_drop = |remote: Remote| thread::spawn(move || drop(remote.clone()));
        parent.end(remotes.map(clone_and_drop));
    });
}

/// The parent sees a child finish, and in the end all.
/// A thread wakes that child once too often, before, meanwhile, or after.
#[test]
fn a_wake_of_a_child_that_is_done_does_not_wake_the_parent() {
    model(4, |ready| {
        let (mut parent, [a, b]) = start(ready, 1, [1, 1]);
        let (late, threads) = (a.clone(), [wake(&a)]);
        a.fire();
        parent.run(threads, one_left);
        while parent.is_woken() {
            parent.poll();
        }
        late.waker.wake_by_ref();
        assert!(!parent.is_woken());
        let threads = [wake(&late)];
        b.fire();
        parent.run(threads, |parent| parent.ready);
        parent.is_woken();
        parent.allowed = 0;
        late.waker.wake();
        parent.end([]);
    });
}

/// The parent polls a child that panics, and catches that.
/// Two threads wake that child and another.
#[test]
fn a_wake_while_a_child_panics_is_not_lost() {
    model(3, |ready| {
        let remotes = Remotes::default();
        let mut pending = child(1, &remotes);
        let panicking = Box::pin(poll_fn(move |cx| {
            let polled = pending.as_mut().poll(cx);
            polled.map(|()| resume_unwind(Box::new("caught by the parent")))
        }));
        let others: [Child; 3] = [panicking, child(1, &remotes), child(1, &remotes)];
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        parent.poll = |job, waker| {
            let polled = catch_unwind(AssertUnwindSafe(|| poll(job, waker)));
            polled.unwrap_or(Poll::Pending)
        };
        let [panicking, a, _b] = take(&remotes);
        parent.run([fire(panicking), fire(a)], one_left);
        parent.end([]);
    });
}
