//! A child, the body, or the drop of one panics: the panic propagates after all else was dropped.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, poll_fn},
    panic::panic_any,
    task::Poll,
};

use futures::future::FusedFuture;
use gather::{ChildExt, Errors, Group, group};

use crate::support::{Log, Remote, SIZES, Task, panic_of, polls, yield_now};

type Outcome = Result<Result<(), &'static str>, &'static str>;

/// As its remote says; `Err` is a panic.
async fn child(child: crate::support::Child<Outcome>) -> Result<(), &'static str> {
    child.await.unwrap_or_else(|message| panic_any(message))
}

#[test]
fn a_panic_of_a_child_propagates_after_all_others_were_dropped_once() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        // With a sibling whose drop panics too, and without.
        for sibling in [None, Some(0), Some(n - 1)] {
            let panicking = n / 2;
            let (remotes, children) = Remote::<Outcome>::many(n);
            let (task, log) = (Task::new(), Log::default());
            let mut job = group(async |g| {
                let _held = log.on_drop(n);
                for (index, remote) in children.into_iter().enumerate() {
                    let panics = sibling == Some(index) && index != panicking;
                    let held = log.noted(index, panics);
                    g.spawn(async move {
                        let _held = held;
                        child(remote).await
                    });
                }
                pending::<Result<(), _>>().await
            });
            assert!(task.settle(&mut job).is_pending());
            remotes[panicking].finish(Err("first"));
            assert_eq!(task.woken(), 1);
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "first");
            let mut dropped = log.take();
            assert_eq!(dropped[0], panicking);
            dropped.sort_unstable();
            assert!(dropped.into_iter().eq(0..=n), "each once");
            assert!(job.is_terminated());
            // Woken for code that catches the panic and polls on; the group is over.
            assert_eq!((task.woken(), task.clones()), (1, 0));
            drop(job);
            assert!(remotes.iter().all(|remote| remote.drops() == 1));
        }
    }
}

#[test]
fn a_panic_of_the_body_drops_its_children() {
    for late in [false, true] {
        let (remotes, children) = Remote::<Outcome>::many(20);
        let task = Task::new();
        let mut job = group(async |g| {
            children
                .into_iter()
                .for_each(|remote| drop(g.spawn(child(remote))));
            if late {
                yield_now().await;
            }
            panic_any("body");
        });
        let _: &dyn Future<Output = Result<(), Errors<_>>> = &job;
        if late {
            assert!(task.poll(&mut job).is_pending());
        }
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "body");
        assert_eq!(polls(&remotes), [usize::from(late); 20]);
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}

#[test]
fn a_panic_of_a_child_drops_those_not_yet_started() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        g.spawn(poll_fn(|_| -> Poll<Result<(), &str>> {
            panic_any("child")
        }));
        for number in 0..3 {
            let held = log.noted(number, false);
            g.spawn(async move { Ok(drop(held)) });
        }
        Ok(())
    });
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "child");
    assert_eq!(log.take(), [0, 1, 2]);
}

#[test]
fn the_first_of_several_panics_propagates() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        let held = log.panics_on_drop(1);
        g.spawn(async move {
            let _held = held;
            pending::<Result<(), &str>>().await
        });
        g.spawn(poll_fn(|_| -> Poll<Result<(), &str>> {
            panic_any("child")
        }));
        let held = log.panics_on_drop(2);
        g.spawn(async move {
            let _held = held;
            Ok(())
        });
        Ok(())
    });
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "child");
    assert_eq!(log.take(), [1, 2]);
}

#[test]
fn a_panic_of_a_drop_as_the_group_ends_propagates_after_the_other_drops() {
    for failure in [Ok(()), Err("bad")] {
        let (task, log) = (Task::new(), Log::default());
        let mut job = group(async |g| {
            for (number, panics) in [(1, false), (2, true), (3, false)] {
                let held = log.noted(number, panics);
                g.spawn(async move {
                    let _held = held;
                    pending::<Result<(), _>>().await
                });
            }
            yield_now().await;
            g.finish(());
            failure
        });
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(task.woken(), 1);
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "drop of 2");
        assert_eq!(log.take(), [1, 2, 3]);
        assert_eq!((task.clones(), task.woken()), (0, 1));
        // Its value is not lost.
        let ended = task
            .poll(&mut job)
            .map_err(|errors| errors.into_iter().next().unwrap());
        assert_eq!(ended, Poll::Ready(failure.map_err(|error| (3, error))));
    }
}

#[test]
fn a_panic_of_the_drop_of_a_value_that_comes_too_late_does_not_lose_the_first_one() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        g.finish(log.on_drop(1));
        let held = log.on_drop(3);
        g.spawn(async move {
            let _held = held;
            pending::<Result<(), &str>>().await
        });
        Ok(log.panics_on_drop(2))
    });
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "drop of 2");
    assert_eq!(log.take(), [3, 2]);
    let Poll::Ready(Ok(value)) = task.poll(&mut job) else {
        panic!("the value is lost");
    };
    assert_eq!((value.number, log.take()), (1, vec![]));
}

#[test]
fn a_panic_of_a_drop_as_the_group_is_dropped_propagates_after_the_other_drops() {
    for polls in [0, 1] {
        let (task, log) = (Task::new(), Log::default());
        let mut job = group(|g| {
            for (number, panics) in [(1, false), (2, true), (3, false)] {
                let held = log.noted(number, panics);
                g.spawn(async move {
                    let _held = held;
                    pending::<Result<(), &str>>().await
                });
            }
            pending::<Result<(), _>>()
        });
        for _ in 0..polls {
            assert!(task.poll(&mut job).is_pending());
        }
        assert_eq!(panic_of(|| drop(job)), "drop of 2");
        assert_eq!((log.take(), task.clones()), (vec![1, 2, 3], 0));
    }
}

#[test]
fn a_panic_of_the_drop_of_a_child_that_ends_is_a_panic_of_the_group() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        let (panicking, held) = (log.panics_on_drop(1), log.on_drop(2));
        // Dropped with the future, after the output is there.
        g.spawn(crate::support::Holding(Box::pin(yield_ok()), panicking));
        g.spawn(crate::support::Holding(
            Box::pin(pending::<Result<(), &str>>()),
            held,
        ));
        pending::<Result<(), _>>().await
    });
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "drop of 1");
    assert_eq!((log.take(), task.clones()), (vec![1, 2], 0));
}

async fn yield_ok() -> Result<(), &'static str> {
    yield_now().await;
    Ok(())
}

#[test]
fn a_panic_during_the_grace_ends_it_at_once() {
    let (task, log) = (Task::new(), Log::default());
    let (remote, cleaning) = Remote::<Outcome>::new();
    let mut job = Box::pin(
        group(async |g| {
            let held = log.on_drop(1);
            g.spawn(async move {
                let _held = held;
                pending::<Result<(), _>>().await
            });
            g.spawn(child(cleaning));
            Err::<(), _>("bad")
        })
        .grace(pending::<()>()),
    );
    assert!(task.settle(&mut job).is_pending());
    remote.finish(Err("in the grace"));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "in the grace");
    assert_eq!((log.take(), task.clones()), (vec![1], 0));
    assert!(job.is_terminated());
}

#[test]
fn a_panic_that_the_child_catches_is_its_value() {
    let result = Task::new()
        .run(group(async |g| {
            let caught = g.spawn(async {
                let panics = async { panic_any("child") };
                Ok::<Result<(), _>, &str>(panics.catch_panic().await)
            });
            let fine = g.spawn(async { Ok(7) });
            Ok((caught.await.unwrap_err().to_string(), fine.await))
        }))
        .0;
    assert_eq!(result.unwrap(), ("child".to_string(), 7));
}

#[test]
fn a_body_that_panics_before_it_gives_a_future_drops_what_it_spawned() {
    let (log, task) = (Log::default(), Task::new());
    let mut kept = None;
    let message = panic_of(|| {
        group(|g: Group<'static, (), &str>| {
            kept = Some(g.clone());
            let (held, inner) = (log.on_drop(1), g.clone());
            g.spawn(async move {
                let _held = (held, inner);
                Ok(())
            });
            if log.take().is_empty() {
                panic_any("closure");
            }
            pending()
        })
    });
    assert_eq!((message.as_str(), log.take()), ("closure", vec![1]));
    // A child that is spawned now will never run.
    let held = log.on_drop(2);
    let mut late = kept.unwrap().spawn(async move { Ok(drop(held)) });
    assert_eq!(log.take(), [2]);
    assert!(task.poll(&mut late).is_pending());
}

/// Panics when it is dropped, whatever else panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any("drop");
    }
}

#[test]
fn a_drop_that_panics_after_a_child_does_not_end_the_process() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        for child in 0..2 {
            let held = (child == 1).then(|| (log.on_drop(1), Bomb));
            g.spawn(async move {
                let _held = held;
                yield_now().await;
                if child == 0 {
                    panic_any("child");
                }
                pending::<Result<(), &str>>().await
            });
        }
        pending::<Result<(), _>>().await
    });
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "child");
    assert_eq!((log.take(), job.is_terminated()), (vec![1], true));
}
