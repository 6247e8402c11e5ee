//! A group without failures: which children it polls and when, and which wakes reach the task.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    task::Poll,
};

use futures::future::{BoxFuture, FusedFuture, FutureExt};
use gather::{Errors, Group, gather, group, local_group};

use crate::support::{Log, Remote, Task, panic_of, polls, yield_now, yielding};

type Outcome<T> = Result<T, Errors<&'static str>>;

/// A child that gives a value at once.
async fn value<T>(value: T) -> Result<T, &'static str> {
    Ok(value)
}

#[test]
fn handles_give_values_in_any_order_of_completion_and_of_awaiting() {
    let (remotes, children) = Remote::many(3);
    let task = Task::new();
    let mut job = group(async |g| {
        let [a, b, c] = <[_; 3]>::try_from(children).ok().unwrap();
        let (a, b, c) = (g.spawn(a), g.spawn(b), g.spawn(c));
        Ok::<_, &str>([c.await, a.await, b.await])
    });
    for index in [1, 0, 2] {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(task.woken(), 0);
        remotes[index].finish(Ok(index));
        assert_eq!(task.woken(), 1);
    }
    let (result, _) = task.run(job);
    assert_eq!(result.unwrap(), [2, 0, 1]);
    assert_eq!(polls(&remotes), [2, 2, 2]);
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn a_handle_awaited_long_after_its_child_is_done_has_its_value() {
    let task = Task::new();
    let (remote, other) = Remote::new();
    let log = Log::default();
    let mut job = group(async |g| {
        let early = g.spawn(value(log.on_drop(1)));
        other.await;
        assert!(log.take().is_empty(), "the value is kept");
        Ok::<_, &str>(early.await.number)
    });
    assert!(task.settle(&mut job).is_pending());
    remote.finish(());
    assert_eq!(task.settle(&mut job).map(Result::unwrap), Poll::Ready(1));
    assert_eq!(log.take(), [1]);
}

#[test]
fn a_handle_can_be_awaited_by_another_task_after_the_group_is_over() {
    let task = Task::new();
    let mut kept = None;
    let result: Outcome<()> = task
        .run(group(async |g| {
            kept = Some(g.spawn(yielding(3, Ok(7))));
            Ok(())
        }))
        .0;
    result.unwrap();
    let mut handle = kept.unwrap();
    assert!(!handle.is_terminated());
    assert_eq!(task.poll(&mut handle), Poll::Ready(7));
    assert!(handle.is_terminated());
    assert_eq!(
        panic_of(|| task.poll(&mut handle)),
        "`Child` polled after completion"
    );
}

#[test]
fn a_dropped_handle_lets_its_child_run_on_and_its_value_is_dropped() {
    let (remote, child) = Remote::new();
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        drop(g.spawn(child));
        Ok::<_, &str>(())
    });
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Ok(log.on_drop(1)));
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(()));
    assert_eq!((log.take(), remote.drops()), (vec![1], 1));
}

#[test]
fn a_body_that_is_done_waits_for_its_children_with_its_value() {
    let (remotes, children) = Remote::many(3);
    let task = Task::new();
    let mut job = group(async |g| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        Ok::<_, &str>("value")
    });
    for index in [2, 0, 1] {
        assert!(task.poll(&mut job).is_pending());
        remotes[index].finish(Ok(()));
        assert_eq!(task.woken(), 1);
    }
    assert_eq!(
        task.poll(&mut job).map(Result::unwrap),
        Poll::Ready("value")
    );
}

#[test]
fn a_child_is_dropped_before_its_value_can_be_observed() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::new();
    let mut job = group(async |g| {
        let held = log.on_drop(1);
        let child = g.spawn(async move {
            let _held = held;
            child.await
        });
        child.await;
        log.note(2);
        pending::<Result<(), &str>>().await
    });
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Ok(()));
    assert!(task.settle(&mut job).is_pending());
    assert_eq!((log.take(), remote.drops()), (vec![1, 2], 1));
}

#[test]
fn children_borrow_what_lives_longer_than_the_group() {
    let names = ["a".to_string(), "bcd".to_string()];
    let sum = Cell::new(0);
    let task = Task::new();
    let result: Outcome<usize> = task
        .run(local_group(async |g| {
            for name in &names {
                g.spawn(async {
                    yield_now().await;
                    sum.set(sum.get() + name.len());
                    Ok(())
                });
            }
            Ok(names.len())
        }))
        .0;
    assert_eq!((result.unwrap(), sum.get()), (2, 4));
}

fn tree(
    g: Group<'static, usize, &'static str>,
    depth: usize,
) -> BoxFuture<'static, Result<usize, &'static str>> {
    async move {
        if depth == 0 {
            return Ok(1);
        }
        yield_now().await;
        let children = [0; 3].map(|_| g.spawn(tree(g.clone(), depth - 1)));
        Ok(gather(children).await.into_iter().sum())
    }
    .boxed()
}

#[test]
fn children_spawn_children() {
    let (result, _) = Task::new().run(group(|g| tree(g, 6)));
    assert_eq!(result.unwrap(), 3_usize.pow(6));
}

#[test]
fn nothing_runs_before_the_first_poll_and_then_in_the_order_of_spawning() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(|g| {
        for number in [1, 2, 3] {
            let (log, g2) = (log.clone(), g.clone());
            g.spawn(async move {
                log.note(number);
                let log = log.clone();
                g2.spawn(async move { Ok(log.note(number + 10)) });
                pending::<Result<(), &str>>().await
            });
        }
        log.note(0);
        let log = log.clone();
        async move { Ok(log.note(4)) }
    });
    assert_eq!(log.take(), [0], "the closure itself runs at once");
    assert!(!job.is_terminated());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(log.take(), [4, 1, 2, 3, 11, 12, 13]);
}

#[test]
fn a_group_without_children_is_ready_at_once() {
    let task = Task::new();
    let mut job = group(async |_| Ok::<_, &str>(3));
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(3));
    assert_eq!((task.woken(), task.clones()), (0, 0));
    assert!(job.is_terminated());
    for _ in 0..2 {
        assert_eq!(
            panic_of(|| task.poll(&mut job).is_ready()),
            "`GroupFuture` polled after completion"
        );
    }
}

#[test]
fn a_poll_after_the_end_panics_with_grace_and_after_a_failure_too() {
    let task = Task::new();
    let mut job = Box::pin(group(async |_| Err::<(), _>("bad")).grace(pending::<()>()));
    assert!(!job.is_terminated());
    assert!(task.poll(&mut job).is_ready());
    assert!(job.is_terminated());
    panic_of(|| task.poll(&mut job).is_ready());
}

/// Up to the last child, and from the first one, of a chunk and of a node: with the body they are one more.
#[test]
fn a_spurious_poll_polls_no_child_and_a_wake_only_its_own() {
    for n in [1, 31, 32, 63, 64, 127, 128, 600] {
        let (remotes, children) = Remote::<Result<(), &str>>::many(n);
        let task = Task::new();
        let mut job = group(async |g| {
            children.into_iter().for_each(|child| drop(g.spawn(child)));
            pending::<Result<(), _>>().await
        });
        assert!(task.settle(&mut job).is_pending());
        assert_eq!(polls(&remotes), vec![1; n]);
        for _ in 0..3 {
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
        }
        let mut expected = vec![1; n];
        for index in [0, n / 2, n - 1] {
            remotes[index].wake();
            remotes[index].wake();
            assert_eq!(task.woken(), 1, "{n}");
            expected[index] += 1;
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((polls(&remotes), task.woken()), (expected.clone(), 0));
        }
    }
}

#[test]
fn a_child_that_wakes_itself_is_polled_again_in_the_next_poll() {
    let (task, polls) = (Task::new(), Cell::new(0));
    let mut job = local_group(async |g| {
        g.spawn(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            cx.waker().wake_by_ref();
            Poll::<Result<(), &str>>::Pending
        }));
        Ok(())
    });
    for poll in 1..10 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((polls.get(), task.woken()), (poll, 1));
    }
}

#[test]
fn a_new_child_starts_though_many_that_wake_themselves_end_each_poll_early() {
    for n in [254, 255, 256, 511, 1000] {
        let task = Task::new();
        let started = Cell::new(false);
        let mut job = local_group(async |g| {
            for _ in 0..n {
                g.spawn(yielding(usize::MAX, Ok::<_, ()>(())));
            }
            // The body wakes itself, too.
            yield_now().await;
            g.spawn(async {
                started.set(true);
                Ok(())
            });
            yielding(usize::MAX, Ok(())).await
        });
        let polls = (0..20).find(|_| {
            assert!(task.poll(&mut job).is_pending() && task.woken() > 0);
            started.get()
        });
        assert!(polls.is_some(), "{n}");
    }
}

#[test]
fn the_newest_task_is_woken_and_older_wakers_are_dropped() {
    let (remote, child) = Remote::<Result<(), &str>>::new();
    let tasks = [Task::new(), Task::new(), Task::new()];
    let handle = RefCell::new(None);
    let mut job = group(|g| {
        handle.replace(Some(g.clone()));
        async move {
            g.spawn(child);
            pending::<Result<(), _>>().await
        }
    });
    for round in 0..6 {
        let task = &tasks[round % 3];
        assert!(task.poll(&mut job).is_pending());
        let clones: Vec<_> = tasks.iter().map(|task| task.clones() > 0).collect();
        assert_eq!(clones, [0, 1, 2].map(|index| index == round % 3));
        if round % 2 == 0 {
            remote.wake();
        } else {
            handle
                .borrow()
                .as_ref()
                .unwrap()
                .spawn(pending::<Result<(), _>>());
        }
        assert_eq!(
            tasks.each_ref().map(Task::woken),
            [0, 1, 2].map(|index| usize::from(index == round % 3))
        );
    }
    drop(job);
    assert_eq!(tasks.each_ref().map(Task::clones), [0; 3]);
}

#[test]
fn handles_and_wakers_of_a_group_that_is_over_do_not_wake_the_task() {
    let (remote, child) = Remote::<Result<(), &str>>::new();
    let (task, log) = (Task::new(), Log::default());
    let mut kept = None;
    let mut job = group(|g| {
        kept = Some((g.clone(), g.spawn(child)));
        pending::<Result<(), _>>()
    });
    assert!(task.poll(&mut job).is_pending());
    let waker = remote.waker();
    drop(job);
    assert_eq!(task.clones(), 0);
    let (g, handle) = kept.unwrap();
    waker.wake();
    let held = log.on_drop(1);
    let mut late = g.spawn(async move { Ok(drop(held)) });
    assert_eq!(log.take(), [1], "dropped unpolled");
    assert!(task.poll(&mut late).is_pending());
    assert!(task.poll(&mut g.cancelled().boxed_local()).is_ready());
    g.finish(());
    late.cancel();
    handle.cancel();
    assert_eq!((remote.polls(), remote.drops(), task.woken()), (1, 1, 0));
}

#[test]
fn is_the_task_woken_once_for_a_spawn_and_the_wake_of_a_child() {
    for spawn_first in [false, true] {
        let (task, (remote, child)) = (Task::new(), Remote::<Result<(), _>>::new());
        let mut handle = None;
        let mut job = group(|g: Group<'static, (), &str>| {
            g.spawn(child);
            handle = Some(g);
            pending()
        });
        let g = handle.unwrap();
        for polls in 1..4 {
            assert!(task.settle(&mut job).is_pending());
            assert_eq!((task.woken(), remote.polls()), (0, polls));
            for is_spawn in [spawn_first, !spawn_first] {
                if is_spawn {
                    g.spawn(pending::<Result<(), _>>());
                } else {
                    remote.wake();
                }
            }
            assert_eq!(task.woken(), 1);
        }
    }
}
