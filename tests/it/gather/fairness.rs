//! Children that always wake themselves: no child starves, each poll of the task ends, and the number of
//! polls stays linear.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    task::Poll,
};

use futures::future::{Either, FutureExt, LocalBoxFuture};
use gather::gather;

use crate::support::{Remote, Task, total_polls, yielding};

/// Wakes itself for ever, and counts its own polls and the total.
fn restless(polls: &Cell<usize>, total: &Cell<usize>) -> impl Future<Output = ()> {
    poll_fn(|cx| {
        polls.set(polls.get() + 1);
        total.set(total.get() + 1);
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

#[test]
fn children_that_always_wake_themselves_are_polled_equally_often_and_each_poll_ends() {
    for n in [2, 3, 64, 65, 1000, 4033] {
        let (polls, total) = (vec![Cell::new(0); n], Cell::new(0));
        let mut job = gather(polls.iter().map(|polls| restless(polls, &total)));
        let task = Task::new();
        for _ in 0..2 * n {
            total.set(0);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(task.woken(), 1);
            assert!(
                (1..=n).contains(&total.get()),
                "a pass polls each at most once"
            );
        }
        let counts = || polls.iter().map(Cell::get);
        assert!(
            counts().max().unwrap() - counts().min().unwrap() <= 1,
            "each is polled as often as the others"
        );
    }
}

#[test]
fn a_poll_of_a_job_polls_a_bounded_number_of_restless_children() {
    let most_in_a_poll = |n: usize| {
        let (polls, total) = (vec![Cell::new(0); n], Cell::new(0));
        let mut job = gather(polls.iter().map(|polls| restless(polls, &total)));
        let task = Task::new();
        // The first pass polls all.
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(total.take(), n);
        let in_a_poll = (0..n).map(|_| {
            assert!(task.poll(&mut job).is_pending());
            total.take()
        });
        in_a_poll.max().unwrap()
    };

    let some = most_in_a_poll(1000);
    assert!(some < 1000);
    assert_eq!(most_in_a_poll(8000), some);
}

#[test]
fn a_child_woken_from_outside_is_polled_among_a_thousand_restless_ones() {
    for position in [0, 500, 1000] {
        let n = 1001;
        let (polls, total) = (vec![Cell::new(0); n], Cell::new(0));
        let (remote, child) = Remote::new();
        let mut child = Some(child);
        let children = polls.iter().enumerate().map(|(index, polls)| match index {
            index if index == position => Either::Left(child.take().unwrap()),
            _ => Either::Right(restless(polls, &total)),
        });
        let mut job = gather(children);
        let task = Task::new();
        while remote.polls() == 0 {
            assert!(task.poll(&mut job).is_pending());
        }
        total.set(0);
        remote.finish(());
        while remote.drops() == 0 {
            assert!(task.poll(&mut job).is_pending());
        }
        assert_eq!((remote.polls(), job.get(position)), (2, Some(&())));
        assert!(total.get() <= 2 * n, "polled later than in the next pass");
    }
}

#[test]
fn children_that_yield_are_polled_once_for_each_yield() {
    for n in [1, 2, 3, 64, 65, 1000] {
        for times in [0, 1, 2, 10] {
            let polls = Cell::new(0);
            let children = (0..n).map(|index| {
                let mut child = Box::pin(yielding(times, index));
                let polls = &polls;
                poll_fn(move |cx| {
                    polls.set(polls.get() + 1);
                    child.as_mut().poll(cx)
                })
            });
            let (outputs, task_polls) = Task::new().run(gather(children));
            assert!(outputs.into_iter().eq(0..n));
            assert_eq!(polls.get(), n * (times + 1));
            assert!(task_polls <= polls.get().max(1));
        }
    }
}

#[test]
fn children_that_wake_each_other_for_ever_starve_no_sibling() {
    // One wake that goes round, and one more child that yields.
    let n = 100;
    let (remotes, children) = Remote::<()>::many(n);
    let ring = children.into_iter().enumerate().map(|(index, mut child)| {
        let next = remotes[(index + 1) % n].clone();
        poll_fn(move |cx| {
            let polled = child.poll_unpin(cx);
            if next.polls() > 0 {
                next.wake();
            }
            polled
        })
        .left_future()
    });
    let beside = [yielding(10, ()).boxed_local().right_future()];
    let task = Task::new();
    let mut job = gather(ring.chain(beside));
    for _ in 0..100 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(task.woken(), 1);
    }
    assert_eq!(job.get(n), Some(&()));
    assert_eq!(job.running(), n);
}

/// A gather of gathers of .. of leaves, `width` at each level.
fn nested<'a>(
    depth: usize,
    width: usize,
    leaf: &'a dyn Fn() -> LocalBoxFuture<'a, usize>,
) -> LocalBoxFuture<'a, usize> {
    if depth == 0 {
        return leaf();
    }
    let job = gather((0..width).map(|_| nested(depth - 1, width, leaf)));
    async move { job.await.into_iter().sum() }.boxed_local()
}

#[test]
fn leaves_of_nested_gathers_are_polled_once_for_each_wake() {
    for (depth, width) in [(5, 1), (5, 2), (5, 4), (2, 40), (3, 10)] {
        for yields in [0, 1, 5] {
            let polls = Cell::new(0);
            let leaf = || {
                let mut child = Box::pin(yielding(yields, 1));
                let polls = &polls;
                poll_fn(move |cx| {
                    polls.set(polls.get() + 1);
                    child.as_mut().poll(cx)
                })
                .boxed_local()
            };
            let leaves = usize::pow(width, depth);
            let job = nested(depth as usize, width, &leaf);
            assert_eq!(Task::new().run(job).0, leaves);
            assert_eq!(polls.get(), leaves * (yields + 1));
        }
    }
}

#[test]
fn a_wake_of_one_leaf_of_nested_gathers_polls_that_leaf_alone() {
    let remotes = RefCell::new(vec![]);
    let leaf = || {
        let (remote, child) = Remote::new();
        remotes.borrow_mut().push(remote);
        child.boxed_local()
    };
    let task = Task::new();
    let mut job = nested(5, 3, &leaf);
    assert!(task.poll(&mut job).is_pending());
    let remotes = remotes.take();
    let leaves = remotes.len();
    assert_eq!(leaves, 243);
    for (index, remote) in remotes.iter().enumerate() {
        remote.finish(1);
        assert_eq!(task.woken(), 1);
        let polled = task.poll(&mut job);
        assert_eq!(polled.is_ready(), index == leaves - 1);
        assert_eq!(total_polls(&remotes), leaves + index + 1);
    }
    assert_eq!(task.woken(), 0);
}
