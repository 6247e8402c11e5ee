//! Wakes against polls, and against each other.

use std::{future::poll_fn, sync::atomic::Ordering::SeqCst};

use gather::gather;

use crate::stage::*;

/// The parent polls for no reason.
/// A thread wakes a child.
#[test]
fn a_wake_while_the_parent_polls_is_not_lost() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [1, 1]);
        let threads = [fire(a)];
        parent.poll();
        parent.run(threads, one_left);
        parent.end([]);
    });
}

/// The parent sleeps.
/// Two threads wake children: one finds the gate asleep, the other the lone child on it.
#[test]
fn two_wakes_in_a_sleep_wake_the_parent_once() {
    model(None, |ready| {
        let (mut parent, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        join([fire(a), fire(b)]);
        assert!(parent.is_woken());
        parent.poll();
        assert!(one_left(&parent));
        parent.end([]);
    });
}

/// The parent sleeps.
/// Three threads wake children: one displaces the lone child, another pushes at the same time.
#[test]
fn three_wakes_in_a_sleep_wake_the_parent_once() {
    model(3, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        join([fire(a), fire(b), fire(c)]);
        assert!(parent.is_woken());
        parent.poll();
        assert!(one_left(&parent));
        parent.end([]);
    });
}

/// The parent polls what the first thread woke, and sleeps again.
/// The second thread wakes another child at any time.
#[test]
fn wakes_while_the_parent_polls_are_not_lost() {
    model(3, |ready| {
        let (mut parent, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        parent.run([fire(a), fire(b)], one_left);
        parent.end([]);
    });
}

/// The parent sleeps.
/// Two threads wake the same child, which has to see what came before either.
#[test]
fn two_wakes_of_a_child_are_one_poll() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [2, 1]);
        let polls = a.polls.clone();
        join([fire(a.clone()), fire(a)]);
        assert!(parent.is_woken());
        parent.poll();
        assert!(one_left(&parent));
        parent.poll();
        assert_eq!(polls.load(SeqCst), 2);
        parent.end([]);
    });
}

/// The parent polls a child that one thread woke.
/// Another thread wakes the same child again.
#[test]
fn a_second_wake_while_the_child_is_polled_is_not_lost() {
    model(3, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [2, 1]);
        parent.run([fire(a.clone()), fire(a)], one_left);
        parent.end([]);
    });
}

/// The parent polls with another waker: the scary race.
/// A thread that wakes a child is about to move the old one out.
#[test]
fn the_newest_parent_is_woken() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 2, [1, 1]);
        let threads = [fire(a)];
        parent.poll();
        parent.run(threads, one_left);
        parent.end([]);
    });
}

/// The same, once the gate has seen a sleep and a wake before.
/// Two threads wake children.
#[test]
fn the_newest_parent_is_woken_in_a_later_sleep() {
    model(2, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 2, [1, 1, 1, 1]);
        c.fire();
        parent.poll();
        let threads = [fire(a), fire(b)];
        parent.poll();
        parent.run(threads, one_left);
        parent.end([]);
    });
}

/// The parent polls a child that wakes itself, so it must not sleep.
/// A thread wakes another child.
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
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        let [a, _b] = take(&remotes);
        parent.run([fire(a)], one_left);
        parent.end([]);
    });
}

/// The parent stops at each child that is done, and polls again without having slept.
/// Two threads wake children.
#[test]
fn a_wake_while_a_pass_is_stopped_is_not_lost() {
    model(4, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        parent.poll = |job, waker| poll(&mut job.until(|_, _| true), waker);
        c.fire();
        parent.run([fire(a), fire(b)], one_left);
        parent.end([]);
    });
}

/// The parent polls for no reason.
/// Two threads have the last wakers there are: once those are gone, it takes what was woken without
/// more ado.
#[test]
fn the_last_wakers_are_not_lost() {
    for tasks in [1, 2] {
        model(2, move |ready| {
            let remotes = Remotes::default();
            let others: [Child; 3] = [idle(), forgetful(&remotes), forgetful(&remotes)];
            let mut parent = Parent::new(gather(children(ready, others)), poll, tasks);
            let threads = take::<2>(&remotes).map(fire);
            parent.poll();
            parent.run(threads, one_left);
            remotes.lock().unwrap().clear();
            parent.end([]);
        });
    }
}
