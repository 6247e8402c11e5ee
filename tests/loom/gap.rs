//! The gap in a wake: after its first step, which ends the parking, and before its last, which gives the
//! cell of the task waker back.

use std::sync::Arc;

use crate::stage::*;

/// Polls in the gap do not use the cell, and wake the task instead: the poller polls twice for no
/// reason, with the same task waker or with another, while a thread wakes a child.
#[test]
fn polls_in_the_gap_do_not_use_the_cell() {
    for tasks in [1, 2] {
        model(None, move |ready| {
            let (mut poller, [a, _b]) = start(ready, tasks, [1, 1]);
            let threads = [fire(a)];
            poller.poll();
            poller.poll();
            poller.run(threads, one_left);
            poller.end([]);
        });
    }
}

/// A wake in the gap of another is not lost: two threads wake children, and the poller polls for no
/// reason, with the same task waker or with another.
#[test]
fn a_wake_in_the_gap_of_another_is_not_lost() {
    for tasks in [1, 2] {
        model(3, move |ready| {
            let (mut poller, [a, b, _c]) = start(ready, tasks, [1, 1, 1]);
            let threads = [fire(a), fire(b)];
            poller.poll();
            poller.run(threads, one_left);
            poller.end([]);
        });
    }
}

/// The parking after a gap is ended as any other: a thread wakes two children, one after the other, and
/// the poller polls for no reason, and then when it is woken.
#[test]
fn a_parking_after_a_gap_is_woken() {
    model(4, |ready| {
        let (mut poller, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        let thread = loom::thread::spawn(|| {
            a.fire();
            b.fire();
        });
        poller.poll();
        poller.run([thread], one_left);
        poller.end([]);
    });
}

/// A job that is dropped in the gap leaves the cell to the wake, which drops the task waker: the job is
/// parked, or has been polled in the gap too.
#[test]
fn a_job_dropped_in_the_gap_leaves_the_cell_to_the_wake() {
    for polls in 0..2 {
        model(None, move |ready| {
            let (mut poller, [a, b]) = start(ready, 1, [1, 1]);
            let threads = [fire(a)];
            (0..polls).for_each(|_| poller.poll());
            drop(b);
            poller.end(threads);
        });
    }
}

/// A job that ends in the gap keeps no task waker, though there are wakers of its children: the poller
/// polls all children to the end as two threads wake them.
#[test]
fn a_job_that_ends_in_the_gap_keeps_no_task_waker() {
    model(3, |ready| {
        let (mut poller, remotes) = start(ready, 1, [1, 1]);
        let late = remotes.clone();
        let threads = remotes.map(fire);
        poller.poll();
        if !poller.ready {
            poller.run(threads, |poller| poller.ready);
        } else {
            join(threads);
        }
        assert_eq!(Arc::strong_count(poller.task()), 1, "it is not kept");
        poller.end([]);
        late.into_iter().for_each(|late| late.waker.wake());
    });
}
