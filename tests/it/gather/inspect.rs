//! `inspect`: a callback at each completion, and the results still in input order.

use std::{cell::Cell, future, task::Poll};

use gather::gather;

use crate::support::{
    Random, SIZES, Task, job, panic_of, poll_once, total_polls, with_four_finished,
    with_half_shown, yielding,
};

#[test]
fn each_output_is_shown_once_when_all_are_ready_at_once() {
    for n in SIZES {
        let mut shown = vec![];
        let job = gather((0..n).map(future::ready)).inspect(|index, output| {
            assert_eq!(index, *output);
            shown.push(index);
        });
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
        assert!(shown.into_iter().eq(0..n));
    }
}

#[test]
fn outputs_are_shown_in_the_order_in_which_they_finish() {
    for n in SIZES {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut shown = vec![];
        let mut job = job.inspect(|index, output| {
            assert_eq!(index, *output);
            shown.push(index);
        });
        let order = Random(n as u64).shuffled(n);
        for &index in &order {
            assert!(task.poll(&mut job).is_pending());
            remotes[index].finish(index);
            assert_eq!(task.woken(), 1);
        }
        assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
        drop(job);
        assert_eq!(shown, order);
    }
}

#[test]
fn an_output_is_shown_in_the_poll_in_which_it_finishes() {
    let shown = Cell::new(0);
    let mut job = gather((0..4).map(|index| yielding(index, index)))
        .inspect(|_, _| shown.set(shown.get() + 1));
    let task = Task::new();
    for polls in 1..5 {
        assert_eq!(task.poll(&mut job).is_ready(), polls == 4);
        assert_eq!(shown.get(), polls);
    }
}

#[test]
fn of_a_job_that_has_run_the_finished_are_shown_first_and_in_input_order() {
    for n in [4, 65, 130] {
        let (task, _remotes, job) = with_four_finished(n);
        let mut shown = vec![];
        let mut job = job.inspect(|index, _| shown.push(index));
        assert_eq!(task.poll(&mut job).is_ready(), n == 4);
        drop(job);
        assert_eq!(shown, [0, 2, n - 1, 1]);
    }
}

#[test]
fn what_an_until_was_shown_is_shown_to_it_too() {
    for n in SIZES {
        let (remotes, job) = with_half_shown(n);
        let mut shown = vec![];
        let job = job.inspect(|index, _| shown.push(index));
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
        assert!(shown.into_iter().eq(0..n));
        assert_eq!(total_polls(&remotes), n);
    }
}

#[test]
fn a_callback_that_panics_has_been_shown_its_output_and_nothing_is_lost() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        for panicking in [0, n / 2, n - 1] {
            let (remotes, job) = job(n);
            let task = Task::new();
            remotes
                .iter()
                .enumerate()
                .for_each(|(index, remote)| remote.put(index));
            let mut shown = vec![];
            let mut job = job.inspect(|index, _| {
                shown.push(index);
                assert_ne!(index, panicking, "no more");
            });
            assert!(panic_of(|| task.poll(&mut job)).contains("no more"));
            // Also the last one's output is still there.
            assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
            drop(job);
            assert!(shown.into_iter().eq(0..n), "each is shown once");
            assert_eq!(total_polls(&remotes), n);
        }
    }
}

#[test]
fn a_callback_that_panics_at_a_late_output_loses_no_wake() {
    for n in [2, 64, 65] {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut shown = vec![];
        let mut job = job.inspect(|index, _| {
            shown.push(index);
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
        shown.sort_unstable();
        assert!(shown.into_iter().eq(0..n));
    }
}
