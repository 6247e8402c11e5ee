//! `spawn_infallible`: children whose output is the value.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{pending, ready},
    rc::Rc,
    task::Poll,
};

use gather::{Errors, Group, group, local_group};

use crate::support::{Log, Remote, Task, yielding};

#[test]
fn is_the_output_the_handles_value_in_both_kinds_of_group() {
    let task = Task::new();
    let sent: Result<_, Errors<Infallible>> = task
        .run(group(async |g| {
            let [a, b] = [0, 2].map(|times| g.spawn_infallible(yielding(times, times)));
            Ok((b.await, a.await))
        }))
        .0;
    assert_eq!(sent.unwrap(), (2, 0));
    let held = Rc::new(Cell::new(1));
    let local: Result<_, Errors<&str>> = task
        .run(local_group(async |g| {
            let held = held.clone();
            let child = g.spawn_infallible(async move {
                yielding(1, ()).await;
                held.set(2);
                held
            });
            Ok(child.await.get())
        }))
        .0;
    assert_eq!(local.unwrap(), 2);
}

#[test]
fn is_an_output_that_is_a_result_just_a_value() {
    let task = Task::new();
    let result: Result<_, Errors<String>> = task
        .run(group(async |g| {
            let child = g.spawn_infallible(ready(Err::<(), _>("no failure")));
            Ok(child.await)
        }))
        .0;
    assert_eq!(result.unwrap(), Err("no failure"));
}

#[test]
fn is_such_a_child_dropped_when_the_group_fails_or_it_is_cancelled() {
    for cancelled in [false, true] {
        let (task, log) = (Task::new(), Log::default());
        let (remote, child) = Remote::<()>::new();
        let mut handle = None;
        let mut job = group(|g: Group<'_, (), &str>| {
            let held = log.on_drop(1);
            handle = Some(g.spawn_infallible(async move {
                let _held = held;
                child.await
            }));
            pending()
        });
        assert!(task.poll(&mut job).is_pending());
        if cancelled {
            handle.as_ref().unwrap().cancel();
            assert!(task.poll(&mut job).is_pending());
        } else {
            drop(job);
        }
        assert_eq!(
            (log.take(), remote.drops(), remote.polls()),
            (vec![1], 1, 1)
        );
        assert_eq!(task.poll(&mut handle.unwrap().outcome()), Poll::Ready(None));
    }
}
