//! `inspect`: a callback at each completion, and the results still in input order.

use std::{cell::Cell, future, task::Poll};

use gather::gather;

use crate::support::{
    Random, SIZES, Task, job, panic_of, poll_once, total_polls, with_four_finished,
    with_half_observed, yielding,
};

#[test]
fn each_output_is_observed_once_when_all_are_ready_at_once() {
    for n in SIZES {
        let mut observed = vec![];
        let job = gather((0..n).map(future::ready)).inspect(|index, output| {
            assert_eq!(index, *output);
            observed.push(index);
        });
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
        assert!(observed.into_iter().eq(0..n));
    }
}

#[test]
fn outputs_are_observed_in_order_of_completion() {
    for n in SIZES {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut observed = vec![];
        let mut job = job.inspect(|index, output| {
            assert_eq!(index, *output);
            observed.push(index);
        });
        let order = Random(n as u64).shuffled(n);
        for &index in &order {
            assert!(task.poll(&mut job).is_pending());
            remotes[index].finish(index);
            assert_eq!(task.woken(), 1);
        }
        assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
        drop(job);
        assert_eq!(observed, order);
    }
}

#[test]
fn an_output_is_observed_in_the_poll_in_which_its_child_completes() {
    let observed = Cell::new(0);
    let mut job = gather((0..4).map(|index| yielding(index, index)))
        .inspect(|_, _| observed.set(observed.get() + 1));
    let task = Task::new();
    for polls in 1..5 {
        assert_eq!(task.poll(&mut job).is_ready(), polls == 4);
        assert_eq!(observed.get(), polls);
    }
}

#[test]
fn completed_children_of_a_job_that_has_run_are_observed_first_in_input_order() {
    for n in [4, 65, 130] {
        let (task, _remotes, job) = with_four_finished(n);
        let mut observed = vec![];
        let mut job = job.inspect(|index, _| observed.push(index));
        assert_eq!(task.poll(&mut job).is_ready(), n == 4);
        drop(job);
        assert_eq!(observed, [0, 2, n - 1, 1]);
    }
}

#[test]
fn outputs_that_an_until_observed_are_observed_again() {
    for n in SIZES {
        let (remotes, job) = with_half_observed(n);
        let mut observed = vec![];
        let job = job.inspect(|index, _| observed.push(index));
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
        assert!(observed.into_iter().eq(0..n));
        assert_eq!(total_polls(&remotes), n);
    }
}

#[test]
fn a_callback_that_panics_has_observed_its_output_and_nothing_is_lost() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        for panicking in [0, n / 2, n - 1] {
            let (remotes, job) = job(n);
            let task = Task::new();
            remotes
                .iter()
                .enumerate()
                .for_each(|(index, remote)| remote.put(index));
            let mut observed = vec![];
            let mut job = job.inspect(|index, _| {
                observed.push(index);
                assert_ne!(index, panicking, "no more");
            });
            assert!(panic_of(|| task.poll(&mut job)).contains("no more"));
            // The last output is still there, too.
            assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
            drop(job);
            assert!(observed.into_iter().eq(0..n), "each once");
            assert_eq!(total_polls(&remotes), n);
        }
    }
}

#[test]
fn a_callback_that_panics_at_a_late_output_loses_no_wake() {
    for n in [2, 64, 65] {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut observed = vec![];
        let mut job = job.inspect(|index, _| {
            observed.push(index);
            assert_ne!(index, 1, "no more");
        });
        assert!(task.poll(&mut job).is_pending());
        remotes
            .iter()
            .enumerate()
            .for_each(|(index, remote)| remote.finish(index));
        assert_eq!(task.woken(), 1);
        assert!(panic_of(|| task.poll(&mut job)).contains("no more"));
        assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
        drop(job);
        observed.sort_unstable();
        assert!(observed.into_iter().eq(0..n));
    }
}
