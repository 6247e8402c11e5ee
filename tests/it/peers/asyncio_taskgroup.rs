//! CPython's own tests of `TaskGroup` (`test_asyncio/test_taskgroups.py`, 3.13), as behaviours of
//! `group`: one test each, with CPython's name for it above.
//!
//! A task that is cancelled is a future that is dropped, and an exception is an `Err`. What CPython
//! does in `finally` and `except CancelledError` needs a group with `grace`, in which it comes after
//! `cancelled()`.
//!
//! Held in another form:
//!
//! - A cancellation from outside is a drop, which gives no errors; where the cleanup's errors matter it
//!   is `finish` with `grace`.
//! - `KeyboardInterrupt` and `SystemExit`, which go through a group as they are, are panics.
//! - `create_task` on a group that is over or cancelled is an error; `spawn` drops the child, and the
//!   handle never resolves. With `grace` it is accepted until the group is over.
//!
//! Without a counterpart:
//!
//! - `test_taskgroup_20a`, `_21`, `_21a`: a `BaseException` that is collected like any other error.
//!   There is one kind of errors; a panic is none and is not collected.
//! - `test_taskgroup_task_name`, `test_taskgroup_task_context`: children have neither names nor contexts.
//! - `test_taskgroup_already_entered`, `_double_enter`: a group is a future, which is awaited by value.
//! - `test_taskgroup_not_entered`: children spawned before the group is polled wait for that.
//! - `test_taskgroup_without_parent_task`: whatever polls will do.
//!
//! `ExceptionGroup` (`test_exception_group.py`) is in the module of that name: split by type and by predicate,
//! structure, deep nesting, the leaves in order. Without a counterpart are there: which classes may be in
//! which group and may be subclassed (`test_bad_EG_construction_*`, `test_EG_*`, `test_BEG_*`, `*_subclass_*`),
//! messages, notes, tracebacks and contexts, `repr`.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    future::pending,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    task::Poll,
};

use futures::future::{BoxFuture, FutureExt};
use gather::{Errors, Group, group};

use crate::support::{Log, Parent, Remote, panic_of, yield_now, yielding};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Exc {
    ZeroDivision,
    Value,
    Mine,
}

impl fmt::Display for Exc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Exc {}

type BoxError = Box<dyn Error + Send + Sync>;

/// Its exceptions.
fn excs<T, E>(result: Result<T, Errors<E>>) -> Vec<E> {
    match result {
        Ok(_) => panic!("it must fail"),
        Err(errors) => errors.into_iter().map(|(_, error)| error).collect(),
    }
}

async fn forever<T>() -> Result<T, Exc> {
    pending().await
}

// test_taskgroup_01
#[test]
fn results_are_there_by_handle() {
    let job = group(async |g| {
        let (slow, fast) = (g.spawn(yielding(2, Ok(42))), g.spawn(yielding(1, Ok(11))));
        Ok::<_, Exc>((slow, fast))
    });
    let parent = Parent::new();
    let (mut slow, mut fast) = parent.run(job).0.unwrap();
    assert_eq!(parent.poll(&mut slow), Poll::Ready(42));
    assert_eq!(parent.poll(&mut fast), Poll::Ready(11));
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
    assert_eq!(Parent::new().run(job).0.unwrap(), (42, 11));
}

// test_taskgroup_03
#[test]
fn a_child_cancelled_on_its_own_does_not_fail_the_group() {
    let log = Log::default();
    let job = group(async |g| {
        let held = log.on_drop(1);
        let first = g.spawn(async move {
            let _held = held;
            forever::<()>().await
        });
        yield_now().await;
        first.cancel();
        let second = g.spawn(yielding(2, Ok(11)));
        Ok(second.await)
    });
    assert_eq!(Parent::new().run(job).0.unwrap(), 11);
    assert_eq!(log.take(), [1]);
}

// test_taskgroup_04
#[test]
fn a_childs_error_cancels_its_siblings_and_the_code_after_the_group_never_runs() {
    let log = Log::default();
    let runner = async {
        group(async |g| {
            g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
            let (held, log) = (log.on_drop(1), &log);
            g.spawn(async move {
                let _held = held;
                forever::<()>().await?;
                log.note(99);
                Ok(())
            });
            Ok(())
        })
        .await?;
        log.note(99);
        Ok::<_, Errors<_>>(())
    };
    let (result, _) = Parent::new().run(Box::pin(runner));
    assert_eq!(excs(result), [Exc::ZeroDivision]);
    assert_eq!(log.take(), [1]);
}

// test_cancel_children_on_child_error
#[test]
fn errors_of_several_children_are_collected_and_the_body_is_cancelled() {
    let log = Log::default();
    let job = group(async |g| {
        for _ in 0..3 {
            g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
        }
        g.spawn(forever::<()>());
        let _held = log.on_drop(1);
        forever::<()>().await
    });
    let (result, _) = Parent::new().run(job);
    assert_eq!(excs(result), [Exc::ZeroDivision; 3]);
    assert_eq!(log.take(), [1]);
}

/// Drops a group of five children, and of a body that goes on or has ended.
fn drop_while_running(body_runs: bool) {
    let (log, parent) = (Log::default(), Parent::new());
    let mut job = group(async |g| {
        for _ in 0..5 {
            let held = log.on_drop(1);
            g.spawn(async move {
                let _held = held;
                forever::<()>().await
            });
        }
        let _held = log.on_drop(10);
        if body_runs { forever().await } else { Ok(()) }
    });
    assert!(parent.poll(&mut job).is_pending());
    log.take();
    drop(job);
    let expected: &[usize] = if body_runs {
        &[10, 1, 1, 1, 1, 1]
    } else {
        &[1; 5]
    };
    assert_eq!(log.take(), expected);
}

// test_cancellation, test_taskgroup_22
#[test]
fn cancelling_the_group_cancels_its_children() {
    drop_while_running(false);
}

// test_taskgroup_07
#[test]
fn cancelling_the_group_cancels_children_and_body() {
    drop_while_running(true);
}

/// Fails once it is told that the group is cancelled.
async fn fails_in_cleanup<E>(g: Group<'_, (), E>, exc: Exc) -> Result<(), E>
where
    E: From<Exc> + Send + 'static,
{
    g.cancelled().await;
    yield_now().await;
    Err(exc.into())
}

// test_taskgroup_08
#[test]
fn errors_in_the_cleanup_are_collected() {
    let job = group(async |g| {
        for _ in 0..5 {
            g.spawn(fails_in_cleanup(g.clone(), Exc::ZeroDivision));
        }
        yield_now().await;
        g.finish(());
        forever().await
    });
    // The body does not clean up, but nobody is going to wake it: the deadline need not come.
    let (result, _) = Parent::new().run(Box::pin(job.grace(forever::<()>())));
    assert_eq!(excs(result), [Exc::ZeroDivision; 5]);
}

// test_taskgroup_09
#[test]
fn an_error_of_the_body_cancels_the_children() {
    let log = Log::default();
    let job = group(async |g| {
        for number in [1, 2] {
            let held = log.on_drop(number);
            g.spawn(async move {
                let _held = held;
                forever::<()>().await
            });
        }
        yield_now().await;
        Err::<(), _>(Exc::ZeroDivision)
    });
    assert_eq!(excs(Parent::new().run(job).0), [Exc::ZeroDivision]);
    assert_eq!(log.take(), [1, 2]);
}

// test_taskgroup_10
#[test]
fn an_error_of_the_body_cancels_children_before_they_started() {
    let (remotes, children) = Remote::<Result<(), Exc>>::many(2);
    let job = group(async |g| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        Err::<(), _>(Exc::ZeroDivision)
    });
    assert_eq!(excs(Parent::new().run(job).0), [Exc::ZeroDivision]);
    assert!(
        remotes
            .iter()
            .all(|remote| (remote.polls(), remote.drops()) == (0, 1))
    );
}

/// An inner group whose children fail in their cleanup when the outer one is cancelled.
fn nested_cleanup(outer_has_a_child: bool) {
    let job = group(async |outer| {
        if outer_has_a_child {
            let cancelled = outer.cancelled();
            outer.spawn(async move { Ok(cancelled.await) });
        }
        let told = outer.cancelled();
        let canceller = outer.clone();
        outer.spawn(async move {
            yield_now().await;
            canceller.finish(());
            Ok::<_, BoxError>(())
        });
        let inner = group(|g: Group<'_, (), BoxError>| async move {
            for _ in 0..5 {
                g.spawn(fails_in_cleanup(g.clone(), Exc::ZeroDivision));
            }
            told.await;
            Ok(g.finish(()))
        });
        inner.grace(pending::<()>()).await?;
        Ok(())
    });
    let (result, _) = Parent::new().run(Box::pin(job.grace(pending::<()>())));
    let [inner] = <[_; 1]>::try_from(excs(result)).unwrap();
    let inner = inner.downcast::<Errors<BoxError>>().unwrap();
    let all = inner
        .iter()
        .all(|(_, error)| error.downcast_ref() == Some(&Exc::ZeroDivision));
    assert_eq!((inner.len(), all), (5, true));
}

// test_taskgroup_11
#[test]
fn errors_in_the_cleanup_of_an_inner_group_nest_in_the_outers() {
    nested_cleanup(false);
}

// test_taskgroup_12
#[test]
fn errors_in_the_cleanup_of_an_inner_group_nest_in_the_outers_beside_a_child() {
    nested_cleanup(true);
}

// test_taskgroup_13
#[test]
fn an_error_of_the_outer_group_cancels_the_inner_one() {
    let log = Log::default();
    let job = group(async |outer| {
        outer.spawn(yielding(2, Err::<(), _>(BoxError::from(Exc::Value))));
        let inner = group(async |g| {
            let held = log.on_drop(1);
            g.spawn(async move {
                let _held = held;
                forever::<()>().await
            });
            Ok(())
        });
        inner.await.map_err(|errors| errors.boxed())?;
        Ok(())
    });
    let [error] = <[_; 1]>::try_from(excs(Parent::new().run(job).0)).unwrap();
    assert_eq!(error.downcast_ref(), Some(&Exc::Value));
    assert_eq!(log.take(), [1]);
}

// test_taskgroup_14
#[test]
fn an_error_of_the_inner_group_nests_in_the_outers() {
    let job = group(async |outer| {
        outer.spawn(pending::<Result<(), BoxError>>());
        let inner = group(async |g| {
            g.spawn(yielding(1, Err::<(), _>(Exc::Value)));
            Ok(())
        });
        inner.await.map_err(|errors| errors.boxed())?;
        Ok(())
    });
    let (result, _) = Parent::new().run(job);
    assert_eq!(
        format!("{:#}", result.unwrap_err()),
        "1 error (1: 1 error (0: Value))"
    );
}

/// A child that fails while a body cleans up that was cancelled before.
async fn fails_during_cleanup() -> Result<(), Errors<Exc>> {
    let job = group(async |g| {
        g.spawn(yielding(5, Err::<(), _>(Exc::ZeroDivision)));
        let canceller = g.clone();
        g.spawn(async move {
            yield_now().await;
            Ok(canceller.finish(()))
        });
        g.cancelled().await;
        yielding(10, ()).await;
        Ok(())
    });
    job.grace(pending::<()>()).await
}

// test_taskgroup_15
#[test]
fn an_error_of_a_child_wins_over_a_cancellation_before_it() {
    let (result, _) = Parent::new().run(Box::pin(fails_during_cleanup()));
    assert_eq!(excs(result), [Exc::ZeroDivision]);
}

// test_taskgroup_16
#[test]
fn an_error_of_a_child_wins_over_a_cancellation_before_it_in_another_task_too() {
    let executor = smol::LocalExecutor::new();
    let task = executor.spawn(fails_during_cleanup());
    let result = smol::block_on(executor.run(async { executor.spawn(task).await }));
    assert_eq!(excs(result), [Exc::ZeroDivision]);
}

// test_taskgroup_17
#[test]
fn cancelling_a_group_without_children_cancels_its_body() {
    let (log, parent) = (Log::default(), Parent::new());
    let mut job = group(async |_| {
        let _held = log.on_drop(10);
        forever::<()>().await
    });
    assert!(parent.poll(&mut job).is_pending());
    drop(job);
    assert_eq!(log.take(), [10]);
}

// test_taskgroup_18
#[test]
fn an_error_in_the_cleanup_of_the_body_is_the_groups() {
    let job = group(|g: Group<'_, (), Exc>| {
        g.finish(());
        fails_in_cleanup(g, Exc::Mine)
    });
    let (result, _) = Parent::new().run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(excs(result), [Exc::Mine]);
}

// test_taskgroup_19
#[test]
fn an_error_of_a_child_and_one_in_the_cleanup_of_the_body_are_both_there() {
    let job = group(async |g| {
        g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
        fails_in_cleanup(g, Exc::Mine).await
    });
    let (result, _) = Parent::new().run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(excs(result), [Exc::ZeroDivision, Exc::Mine]);
}

fn interrupt() -> Result<(), Exc> {
    panic!("KeyboardInterrupt")
}

// test_taskgroup_20
#[test]
fn a_panic_in_the_cleanup_goes_through_as_it_is() {
    let parent = Parent::new();
    let job = group(async |g| {
        g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
        g.cancelled().await;
        interrupt()
    });
    let job = Box::pin(job.grace(pending::<()>()));
    assert_eq!(panic_of(|| parent.run(job)), "KeyboardInterrupt");
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
    Parent::new().run(job).0.unwrap();
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
    Parent::new().run(job).0.unwrap();
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
    assert_eq!(excs(Parent::new().run(job).0), [Exc::ZeroDivision]);
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
    assert_eq!(excs(Parent::new().run(job).0), [Exc::ZeroDivision]);
    assert_eq!(log.take(), [1], "dropped unpolled");
}

// test_taskgroup_context_manager_exit_raises
#[test]
fn an_error_of_a_resource_that_the_body_closes_joins_that_of_the_child() {
    let job = group(async |g| {
        g.spawn(async { Err::<(), _>(Exc::Mine) });
        let close = async || Err::<(), _>(Exc::Mine);
        g.cancelled().await;
        close().await
    });
    let (result, _) = Parent::new().run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(excs(result), [Exc::Mine; 2]);
}

// test_taskgroup_finished, test_coro_closed_when_tg_closed
#[test]
fn no_child_is_spawned_after_the_end_but_dropped() {
    let (log, parent) = (Log::default(), Parent::new());
    let mut kept = None;
    let job = group(|g: Group<'static, (), Exc>| {
        kept = Some(g);
        async { Ok(()) }
    });
    parent.run(job).0.unwrap();
    let held = log.on_drop(1);
    let mut handle = kept.unwrap().spawn(async move { Ok(held) });
    assert_eq!(log.take(), [1]);
    assert!(parent.poll(&mut handle).is_pending());
}

// test_cancelling_level_preserved
#[test]
fn who_awaits_a_group_goes_on_after_its_failure() {
    let (result, _) = Parent::new().run(Box::pin(async {
        let failed = group(async |g| Ok(g.spawn(async { Err::<(), _>(Exc::Value) }).await)).await;
        yield_now().await;
        failed.unwrap_err().len()
    }));
    assert_eq!(result, 1);
}

// test_nested_groups_both_cancelled
#[test]
fn an_inner_failure_that_was_handled_does_not_hide_an_outer_one() {
    let log = Log::default();
    let job = group(async |outer| {
        let inner = group(async |g| {
            g.spawn(async { Err::<(), _>(Exc::Mine) });
            outer.spawn(async { Err::<(), _>(Exc::Value) });
            forever::<()>().await
        });
        assert_eq!(excs(inner.await), [Exc::Mine]);
        log.note(1);
        yield_now().await;
        log.note(99);
        Ok(())
    });
    assert_eq!(excs(Parent::new().run(job).0), [Exc::Value]);
    assert_eq!(log.take(), [1]);
}

// test_error_and_cancel
#[test]
fn code_after_a_group_that_failed_is_cancelled_with_the_task() {
    let (log, parent) = (Log::default(), Parent::new());
    let mut task = Box::pin(async {
        let failed = group(async |g| {
            g.spawn(yielding(1, Err::<(), _>(Exc::Value)));
            forever::<()>().await
        });
        assert_eq!(excs(failed.await), [Exc::Value]);
        let _held = log.on_drop(1);
        forever::<()>().await.unwrap();
        log.note(99);
    });
    assert!(parent.settle(&mut task).is_pending());
    drop(task);
    assert_eq!(log.take(), [1]);
}

// TaskGroup with except*: test_taskgroup_context_manager_exit_raises, test_nested_groups_both_cancelled
#[test]
fn errors_of_a_group_are_told_apart_by_type() {
    let job = group(async |g| {
        g.spawn(async { Err::<(), _>(BoxError::from(Exc::Value)) });
        g.spawn(async { Err::<(), _>("x".parse::<u8>().unwrap_err().into()) });
        let inner = async { group(async |_| Err::<(), BoxError>(Exc::Mine.into())).await };
        g.spawn(async { Ok(inner.await?) });
        Ok(())
    });
    let errors = Parent::new().run(job).0.unwrap_err();
    let (mine, rest) = errors.split_type::<Exc>();
    assert_eq!(
        format!("{:#}", mine.unwrap()),
        "2 errors (0: Value; 2: 1 error (0: Mine))"
    );
    assert_eq!(
        format!("{:#}", rest.unwrap()),
        "1 error (1: invalid digit found in string)"
    );
}
