//! What is cancelled, and what its cleanup may do.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::future::pending;

use gather::{Errors, Group, group};

use super::{Exc, excs, fails_in_cleanup, forever};
use crate::support::{Log, Task, panic_of, yield_now, yielding};

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
    assert_eq!(Task::new().run(job).0.unwrap(), 11);
    assert_eq!(log.take(), [1]);
}

/// Drops a group of five children, and of a body that goes on or has ended.
fn drop_while_running(body_runs: bool) {
    let (log, task) = (Log::default(), Task::new());
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
    assert!(task.poll(&mut job).is_pending());
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
    // The body does not clean up, and nothing will wake it, so the group ends before the deadline.
    let (result, _) = Task::new().run(Box::pin(job.grace(forever::<()>())));
    assert_eq!(excs(result), [Exc::ZeroDivision; 5]);
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
    let (result, _) = Task::new().run(Box::pin(fails_during_cleanup()));
    assert_eq!(excs(result), [Exc::ZeroDivision]);
}

// test_taskgroup_16
#[test]
fn an_error_of_a_child_wins_over_a_cancellation_before_it_in_another_task() {
    let executor = smol::LocalExecutor::new();
    let task = executor.spawn(fails_during_cleanup());
    let result = smol::block_on(executor.run(async { executor.spawn(task).await }));
    assert_eq!(excs(result), [Exc::ZeroDivision]);
}

// test_taskgroup_17
#[test]
fn cancelling_a_group_without_children_cancels_its_body() {
    let (log, task) = (Log::default(), Task::new());
    let mut job = group(async |_| {
        let _held = log.on_drop(10);
        forever::<()>().await
    });
    assert!(task.poll(&mut job).is_pending());
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
    let (result, _) = Task::new().run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(excs(result), [Exc::Mine]);
}

// test_taskgroup_19
#[test]
fn an_error_of_a_child_and_one_in_the_cleanup_of_the_body_are_both_there() {
    let job = group(async |g| {
        g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
        fails_in_cleanup(g, Exc::Mine).await
    });
    let (result, _) = Task::new().run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(excs(result), [Exc::ZeroDivision, Exc::Mine]);
}

fn interrupt() -> Result<(), Exc> {
    panic!("KeyboardInterrupt")
}

// test_taskgroup_20
#[test]
fn a_panic_in_the_cleanup_goes_through_as_it_is() {
    let task = Task::new();
    let job = group(async |g| {
        g.spawn(yielding(1, Err::<(), _>(Exc::ZeroDivision)));
        g.cancelled().await;
        interrupt()
    });
    let job = Box::pin(job.grace(pending::<()>()));
    assert_eq!(panic_of(|| task.run(job)), "KeyboardInterrupt");
}

// test_cancelling_level_preserved
#[test]
fn the_task_that_awaits_a_group_goes_on_after_its_failure() {
    let (result, _) = Task::new().run(Box::pin(async {
        let failed = group(async |g| Ok(g.spawn(async { Err::<(), _>(Exc::Value) }).await)).await;
        yield_now().await;
        failed.unwrap_err().len()
    }));
    assert_eq!(result, 1);
}

// test_error_and_cancel
#[test]
fn code_after_a_group_that_failed_can_be_cancelled_with_the_task() {
    let (log, task) = (Log::default(), Task::new());
    let mut code = Box::pin(async {
        let failed = group(async |g| {
            g.spawn(yielding(1, Err::<(), _>(Exc::Value)));
            forever::<()>().await
        });
        assert_eq!(excs(failed.await), [Exc::Value]);
        let _held = log.on_drop(1);
        forever::<()>().await.unwrap();
        log.note(99);
    });
    assert!(task.settle(&mut code).is_pending());
    drop(code);
    assert_eq!(log.take(), [1]);
}
