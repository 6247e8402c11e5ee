//! `grace`: `cancelled()` resolves, and children run on until all have ended or the deadline is ready.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

mod body;
mod deadline;

use std::{
    future::{pending, poll_fn, ready},
    pin::{Pin, pin},
    task::Poll,
};

use futures::future::{Either, FutureExt, select};
use gather::{Errors, Group, gather, group};

use crate::support::{Log, Remote, Task, polls, yield_now, yielding};

type Ended = Result<(), &'static str>;
type Job<R> = Pin<Box<dyn Future<Output = Result<R, Errors<&'static str>>>>>;

#[test]
fn it_resolves_cancelled_and_polls_children_until_all_have_ended() {
    let (task, log) = (Task::new(), Log::default());
    let (remotes, children) = Remote::<Ended>::many(20);
    let (failing, child) = Remote::<Ended>::new();
    let mut job = Box::pin(
        group(async |g| {
            g.spawn(child);
            for (number, child) in children.into_iter().enumerate() {
                let (cancelled, log) = (g.cancelled(), &log);
                g.spawn(async move {
                    cancelled.await;
                    log.note(number);
                    child.await
                });
            }
            g.cancelled().await;
            log.note(20);
            Ok(())
        })
        .grace(pending::<()>()),
    );
    assert!(task.settle(&mut job).is_pending());
    assert!(log.take().is_empty());
    failing.finish(Err("bad"));
    assert!(task.settle(&mut job).is_pending());
    let mut noted = log.take();
    noted.sort_unstable();
    assert!(noted.into_iter().eq(0..=20));
    for (number, remote) in remotes.iter().enumerate() {
        assert!(task.settle(&mut job).is_pending());
        let outcome = if number % 10 == 9 {
            Err("late")
        } else {
            Ok(())
        };
        remote.finish(outcome);
    }
    let Poll::Ready(Err(errors)) = task.settle(&mut job) else {
        panic!("it has failed");
    };
    let expected = [(0, "bad"), (10, "late"), (20, "late")];
    assert!(errors.into_iter().eq(expected));
    assert_eq!(polls(&remotes), [2; 20]);
}

#[test]
fn a_child_spawned_during_the_grace_runs_and_its_error_counts() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        let (inner, log) = (g.clone(), &log);
        g.spawn(async move {
            inner.cancelled().await;
            let flushed = inner.spawn(yielding(3, Ok(7))).await;
            log.note(flushed);
            drop(inner.spawn(ready(Err::<(), _>("flush"))));
            Ok(())
        });
        Err::<(), _>("bad")
    });
    let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
    // Index 1 is the body's.
    assert_eq!(
        result.unwrap_err().to_string(),
        "2 errors\n├─ 1: bad\n└─ 3: flush"
    );
    assert_eq!(log.take(), [7]);
}

#[test]
fn a_spawn_from_outside_during_the_grace_wakes_the_task() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::<Ended>::new();
    let mut handle = None;
    let job = group(|g: Group<'static, (), &str>| {
        g.spawn(child);
        handle = Some(g);
        ready(Err("bad"))
    });
    let mut job = Box::pin(job.grace(pending::<()>()));
    assert!(task.settle(&mut job).is_pending());
    let (g, noted) = (handle.unwrap(), log.clone());
    g.spawn(async move { Ok(noted.note(1)) });
    assert_eq!(task.woken(), 1);
    assert!(task.settle(&mut job).is_pending());
    assert_eq!(log.take(), [1]);
    remote.finish(Ok(()));
    assert!(task.poll(&mut job).is_ready());
    let noted = log.clone();
    g.spawn(async move { Ok(noted.note(2)) });
    assert_eq!((log.take(), task.woken()), (vec![], 1));
}

#[test]
fn finish_gives_a_grace_too_and_then_its_value() {
    let (task, log) = (Task::new(), Log::default());
    for failure in [None, Some("flush")] {
        let job = group(async |g| {
            let (cancelled, log) = (g.cancelled(), &log);
            g.spawn(async move {
                cancelled.await;
                yield_now().await;
                log.note(1);
                failure.map_or(Ok(()), Err)
            });
            yield_now().await;
            g.finish(7);
            g.cancelled().await;
            yield_now().await;
            log.note(2);
            Ok(8)
        });
        let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
        assert_eq!(result.ok(), failure.is_none().then_some(7));
        let mut cleaned = log.take();
        cleaned.sort_unstable();
        assert_eq!(cleaned, [1, 2]);
    }
}

#[test]
fn finish_before_the_first_poll_lets_all_start_in_a_grace() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(|g| {
        let (inner, log) = (g.clone(), log.clone());
        g.finish(7);
        async move {
            inner.cancelled().await;
            Ok(log.note(1)).map(|()| 8)
        }
    });
    let mut job: Job<_> = Box::pin(job.grace(pending::<()>()));
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
    assert_eq!(log.take(), [1]);
}

#[test]
fn a_grace_may_be_given_to_a_running_group() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::<Ended>::new();
    let mut job = group(async |g| {
        g.spawn(child);
        g.cancelled().await;
        Ok::<(), _>(log.note(1))
    });
    assert!(task.poll(&mut job).is_pending());
    let mut job = Box::pin(job.grace(pending::<()>()));
    remote.finish(Err("bad"));
    assert!(task.settle(&mut job).is_ready());
    assert_eq!(log.take(), [1]);
}

#[test]
fn a_cancel_during_the_grace_drops_the_child_and_may_end_the_group() {
    let task = Task::new();
    let (remote, child) = Remote::<Ended>::new();
    let mut handle = None;
    let job = group(|g| {
        handle = Some(g.spawn(child));
        ready(Err::<(), _>("bad"))
    });
    let mut job = Box::pin(job.grace(pending::<()>()));
    assert!(task.poll(&mut job).is_pending());
    handle.unwrap().cancel();
    assert_eq!((task.woken(), remote.drops()), (1, 0));
    assert!(task.poll(&mut job).is_ready());
    assert_eq!(remote.drops(), 1);
}

#[test]
fn a_drop_during_the_grace_drops_each_once() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let job = group(async |g| {
        let _held = log.on_drop(1);
        let held = log.on_drop(2);
        g.spawn(async move {
            let _held = held;
            pending::<Ended>().await
        });
        g.spawn(ready(Err::<(), _>("bad")));
        pending::<Ended>().await
    });
    let mut job = Box::pin(job.grace(timer));
    assert!(task.poll(&mut job).is_pending());
    drop(job);
    assert_eq!((log.take(), deadline.drops()), (vec![1, 2], 1));
    drop(deadline.take_waker());
    assert_eq!(task.clones(), 0);
}

/// An inner group with a grace of its own cleans up within the outer's.
#[test]
fn groups_within_groups_clean_up_from_the_inside() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |outer| {
        let (outer_cancelled, log) = (outer.cancelled(), &log);
        outer.spawn(async move {
            let inner = group(async |g| {
                let cancelled = g.cancelled();
                g.spawn(async move {
                    cancelled.await;
                    yield_now().await;
                    log.note(1);
                    Err::<(), _>("inner flush")
                });
                match select(pin!(outer_cancelled), pending::<()>()).await {
                    Either::Left(_) => Err("outer cancelled inner"),
                    Either::Right(_) => Ok(()),
                }
            });
            let result = inner.grace(pending::<()>()).await;
            log.note(2);
            result.map_err(|errors| format!("{errors:#}"))
        });
        yield_now().await;
        Err::<(), _>("outer".to_string())
    });
    let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(
        format!("{:#}", result.unwrap_err()),
        "2 errors (1: outer; 0: 2 errors (1: outer cancelled inner; 0: inner flush))"
    );
    assert_eq!(log.take(), [1, 2]);
}

#[test]
fn each_task_that_awaits_cancelled_is_woken_once() {
    let task = Task::new();
    let listeners: Vec<_> = (0..100).map(|_| Task::new()).collect();
    let mut handle = None;
    let job = group(|g: Group<'static, (), &str>| {
        g.spawn(poll_fn(|_| Poll::<Ended>::Pending));
        handle = Some(g);
        pending()
    });
    let g = handle.unwrap();
    let mut job = Box::pin(job.grace(pending::<()>()));
    let mut waiting = gather(vec![g.cancelled().boxed_local()]);
    assert!(task.poll(&mut job).is_pending());
    assert!(task.poll(&mut waiting).is_pending());
    let mut all: Vec<_> = listeners.iter().map(|_| Box::pin(g.cancelled())).collect();
    for (listener, cancelled) in listeners.iter().zip(&mut all) {
        assert!(listener.poll(cancelled).is_pending());
    }
    task.woken();
    g.finish(());
    assert!(task.poll(&mut job).is_pending());
    assert!(
        listeners
            .iter()
            .all(|listener| (listener.woken(), listener.clones()) == (1, 0))
    );
    assert!(task.poll(&mut waiting).is_ready());
}
