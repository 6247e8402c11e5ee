//! Handles that never give a value, of children that failed or were dropped: what becomes of code that
//! awaits one during a grace, and which wakers a handle keeps.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::pending,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures::future::{Either, select};
use gather::{Errors, gather, group};

use crate::support::{Holding, Log, Remote, Task, yield_now, yielding};

/// Polls a group with grace to its end, which must come before the deadline.
fn run<F: Future>(job: F) -> F::Output {
    Task::new().run(Box::pin(job)).0
}

fn indices<E>(errors: &Errors<E>) -> Vec<usize> {
    errors.iter().map(|(&index, _)| index).collect()
}

#[test]
fn children_that_await_a_failed_one_directly_or_not_run_until_the_deadline() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let job = group(async |g| {
        let failing = g.spawn(yielding(2, Err::<(), _>("bad")));
        let (held, log) = (log.on_drop(1), &log);
        let first = g.spawn(async move {
            let _held = held;
            Ok(failing.await)
        });
        let held = log.on_drop(2);
        let second = g.spawn(async move {
            let _held = held;
            Ok(gather([first]).await)
        });
        let _held = log.on_drop(3);
        second.await;
        log.note(4);
        Ok(())
    });
    let mut job = pin!(job.grace(timer));
    assert!(task.settle(&mut job).is_pending());
    assert_eq!(log.take(), []);
    deadline.finish(());
    let (result, polls) = task.run(job);
    assert_eq!((indices(&result.unwrap_err()), polls), (vec![0], 1));
    assert_eq!(log.take(), [3, 1, 2], "in the order of their slots");
}

#[test]
fn a_body_that_awaited_cancelled_and_then_a_failed_child_runs_until_the_deadline() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let job = group(async |g| {
        let failing = g.spawn(async { Err::<(), _>("bad") });
        g.cancelled().await;
        log.note(1);
        yield_now().await;
        log.note(2);
        failing.await;
        log.note(3);
        Ok(())
    });
    let mut job = pin!(job.grace(timer));
    assert!(task.settle(&mut job).is_pending());
    deadline.finish(());
    assert_eq!(task.run(job).0.unwrap_err().len(), 1);
    assert_eq!(log.take(), [1, 2]);
}

#[test]
fn a_body_that_awaits_a_child_that_did_not_fail_goes_on_while_another_one_is_alive() {
    for other in [true, false] {
        let log = Log::default();
        let result = run(group(async |g| {
            g.spawn(async { Err::<(), _>("bad") });
            let slow = g.spawn(yielding(5, Ok(7)));
            if other {
                g.spawn(yielding(8, Ok(())));
            }
            log.note(slow.await);
            Ok(())
        })
        .grace(pending::<()>()));
        assert_eq!(result.unwrap_err().len(), 1);
        assert_eq!(log.take(), if other { vec![7] } else { vec![] });
    }
}

#[test]
fn a_handle_of_another_groups_failed_child_is_just_pending() {
    let task = Task::new();
    let mut kept = None;
    let failed = group(|g| {
        kept = Some(g.spawn(async { Err::<(), _>("bad") }));
        pending::<Result<(), _>>()
    });
    assert!(task.run(failed).0.is_err());
    let handle = kept.unwrap();
    let (remote, timer) = Remote::new();
    // Sooner or later this group has the memory of the other.
    let mut job = group(async |_| match select(handle, timer).await {
        Either::Left(_) => Err("the handle never resolves"),
        Either::Right((value, _)) => Ok(value),
    });
    assert!(task.poll(&mut job).is_pending());
    assert!(task.poll(&mut job).is_pending());
    remote.finish(3);
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(3));
}

#[test]
fn a_handle_of_a_failed_child_outside_of_any_group_is_just_pending() {
    let task = Task::new();
    let mut kept = None;
    let failed = group(|g| {
        kept = Some(g.spawn(async { Err::<(), _>("bad") }));
        pending::<Result<(), _>>()
    });
    assert!(task.run(failed).0.is_err());
    let mut handle = kept.unwrap();
    assert!(task.poll(&mut handle).is_pending());
    // A later group is not affected.
    let mut job = group(async |g| Ok::<_, &str>(g.spawn(yielding(3, Ok(1))).await));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(task.run(job).0.unwrap(), 1);
}

#[test]
fn a_body_that_awaits_a_failed_child_in_a_group_of_its_own_ends_with_the_children() {
    let log = Log::default();
    let result = run(group(async |g| {
        let failing = g.spawn(yielding(1, Err::<(), _>("bad")));
        g.spawn(yielding(3, Ok(log.note(5))));
        let _held = log.on_drop(1);
        let inner: Result<(), Errors<&str>> = group(|_| async move { Ok(failing.await) }).await;
        log.note(2);
        inner.map_err(|_| "inner")
    })
    .grace(pending::<()>()));
    assert_eq!(indices(&result.unwrap_err()), [0]);
    assert_eq!(log.take(), [5, 1]);
}

#[test]
fn a_child_that_runs_a_group_of_its_own_goes_on() {
    let log = Log::default();
    let result = run(group(async |g| {
        g.spawn(yielding(1, Err::<(), _>("bad")));
        let log = &log;
        g.spawn(async move {
            let inner: Result<usize, Errors<&str>> =
                group(async |g| Ok(g.spawn(yielding(5, Ok(7))).await)).await;
            log.note(inner.unwrap());
            Ok(())
        });
        Ok(())
    })
    .grace(pending::<()>()));
    assert_eq!(indices(&result.unwrap_err()), [0]);
    assert_eq!(log.take(), [7]);
}

#[test]
fn a_child_goes_on_after_an_inner_group_in_which_a_failed_child_was_awaited() {
    let log = Log::default();
    let result = run(group(async |outer| {
        let failing = outer.spawn(yielding(1, Err::<(), _>("bad")));
        let (cancelled, log) = (outer.cancelled(), &log);
        outer.spawn(async move {
            let inner: Result<usize, Errors<&str>> = group(|g| async move {
                g.spawn(async { Ok(failing.await) });
                cancelled.await;
                g.finish(7);
                pending().await
            })
            .await;
            log.note(inner.unwrap());
            yield_now().await;
            log.note(8);
            Ok(())
        });
        Ok(())
    })
    .grace(pending::<()>()));
    assert_eq!(indices(&result.unwrap_err()), [0]);
    assert_eq!(log.take(), [7, 8]);
}

#[test]
fn a_body_that_selects_between_a_handle_and_cancelled_cleans_up() {
    let log = Log::default();
    let result = run(group(async |g| {
        let failing = g.spawn(yielding(1, Err::<(), _>("bad")));
        match select(failing, pin!(g.cancelled())).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => {
                log.note(1);
                yield_now().await;
                log.note(2);
                Err("cleaned up")
            }
        }
    })
    .grace(pending::<()>()));
    assert_eq!(
        result.unwrap_err().to_string(),
        "2 errors\n├─ 0: bad\n└─ 1: cleaned up"
    );
    assert_eq!(log.take(), [1, 2]);
}

#[test]
fn the_waker_of_a_handle_that_is_dropped_is_dropped_too() {
    let (task, other) = (Task::new(), Task::new());
    let mut kept = None;
    let mut job = group(|g| {
        kept = Some(g.spawn(pending::<Result<(), &str>>()));
        pending::<Result<(), _>>()
    });
    assert!(task.poll(&mut job).is_pending());
    let mut handle = kept.unwrap();
    for _ in 0..3 {
        assert!(other.poll(&mut handle).is_pending());
        assert_eq!(other.clones(), 1);
    }
    assert!(task.poll(&mut handle).is_pending());
    assert_eq!(other.clones(), 0, "the newest one is kept");
    let clones = task.clones();
    drop(handle);
    assert_eq!(task.clones(), clones - 1);
}

#[test]
fn the_newest_task_that_polled_a_handle_is_woken_once() {
    let (task, older, newest) = (Task::new(), Task::new(), Task::new());
    let (remote, child) = Remote::<Result<_, &str>>::new();
    let mut kept = None;
    let mut job = group(|g| {
        kept = Some(g.spawn(child));
        pending::<Result<(), _>>()
    });
    let mut handle = kept.unwrap();
    assert!(older.poll(&mut handle).is_pending());
    assert!(newest.poll(&mut handle).is_pending());
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Ok(7));
    assert_eq!((older.woken(), newest.woken()), (0, 0));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((older.woken(), newest.woken()), (0, 1));
    assert_eq!(newest.poll(&mut handle), Poll::Ready(7));
    assert_eq!(newest.clones(), 0);
}

/// Notes a 2 when it is woken.
struct NoteWake(Log);

impl Wake for NoteWake {
    fn wake(self: Arc<Self>) {
        self.0.note(2);
    }
}

#[test]
fn a_child_is_dropped_before_the_task_that_polls_its_handle_is_woken() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::<Result<_, &str>>::new();
    let mut kept = None;
    let mut job = group(|g| {
        // Unlike an `async` block, it drops what it holds only when it is dropped.
        kept = Some(g.spawn(Holding(child, log.on_drop(1))));
        pending::<Result<(), _>>()
    });
    assert!(task.poll(&mut job).is_pending());
    let waker = Waker::from(Arc::new(NoteWake(log.clone())));
    let mut handle = kept.unwrap();
    let polled = Pin::new(&mut handle).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    remote.finish(Ok(()));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(log.take(), [1, 2]);
}
