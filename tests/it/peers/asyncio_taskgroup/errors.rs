//! What an error cancels, and which errors come out.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::future::pending;

use gather::{Errors, Group, group};

use super::{BoxError, Exc, excs, fails_in_cleanup, forever};
use crate::support::{Log, Remote, Task, yield_now, yielding};

// test_taskgroup_04
#[test]
fn an_error_of_a_child_cancels_its_siblings_and_the_code_after_the_group() {
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
    let (result, _) = Task::new().run(Box::pin(runner));
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
    let (result, _) = Task::new().run(job);
    assert_eq!(excs(result), [Exc::ZeroDivision; 3]);
    assert_eq!(log.take(), [1]);
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
    assert_eq!(excs(Task::new().run(job).0), [Exc::ZeroDivision]);
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
    assert_eq!(excs(Task::new().run(job).0), [Exc::ZeroDivision]);
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
    let (result, _) = Task::new().run(Box::pin(job.grace(pending::<()>())));
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
fn errors_in_an_inner_groups_cleanup_nest_in_the_outers_beside_a_child() {
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
    let [error] = <[_; 1]>::try_from(excs(Task::new().run(job).0)).unwrap();
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
    let (result, _) = Task::new().run(job);
    assert_eq!(
        format!("{:#}", result.unwrap_err()),
        "1 error (1: 1 error (0: Value))"
    );
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
    let (result, _) = Task::new().run(Box::pin(job.grace(pending::<()>())));
    assert_eq!(excs(result), [Exc::Mine; 2]);
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
    assert_eq!(excs(Task::new().run(job).0), [Exc::Value]);
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
    let errors = Task::new().run(job).0.unwrap_err();
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
