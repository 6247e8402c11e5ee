//! Jobs whose children are finished from outside.

use std::task::Poll;

use gather::{Gather, gather};

use super::{Child, Remote, Task, poll_once, polls};

/// A job before its first poll.
pub(crate) fn job(n: usize) -> (Vec<Remote<usize>>, Gather<Child<usize>>) {
    job_of(n)
}

/// A job with outputs of any type, before its first poll.
pub(crate) fn job_of<T>(n: usize) -> (Vec<Remote<T>>, Gather<Child<T>>) {
    let (remotes, children) = Remote::many(n);
    (remotes, gather(children))
}

/// A job after its first poll.
pub(crate) fn polled(n: usize) -> (Task, Vec<Remote<usize>>, Gather<Child<usize>>) {
    let (remotes, mut job) = job(n);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
    (task, remotes, job)
}

/// A job whose children n - 1, 2 and 0 have finished, in that order, and child 1 since its last poll.
pub(crate) fn with_four_finished(n: usize) -> (Task, Vec<Remote<usize>>, Gather<Child<usize>>) {
    let (remotes, mut job) = job(n);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    for index in [n - 1, 2, 0] {
        remotes[index].finish(index);
        assert!(task.poll(&mut job).is_pending());
    }
    remotes[1].finish(1);
    (task, remotes, job)
}

/// A job all of whose children are ready, and of which an `until` has observed the first half.
pub(crate) fn with_half_observed(n: usize) -> (Vec<Remote<usize>>, Gather<Child<usize>>) {
    let (remotes, mut job) = job(n);
    for (index, remote) in remotes.iter().enumerate() {
        remote.put(index);
    }
    let until = job.until(|index, _| index == n / 2);
    assert_eq!(poll_once(until), Poll::Ready((n > 0).then_some(n / 2)));
    (remotes, job)
}
