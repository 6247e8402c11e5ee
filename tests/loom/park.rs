//! Wakes against parking, and against each other.

use std::{future::poll_fn, sync::atomic::Ordering::SeqCst};

use gather::gather;

use crate::stage::*;

/// A wake while the poller parks is not lost, and polls no other child: the poller polls for no reason
/// with the same task waker, and a thread wakes a child.
#[test]
fn a_wake_while_the_poller_parks_is_not_lost() {
    model(None, |ready| {
        let (mut poller, [a, b]) = start(ready, 1, [1, 1]);
        let threads = [fire(a)];
        poller.poll();
        poller.run(threads, one_left);
        assert_eq!(b.polls.load(SeqCst), 1);
        poller.end([]);
    });
}

/// Two wakes of a parking, on the root, in one leaf or in two, wake the task once, and both children are
/// polled.
#[test]
fn two_wakes_of_a_parking_wake_the_task_once() {
    model(None, |ready| {
        let (mut poller, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        join([fire(a), fire(b)]);
        assert!(poller.is_woken());
        poller.poll();
        assert!(one_left(&poller));
        poller.end([]);
    });
}

/// Three wakes of a parking wake the task once: two in one leaf, and one in another.
#[test]
fn three_wakes_of_a_parking_wake_the_task_once() {
    model(4, |ready| {
        let (mut poller, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        join([fire(a), fire(b), fire(c)]);
        assert!(poller.is_woken());
        poller.poll();
        assert!(one_left(&poller));
        poller.end([]);
    });
}

/// No wake of the task is spurious: two threads wake children, and each poll after such a wake polls one or
/// both.
#[test]
fn no_wake_of_the_task_is_spurious() {
    model(None, |ready| {
        let (mut poller, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        poller.poll = |job, waker| {
            let before = job.running();
            let polled = poll(job, waker);
            assert!(job.running() < before, "a wake is spurious");
            polled
        };
        poller.run([fire(a), fire(b)], one_left);
        poller.is_woken();
        assert!(!poller.is_woken(), "a wake is spurious");
        poller.end([]);
    });
}

/// A wake while a pass goes on is not lost: the poller polls what one thread woke, and another wakes
/// another child.
#[test]
fn a_wake_while_the_poller_polls_is_not_lost() {
    model(4, |ready| {
        let (mut poller, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        poller.run([fire(a), fire(b)], one_left);
        poller.end([]);
    });
}

/// Two wakes of a child are one poll of it, which sees what came before either.
#[test]
fn two_wakes_of_a_child_are_one_poll() {
    model(None, |ready| {
        let (mut poller, [a, _b]) = start(ready, 1, [2, 1]);
        let polls = a.polls.clone();
        join([fire(a.clone()), fire(a)]);
        assert!(poller.is_woken());
        poller.poll();
        assert!(one_left(&poller));
        poller.poll();
        assert_eq!(polls.load(SeqCst), 2);
        poller.end([]);
    });
}

/// A second wake of a child is not lost while that is polled for the first.
#[test]
fn a_second_wake_while_the_child_is_polled_is_not_lost() {
    model(None, |ready| {
        let (mut poller, [a, _b]) = start(ready, 1, [2, 1]);
        poller.run([fire(a.clone()), fire(a)], one_left);
        poller.end([]);
    });
}

/// The newest task is woken: the poller polls for no reason with another task waker, and a thread wakes
/// a child.
#[test]
fn the_newest_task_is_woken() {
    model(None, |ready| {
        let (mut poller, [a, _b]) = start(ready, 2, [1, 1]);
        let threads = [fire(a)];
        poller.poll();
        poller.run(threads, one_left);
        poller.end([]);
    });
}

/// The newest task is woken in a later parking too, by either of two threads.
#[test]
fn the_newest_task_is_woken_in_a_later_parking() {
    model(3, |ready| {
        let (mut poller, [a, b, c, _d]) = start(ready, 2, [1, 1, 1, 1]);
        c.fire();
        poller.poll();
        let threads = [fire(a), fire(b)];
        poller.poll();
        poller.run(threads, one_left);
        poller.end([]);
    });
}

/// A poller that cannot park, since a child has woken itself, wakes the task; a wake of another child by
/// a thread is not lost.
#[test]
fn a_wake_while_a_child_wakes_itself_is_not_lost() {
    model(None, |ready| {
        let (remotes, mut polls) = (Remotes::default(), 0);
        let busy = Box::pin(poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            polls += 1;
            ready_if(polls == 3)
        }));
        let others: [Child; 3] = [child(1, &remotes), busy, child(1, &remotes)];
        let mut poller = Poller::new(gather(children(ready, others)), poll, 1);
        let [a, _b] = take(&remotes);
        poller.run([fire(a)], one_left);
        poller.end([]);
    });
}

/// A wake is not lost while a pass is interrupted: the poller stops at each child that is done, and polls
/// on without having parked.
#[test]
fn a_wake_while_a_pass_is_interrupted_is_not_lost() {
    model(4, |ready| {
        let (mut poller, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        poller.poll = |job, waker| poll(&mut job.until(|_, _| true), waker);
        c.fire();
        poller.run([fire(a), fire(b)], one_left);
        poller.end([]);
    });
}

/// A poll that observes earlier outputs before it polls children parks as any other: the poller does so
/// with a job that was parked, and then a thread wakes a child.
#[test]
fn a_poll_that_first_observes_outputs_parks() {
    model(None, |ready| {
        let (mut poller, [a, _b]) = start(ready, 1, [1, 1]);
        poller.poll = |job, waker| poll(&mut job.until(|_, _| false), waker);
        poller.poll();
        assert!(!poller.is_woken(), "it is parked");
        poller.run([fire(a)], one_left);
        poller.end([]);
    });
}
