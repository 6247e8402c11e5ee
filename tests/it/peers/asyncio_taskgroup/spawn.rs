//! Which children there may be, and for how long.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    task::Poll,
};

use futures::future::{BoxFuture, FutureExt};
use gather::{Group, group};

use super::{Exc, excs, forever};
use crate::support::{Log, Task, yield_now, yielding};

// test_taskgroup_01
#[test]
fn results_are_there_by_handle() {
    let job = group(async |g| {
        let (slow, fast) = (g.spawn(yielding(2, Ok(42))), g.spawn(yielding(1, Ok(11))));
        Ok::<_, Exc>((slow, fast))
    });
    let task = Task::new();
    let (mut slow, mut fast) = task.run(job).0.unwrap();
    assert_eq!(task.poll(&mut slow), Poll::Ready(42));
    assert_eq!(task.poll(&mut fast), Poll::Ready(11));
}

// test_taskgroup_02
#[test]
fn children_may_be_spawned_later_in_the_body() {
    let job = group(async |g| {
        let first = g.spawn(yielding(1, Ok(42)));
        yielding(3, ()).await;
        let second = g.spawn(yielding(2, Ok(11)));
        Ok::<_, Exc>((first.await, second.await))
    });
    assert_eq!(Task::new().run(job).0.unwrap(), (42, 11));
}

// test_taskgroup_23
#[test]
fn finished_children_are_released_promptly() {
    let (log, alive) = (Log::default(), AtomicUsize::new(0));
    struct Alive<'a>(&'a AtomicUsize);
    impl Drop for Alive<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }
    let job = group(async |g| {
        let alive = &alive;
        for _ in 0..10 {
            yield_now().await;
            alive.fetch_add(1, SeqCst);
            let held = Alive(alive);
            g.spawn(async move {
                yielding(3, ()).await;
                drop(held);
                Ok::<_, Exc>(())
            });
            log.note(alive.load(SeqCst));
        }
        yielding(5, ()).await;
        log.note(alive.load(SeqCst));
        Ok(())
    });
    Task::new().run(job).0.unwrap();
    let alive = log.take();
    assert!(alive.iter().all(|&alive| alive < 5), "{alive:?}");
    assert_eq!(alive.last(), Some(&0));
}

// test_taskgroup_24
#[test]
fn children_spawn_children() {
    let done = Cell::new(0);
    let job = gather::local_group(async |g| {
        let (inner, done) = (g.clone(), &done);
        g.spawn(async move {
            yield_now().await;
            for times in [1, 2] {
                inner.spawn(async move {
                    yielding(times, ()).await;
                    done.set(done.get() + 1);
                    Ok::<_, Exc>(())
                });
            }
            Ok(())
        });
        Ok(())
    });
    Task::new().run(job).0.unwrap();
    assert_eq!(done.get(), 2);
}

type Handle<'a> = Group<'a, (), Exc>;

fn hydra<'a>(g: Handle<'a>, heads: &'a AtomicUsize) -> BoxFuture<'a, Result<(), Exc>> {
    async move {
        heads.fetch_add(1, SeqCst);
        yield_now().await;
        g.spawn(hydra(g.clone(), heads));
        g.spawn(hydra(g.clone(), heads));
        Ok(())
    }
    .boxed()
}

// test_taskgroup_25
#[test]
fn an_endless_spawner_is_stopped_by_an_error() {
    let heads = AtomicUsize::new(0);
    let job = group(async |g| {
        g.spawn(hydra(g.clone(), &heads));
        g.spawn(async {
            while heads.load(SeqCst) < 10 {
                yield_now().await;
            }
            Err::<(), _>(Exc::ZeroDivision)
        });
        Ok(())
    });
    assert_eq!(excs(Task::new().run(job).0), [Exc::ZeroDivision]);
    assert!((10..100).contains(&heads.load(SeqCst)));
}

// test_taskgroup_no_create_task_after_failure
#[test]
fn no_child_is_spawned_after_a_failure() {
    struct SpawnOnDrop<'a>(Handle<'a>, &'a Log);
    impl Drop for SpawnOnDrop<'_> {
        fn drop(&mut self) {
            let (held, log) = (self.1.on_drop(1), self.1);
            self.0.spawn(async move {
                log.note(99);
                Ok(drop(held))
            });
        }
    }
    let log = Log::default();
    let job = group(async |g| {
        g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
        let cleanup = SpawnOnDrop(g.clone(), &log);
        g.spawn(async move {
            let _cleanup = cleanup;
            forever::<()>().await
        });
        Ok(())
    });
    assert_eq!(excs(Task::new().run(job).0), [Exc::ZeroDivision]);
    assert_eq!(log.take(), [1], "dropped unpolled");
}

// test_taskgroup_finished, test_coro_closed_when_tg_closed
#[test]
fn a_child_spawned_after_the_end_is_dropped() {
    let (log, task) = (Log::default(), Task::new());
    let mut kept = None;
    let job = group(|g: Group<'static, (), Exc>| {
        kept = Some(g);
        async { Ok(()) }
    });
    task.run(job).0.unwrap();
    let held = log.on_drop(1);
    let mut handle = kept.unwrap().spawn(async move { Ok(held) });
    assert_eq!(log.take(), [1]);
    assert!(task.poll(&mut handle).is_pending());
}
