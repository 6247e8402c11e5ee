//! The deadline, and children that would not end without one.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, ready},
    task::Poll,
};

use futures::future::{BoxFuture, FutureExt};
use gather::{Group, group};

use super::Ended;
use crate::support::{Holding, Log, Remote, Task, polls, yield_now, yielding};

#[test]
fn children_that_run_at_the_deadline_are_dropped() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let (_remote, child) = Remote::<Ended>::new();
    let (_other, other) = Remote::<()>::new();
    let mut job = Box::pin(
        group(async |g| {
            let (log, body) = (&log, log.on_drop(1));
            g.spawn(Holding(child, log.on_drop(2)));
            g.spawn(async {
                yield_now().await;
                Err::<(), _>("bad")
            });
            other.await;
            drop(body);
            Ok(())
        })
        .grace(timer),
    );
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(deadline.polls(), 0, "it is polled from the cancellation on");
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(deadline.polls(), 1);
    assert!(task.settle(&mut job).is_pending());
    assert!(log.take().is_empty());
    task.woken();
    deadline.finish(());
    assert_eq!(task.woken(), 1);
    let polled = task.poll(&mut job);
    assert!(matches!(polled, Poll::Ready(Err(errors)) if errors.get(1) == Some(&"bad")));
    assert_eq!(
        (log.take(), task.woken(), task.clones()),
        (vec![1, 2], 0, 1)
    );
    drop(deadline.take_waker());
    assert_eq!(task.clones(), 0);
}

#[test]
fn a_deadline_that_is_due_at_once_drops_all_in_the_same_poll() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        let _held = log.on_drop(1);
        g.spawn(ready(Err::<(), _>("bad")));
        pending::<Ended>().await
    });
    let mut job = Box::pin(job.grace(ready(())));
    assert!(task.poll(&mut job).is_ready());
    assert_eq!(log.take(), [1]);
}

#[test]
fn a_deadline_is_not_polled_if_there_is_no_cancellation_or_all_have_ended() {
    for failure in [None, Some("bad")] {
        let task = Task::new();
        let (deadline, timer) = Remote::<()>::new();
        let job = group(async |g| {
            g.spawn(yielding(3, failure.map_or(Ok(()), Err)));
            Ok(())
        });
        let (result, _) = task.run(Box::pin(job.grace(timer)));
        assert_eq!(result.is_err(), failure.is_some());
        assert_eq!((deadline.polls(), deadline.drops()), (0, 1));
    }
}

fn hydra(g: Group<'static, (), &'static str>, log: Log) -> BoxFuture<'static, Ended> {
    async move {
        log.note(1);
        g.spawn(hydra(g.clone(), log));
        Ok(())
    }
    .boxed()
}

#[test]
fn the_deadline_ends_children_that_spawn_without_end() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let job = group(|g| {
        g.spawn(hydra(g.clone(), log.clone()));
        ready(Err("bad"))
    });
    let mut job = Box::pin(job.grace(timer));
    for _ in 0..10 {
        assert!(task.poll(&mut job).is_pending());
        assert!(!log.take().is_empty());
    }
    assert_eq!(deadline.polls(), 10);
    deadline.finish(());
    assert!(task.poll(&mut job).is_ready());
}

#[test]
fn cancelled_resolves_though_children_spawn_without_end() {
    let task = Task::new();
    let mut cancelled = None;
    let job = group(|g: Group<'static, (), &str>| {
        cancelled = Some(g.cancelled());
        g.spawn(hydra(g.clone(), Log::default()));
        async {
            yield_now().await;
            Err("bad")
        }
    });
    let mut cancelled = Box::pin(cancelled.unwrap());
    let mut job = Box::pin(job.grace(pending::<()>()));
    let listener = Task::new();
    assert!(task.poll(&mut job).is_pending());
    assert!(listener.poll(&mut cancelled).is_pending());
    assert!(task.poll(&mut job).is_pending());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(listener.woken(), 1);
}

#[test]
fn a_spurious_poll_during_the_grace_polls_only_the_deadline() {
    let task = Task::new();
    let (deadline, timer) = Remote::<()>::new();
    let (remotes, children) = Remote::<Ended>::many(20);
    let job = group(async |g| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        Err::<(), _>("bad")
    });
    let mut job = Box::pin(job.grace(timer));
    assert!(task.settle(&mut job).is_pending());
    let before = deadline.polls();
    for count in 1..5 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(
            (deadline.polls() - before, polls(&remotes), task.woken()),
            (count, vec![1; 20], 0)
        );
    }
}

#[test]
fn the_deadline_of_an_outer_group_drops_inner_groups_in_their_grace() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let (_remote, child) = Remote::<Ended>::new();
    let job = group(async |outer| {
        outer.spawn(async {
            let inner = group(async |g| {
                g.spawn(Holding(child, log.on_drop(1)));
                Err::<(), _>("inner")
            });
            inner.grace(pending::<()>()).await.map_err(|_| "never")
        });
        Err::<(), _>("outer")
    });
    let mut job = Box::pin(job.grace(timer));
    assert!(task.settle(&mut job).is_pending());
    assert!(log.take().is_empty());
    deadline.finish(());
    let polled = task.poll(&mut job);
    assert!(matches!(polled, Poll::Ready(Err(errors)) if errors.len() == 1));
    assert_eq!(log.take(), [1]);
}
