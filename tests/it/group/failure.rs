//! A child or the body fails: which errors are returned, and that all else is dropped first.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, ready},
    task::Poll,
};

use gather::{Errors, group};

use crate::support::{Log, Remote, SIZES, Task, polls, yield_now, yielding};

/// The errors, with their indices.
fn list<T, E>(result: Result<T, Errors<E>>) -> Vec<(usize, E)> {
    match result {
        Ok(_) => panic!("it must fail"),
        Err(errors) => errors.into_iter().collect(),
    }
}

#[test]
fn the_first_error_of_a_child_ends_the_group_and_drops_all_others_first() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let failing = n / 2;
        let (remotes, children) = Remote::<Result<(), usize>>::many(n);
        let (task, log) = (Task::new(), Log::default());
        let mut job = group(async |g| {
            let _held = log.on_drop(n);
            for (index, child) in children.into_iter().enumerate() {
                let held = log.on_drop(index);
                g.spawn(async move {
                    let _held = held;
                    child.await
                });
            }
            pending::<Result<(), _>>().await
        });
        assert!(task.settle(&mut job).is_pending());
        remotes[failing].finish(Err(77));
        assert_eq!(task.woken(), 1);
        let Poll::Ready(result) = task.poll(&mut job) else {
            panic!("it ends in that poll");
        };
        let mut dropped = log.take();
        assert_eq!(dropped[0], failing);
        dropped.sort_unstable();
        assert!(dropped.into_iter().eq(0..=n), "each once");
        assert_eq!(list(result), [(failing, 77)]);
        let mut expected = vec![1; n];
        expected[failing] = 2;
        assert_eq!(polls(&remotes), expected);
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn an_error_of_the_body_has_the_number_of_children_spawned_as_its_index() {
    for n in [0, 1, 8, 100] {
        let (remotes, children) = Remote::<Result<(), &str>>::many(n);
        let result = Task::new()
            .run(group(async |g| {
                children.into_iter().for_each(|child| drop(g.spawn(child)));
                yield_now().await;
                Err::<(), _>("body")
            }))
            .0;
        assert_eq!(list(result), [(n, "body")]);
        assert_eq!(polls(&remotes), vec![1; n]);
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}

#[test]
fn an_error_of_the_body_in_its_first_poll_drops_its_children_unpolled() {
    let (remotes, children) = Remote::<Result<(), &str>>::many(20);
    let task = Task::new();
    let mut job = group(async |g| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        Err::<(), _>("body")
    });
    let Poll::Ready(result) = task.poll(&mut job) else {
        panic!("it ends in that poll");
    };
    assert_eq!(list(result), [(20, "body")]);
    assert_eq!(polls(&remotes), vec![0; 20]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
}

#[test]
fn errors_of_the_same_pass_are_all_there_each_with_its_index() {
    for n in SIZES.into_iter().filter(|&n| n > 2) {
        let (remotes, children) = Remote::<Result<(), usize>>::many(n);
        let (body, wait) = Remote::<()>::new();
        let task = Task::new();
        let mut job = group(async |g| {
            children.into_iter().for_each(|child| drop(g.spawn(child)));
            wait.await;
            Err::<(), _>(n)
        });
        assert!(task.settle(&mut job).is_pending());
        let failing = [n - 1, 0, n / 2];
        failing
            .into_iter()
            .for_each(|index| remotes[index].finish(Err(index)));
        body.finish(());
        let Poll::Ready(result) = task.poll(&mut job) else {
            panic!("it ends in that poll");
        };
        let mut errors = list(result);
        errors.sort_unstable();
        assert_eq!(errors, [0, n / 2, n - 1, n].map(|index| (index, index)));
    }
}

#[test]
fn errors_of_children_that_start_in_the_same_poll_are_all_there_in_their_order() {
    let result = Task::new()
        .run(group(async |g| {
            for number in 0..10 {
                g.spawn(ready(if number % 3 == 0 { Err(number) } else { Ok(()) }));
            }
            Ok(())
        }))
        .0;
    assert_eq!(list(result), [(0, 0), (3, 3), (6, 6), (9, 9)]);
}

#[test]
fn an_error_after_the_bodys_value_wins_over_it() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::<Result<(), &str>>::new();
    let mut job = group(async |g| {
        g.spawn(child);
        Ok(log.on_drop(1))
    });
    assert!(task.poll(&mut job).is_pending());
    assert!(log.take().is_empty());
    remote.finish(Err("late"));
    let Poll::Ready(result) = task.poll(&mut job) else {
        panic!("it ends in that poll");
    };
    assert_eq!(list(result), [(0, "late")]);
    drop(job);
    assert_eq!(log.take(), [1]);
}

#[test]
fn indices_are_numbers_of_spawning_not_of_slots() {
    let result = Task::new()
        .run(group(async |g| {
            for _ in 0..100 {
                g.spawn(ready(Ok(()))).await;
            }
            g.spawn(pending::<Result<(), _>>());
            g.spawn(yielding(2, Err::<(), _>("bad")));
            pending::<Result<(), _>>().await
        }))
        .0;
    assert_eq!(list(result), [(101, "bad")]);
}

#[test]
fn code_that_awaits_the_failed_child_never_continues() {
    let (task, log) = (Task::new(), Log::default());
    let result = task
        .run(group(async |g| {
            let failing = g.spawn(yielding(2, Err::<(), _>("bad")));
            let (held, log) = (log.on_drop(1), &log);
            g.spawn(async move {
                let _held = held;
                failing.await;
                log.note(99);
                Ok(())
            })
            .await;
            log.note(99);
            Ok(())
        }))
        .0;
    assert_eq!(list(result), [(0, "bad")]);
    assert_eq!(log.take(), [1]);
}

#[test]
fn a_running_group_that_is_dropped_drops_each_child_once_and_the_task_waker() {
    for n in SIZES {
        for started in [false, true] {
            let (remotes, children) = Remote::<Result<(), &str>>::many(n);
            let (task, log) = (Task::new(), Log::default());
            let mut job = group(|g| {
                let held = log.on_drop(1);
                let children = children.into_iter();
                let handles: Vec<_> = children.map(|child| g.spawn(child)).collect();
                async move {
                    let _held = (held, handles);
                    pending::<Result<(), _>>().await
                }
            });
            if started {
                assert!(task.settle(&mut job).is_pending());
            }
            drop(job);
            assert_eq!(log.take(), [1]);
            assert!(remotes.iter().all(|remote| remote.drops() == 1));
            assert_eq!(polls(&remotes), vec![usize::from(started); n]);
            assert_eq!(task.clones(), 0);
        }
    }
}

#[test]
fn a_spawn_on_a_group_that_failed_in_this_poll_is_dropped_unpolled() {
    let (task, log) = (Task::new(), Log::default());
    let mut kept = None;
    let mut job = group(|g| {
        let (inner, log) = (g.clone(), log.clone());
        kept = Some(g);
        async move {
            inner.spawn(ready(Err::<(), _>("bad")));
            let second = inner.clone();
            inner.spawn(async move {
                let held = log.on_drop(1);
                second.spawn(async move {
                    log.note(99);
                    Ok(drop(held))
                });
                pending::<Result<(), _>>().await
            });
            pending::<Result<(), _>>().await
        }
    });
    let Poll::Ready(result) = task.poll(&mut job) else {
        panic!("it ends in that poll");
    };
    assert_eq!((list(result), log.take()), (vec![(0, "bad")], vec![1]));
    let mut late = kept.unwrap().spawn(ready(Ok(1)));
    assert!(task.poll(&mut late).is_pending());
}

#[test]
fn a_wake_by_the_drop_of_a_child_as_the_group_ends_does_not_wake_the_task() {
    struct WakeAll(Vec<Remote<Result<(), &'static str>>>);
    impl Drop for WakeAll {
        fn drop(&mut self) {
            self.0.iter().for_each(Remote::wake);
        }
    }
    for fails in [false, true] {
        let (remotes, children) = Remote::many(100);
        let (failing, last) = Remote::<Result<(), _>>::new();
        let task = Task::new();
        let mut job = group(async |g| {
            let wake_all = WakeAll(remotes);
            g.spawn(async move {
                let _wake_all = wake_all;
                pending::<Result<(), _>>().await
            });
            children.into_iter().for_each(|child| drop(g.spawn(child)));
            g.spawn(last);
            pending::<Result<(), _>>().await
        });
        assert!(task.settle(&mut job).is_pending());
        if fails {
            failing.finish(Err("bad"));
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_ready());
        } else {
            drop(job);
        }
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}
