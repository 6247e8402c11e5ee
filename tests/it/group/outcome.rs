//! `outcome`, `is_finished`, `index`: what a handle says of a child without a value, and when.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::pending,
    panic::panic_any,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread,
};

use futures::future::FusedFuture;
use gather::{Child, Group, GroupFuture, group, local_group};

use crate::support::{Holding, Log, Remote, Task, panic_of, yield_now, yielding};

type Ended = Result<usize, &'static str>;
type Handle = Group<'static, (), &'static str>;

/// A group of `children` whose body never ends, and the handles.
fn endless(
    children: impl IntoIterator<Item = impl Future<Output = Ended> + Send + 'static>,
) -> (
    Handle,
    Vec<Child<usize>>,
    GroupFuture<'static, (), &'static str>,
) {
    let mut handle = None;
    let job = group(|g: Handle| {
        handle = Some(g);
        pending()
    });
    let g = handle.unwrap();
    let handles = children.into_iter().map(|child| g.spawn(child)).collect();
    (g, handles, job)
}

#[test]
fn is_the_outcome_of_a_success_its_value_awaited_before_and_after() {
    let (remotes, children) = Remote::<Ended>::many(2);
    let (_g, handles, mut job) = endless(children);
    let (task, other) = (Task::new(), Task::new());
    let [early, late] = <[_; 2]>::try_from(handles).unwrap();
    let mut early = early.outcome();
    assert!(task.poll(&mut job).is_pending());
    assert!(other.poll(&mut early).is_pending());
    assert!(!late.is_finished());
    remotes.iter().for_each(|remote| remote.finish(Ok(7)));
    assert_eq!(other.woken(), 0);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((other.woken(), other.clones()), (1, 0));
    assert_eq!(other.poll(&mut early), Poll::Ready(Some(7)));
    assert!(early.is_terminated() && late.is_finished());
    assert_eq!(other.poll(&mut late.outcome()), Poll::Ready(Some(7)));
    assert_eq!(
        panic_of(|| other.poll(&mut early)),
        "`ChildOutcome` polled after completion"
    );
}

#[test]
fn is_the_outcome_none_of_a_child_that_failed_or_was_cancelled_or_dropped() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum End {
        Fails,
        Cancelled,
        GroupFails,
        Finish,
        Dropped,
        Panics,
    }
    use End::*;
    for end in [Fails, Cancelled, GroupFails, Finish, Dropped, Panics] {
        for polled in [false, true] {
            let (remotes, children) = Remote::<Ended>::many(2);
            let children = children.into_iter().map(|child| async {
                match child.await {
                    Ok(0) => panic_any("child"),
                    outcome => outcome,
                }
            });
            let (g, mut handles, mut job) = endless(children);
            let (task, other) = (Task::new(), Task::new());
            let mut kept = handles.remove(0);
            assert!(task.poll(&mut job).is_pending());
            if polled {
                // A handle awaited for its value alone is not woken for an end without one.
                assert!(Task::new().poll(&mut kept).is_pending());
            }
            if end == Cancelled {
                kept.cancel();
            }
            let mut outcome = kept.outcome();
            assert!(other.poll(&mut outcome).is_pending());
            assert_eq!(other.clones(), 1);
            match end {
                Fails => remotes[0].finish(Err("bad")),
                GroupFails => remotes[1].finish(Err("bad")),
                Panics => remotes[1].finish(Ok(0)),
                Finish => g.finish(()),
                Cancelled | Dropped => {}
            }
            assert_eq!(other.woken(), 0);
            match end {
                Dropped => drop(job),
                Panics => assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "child"),
                _ => assert_eq!(task.poll(&mut job).is_pending(), end == Cancelled),
            }
            assert_eq!((other.woken(), other.clones()), (1, 0), "{end:?}");
            assert_eq!(other.poll(&mut outcome), Poll::Ready(None), "{end:?}");
            assert!(outcome.is_terminated());
        }
    }
}

#[test]
fn is_the_outcome_none_of_a_child_that_was_never_started() {
    let task = Task::new();
    let (g, handles, job) = endless([yielding(0, Ok(1))]);
    let [unstarted] = <[_; 1]>::try_from(handles).unwrap();
    let mut unstarted = unstarted.outcome();
    assert!(task.poll(&mut unstarted).is_pending());
    drop(job);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut unstarted), Poll::Ready(None));
    let late = g.spawn(yielding(0, Ok(1)));
    assert!(late.is_finished());
    assert_eq!(task.poll(&mut late.outcome()), Poll::Ready(None));
}

#[test]
fn does_a_handle_awaited_for_its_value_stay_pending_after_a_failure() {
    let (remotes, children) = Remote::<Ended>::many(2);
    let (_g, mut handles, job) = endless(children);
    let (task, other) = (Task::new(), Task::new());
    let mut job = Box::pin(job.grace(pending::<()>()));
    assert!(task.poll(&mut job).is_pending());
    assert!(other.poll(&mut handles[0]).is_pending());
    remotes[0].finish(Err("bad"));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((other.woken(), other.clones()), (0, 0));
    assert!(handles[0].is_finished() && !handles[1].is_finished());
    assert!(other.poll(&mut handles[0]).is_pending());
    assert!(!handles[0].is_terminated());
}

#[test]
fn does_a_child_that_awaits_the_outcome_of_a_failed_one_go_on_during_the_grace() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        let failing = g.spawn(yielding(1, Err::<usize, _>("bad")));
        let log = &log;
        g.spawn(async move {
            assert_eq!(failing.outcome().await, None);
            yield_now().await;
            log.note(1);
            Ok(())
        });
        Ok(())
    });
    let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
    assert_eq!((result.unwrap_err().len(), log.take()), (1, vec![1]));
}

/// Notes a 2 when it is woken, and panics then if told to.
struct NoteWake(Log, bool);

impl Wake for NoteWake {
    fn wake(self: Arc<Self>) {
        self.0.note(2);
        if self.1 {
            panic_any("waker");
        }
    }
}

#[test]
fn is_the_child_dropped_before_its_outcome_can_be_observed() {
    for cancelled in [false, true] {
        let (task, log) = (Task::new(), Log::default());
        let (remote, child) = Remote::<Ended>::new();
        let (_g, mut handles, mut job) = endless([Holding(child, log.on_drop(1))]);
        assert!(task.poll(&mut job).is_pending());
        let kept = handles.remove(0);
        if cancelled {
            kept.cancel();
        } else {
            remote.finish(Err("bad"));
        }
        let waker = Waker::from(Arc::new(NoteWake(log.clone(), false)));
        let mut outcome = kept.outcome();
        let polled = Pin::new(&mut outcome).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        assert_eq!(task.poll(&mut job).is_pending(), cancelled);
        assert_eq!(log.take(), [1, 2]);
    }
}

#[test]
fn does_a_child_whose_drop_panics_have_an_outcome() {
    for ends in [false, true] {
        let (task, other, log) = (Task::new(), Task::new(), Log::default());
        let (remote, child) = Remote::<Ended>::new();
        let (_g, mut handles, mut job) = endless([Holding(child, log.panics_on_drop(1))]);
        assert!(task.poll(&mut job).is_pending());
        let mut outcome = handles.remove(0).outcome();
        assert!(other.poll(&mut outcome).is_pending());
        if ends {
            remote.finish(Ok(7));
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "drop of 1");
        } else {
            assert_eq!(panic_of(|| drop(job)), "drop of 1");
        }
        assert_eq!(other.woken(), 1);
        assert_eq!(other.poll(&mut outcome), Poll::Ready(None));
    }
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn do_wakers_that_panic_as_a_group_is_dropped_lose_a_wake_or_a_drop() {
    let (task, log) = (Task::new(), Log::default());
    let children = (0..3).map(|_| Holding(Box::pin(pending()), log.on_drop(1)));
    let (_g, handles, mut job) = endless(children);
    assert!(task.poll(&mut job).is_pending());
    let waker = Waker::from(Arc::new(NoteWake(log.clone(), true)));
    let mut outcomes: Vec<_> = handles.into_iter().map(Child::outcome).collect();
    for outcome in &mut outcomes {
        let polled = Pin::new(outcome).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    drop(job);
    assert_eq!(log.take(), [1, 2, 1, 2, 1, 2]);
}

#[test]
fn is_a_task_on_another_thread_woken_for_an_outcome_of_none() {
    let (_g, mut handles, mut job) = endless([pending()]);
    let outcome = handles.remove(0).outcome();
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    let other = thread::spawn(move || pollster::block_on(outcome));
    drop(job);
    assert_eq!(other.join().unwrap(), None);
}

#[test]
fn is_a_cancelled_child_finished_only_once_it_was_dropped() {
    let (remote, child) = Remote::<Ended>::new();
    let (_g, handles, mut job) = endless([child]);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    let handle = &handles[0];
    handle.cancel();
    handle.cancel();
    assert_eq!((task.woken(), handle.is_finished()), (1, false));
    assert!(task.poll(&mut job).is_pending());
    handle.cancel();
    assert_eq!((task.woken(), handle.is_finished()), (0, true));
    assert_eq!((remote.polls(), remote.drops()), (1, 1));
}

#[test]
fn is_the_index_the_place_in_the_order_of_spawning() {
    let task = Task::new();
    let result = task
        .run(local_group(async |g| {
            let first = g.spawn(yielding(0, Ok(1)));
            let inner = g.clone();
            let spawner = g.spawn(async move { Ok(inner.spawn(yielding(0, Ok(2))).index()) });
            let third = g.spawn_infallible(async { 3 });
            assert_eq!((first.index(), spawner.index(), third.index()), (0, 1, 2));
            assert_eq!(spawner.await, 3);
            Err::<(), _>("bad")
        }))
        .0;
    assert_eq!(result.unwrap_err().get(4), Some(&"bad"));
}
