//! Wakers that outlive what they are for: their child, or the whole job. They do no harm.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

use gather::{Gather, gather};

use crate::support::{Child, Remote, Task, polled, polls, sizes, total_polls};

type Job = Gather<Child<usize>>;

#[test]
fn a_waker_of_a_finished_child_wakes_nobody() {
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
        // It does not get in the way of the others either.
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
fn a_wake_that_comes_while_its_child_finishes_polls_nobody() {
    for n in sizes() {
        let (task, remotes, mut job) = polled(n);
        // The wake is on its way, and the child finishes in a poll for an earlier one.
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
fn a_waker_that_outlives_the_job_wakes_nobody_and_keeps_no_parent() {
    for n in sizes() {
        for end in [drop::<Job> as fn(Job), |job| drop(job.into_partial())] {
            for woken in [false, true] {
                let (task, remotes, job) = polled(n);
                let wakers: Vec<_> = remotes.iter().map(Remote::waker).collect();
                if woken {
                    wakers[n / 2].wake_by_ref();
                    assert_eq!(task.woken(), 1);
                }
                // The wake has used up the clone that the job had.
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
fn a_waker_that_outlives_the_first_poll_of_a_job_that_ended_in_it_wakes_nobody() {
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
fn a_waker_of_a_child_that_was_ready_at_the_first_poll_wakes_nobody() {
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
