//! `wait`.

use std::{cell::Cell, collections::VecDeque, future::Future, iter, pin::pin, task::Poll};

use futures::{
    FutureExt as _,
    future::{Either, select},
};
use gather::{Gather, gather};

use super::{Clock, Outcome, done_and_pending, drops, error, is};
use crate::support::{Remote, Task};

// test_wait
#[test]
fn wait_ends_when_all_are_done_and_again_at_once() {
    let clock = Clock::default();
    let task = Task::new();
    let mut job = gather([clock.sleep(15, 'b'), clock.sleep(10, 'a')]);
    for time in [10, 15] {
        assert_eq!(task.poll(&mut job.until(|_, _| false)), Poll::Pending);
        clock.advance_to(time);
        assert_eq!(task.woken(), 1);
    }
    for _ in 0..2 {
        let all = task.poll(&mut job.until(|_, _| false));
        assert_eq!(all, Poll::Ready(None));
        assert_eq!(done_and_pending(&job), (vec![0, 1], vec![]));
    }
    assert_eq!(task.woken(), 0);
}

// test_wait_first_completed
#[test]
fn wait_for_the_first_completed_leaves_the_others_running() {
    let clock = Clock::default();
    let task = Task::new();
    let mut job = gather([clock.sleep(1, 'b'), clock.sleep(100, 'a')]);
    let mut first = job.until(|_, _| true);
    assert_eq!(task.poll(&mut first), Poll::Pending);
    clock.advance_to(1);
    assert_eq!(task.poll(&mut first), Poll::Ready(Some(0)));
    assert_eq!(done_and_pending(&job), (vec![0], vec![1]));
    assert_eq!((job.get(0), job.running()), (Some(&'b'), 1));

    assert_eq!(task.settle(&mut job), Poll::Pending);
    clock.advance_to(100);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec!['b', 'a']));
}

// test_wait_really_done
#[test]
fn wait_for_the_first_completed_loses_no_other_that_completed_with_it() {
    let (remotes, children) = Remote::many(3);
    let task = Task::new();
    let mut job = gather(children);
    assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Pending);
    remotes[2].finish('c');
    remotes[0].finish('a');
    assert_eq!(task.woken(), 1);

    // asyncio gives both. Here the second one is there when it is asked for, without a wake.
    let mut found = Vec::new();
    while let Poll::Ready(index) = task.poll(&mut job.until(|_, _| true)) {
        found.push(index.unwrap());
    }
    found.sort();
    assert_eq!(found, [0, 2]);
    assert_eq!(done_and_pending(&job), (vec![0, 2], vec![1]));
}

// test_wait_first_exception
#[test]
fn wait_for_the_first_error_ends_at_once_if_a_child_has_failed_already() {
    let failed = error("err");
    let (remotes, children) = Remote::many(2);
    let task = Task::new();
    let mut job = gather(children);
    remotes[0].put(Err(failed.clone()));
    // It failed before the wait for errors began.
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(done_and_pending(&job), (vec![0], vec![1]));

    let first = task.poll(&mut job.until(|_, outcome: &Outcome| outcome.is_err()));
    assert_eq!(first, Poll::Ready(Some(0)));
    assert!(is(job.get(0).unwrap(), &failed));
    assert_eq!(done_and_pending(&job), (vec![0], vec![1]));
    assert_eq!(drops(&remotes), [1, 0]);
}

// test_wait_first_exception_in_wait
#[test]
fn wait_for_the_first_error_ends_when_a_child_fails() {
    let failed = error("err");
    let (remotes, children) = Remote::many(3);
    let task = Task::new();
    let mut job = gather(children);
    let mut first = job.until(|_, outcome: &Outcome| outcome.is_err());
    assert_eq!(task.poll(&mut first), Poll::Pending);
    remotes[2].finish(Ok(1));
    assert_eq!(task.poll(&mut first), Poll::Pending);
    remotes[0].finish(Err(failed.clone()));
    assert_eq!(task.poll(&mut first), Poll::Ready(Some(0)));
    assert!(is(job.get(0).unwrap(), &failed));
    assert_eq!(done_and_pending(&job), (vec![0, 2], vec![1]));
    assert_eq!(drops(&remotes), [1, 0, 1]);
}

// test_wait_with_exception
#[test]
fn wait_does_not_raise_errors() {
    let really = error("really");
    let (remotes, children) = Remote::<Outcome>::many(2);
    let task = Task::new();
    let mut job = gather(children);
    assert_eq!(task.poll(&mut job.until(|_, _| false)), Poll::Pending);
    remotes[1].finish(Ok(1));
    remotes[0].finish(Err(really.clone()));
    for _ in 0..2 {
        let all = task.poll(&mut job.until(|_, _| false));
        assert_eq!(all, Poll::Ready(None));
        assert_eq!(done_and_pending(&job), (vec![0, 1], vec![]));
        let errors = job.iter().flatten().filter(|outcome| outcome.is_err());
        assert_eq!(errors.count(), 1);
    }
    assert!(is(job.get(0).unwrap(), &really));
}

/// Waits for all until the deadline, and tells whether that came first.
async fn wait<F: Future>(job: &mut Gather<F>, deadline: impl Future<Output = ()>) -> bool {
    let deadline = pin!(deadline);
    let all = select(job.until(|_, _| false), deadline).await;
    matches!(all, Either::Right(_))
}

// test_wait_with_timeout
#[test]
fn wait_with_a_timeout_tells_done_from_pending_and_cancels_nothing() {
    let clock = Clock::default();
    let task = Task::new();
    let mut job = gather([clock.sleep(15, 'b'), clock.sleep(10, 'a')]);
    let mut waiting = Box::pin(wait(&mut job, clock.sleep(11, ())));
    assert_eq!(task.settle(&mut waiting), Poll::Pending);
    clock.advance_to(10);
    assert_eq!(task.settle(&mut waiting), Poll::Pending);
    clock.advance_to(11);
    assert_eq!(task.settle(&mut waiting), Poll::Ready(true));
    drop(waiting);
    assert_eq!(done_and_pending(&job), (vec![1], vec![0]));

    assert_eq!(task.settle(&mut job), Poll::Pending);
    clock.advance_to(15);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec!['b', 'a']));
}

// test_wait_concurrent_complete
#[test]
fn wait_with_a_timeout_has_what_completes_along_with_it() {
    let clock = Clock::default();
    let task = Task::new();
    let mut job = gather([clock.sleep(15, 'b'), clock.sleep(10, 'a')]);
    let mut waiting = Box::pin(wait(&mut job, clock.sleep(10, ())));
    assert_eq!(task.settle(&mut waiting), Poll::Pending);
    clock.advance_to(10);
    assert_eq!(task.poll(&mut waiting), Poll::Ready(true));
    drop(waiting);
    assert_eq!(done_and_pending(&job), (vec![1], vec![0]));
}

// test_wait_with_iterator_of_tasks, test_wait_generator
#[test]
fn wait_takes_any_iterable() {
    fn waited_for<I>(children: I)
    where
        I: IntoIterator<Item: Future<Output = u32>>,
    {
        let mut job = gather(children);
        assert_eq!(Task::new().run(job.until(|_, _| false)).0, None);
        let outputs: Vec<_> = job.iter().flatten().copied().collect();
        assert_eq!(outputs, [0, 1, 2]);
        assert_eq!(done_and_pending(&job), (vec![0, 1, 2], vec![]));
    }
    let child = crate::support::yielding::<u32>;
    let children = || [child(1, 0), child(0, 1), child(2, 2)];
    waited_for(children());
    waited_for(Vec::from(children()));
    waited_for(children().into_iter().fuse());
    waited_for(VecDeque::from(children()));
    waited_for((0..3).map(|n| child(1, n)));
    let mut made = 0..3;
    waited_for(iter::from_fn(|| made.next().map(|n| child(1, n))));
}

// test_wait_duplicate_coroutines
#[test]
fn wait_ends_when_a_child_given_twice_is_done() {
    let (remotes, children) = Remote::many(2);
    let [c, spam] = children.try_into().ok().unwrap();
    let (c, spam) = (c.shared(), spam.shared());
    let task = Task::new();
    let mut job = gather([c.clone(), c, spam]);
    let mut all = job.until(|_, _| false);
    assert_eq!(task.poll(&mut all), Poll::Pending);
    remotes[0].finish("test");
    remotes[1].finish("spam");
    assert_eq!(task.settle(&mut all), Poll::Ready(None));
    let outputs: Vec<_> = job.iter().flatten().copied().collect();
    assert_eq!(outputs, ["test", "test", "spam"]);
}

// test_yield_wait_does_not_shield_cancel
#[test]
fn wait_cancelled_leaves_the_children_running() {
    let proof = Cell::new(0);
    let (remote, child) = Remote::new();
    let inner = async {
        child.await;
        proof.set(proof.get() + 1);
    };
    let task = Task::new();
    let mut job = gather([inner]);
    let mut outer = Box::pin(async {
        job.until(|_, _| false).await;
        proof.set(proof.get() + 100);
    });
    assert_eq!(task.poll(&mut outer), Poll::Pending);
    drop(outer);
    assert_eq!(remote.drops(), 0);
    remote.finish(());
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![()]));
    assert_eq!(proof.get(), 1);
}
