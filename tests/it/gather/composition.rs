//! A job in the combinators of other crates, and in those of this one.

use std::{future, panic::AssertUnwindSafe, task::Poll};

use futures::{
    FutureExt, StreamExt, TryStreamExt,
    future::{Aborted, abortable, select_all},
    join, select,
    stream::{self, FuturesUnordered},
};
use gather::{gather, try_gather};

use crate::support::{Log, Remote, Task, job, poll_once, polls, total_polls, yielding};

#[test]
fn join_of_two_jobs_polls_each_child_once_for_each_wake() {
    let ((left, left_job), (right, right_job)) = (job(3), job(70));
    let task = Task::new();
    let mut both = Box::pin(async { join!(left_job, right_job) });
    assert!(task.poll(&mut both).is_pending());
    for (index, remote) in left.iter().chain(&right).enumerate() {
        assert!(task.poll(&mut both).is_pending());
        remote.finish(index);
        assert_eq!(task.woken(), 1);
    }
    let Poll::Ready((first, second)) = task.poll(&mut both) else {
        panic!("all are done");
    };
    assert!(first.into_iter().chain(second).eq(0..73));
    assert_eq!(total_polls(&left) + total_polls(&right), 2 * 73);
}

#[test]
fn select_in_a_loop_goes_on_with_each_job_until_it_is_done() {
    let mut left = gather((0..3).map(|index| yielding(index, index)));
    let mut right = gather((0..5).map(|index| yielding(10 * index, index)));
    let mut stream = gather((0..4).map(|index| yielding(5 * index, index))).completions();
    let mut got = vec![];
    pollster::block_on(async {
        loop {
            select! {
                outputs = left => got.push(("left", outputs)),
                outputs = right => got.push(("right", outputs)),
                item = stream.next() => got.extend(item.map(|(index, _)| ("item", vec![index]))),
                complete => break,
            }
        }
    });
    got.sort_unstable();
    let expected = [
        ("item", vec![0]),
        ("item", vec![1]),
        ("item", vec![2]),
        ("item", vec![3]),
        ("left", vec![0, 1, 2]),
        ("right", vec![0, 1, 2, 3, 4]),
    ];
    assert_eq!(got, expected);
}

#[test]
fn a_shared_job_gives_its_outputs_to_all_that_share_it() {
    let (remotes, job) = job(70);
    let shared = job.shared();
    let tasks = [Task::new(), Task::new()];
    let mut clones = [shared.clone(), shared.clone()];
    for (task, clone) in tasks.iter().zip(&mut clones) {
        assert!(task.poll(clone).is_pending());
    }
    for (index, remote) in remotes.iter().enumerate() {
        remote.finish(index);
    }
    for (task, clone) in tasks.iter().zip(&mut clones) {
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(clone), Poll::Ready((0..70).collect()));
    }
    assert_eq!(polls(&remotes), [2; 70]);
    // As children of another job.
    let again = gather([shared.clone(), shared]);
    assert!(poll_once(again).is_ready());
}

#[test]
fn an_aborted_job_drops_its_children_and_their_outputs() {
    for n in [1, 2, 65] {
        let (remotes, job) = job(n);
        let (mut job, handle) = abortable(job);
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());
        handle.abort();
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut job), Poll::Ready(Err(Aborted)));
        drop(job);
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
        remotes.iter().filter_map(Remote::take_waker).for_each(drop);
        assert_eq!(task.clones(), 0);
    }
}

#[test]
fn code_after_a_cancelled_await_never_runs() {
    let log = Log::default();
    let (remotes, job) = job(3);
    let mut outer = Box::pin(async {
        let held = log.on_drop(1);
        job.await;
        log.note(2);
        drop(held);
    });
    let task = Task::new();
    assert!(task.poll(&mut outer).is_pending());
    drop(outer);
    assert_eq!(log.take(), [1]);
    remotes.iter().for_each(|remote| remote.finish(0));
    assert_eq!((task.woken(), polls(&remotes)), (0, vec![1; 3]));
}

#[test]
fn jobs_in_futures_unordered_are_polled_only_where_a_child_was_woken() {
    let (jobs, width) = (20, 70);
    let (remotes, all): (Vec<_>, FuturesUnordered<_>) = (0..jobs).map(|_| job(width)).unzip();
    let remotes: Vec<_> = remotes.into_iter().flatten().collect();
    let task = Task::new();
    let mut all = all;
    assert!(task.poll_next(&mut all).is_pending());
    assert!(task.poll_next(&mut all).is_pending());
    let mut finished = 0;
    for (index, remote) in remotes.iter().enumerate() {
        assert_eq!(total_polls(&remotes), jobs * width + index);
        task.woken();
        remote.finish(index);
        assert_eq!(task.woken(), 1);
        if let Poll::Ready(outputs) = task.poll_next(&mut all) {
            let first = finished * width;
            assert_eq!(outputs, Some((first..first + width).collect()));
            finished += 1;
        }
    }
    assert_eq!(finished, jobs);
}

#[test]
fn a_stream_of_jobs_can_be_buffered() {
    let jobs =
        stream::iter((0..10).map(|job| {
            gather((0..5).map(move |index| yielding((job * index) % 4, job * 10 + index)))
        }));
    let all: Vec<Vec<_>> = pollster::block_on(jobs.buffered(3).collect());
    for (job, outputs) in all.into_iter().enumerate() {
        assert!(outputs.into_iter().eq(job * 10..job * 10 + 5));
    }
}

#[test]
fn completions_work_with_the_combinators_of_streams() {
    let stream = || gather((0..50).map(|index| yielding(index % 3, index))).completions();
    pollster::block_on(async {
        let sum = stream()
            .fold(0, |sum, (_, output)| async move { sum + output })
            .await;
        assert_eq!(sum, 49 * 50 / 2);
        assert_eq!(stream().take(7).count().await, 7);
        let failed = stream()
            .map(|(index, output)| if index == 20 { Err(output) } else { Ok(output) })
            .try_collect::<Vec<_>>()
            .await;
        assert_eq!(failed, Err(20));
        let chained: Vec<_> = stream().chain(stream()).collect().await;
        assert_eq!(chained.len(), 100);
    });
}

#[test]
fn a_gather_may_have_gathers_for_children() {
    let width = 9;
    let (remotes, jobs): (Vec<_>, Vec<_>) = (0..width).map(job).unzip();
    let remotes: Vec<_> = remotes.into_iter().flatten().collect();
    let task = Task::new();
    let mut outer = gather(jobs);
    assert!(task.poll(&mut outer).is_pending());
    for (index, remote) in remotes.iter().enumerate().rev() {
        remote.finish(index);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut outer).is_ready(), index == 0);
    }
    // That of one child is polled as its child is: only when woken.
    assert_eq!(polls(&remotes), [2; 36]);
}

#[test]
fn an_error_of_an_inner_job_ends_the_outer() {
    let log = Log::default();
    let inner = |failing: bool| {
        let child = |index| {
            let held = log.on_drop(index);
            async move {
                yielding(index, ()).await;
                drop(held);
                if failing && index == 1 {
                    Err(index)
                } else {
                    Ok(index)
                }
            }
        };
        try_gather((0..4).map(child))
    };
    let outer = try_gather([inner(false), inner(true), inner(false)]);
    assert_eq!(pollster::block_on(outer), Err(1));
    let mut dropped = log.take();
    dropped.sort_unstable();
    assert_eq!(dropped, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
}

#[test]
fn the_first_of_several_jobs_leaves_the_others_as_they_are() {
    let (slow, slow_job) = job(3);
    let (fast, fast_job) = job(2);
    let task = Task::new();
    let mut first = select_all([slow_job, fast_job]);
    assert!(task.poll(&mut first).is_pending());
    slow[1].finish(1);
    fast[0].finish(0);
    fast[1].finish(1);
    let Poll::Ready((outputs, index, mut others)) = task.poll(&mut first) else {
        panic!("one is done");
    };
    assert_eq!((outputs, index), (vec![0, 1], 1));
    assert!(others[0].iter().eq([None, Some(&1), None]));
    slow[0].finish(0);
    slow[2].finish(2);
    assert_eq!(task.poll(&mut others[0]), Poll::Ready(vec![0, 1, 2]));
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn a_caught_panic_of_the_whole_job_drops_all_of_it() {
    let log = Log::default();
    let children = (0..5).map(|index| {
        let held = log.on_drop(index);
        async move {
            assert_ne!(index, 2, "ouch");
            future::pending::<()>().await;
            drop(held);
        }
    });
    let job = AssertUnwindSafe(gather(children)).catch_unwind();
    assert!(pollster::block_on(job).is_err());
    let mut dropped = log.take();
    dropped.sort_unstable();
    assert_eq!(dropped, [0, 1, 2, 3, 4]);
}
