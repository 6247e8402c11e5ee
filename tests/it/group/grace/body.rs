//! How long the body goes on after a cancellation: as long as a child runs; to its end if it awaits `cancelled()`.

use std::{
    future::{pending, ready},
    pin::pin,
    task::Poll,
    thread,
};

use futures::future::{join, select};
use gather::{Errors, Group, gather, group, local_group};

use super::Ended;
use crate::support::{Log, Remote, Task, polls, yield_now, yielding};

/// The gather has the handles' wakers, so the group cannot tell from them that the body will not be woken.
#[test]
fn a_body_that_gathers_its_handles_ends_with_the_last_child_and_not_at_the_deadline() {
    for failing in 0..3 {
        let task = Task::new();
        let (deadline, timer) = Remote::<()>::new();
        let (remotes, children) = Remote::<Ended>::many(3);
        let job =
            group(async |g| Ok(gather(children.into_iter().map(|child| g.spawn(child))).await));
        let mut job = pin!(job.grace(timer));
        assert!(task.settle(&mut job).is_pending());
        remotes[failing].finish(Err("bad"));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(deadline.polls(), 1);
        let others: Vec<_> = (0..3).filter(|&index| index != failing).collect();
        remotes[others[0]].finish(Ok(()));
        assert!(task.settle(&mut job).is_pending());
        assert!(remotes.iter().all(|remote| remote.polls() < 3));
        remotes[others[1]].finish(Ok(()));
        let Poll::Ready(Err(errors)) = task.settle(&mut job) else {
            panic!("it has failed, and no child is alive");
        };
        assert_eq!((errors.len(), errors.get(failing)), (1, Some(&"bad")));
        assert_eq!(polls(&remotes), [2; 3]);
    }
}

#[test]
fn a_body_that_awaits_its_handles_in_a_local_group_ends_with_the_last_child() {
    for joined in [false, true] {
        let task = Task::new();
        let job = local_group(async |g| {
            let failing = g.spawn(yielding(1, Err::<(), _>("bad")));
            let other = g.spawn(yielding(3, Ok(())));
            if joined {
                join(failing, other).await;
            } else {
                failing.await;
                other.await;
            }
            Ok(())
        });
        let (result, polls) = task.run(Box::pin(job.grace(pending::<()>())));
        assert_eq!((result.unwrap_err().len(), polls), (1, 4));
    }
}

#[test]
fn a_body_alone_that_has_not_called_cancelled_is_dropped_in_that_poll() {
    let (task, log) = (Task::new(), Log::default());
    let (deadline, timer) = Remote::<()>::new();
    let job = group(async |g| {
        let _held = log.on_drop(1);
        yield_now().await;
        g.finish(7);
        yield_now().await;
        log.note(2);
        Ok(8)
    });
    let (result, polls): (Result<_, Errors<&str>>, _) = task.run(pin!(job.grace(timer)));
    assert_eq!((result.unwrap(), polls, log.take()), (7, 2, vec![1]));
    assert_eq!((deadline.polls(), task.clones()), (0, 0));
}

#[test]
fn a_body_that_has_awaited_cancelled_goes_on_without_a_child_to_its_end() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        let failing = g.spawn(yielding(1, Err::<(), _>("bad")));
        select(failing, pin!(g.cancelled())).await;
        for number in 0..3 {
            yield_now().await;
            log.note(number);
        }
        Err::<(), _>("cleaned up")
    });
    let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
    assert_eq!((result.unwrap_err().len(), log.take()), (2, vec![0, 1, 2]));
}

#[test]
fn a_body_that_awaits_cancelled_by_another_handle_or_in_an_inner_group_goes_on_too() {
    for inner in [false, true] {
        let (task, log) = (Task::new(), Log::default());
        let job = group(async |g| {
            let clone = g.clone();
            g.spawn(yielding(1, Err::<(), _>("bad")));
            let cancelled = async {
                clone.cancelled().await;
                yield_now().await;
                log.note(1);
                Ok::<_, &str>(())
            };
            if inner {
                let ended: Result<_, Errors<&str>> = group(async |g| {
                    g.spawn(cancelled);
                    Ok(())
                })
                .await;
                ended.map_err(|_| "inner")
            } else {
                cancelled.await
            }
        });
        let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
        assert_eq!((result.unwrap_err().len(), log.take()), (1, vec![1]));
    }
}

/// It has called `cancelled`, and given the future to a child.
#[test]
fn a_body_that_called_cancelled_for_a_child_does_not_go_on() {
    let (task, log) = (Task::new(), Log::default());
    let job = group(async |g| {
        let (cancelled, log) = (g.cancelled(), &log);
        g.spawn(async move {
            cancelled.await;
            yield_now().await;
            log.note(1);
            Ok(())
        });
        yield_now().await;
        g.spawn(ready(Err::<(), _>("bad"))).await;
        Ok(())
    });
    let (result, _) = task.run(Box::pin(job.grace(pending::<()>())));
    assert_eq!((result.unwrap_err().len(), log.take()), (1, vec![1]));
}

#[test]
fn other_callers_of_cancelled_make_no_difference_to_the_body() {
    let task = Task::new();
    let (remote, child) = Remote::<Ended>::new();
    let job = group(async |g: Group<'_, (), &str>| {
        g.spawn(child);
        let mut cancelled = Box::pin(g.cancelled());
        // As the body is polled, but on another thread.
        thread::scope(|scope| {
            scope.spawn(|| assert!(Task::new().poll(&mut cancelled).is_pending()));
        });
        pending().await
    });
    let mut job = Box::pin(job.grace(pending::<()>()));
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Err("bad"));
    assert!(task.poll(&mut job).is_ready());
}
