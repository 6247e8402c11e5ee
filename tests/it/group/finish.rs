//! `finish`: where and when it may be called, and which value or error is returned.

use std::{
    future::{pending, ready},
    task::Poll,
    thread,
};

use gather::{Errors, Group, GroupFuture, group};

use crate::support::{Log, Noted, Remote, Task, polls, yield_now};

type Handle<R> = Group<'static, R, &'static str>;

/// A group whose body and `n` children never end, and its handle.
fn endless<R: Send + 'static>(
    n: usize,
) -> (
    Handle<R>,
    Vec<Remote<Ended>>,
    GroupFuture<'static, R, &'static str>,
) {
    let (remotes, children) = Remote::many(n);
    let mut handle = None;
    let job = group(|g: Handle<R>| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        handle = Some(g);
        pending()
    });
    (handle.unwrap(), remotes, job)
}

type Ended = Result<(), &'static str>;

fn ready_with<R: std::fmt::Debug>(polled: Poll<Result<R, Errors<&'static str>>>) -> R {
    match polled {
        Poll::Ready(result) => result.unwrap(),
        Poll::Pending => panic!("it ends in that poll"),
    }
}

#[test]
fn before_the_first_poll_it_polls_no_child() {
    let (g, remotes, mut job) = endless(20);
    let task = Task::new();
    g.finish(7);
    assert!(remotes.iter().all(|remote| remote.drops() == 0));
    assert_eq!(ready_with(task.poll(&mut job)), 7);
    assert_eq!(polls(&remotes), [0; 20]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn between_polls_it_wakes_the_task_once_and_polls_no_child() {
    let (g, remotes, mut job) = endless(20);
    let task = Task::new();
    assert!(task.settle(&mut job).is_pending());
    remotes.iter().for_each(Remote::wake);
    task.woken();
    assert!(task.settle(&mut job).is_pending());
    g.finish(7);
    g.finish(8);
    assert_eq!(task.woken(), 1);
    remotes[3].put(Err("too late"));
    assert_eq!(ready_with(task.poll(&mut job)), 7);
    assert_eq!(polls(&remotes), [2; 20]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
}

#[test]
fn on_another_thread_it_wakes_the_task_once_and_the_first_value_wins() {
    let (g, _remotes, mut job) = endless(3);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    thread::scope(|scope| {
        let g = &g;
        (0..4).for_each(|value| drop(scope.spawn(move || g.finish(value))));
    });
    assert_eq!(task.woken(), 1);
    assert!((0..4).contains(&ready_with(task.poll(&mut job))));
}

#[test]
fn by_a_child_it_drops_body_and_siblings() {
    let (task, log) = (Task::new(), Log::default());
    let (remotes, children) = Remote::<Ended>::many(20);
    let (remote, wait) = Remote::<()>::new();
    let mut job = group(async |g| {
        let _held = log.on_drop(1);
        let inner = g.clone();
        g.spawn(async move {
            wait.await;
            inner.finish(7);
            Ok(())
        });
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        pending().await
    });
    assert!(task.settle(&mut job).is_pending());
    remote.finish(());
    assert_eq!(task.woken(), 1);
    assert_eq!(ready_with(task.poll(&mut job)), 7);
    assert_eq!((log.take(), polls(&remotes)), (vec![1], vec![1; 20]));
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn the_caller_runs_on_to_its_next_await() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        g.finish(7);
        log.note(1);
        yield_now().await;
        log.note(2);
        Ok::<_, &str>(8)
    });
    assert_eq!(ready_with(task.poll(&mut job)), 7);
    assert_eq!(log.take(), [1]);
}

#[test]
fn it_wins_over_the_bodys_own_value_which_is_dropped() {
    // In the same poll, before and after; and later, while children run.
    for late in [false, true] {
        let (task, log) = (Task::new(), Log::default());
        let mut handle = None;
        let mut job = group(|g: Group<'_, Noted, &str>| {
            handle = Some(g.clone());
            let own = log.on_drop(1);
            g.spawn(pending::<Ended>());
            let finished = (!late).then(|| log.on_drop(2));
            async move {
                finished.into_iter().for_each(|value| g.finish(value));
                Ok(own)
            }
        });
        if late {
            assert!(task.poll(&mut job).is_pending());
            assert!(task.poll(&mut job).is_pending());
            handle.unwrap().finish(log.on_drop(2));
            assert_eq!(task.woken(), 1);
        }
        let value = task.poll(&mut job);
        assert!(matches!(value, Poll::Ready(Ok(Noted { number: 2, .. }))));
        drop(job);
        assert_eq!(log.take(), [1]);
    }
}

#[test]
fn a_value_that_comes_second_or_after_the_end_is_dropped_at_once() {
    let (g, _remotes, mut job) = endless::<Noted>(1);
    let (task, log) = (Task::new(), Log::default());
    g.finish(log.on_drop(1));
    g.finish(log.on_drop(2));
    assert_eq!(log.take(), [2]);
    let Poll::Ready(Ok(value)) = task.poll(&mut job) else {
        panic!("it ends in that poll");
    };
    g.finish(log.on_drop(3));
    assert_eq!(log.take(), [3]);
    drop(value);
    drop((job, g));
    assert_eq!(log.take(), [1]);
}

#[test]
fn an_unused_value_is_dropped_with_the_group() {
    let (g, _remotes, job) = endless::<Noted>(1);
    let log = Log::default();
    g.finish(log.on_drop(1));
    drop(job);
    assert_eq!(log.take(), [1]);
}

#[test]
fn an_error_of_the_same_pass_wins_before_and_after_it() {
    for order in [[0, 1], [1, 0]] {
        let task = Task::new();
        let (remotes, children) = Remote::<Ended>::many(2);
        let mut children = children.into_iter();
        let mut job = group(async |g| {
            for which in order {
                let (g2, child) = (g.clone(), children.next().unwrap());
                g.spawn(async move {
                    child.await?;
                    if which == 1 {
                        g2.finish(7);
                        return Ok(());
                    }
                    Err("bad")
                });
            }
            pending().await
        });
        assert!(task.poll(&mut job).is_pending());
        remotes.iter().for_each(|remote| remote.finish(Ok(())));
        let Poll::Ready(result) = task.poll(&mut job) else {
            panic!("it ends in that poll");
        };
        assert_eq!(result.unwrap_err().get(order[0]), Some(&"bad"));
    }
}

#[test]
fn after_a_failure_it_does_nothing() {
    let mut handle = None;
    let task = Task::new();
    let job = group(|g: Handle<usize>| {
        g.spawn(ready(Err::<(), _>("bad")));
        handle = Some(g);
        pending()
    });
    assert_eq!(task.run(job).0.unwrap_err().len(), 1);
    handle.unwrap().finish(7);
    assert_eq!(task.woken(), 0);
}

#[test]
fn a_child_spawned_after_it_is_dropped_unpolled() {
    let (g, remotes, mut job) = endless::<usize>(1);
    let (task, log) = (Task::new(), Log::default());
    assert!(task.poll(&mut job).is_pending());
    g.finish(7);
    let held = log.on_drop(1);
    let mut late = g.spawn(async move {
        log.note(99);
        Ok(held.number)
    });
    assert_eq!(task.woken(), 1);
    assert_eq!(ready_with(task.poll(&mut job)), 7);
    assert!(task.poll(&mut late).is_pending());
    assert_eq!(polls(&remotes), [1]);
}

#[test]
fn cancelled_resolves_after_it_for_earlier_and_later_calls() {
    let (g, _remotes, mut job) = endless::<usize>(1);
    let (task, early, dropped) = (Task::new(), Task::new(), Task::new());
    let mut waiting = Box::pin(g.cancelled());
    let mut gone = Box::pin(g.cancelled());
    assert!(task.poll(&mut job).is_pending());
    for _ in 0..2 {
        assert!(early.poll(&mut waiting).is_pending());
        assert!(dropped.poll(&mut gone).is_pending());
    }
    assert_eq!((early.clones(), dropped.clones()), (1, 1));
    drop(gone);
    assert_eq!(dropped.clones(), 0);
    g.finish(7);
    let mut late = Box::pin(g.cancelled());
    assert!(early.poll(&mut late).is_ready());
    assert_eq!(ready_with(task.poll(&mut job)), 7);
    assert_eq!((early.woken(), early.clones(), dropped.woken()), (1, 0, 0));
    assert!(early.poll(&mut waiting).is_ready());
}

#[test]
fn cancelled_resolves_too_when_the_group_just_ends_or_is_dropped() {
    for ends in [false, true] {
        let (task, listener) = (Task::new(), Task::new());
        let (remote, child) = Remote::<Ended>::new();
        let mut handle = None;
        let mut job = group(|g: Handle<usize>| {
            handle = Some(g.clone());
            g.spawn(child);
            ready(Ok(1))
        });
        let mut cancelled = Box::pin(handle.unwrap().cancelled());
        assert!(task.poll(&mut job).is_pending());
        assert!(listener.poll(&mut cancelled).is_pending());
        if ends {
            remote.finish(Ok(()));
            assert!(task.poll(&mut job).is_ready());
        } else {
            drop(job);
        }
        assert_eq!((listener.woken(), listener.clones()), (1, 0));
        assert!(listener.poll(&mut cancelled).is_ready());
    }
}
