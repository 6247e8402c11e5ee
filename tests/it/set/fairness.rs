//! Which child is polled first, how often, and when does a poll end?

use std::{
    future::{Future, poll_fn, ready},
    task::Poll,
};

use futures::future::Either;
use gather::GatherSet;

use crate::support::{Remote, Task, set::waiting, yielding};

#[test]
fn do_children_that_are_always_ready_starve_a_woken_one() {
    let task = Task::new();
    let (remote, child) = Remote::new();
    let mut set = GatherSet::new();
    set.push(Either::Left(child));
    assert!(task.poll_next(&mut set).is_pending());
    remote.finish(usize::MAX);
    // One is pushed for each that completes.
    let completed = (0..).position(|index| {
        set.push(Either::Right(ready(index)));
        task.poll_next(&mut set) == Poll::Ready(Some(usize::MAX))
    });
    assert_eq!(completed, Some(32));
}

#[test]
fn do_children_that_always_wake_themselves_starve_a_new_one() {
    // Also as many as the budget of a poll, or a multiple of that.
    for n in [1, 255, 256, 257, 512, 1000] {
        let task = Task::new();
        let mut set: GatherSet<_> = (0..n)
            .map(|_| Either::Left(yielding(usize::MAX, 0)))
            .collect();
        for index in 1..100 {
            set.push(Either::Right(ready(index)));
            let polled = (0..10).find(|_| {
                let polled = task.poll_next(&mut set);
                assert!(polled.is_ready() || task.woken() > 0);
                assert_ne!(polled, Poll::Ready(Some(0)));
                polled == Poll::Ready(Some(index))
            });
            // After 32 new outputs in a row, woken children come first.
            let most = if index <= 32 { 0 } else { n / 256 };
            assert!(polled.unwrap() <= most, "{n}: {polled:?}");
        }
    }
}

#[test]
fn does_the_first_poll_start_all_and_a_later_one_end_after_256_in_vain() {
    let polls = std::cell::Cell::new(0);
    let restless = || {
        poll_fn(|cx| {
            polls.set(polls.get() + 1);
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        })
    };
    let task = Task::new();
    let mut set: GatherSet<_> = (0..1000).map(|_| restless()).collect();
    assert!(task.poll_next(&mut set).is_pending());
    assert_eq!((polls.replace(0), task.woken()), (1000, 1));
    for _ in 0..10 {
        assert!(task.poll_next(&mut set).is_pending());
        assert!(polls.replace(0) <= 256);
        assert_eq!(task.woken(), 1);
    }
}

#[test]
fn are_all_children_that_wake_themselves_polled_though_some_complete() {
    fn child(index: usize) -> impl Future<Output = usize> {
        yielding(1, index)
    }

    let task = Task::new();
    let mut set: GatherSet<_> = (0..100).map(child).collect();
    let mut late: Vec<_> = (0..100).collect();
    for next in 100..1000 {
        if let Poll::Ready(Some(index)) = task.poll_next(&mut set) {
            late.retain(|&other| other != index);
            set.push(child(next));
        }
    }
    assert_eq!(late, []);
}

#[test]
fn is_a_child_that_wakes_itself_polled_again_in_this_poll_or_in_the_next() {
    let task = Task::new();
    let polls = std::cell::Cell::new(0);
    let mut set = GatherSet::new();
    set.push(poll_fn(|cx| {
        polls.set(polls.get() + 1);
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    for expected in 1..10 {
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!((polls.get(), task.woken()), (expected, 1));
    }
}

#[test]
fn do_woken_children_that_are_ready_come_in_the_order_of_their_slots() {
    let (task, _, remotes, mut set) = waiting(200);
    for index in (0..200).rev() {
        remotes[index].finish(index);
    }
    assert_eq!(task.woken(), 1);
    for index in 0..200 {
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(index)));
    }
}
