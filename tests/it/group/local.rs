//! `local_group`, which needs no `std`. These tests run with it and without.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, ready},
    panic::panic_any,
    rc::Rc,
    task::Poll,
};

use futures::future::FusedFuture;
use gather::{Errors, LocalChild, LocalGroup, gather, local_group};

use crate::support::{Log, Remote, Task, panic_of, polls, yield_now, yielding};

type Ended = Result<usize, &'static str>;
type Job<R> = Result<R, Errors<&'static str>>;

#[test]
fn do_children_that_are_not_send_give_their_values_in_any_order() {
    let (remotes, children) = Remote::<Rc<usize>>::many(3);
    let task = Task::new();
    let mut job = local_group(async |g| {
        let handles = children.into_iter().map(|child| g.spawn_infallible(child));
        Ok::<_, &str>(gather(handles.collect::<Vec<_>>()).await)
    });
    for index in [1, 2, 0] {
        assert!(task.settle(&mut job).is_pending());
        remotes[index].finish(Rc::new(index));
        assert_eq!(task.woken(), 1);
    }
    let values = task.settle(&mut job).map(Result::unwrap);
    assert_eq!(values, Poll::Ready([0, 1, 2].map(Rc::new).to_vec()));
    assert_eq!(polls(&remotes), [2; 3]);
    drop(remotes);
    assert_eq!(task.clones(), 0);
}

#[test]
fn are_the_others_dropped_when_one_fails() {
    let (task, log) = (Task::new(), Log::default());
    let mut handles = None;
    let mut job = local_group(|g: LocalGroup<'_, (), _>| {
        let held = log.on_drop(1);
        let other = g.spawn(async move {
            let _held = held;
            pending::<Ended>().await
        });
        let failing = g.spawn(yielding(1, Err::<usize, _>("bad")));
        handles = Some([other, failing].map(LocalChild::outcome));
        pending()
    });
    assert!(task.poll(&mut job).is_pending());
    let Poll::Ready(result) = task.poll(&mut job) else {
        panic!("it has failed");
    };
    assert_eq!(result.unwrap_err().get(1), Some(&"bad"));
    assert_eq!(log.take(), [1]);
    for mut outcome in handles.unwrap() {
        assert_eq!(task.poll(&mut outcome), Poll::Ready(None));
    }
}

#[test]
fn does_a_body_that_waits_for_its_handles_end_with_the_last_child_in_a_grace() {
    let (task, log) = (Task::new(), Log::default());
    let job = local_group(async |g| {
        g.spawn(ready(Err::<(), _>("bad"))).await;
        Ok(log.note(1))
    });
    let (result, polls): (Job<()>, _) = task.run(Box::pin(job.grace(pending::<()>())));
    assert_eq!((result.unwrap_err().len(), polls), (1, 1));
    let job = local_group(async |g| {
        g.spawn(yielding(1, Err::<(), _>("bad")));
        g.cancelled().await;
        yield_now().await;
        Ok(log.note(2))
    });
    let (result, _): (Job<()>, _) = task.run(Box::pin(job.grace(pending::<()>())));
    assert_eq!((result.unwrap_err().len(), log.take()), (1, vec![2]));
}

#[test]
fn does_a_limit_hold() {
    let (remotes, children) = Remote::<Ended>::many(3);
    let task = Task::new();
    let mut job = local_group(async |g| {
        children.into_iter().for_each(|child| drop(g.spawn(child)));
        Ok::<_, &str>(())
    })
    .at_most(1);
    for started in 1..=3 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(
            remotes.iter().filter(|remote| remote.polls() > 0).count(),
            started
        );
        remotes[started - 1].finish(Ok(0));
        assert_eq!(task.woken(), 1);
    }
    assert!(task.poll(&mut job).is_ready());
}

#[test]
fn does_a_panic_propagate_after_the_others_were_dropped_and_handles_woken() {
    let (task, listener, log) = (Task::new(), Task::new(), Log::default());
    let (remote, child) = Remote::<()>::new();
    let mut cancelled = None;
    let mut job = local_group(|g: LocalGroup<'_, (), &str>| {
        cancelled = Some([g.cancelled(), g.cancelled()].map(Box::pin));
        let held = log.on_drop(1);
        g.spawn(async move {
            let _held = held;
            pending::<Ended>().await
        });
        g.spawn_infallible(async {
            child.await;
            panic_any("child")
        });
        pending()
    });
    let mut cancelled = cancelled.unwrap();
    assert!(task.poll(&mut job).is_pending());
    for cancelled in &mut cancelled {
        assert!(listener.poll(cancelled).is_pending());
    }
    remote.finish(());
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "child");
    assert!(job.is_terminated());
    assert_eq!((log.take(), listener.woken()), (vec![1], 2));
}
