//! Wakers that outlive their child, or the whole job: their wakes are late, and do nothing.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

use gather::{Gather, gather};

use crate::support::{Child, Remote, Task, polled, polls, sizes, total_polls};

type Job = Gather<Child<usize>>;

#[test]
fn a_waker_of_a_completed_child_does_not_wake_the_task() {
    for n in sizes() {
        let (task, remotes, mut job) = polled(n);
        let stale = remotes[0].waker();
        remotes[0].finish(0);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        for _ in 0..3 {
            stale.wake_by_ref();
            remotes[0].wake();
            assert_eq!(task.woken(), 0);
            assert!(task.poll(&mut job).is_pending());
        }
        assert_eq!(total_polls(&remotes), n + 1);
        // The siblings' wakes still work.
        for (index, remote) in remotes.iter().enumerate().skip(1) {
            stale.wake_by_ref();
            remote.finish(index);
            assert_eq!(task.woken(), 1);
            let all = task.poll(&mut job);
            assert_eq!(
                all,
                if index < n - 1 {
                    Poll::Pending
                } else {
                    Poll::Ready((0..n).collect())
                }
            );
        }
        stale.wake();
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_wake_while_its_child_completes_polls_no_child() {
    for n in sizes() {
        let (task, remotes, mut job) = polled(n);
        // The child completes in a poll for an earlier wake.
        remotes[1].put(1);
        let waking = remotes[1].waker();
        remotes[1].wake();
        assert_eq!(task.woken(), 1);
        waking.wake_by_ref();
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(
            (remotes[1].polls(), remotes[1].drops(), task.woken()),
            (2, 1, 0)
        );
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(total_polls(&remotes), n + 1);
    }
}

#[test]
fn a_waker_that_outlives_the_job_neither_wakes_nor_keeps_the_task() {
    for n in sizes() {
        for end in [drop::<Job> as fn(Job), |job| drop(job.into_partial())] {
            for woken in [false, true] {
                let (task, remotes, job) = polled(n);
                let wakers: Vec<_> = remotes.iter().map(Remote::waker).collect();
                if woken {
                    wakers[n / 2].wake_by_ref();
                    assert_eq!(task.woken(), 1);
                }
                // The wake has consumed the job's clone.
                assert_eq!(task.clones(), usize::from(!woken));
                end(job);
                assert_eq!(task.clones(), 0);
                let clones = wakers.clone();
                wakers.iter().for_each(Waker::wake_by_ref);
                drop(wakers);
                clones.into_iter().for_each(Waker::wake);
                assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
            }
        }
    }
}

#[test]
fn a_waker_of_a_job_that_was_ready_at_the_first_poll_does_not_wake_the_task() {
    for n in sizes() {
        let task = Task::new();
        let kept = RefCell::new(vec![]);
        let keep = &kept;
        let mut job = gather((0..n).map(|index| {
            poll_fn(move |cx| {
                keep.borrow_mut().push(cx.waker().clone());
                cx.waker().wake_by_ref();
                Poll::Ready(index)
            })
        }));
        assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
        assert_eq!((task.woken(), task.clones()), (0, 0));
        for waker in kept.take() {
            waker.wake_by_ref();
            waker.wake();
        }
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_waker_of_a_child_that_was_ready_at_the_first_poll_does_not_wake_the_task() {
    for n in sizes() {
        let kept = RefCell::new(vec![]);
        let keep = &kept;
        let polls = Cell::new(0);
        let polled = &polls;
        // All but the last are ready, and leave a waker.
        let mut job = gather((0..n).map(|index| {
            poll_fn(move |cx| {
                polled.set(polled.get() + 1);
                if index == n - 1 {
                    return Poll::Pending;
                }
                keep.borrow_mut().push(cx.waker().clone());
                Poll::Ready(())
            })
        }));
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());
        for waker in kept.take() {
            waker.wake_by_ref();
            waker.wake();
            assert_eq!(task.woken(), 0);
        }
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((polls.get(), task.woken()), (n, 0));
    }
}
