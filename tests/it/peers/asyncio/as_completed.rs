//! `as_completed`.

use std::{future::Future, pin::pin, sync::Arc, task::Poll};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{Either, select},
};
use gather::{ChildExt as _, gather};

use super::{Clock, error};
use crate::support::{Remote, Task, polls};

// test_as_completed
#[test]
fn as_completed_gives_the_order_of_completion() {
    let clock = Clock::default();
    let children = [(15, 'c'), (1, 'b'), (10, 'a')];
    let job = gather(children.map(|(time, name)| clock.sleep(time, name)));
    let mut completions = job.completions();
    let task = Task::new();
    for (time, expected) in [(1, (1, 'b')), (10, (2, 'a')), (15, (0, 'c'))] {
        assert_eq!(task.poll_next(&mut completions), Poll::Pending);
        clock.advance_to(time);
        assert_eq!(task.woken(), 1);
        let next = task.poll_next(&mut completions);
        assert_eq!(next, Poll::Ready(Some(expected)));
    }
    assert_eq!(task.poll_next(&mut completions), Poll::Ready(None));
}

// test_as_completed_same_tasks_in_as_out
#[test]
fn as_completed_tells_which_child_it_was() {
    let (remotes, children) = Remote::many(4);
    let keys: Vec<Arc<str>> = ["a", "b", "c", "d"].map(error).into();
    let children = children.into_iter().zip(&keys);
    let job = gather(children.map(|(child, key)| child.keyed(key.clone())));
    let mut completions = job.completions();
    let task = Task::new();
    for expected in [2, 0, 3, 1] {
        assert_eq!(task.poll_next(&mut completions), Poll::Pending);
        remotes[expected].finish(expected);
        let Poll::Ready(Some((index, (key, output)))) = task.poll_next(&mut completions) else {
            panic!("one has finished");
        };
        assert_eq!((index, output), (expected, expected));
        assert!(Arc::ptr_eq(&key, &keys[expected]));
    }
}

// test_as_completed_resume_iterator
#[test]
fn as_completed_can_be_left_and_resumed() {
    let (remotes, children) = Remote::many(4);
    let task = Task::new();
    let mut completions = gather(children).completions();
    let mut collected = Vec::new();

    let mut two = Box::pin(async {
        let mut iterations = completions.by_ref().take(2);
        while let Some((_, output)) = iterations.next().await {
            collected.push(output);
        }
    });
    assert_eq!(task.poll(&mut two), Poll::Pending);
    for index in [3, 0, 2] {
        remotes[index].finish(index);
    }
    assert_eq!(task.settle(&mut two), Poll::Ready(()));
    drop(two);
    assert_eq!(collected.len(), 2);

    let mut rest = Box::pin(async {
        while let Some((_, output)) = completions.next().await {
            collected.push(output);
        }
    });
    assert_eq!(task.poll(&mut rest), Poll::Pending);
    remotes[1].finish(1);
    assert_eq!(task.settle(&mut rest), Poll::Ready(()));
    drop(rest);
    assert_eq!(collected[3], 1);
    collected.sort();
    assert_eq!(collected, [0, 1, 2, 3]);
    assert_eq!(polls(&remotes), [2; 4]);
}

/// Each output until the deadline, and `None` if it came before the last.
async fn as_completed<T>(
    completions: &mut (impl futures::Stream<Item = (usize, T)> + Unpin),
    deadline: impl Future<Output = ()>,
) -> Vec<Option<T>> {
    let mut deadline = pin!(deadline);
    let mut values = Vec::new();
    loop {
        match select(completions.next(), deadline.as_mut()).await {
            Either::Left((Some((_, output)), _)) => values.push(Some(output)),
            Either::Left((None, _)) => return values,
            Either::Right(_) => {
                values.push(None);
                return values;
            }
        }
    }
}

// test_as_completed_with_timeout
#[test]
fn as_completed_gives_partial_results_before_its_deadline() {
    let clock = Clock::default();
    let job = gather([(10, 'a'), (15, 'b')].map(|(time, name)| clock.sleep(time, name)));
    let task = Task::new();
    let mut completions = job.completions();
    let mut values = Box::pin(as_completed(&mut completions, clock.sleep(12, ())));
    assert_eq!(task.settle(&mut values), Poll::Pending);
    clock.advance_to(10);
    assert_eq!(task.settle(&mut values), Poll::Pending);
    clock.advance_to(12);
    let Poll::Ready(found) = task.settle(&mut values) else {
        panic!("the deadline has passed");
    };
    assert_eq!(found, [Some('a'), None]);

    // The deadline cancelled nothing.
    drop(values);
    clock.advance_to(15);
    let last = task.poll_next(&mut completions);
    assert_eq!(last, Poll::Ready(Some((1, 'b'))));
}

// test_as_completed_with_unused_timeout
#[test]
fn as_completed_ends_before_a_deadline_that_is_not_used() {
    let clock = Clock::default();
    let task = Task::new();
    let mut completions = gather([clock.sleep(1, 'a')]).completions();
    let mut values = Box::pin(as_completed(&mut completions, clock.sleep(100, ())));
    assert_eq!(task.settle(&mut values), Poll::Pending);
    clock.advance_to(1);
    assert_eq!(task.settle(&mut values), Poll::Ready(vec![Some('a')]));
}

// test_as_completed_duplicate_coroutines
#[test]
fn as_completed_gives_the_output_of_a_child_given_twice_twice() {
    let (remote, child) = Remote::new();
    let ham = child.shared();
    let task = Task::new();
    let mut completions = gather([ham.clone(), ham]).completions();
    assert_eq!(task.poll_next(&mut completions), Poll::Pending);
    remote.finish("ham");
    let mut found = Vec::new();
    while let Poll::Ready(Some(completion)) = task.poll_next(&mut completions) {
        found.push(completion);
    }
    found.sort();
    assert_eq!(found, [(0, "ham"), (1, "ham")]);
}
