//! Children that are spawned in a poll, a drop, a wake, or on another thread.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
    thread,
};

use futures::future::{BoxFuture, FutureExt};
use gather::{Group, GroupFuture, group};

use crate::support::{Log, Remote, Task, polls, yield_now};

type Handle = Group<'static, usize, &'static str>;

/// A group whose body never ends, and its handle.
fn endless() -> (Handle, GroupFuture<'static, usize, &'static str>) {
    let mut handle = None;
    let job = group(|g: Handle| {
        handle = Some(g);
        pending()
    });
    (handle.unwrap(), job)
}

/// Spawns a child that notes when it is polled.
fn spawn_noting(g: &Handle, log: &Log, number: usize) {
    let log = log.clone();
    g.spawn(async move { Ok(log.note(number)) });
}

/// Does something when it is dropped, or woken.
struct Act<F: FnMut()>(F);

impl<F: FnMut()> Drop for Act<F> {
    fn drop(&mut self) {
        self.0();
    }
}

struct OnWake<F: Fn() + Send + Sync>(F);

impl<F: Fn() + Send + Sync> Wake for OnWake<F> {
    fn wake(self: Arc<Self>) {
        self.0();
    }
}

#[test]
fn spawns_between_polls_wake_the_task_once_and_start_in_order() {
    let (g, mut job) = endless();
    let (task, log) = (Task::new(), Log::default());
    for _ in 0..3 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(task.woken(), 0);
        (0..20).for_each(|number| spawn_noting(&g, &log, number));
        assert_eq!((task.woken(), log.take()), (1, vec![]));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((task.woken(), log.take()), (0, (0..20).collect()));
    }
}

#[test]
fn spawns_before_the_first_poll_do_not_wake_the_task() {
    let (g, mut job) = endless();
    let (task, log) = (Task::new(), Log::default());
    spawn_noting(&g, &log, 1);
    assert!(log.take().is_empty());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((log.take(), task.woken()), (vec![1], 0));
}

#[test]
fn a_spawn_on_another_thread_wakes_the_task_once() {
    let (g, mut job) = endless();
    let (task, log) = (Task::new(), Log::default());
    assert!(task.poll(&mut job).is_pending());
    thread::scope(|scope| {
        for number in 0..4 {
            let (g, log) = (&g, &log);
            scope.spawn(move || spawn_noting(g, log, number));
        }
    });
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    let mut noted = log.take();
    noted.sort_unstable();
    assert_eq!(noted, [0, 1, 2, 3]);
}

#[test]
fn a_spawn_in_the_poll_of_a_child_or_the_body_starts_it_in_the_same_poll() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::<()>::new();
    let mut job = group(|g: Handle| {
        let log = log.clone();
        async move {
            spawn_noting(&g, &log, 1);
            let inner = g.clone();
            g.spawn(async move {
                child.await;
                spawn_noting(&inner, &log, 2);
                Ok(())
            });
            pending().await
        }
    });
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((log.take(), task.woken()), (vec![1], 0));
    remote.finish(());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((log.take(), task.woken()), (vec![2], 1));
}

#[test]
fn a_spawn_in_the_drop_of_a_child_that_ends_is_started() {
    let (g, mut job) = endless();
    let (task, log) = (Task::new(), Log::default());
    let act = Act({
        let (g, log) = (g.clone(), log.clone());
        move || spawn_noting(&g, &log, 1)
    });
    g.spawn(async move {
        let _act = act;
        yield_now().await;
        Ok(())
    });
    assert!(task.poll(&mut job).is_pending());
    assert!(log.take().is_empty());
    assert!(task.settle(&mut job).is_pending());
    assert_eq!(log.take(), [1]);
}

/// Children spawned while the group ends are dropped unpolled, also those that they spawn in their drops.
#[test]
fn a_spawn_in_a_drop_as_the_group_ends_is_dropped() {
    for polls in [0, 1] {
        let (g, mut job) = endless();
        let (task, log) = (Task::new(), Log::default());
        let (inner, noted) = (g.clone(), log.clone());
        let act = Act(move || {
            let (again, noted) = (inner.clone(), noted.clone());
            let held = noted.on_drop(2);
            let second = Act(move || {
                noted.note(1);
                spawn_noting(&again, &noted, 3);
            });
            inner.spawn(async move {
                let _held = (second, held);
                Ok(())
            });
        });
        g.spawn(async move {
            let _act = act;
            pending::<Result<(), _>>().await
        });
        for _ in 0..polls {
            assert!(task.poll(&mut job).is_pending());
        }
        drop(job);
        assert_eq!(log.take(), [1, 2]);
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_spawn_in_the_wake_of_a_handle_is_started() {
    let (g, mut job) = endless();
    let (task, log) = (Task::new(), Log::default());
    let (remote, child) = Remote::new();
    let mut handle = g.spawn(child);
    let waker = Waker::from(Arc::new(OnWake({
        let (g, log) = (g.clone(), log.clone());
        move || spawn_noting(&g, &log, 1)
    })));
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut handle).poll(&mut cx).is_pending());
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Ok(()));
    assert!(log.take().is_empty());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(log.take(), [1], "in the poll in which the child ended");
}

/// The task polls the group inside the wake by a spawn, a cancel or a finish.
#[test]
fn a_task_may_poll_the_group_while_a_spawn_wakes_it() {
    let (g, job) = endless();
    let (log, polls) = (Log::default(), Log::default());
    let job = Arc::new(Mutex::new(Some(job)));
    fn poll(job: &Arc<Mutex<Option<GroupFuture<'static, usize, &'static str>>>>, polls: &Log) {
        let (inner, noted) = (job.clone(), polls.clone());
        let waker = Waker::from(Arc::new(OnWake(move || poll(&inner, &noted))));
        let mut slot = job.try_lock().expect("it is not polled elsewhere");
        polls.note(1);
        let Some(running) = &mut *slot else { return };
        let polled = Pin::new(running).poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(result) = polled {
            polls.note(result.unwrap());
            *slot = None;
        }
    }
    poll(&job, &polls);
    spawn_noting(&g, &log, 1);
    assert_eq!((log.take(), polls.take()), (vec![1], vec![1, 1]));
    let child = g.spawn(pending::<Result<(), _>>());
    child.cancel();
    assert_eq!(polls.take(), [1, 1]);
    g.finish(77);
    assert_eq!(polls.take(), [1, 77]);
}

fn generation(g: Handle, log: Log, left: usize) -> BoxFuture<'static, Result<(), &'static str>> {
    async move {
        log.note(left);
        if left > 0 {
            g.spawn(generation(g.clone(), log, left - 1));
        }
        Ok(())
    }
    .boxed()
}

#[test]
fn children_that_spawn_without_end_leave_the_task_time_for_its_other_work() {
    let (g, mut job) = endless();
    let (task, log) = (Task::new(), Log::default());
    g.spawn(generation(g.clone(), log.clone(), 10_000));
    let mut started = 0;
    while started < 10_001 {
        assert!(task.poll(&mut job).is_pending());
        let now = log.take().len();
        assert!((1..=1000).contains(&now), "{now} in a poll");
        started += now;
        assert_eq!(task.woken(), usize::from(started < 10_001));
    }
}

#[test]
fn a_wide_spawn_is_started_in_one_poll() {
    let (g, mut job) = endless();
    let task = Task::new();
    let (remotes, children) = Remote::<Result<(), _>>::many(1000);
    children.into_iter().for_each(|child| drop(g.spawn(child)));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(polls(&remotes), vec![1; 1000]);
    assert!(task.settle(&mut job).is_pending());
    assert_eq!(polls(&remotes), vec![1; 1000]);
}

#[test]
fn a_child_that_is_woken_while_another_one_is_started_is_not_lost() {
    let (g, mut job) = endless();
    let task = Task::new();
    let (remote, child) = Remote::new();
    let mut handle = g.spawn(child);
    assert!(task.poll(&mut job).is_pending());
    g.spawn(poll_fn(move |_| {
        remote.finish(Ok(7));
        Poll::Ready(Ok(()))
    }));
    assert_eq!(task.woken(), 1);
    assert!(task.settle(&mut job).is_pending());
    assert_eq!(task.poll(&mut handle), Poll::Ready(7));
}
