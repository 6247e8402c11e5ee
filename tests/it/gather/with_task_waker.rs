//! `with_task_waker`: children are given the task waker, and each poll polls all that run.

use std::{
    future::{Future, poll_fn},
    task::{Context, Poll, Waker},
};

use futures::future::{Either, FutureExt};
use gather::gather;

use crate::support::{Remote, Task, panic_of, polls, sizes};

#[test]
fn are_children_given_the_task_waker_whenever_it_is_asked_for() {
    for n in sizes() {
        for polled_before in [false, true] {
            let (remotes, children) = Remote::<usize>::many(n);
            let (before, task) = (Task::new(), Task::new());
            let mut job = gather(children);
            if polled_before {
                assert!(before.poll(&mut job).is_pending());
            }
            let mut job = job.with_task_waker();
            assert!(task.poll(&mut job).is_pending());
            assert!(
                remotes
                    .iter()
                    .all(|remote| remote.waker().will_wake(task.waker()))
            );
            // A waker that a child had before does not wake the task.
            assert_eq!(before.clones(), 0);
        }
    }
}

#[test]
fn is_each_child_that_runs_polled_in_each_poll_and_no_other() {
    for n in sizes() {
        let (remotes, children) = Remote::many(n);
        let task = Task::new();
        let mut job = gather(children).with_task_waker();
        assert!(task.poll(&mut job).is_pending());
        remotes[0].finish(0);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        assert!(task.poll(&mut job).is_pending());
        let mut expected = vec![3; n];
        expected[0] = 2;
        assert_eq!(polls(&remotes), expected);
        remotes.iter().skip(1).for_each(|remote| remote.finish(1));
        assert_eq!(task.woken(), n - 1);
        assert!(task.poll(&mut job).is_ready());
    }
}

#[test]
fn is_a_wake_lost_after_a_panic_or_when_until_stops() {
    let (remotes, children) = Remote::many(3);
    let panics = poll_fn(|_| -> Poll<usize> { panic!("a child") });
    let children = children.into_iter().map(Either::Left);
    let mut job = gather(children.chain([Either::Right(panics.boxed())])).with_task_waker();
    let task = Task::new();
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "a child");
    assert_eq!(task.woken(), 1);
    remotes[0].finish(0);
    let mut until = job.until(|_, _| true);
    assert_eq!(task.poll(&mut until), Poll::Ready(Some(0)));
    remotes[1].finish(1);
    assert_eq!(task.woken(), 2);
    let mut until = job.until(|_, _| true);
    assert_eq!(task.poll(&mut until), Poll::Ready(Some(1)));
}

#[test]
fn does_it_work_with_leaves_that_require_the_executors_own_waker() {
    /// Panics where the waker is not the one of the task, as embassy's integrated timers do.
    fn insists(task: &Waker, mut times: usize) -> impl Future<Output = ()> {
        poll_fn(move |cx: &mut Context<'_>| {
            assert!(cx.waker().will_wake(task), "not created by this executor");
            times -= 1;
            if times == 0 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
    let task = Task::new();
    let children = || (1..4).map(|times| insists(task.waker(), times));
    assert_eq!(task.run(gather(children()).with_task_waker()).1, 3);
    assert_eq!(
        panic_of(|| task.run(gather(children()))),
        "not created by this executor"
    );
}
