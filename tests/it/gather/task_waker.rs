//! The task waker: the newest one is woken, and none is kept longer than it is needed.

use std::{
    future::{self, Future},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use gather::{gather, try_gather};

use crate::support::{Remote, SIZES, Task, job, panic_of, sizes, total_polls};

#[test]
fn the_newest_task_is_woken_and_the_older_waker_is_dropped() {
    for n in sizes() {
        let (remotes, mut job) = job(n);
        let tasks: Vec<Task> = (0..5).map(|_| Task::new()).collect();
        for newest in [0, 1, 0, 2, 2, 3, 4, 3] {
            assert!(tasks[newest].poll(&mut job).is_pending());
            for (index, task) in tasks.iter().enumerate() {
                assert_eq!(task.clones(), usize::from(index == newest));
            }
        }
        assert_eq!(total_polls(&remotes), n);
        remotes[n - 1].wake();
        for (index, task) in tasks.iter().enumerate() {
            assert_eq!(task.woken(), usize::from(index == 3));
        }
    }
}

#[test]
fn another_task_may_poll_after_the_first_was_woken() {
    for n in sizes() {
        let (remotes, mut job) = job(n);
        let (old, new) = (Task::new(), Task::new());
        for round in 0..4 {
            assert!(old.poll(&mut job).is_pending());
            remotes[round % n].wake();
            assert_eq!(old.woken(), 1);
            assert!(new.poll(&mut job).is_pending());
            assert_eq!(total_polls(&remotes), n + 1 + 2 * round);
            remotes[n - 1].wake();
            assert_eq!((old.woken(), new.woken()), (0, 1));
        }
    }
}

#[test]
fn a_task_that_was_woken_is_not_woken_again_before_it_polls() {
    for n in sizes() {
        let (remotes, mut job) = job(n);
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(task.clones(), 1);
        remotes.iter().for_each(Remote::wake);
        remotes.iter().for_each(Remote::wake);
        // The first wake has consumed the clone.
        assert_eq!((task.woken(), task.clones()), (1, 0));
    }
}

#[test]
fn neither_a_job_that_is_done_nor_its_wakers_keep_the_task() {
    for n in sizes() {
        let (remotes, mut job) = job(n);
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());
        for (index, remote) in remotes.iter().enumerate() {
            remote.finish(index);
            if index < n - 1 {
                assert!(task.poll(&mut job).is_pending());
                assert_eq!((task.woken(), task.clones()), (1, 1));
            }
        }
        assert!(task.poll(&mut job).is_ready());
        // Neither the job nor the children's wakers hold the task waker.
        assert_eq!((task.woken(), task.clones()), (1, 0));
        remotes.iter().for_each(Remote::wake);
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_job_that_an_error_ended_does_not_keep_the_task() {
    for n in sizes() {
        let task = Task::new();
        let (remotes, children) = Remote::<Result<(), u8>>::many(n);
        let mut job = try_gather(children);
        assert!(task.poll(&mut job).is_pending());
        remotes[n / 2].finish(Err(7));
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut job), Poll::Ready(Err(7)));
        remotes.iter().for_each(Remote::wake);
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_job_still_wakes_the_task_after_a_pending_view_of_it_is_dropped() {
    for n in sizes() {
        let (remotes, mut job) = job(n);
        let task = Task::new();
        assert!(task.poll(&mut job.until(|_, _| true)).is_pending());
        remotes[0].finish(0);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(job.get(0), Some(&0));
    }
}

#[test]
fn a_job_that_is_ready_at_once_never_uses_the_task_waker() {
    for n in SIZES {
        let task = Task::new();
        assert!(task.poll(&mut gather((0..n).map(future::ready))).is_ready());
        assert!(
            task.poll(&mut gather((0..n).map(future::ready)).inspect(|_, _| {}))
                .is_ready()
        );
        let mut job = try_gather((0..n).map(|index| future::ready(Ok::<_, ()>(index))));
        assert!(task.poll(&mut job).is_ready());
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_task_waker_that_panics_in_wake_affects_only_its_caller() {
    struct Panicking;
    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            panic!("not now");
        }
    }

    for n in sizes() {
        let panicking = Arc::new(Panicking);
        let waker = Waker::from(panicking.clone());
        let (remotes, mut job) = job(n);
        let polled = Pin::new(&mut job).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        remotes[0].put(0);
        assert_eq!(panic_of(|| remotes[0].wake()), "not now");
        // The first wake counts, though it panicked: the task is not woken for the second.
        remotes[1].finish(1);
        let task = Task::new();
        let polled = task.poll(&mut job);
        assert_eq!(polled.is_ready(), n == 2);
        assert_eq!(total_polls(&remotes), n + 2);
        for (index, remote) in remotes.iter().enumerate().skip(2) {
            remote.finish(index);
            assert_eq!(task.poll(&mut job).is_ready(), index == n - 1);
        }
        drop(waker);
        assert_eq!(Arc::strong_count(&panicking), 1);
    }
}
