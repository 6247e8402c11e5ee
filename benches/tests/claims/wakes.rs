//! Which wakes reach the task, and which children are polled.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use crate::stage::*;

/// The row "late wakes do not wake the task": those for which it does not.
fn late_wake_wakes(name: Name, n: usize) -> bool {
    let (remotes, mut job, task) = name.started(n);
    let late = remotes[1].waker();
    remotes[1].end(End::Ready);
    while task.wakes() != {
        let before = task.wakes();
        assert_eq!(poll(&mut job, &task), Poll::Pending);
        before
    } {}
    let before = task.wakes();
    late.wake();
    task.wakes() > before
}

#[test]
fn which_late_wakes_wake_the_task() {
    exactly([JoinAll, BufferedJoinAll, ConcurrencyJoin], |name| {
        late_wake_wakes(name, 10)
    });
}

#[test]
fn which_late_wakes_wake_the_task_of_many() {
    exactly([BufferedJoinAll, ConcurrencyJoin], |name| {
        late_wake_wakes(name, 100)
    });
}

/// A waker of a child that outlives the job.
fn keeps_the_task_alive(name: Name, n: usize) -> bool {
    let (remotes, job, task) = name.started(n);
    let late = remotes[0].waker();
    drop(job);
    for remote in &remotes {
        remote.forget_waker();
    }
    let kept = Arc::strong_count(&task) > 1;
    drop(late);
    assert_eq!(Arc::strong_count(&task), 1);
    kept
}

#[test]
fn which_children_keep_the_task_alive() {
    exactly([JoinAll, BufferedJoinAll, ConcurrencyJoin], |name| {
        keeps_the_task_alive(name, 10)
    });
    exactly([BufferedJoinAll, ConcurrencyJoin], |name| {
        keeps_the_task_alive(name, 100)
    });
}

/// The row "polls only children that were woken": those that poll others too.
fn polls_all(name: Name, n: usize) -> bool {
    let (remotes, mut job, task) = name.started(n);
    let polls = || remotes.iter().map(Remote::polls).sum::<usize>();
    let before = polls();
    remotes[1].wake();
    assert_eq!(poll(&mut job, &task), Poll::Pending);
    polls() - before > 1
}

#[test]
fn which_polls_children_that_were_not_woken() {
    exactly([JoinAll], |name| polls_all(name, 30));
    exactly([], |name| polls_all(name, 31));
}

/// A task that polls the job inside `wake`, as some executors' `block_on` and some tests do.
struct Reentrant(Mutex<Option<Job>>);

impl Wake for Reentrant {
    fn wake(self: Arc<Self>) {
        let Ok(mut job) = self.0.try_lock() else {
            return; // It is being polled.
        };
        let waker = Waker::from(self.clone());
        let _ = job
            .as_mut()
            .map(|job| Pin::new(job).poll(&mut Context::from_waker(&waker)));
    }
}

/// The row "a task that polls the job inside `wake`". `futures_buffered` deadlocked too, until 0.2.13.
fn deadlocks(name: Name) -> bool {
    let (send, receive) = channel();
    thread::spawn(move || {
        let remotes = remotes(3);
        let children = remotes.iter().map(Remote::child).collect();
        let task = Arc::new(Reentrant(Mutex::new(Some(name.job(children)))));
        task.clone().wake();
        remotes[1].end(End::Ready);
        drop(task.0.lock().unwrap().take());
        send.send(()).unwrap();
    });
    receive.recv_timeout(Duration::from_millis(500)) == Err(RecvTimeoutError::Timeout)
}

#[test]
fn which_deadlocks_with_a_task_that_polls_inside_wake() {
    exactly([ConcurrencyJoin], deadlocks);
}

/// A `FuturesUnordered` wakes its task at its first poll, for nothing.
#[test]
fn which_wakes_the_task_without_a_reason() {
    exactly([FuturesUnordered, Buffered, BufferUnordered], |name| {
        let (remotes, task) = (remotes(10), Arc::new(Task::default()));
        let mut job = name.job(remotes.iter().map(Remote::child).collect());
        assert_eq!(poll(&mut job, &task), Poll::Pending);
        task.wakes() > 0
    });
}
