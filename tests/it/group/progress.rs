//! What a group does while all goes well: whom it polls and when, and what it wakes.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    task::Poll,
};

use futures::future::{BoxFuture, FusedFuture, FutureExt};
use gather::{Errors, Group, gather, group, local_group};

use crate::support::{Log, Parent, Remote, panic_of, polls, yield_now, yielding};

type Outcome<T> = Result<T, Errors<&'static str>>;

/// A child that gives a value at once.
async fn value<T>(value: T) -> Result<T, &'static str> {
    Ok(value)
}

#[test]
fn handles_give_values_in_any_order_of_completion_and_of_awaiting() {
    let (remotes, children) = Remote::many(3);
    let parent = Parent::new();
    let mut job = group(async |g| {
        let [a, b, c] = <[_; 3]>::try_from(children).ok().unwrap();
        let (a, b, c) = (g.spawn(a), g.spawn(b), g.spawn(c));
        Ok::<_, &str>([c.await, a.await, b.await])
    });
    for index in [1, 0, 2] {
        assert!(parent.poll(&mut job).is_pending());
        assert_eq!(parent.woken(), 0);
        remotes[index].finish(Ok(index));
        assert_eq!(parent.woken(), 1);
    }
    let (result, _) = parent.run(job);
    assert_eq!(result.unwrap(), [2, 0, 1]);
    assert_eq!(polls(&remotes), [2, 2, 2]);
    assert_eq!((parent.woken(), parent.clones()), (0, 0));
}

#[test]
fn a_handle_awaited_long_after_its_child_is_done_has_its_value() {
    let parent = Parent::new();
    let (remote, other) = Remote::new();
    let log = Log::default();
    let mut job = group(async |g| {
        let early = g.spawn(value(log.on_drop(1)));
        other.await;
        assert!(log.take().is_empty(), "the value is kept");
        Ok::<_, &str>(early.await.number)
    });
    assert!(parent.settle(&mut job).is_pending());
    remote.finish(());
    assert_eq!(parent.settle(&mut job).map(Result::unwrap), Poll::Ready(1));
    assert_eq!(log.take(), [1]);
}

#[test]
fn a_handle_can_be_awaited_by_another_task_after_the_group_is_over() {
    let parent = Parent::new();
    let mut kept = None;
    let result: Outcome<()> = parent
        .run(group(async |g| {
            kept = Some(g.spawn(yielding(3, Ok(7))));
            Ok(())
        }))
        .0;
    result.unwrap();
    let mut handle = kept.unwrap();
    assert!(!handle.is_terminated());
    assert_eq!(parent.poll(&mut handle), Poll::Ready(7));
    assert!(handle.is_terminated());
    assert_eq!(
        panic_of(|| parent.poll(&mut handle)),
        "`Child` polled after completion"
    );
}

#[test]
fn a_dropped_handle_lets_its_child_run_on_and_its_value_is_dropped() {
    let (remote, child) = Remote::new();
    let (parent, log) = (Parent::new(), Log::default());
    let mut job = group(async |g| {
        drop(g.spawn(child));
        Ok::<_, &str>(())
    });
    assert!(parent.poll(&mut job).is_pending());
    remote.finish(Ok(log.on_drop(1)));
    assert_eq!(parent.poll(&mut job).map(Result::unwrap), Poll::Ready(()));
    assert_eq!((log.take(), remote.drops()), (vec![1], 1));
}

#[test]
fn a_body_that_is_done_waits_for_its_children_with_its_value() {
    let (remotes, children) = Remote::many(3);
    let parent = Parent::new();
    let mut job = group(async |g| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        Ok::<_, &str>("value")
    });
    for index in [2, 0, 1] {
        assert!(parent.poll(&mut job).is_pending());
        remotes[index].finish(Ok(()));
        assert_eq!(parent.woken(), 1);
    }
    assert_eq!(
        parent.poll(&mut job).map(Result::unwrap),
        Poll::Ready("value")
    );
}

#[test]
fn a_child_is_dropped_before_its_value_can_be_seen() {
    let (parent, log) = (Parent::new(), Log::default());
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
    assert!(parent.poll(&mut job).is_pending());
    remote.finish(Ok(()));
    assert!(parent.settle(&mut job).is_pending());
    assert_eq!((log.take(), remote.drops()), (vec![1, 2], 1));
}

#[test]
fn children_borrow_what_lives_longer_than_the_group() {
    let names = ["a".to_string(), "bcd".to_string()];
    let sum = Cell::new(0);
    let parent = Parent::new();
    let result: Outcome<usize> = parent
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
    let (result, _) = Parent::new().run(group(|g| tree(g, 6)));
    assert_eq!(result.unwrap(), 3_usize.pow(6));
}

#[test]
fn nothing_runs_before_the_first_poll_and_then_in_the_order_of_spawning() {
    let (parent, log) = (Parent::new(), Log::default());
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
    assert!(parent.poll(&mut job).is_pending());
    assert_eq!(log.take(), [4, 1, 2, 3, 11, 12, 13]);
}

#[test]
fn a_group_without_children_is_ready_at_once() {
    let parent = Parent::new();
    let mut job = group(async |_| Ok::<_, &str>(3));
    assert_eq!(parent.poll(&mut job).map(Result::unwrap), Poll::Ready(3));
    assert_eq!((parent.woken(), parent.clones()), (0, 0));
    assert!(job.is_terminated());
    for _ in 0..2 {
        assert_eq!(
            panic_of(|| parent.poll(&mut job).is_ready()),
            "a group was polled after completion"
        );
    }
}

#[test]
fn a_poll_after_the_end_panics_with_grace_and_after_a_failure_too() {
    let parent = Parent::new();
    let mut job = Box::pin(group(async |_| Err::<(), _>("bad")).grace(pending::<()>()));
    assert!(!job.is_terminated());
    assert!(parent.poll(&mut job).is_ready());
    assert!(job.is_terminated());
    panic_of(|| parent.poll(&mut job).is_ready());
}

/// For every number of tables, and of words in one.
#[test]
fn a_spurious_poll_polls_nobody_and_a_wake_only_who_was_woken() {
    for n in [1, 7, 8, 23, 24, 55, 120, 600] {
        let (remotes, children) = Remote::<Result<(), &str>>::many(n);
        let parent = Parent::new();
        let mut job = group(async |g| {
            children.into_iter().for_each(|child| drop(g.spawn(child)));
            pending::<Result<(), _>>().await
        });
        assert!(parent.settle(&mut job).is_pending());
        assert_eq!(polls(&remotes), vec![1; n]);
        for _ in 0..3 {
            assert!(parent.poll(&mut job).is_pending());
            assert_eq!((polls(&remotes), parent.woken()), (vec![1; n], 0));
        }
        let mut expected = vec![1; n];
        for index in [0, n / 2, n - 1] {
            remotes[index].wake();
            remotes[index].wake();
            assert_eq!(parent.woken(), 1, "{n}");
            expected[index] += 1;
            assert!(parent.poll(&mut job).is_pending());
            assert_eq!((polls(&remotes), parent.woken()), (expected.clone(), 0));
        }
    }
}

#[test]
fn a_child_that_wakes_itself_is_polled_again_in_the_next_poll() {
    let (parent, polls) = (Parent::new(), Cell::new(0));
    let mut job = local_group(async |g| {
        g.spawn(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            cx.waker().wake_by_ref();
            Poll::<Result<(), &str>>::Pending
        }));
        Ok(())
    });
    for poll in 1..10 {
        assert!(parent.poll(&mut job).is_pending());
        assert_eq!((polls.get(), parent.woken()), (poll, 1));
    }
}

#[test]
fn the_newest_parent_is_woken_and_the_ones_before_are_let_go() {
    let (remote, child) = Remote::<Result<(), &str>>::new();
    let parents = [Parent::new(), Parent::new(), Parent::new()];
    let handle = RefCell::new(None);
    let mut job = group(|g| {
        handle.replace(Some(g.clone()));
        async move {
            g.spawn(child);
            pending::<Result<(), _>>().await
        }
    });
    for round in 0..6 {
        let parent = &parents[round % 3];
        assert!(parent.poll(&mut job).is_pending());
        let clones: Vec<_> = parents.iter().map(|parent| parent.clones() > 0).collect();
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
            parents.each_ref().map(Parent::woken),
            [0, 1, 2].map(|index| usize::from(index == round % 3))
        );
    }
    drop(job);
    assert_eq!(parents.each_ref().map(Parent::clones), [0; 3]);
}

#[test]
fn what_is_kept_of_a_group_that_is_over_wakes_nobody() {
    let (remote, child) = Remote::<Result<(), &str>>::new();
    let (parent, log) = (Parent::new(), Log::default());
    let mut kept = None;
    let mut job = group(|g| {
        kept = Some((g.clone(), g.spawn(child)));
        pending::<Result<(), _>>()
    });
    assert!(parent.poll(&mut job).is_pending());
    let waker = remote.waker();
    drop(job);
    assert_eq!(parent.clones(), 0);
    let (g, handle) = kept.unwrap();
    waker.wake();
    let held = log.on_drop(1);
    let mut late = g.spawn(async move { Ok(drop(held)) });
    assert_eq!(log.take(), [1], "dropped unpolled");
    assert!(parent.poll(&mut late).is_pending());
    assert!(parent.poll(&mut g.cancelled().boxed_local()).is_ready());
    g.finish(());
    late.cancel();
    handle.cancel();
    assert_eq!((remote.polls(), remote.drops(), parent.woken()), (1, 1, 0));
}
