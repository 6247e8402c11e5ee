//! `completions`: a stream of the outputs in order of completion.

use std::{future, task::Poll};

use futures::{
    FutureExt, Stream, StreamExt,
    future::{Either, select},
    stream::FusedStream,
};
use gather::{Completions, gather};

use crate::support::{
    Random, Remote, SIZES, Task, job, poll_once, polls, total_polls, with_four_finished,
    with_half_observed, yielding,
};

fn assert_left<S: Stream + FusedStream>(stream: &S, left: usize) {
    assert_eq!(stream.size_hint(), (left, Some(left)));
    assert_eq!(stream.is_terminated(), left == 0);
}

#[test]
fn outputs_come_in_the_order_in_which_they_finish() {
    for n in SIZES {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut stream = job.completions();
        for (given, index) in Random(n as u64).shuffled(n).into_iter().enumerate() {
            assert_eq!(task.poll_next(&mut stream), Poll::Pending);
            assert_left(&stream, n - given);
            remotes[index].finish(index * 10);
            assert_eq!(task.woken(), 1);
            assert_eq!(
                task.poll_next(&mut stream),
                Poll::Ready(Some((index, index * 10)))
            );
        }
        assert_left(&stream, 0);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        assert_eq!(task.woken(), 0);
        if n > 1 {
            assert_eq!(polls(&remotes), vec![2; n]);
        }
    }
}

#[test]
fn children_that_are_ready_at_once_start_one_by_one_and_come_in_input_order() {
    for n in SIZES {
        let (remotes, job) = job(n);
        remotes
            .iter()
            .enumerate()
            .for_each(|(index, remote)| remote.put(index));
        let task = Task::new();
        let mut stream = job.completions();
        for index in 0..n {
            assert_left(&stream, n - index);
            assert_eq!(
                task.poll_next(&mut stream),
                Poll::Ready(Some((index, index)))
            );
            assert_eq!(total_polls(&remotes), index + 1);
        }
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        assert_eq!(total_polls(&remotes), n);
    }
}

#[test]
fn children_that_finish_between_two_polls_come_one_by_one() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut stream = job.completions();
        assert!(task.poll_next(&mut stream).is_pending());
        remotes
            .iter()
            .enumerate()
            .for_each(|(index, remote)| remote.finish(index));
        assert_eq!(task.woken(), 1);
        let mut given: Vec<_> = (0..n)
            .map(|_| match task.poll_next(&mut stream) {
                Poll::Ready(Some((index, output))) if index == output => index,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        given.sort_unstable();
        assert!(given.into_iter().eq(0..n));
        assert_eq!(polls(&remotes), vec![2; n]);
    }
}

#[test]
fn completed_children_of_a_job_that_has_run_come_first_in_input_order() {
    for n in [4, 65, 130] {
        let (task, _remotes, job) = with_four_finished(n);
        let mut stream = job.completions();
        assert_left(&stream, n);
        for index in [0, 2, n - 1, 1] {
            assert_eq!(
                task.poll_next(&mut stream),
                Poll::Ready(Some((index, index)))
            );
        }
        assert_left(&stream, n - 4);
    }
}

#[test]
fn outputs_that_an_until_observed_come_too() {
    for n in SIZES {
        let (remotes, job) = with_half_observed(n);
        let stream = job.completions();
        assert_left(&stream, n);
        let all: Vec<_> = pollster::block_on(stream.collect());
        assert!(all.into_iter().eq((0..n).map(|index| (index, index))));
        assert_eq!(total_polls(&remotes), n);
    }
}

#[test]
fn the_outputs_of_a_job_that_is_done_come_in_input_order() {
    let mut job = gather((0..100).map(future::ready));
    assert_eq!(poll_once(job.until(|_, _| false)), Poll::Ready(None));
    let all: Vec<_> = pollster::block_on(job.completions().collect());
    assert!(all.into_iter().eq((0..100).map(|index| (index, index))));

    let mut job = gather((0..100).map(future::ready));
    assert!(poll_once(&mut job).is_ready());
    assert_left(&job.completions(), 0);
}

#[test]
fn a_stream_may_be_left_unpolled_and_polled_on_later() {
    let (remotes, job) = job(70);
    let task = Task::new();
    let mut stream = job.completions();
    assert!(task.poll_next(&mut stream).is_pending());
    for (index, remote) in remotes.iter().enumerate() {
        remote.finish(index);
    }
    // Polled with a waker that does nothing: the other outputs are not lost.
    let mut given = vec![];
    for _ in 0..10 {
        given.extend(stream.next().now_or_never().flatten());
    }
    assert_left(&stream, 60);
    assert_eq!(total_polls(&remotes), 70 + 10);
    given.extend(pollster::block_on(stream.by_ref().collect::<Vec<_>>()));
    given.sort_unstable();
    assert!(given.into_iter().eq((0..70).map(|index| (index, index))));
    assert_left(&stream, 0);
}

#[test]
fn a_deadline_ends_it_with_partial_results_unless_all_complete_before() {
    let (remotes, job) = job(3);
    let (timer, mut deadline) = Remote::new();
    let task = Task::new();
    let mut stream = job.completions();
    let mut given = vec![];
    for index in [2, 0] {
        let mut either = select(stream.next(), &mut deadline);
        assert!(task.poll(&mut either).is_pending());
        remotes[index].finish(index);
        let Poll::Ready(Either::Left((Some((index, _)), _))) = task.poll(&mut either) else {
            panic!("the deadline has not come");
        };
        given.push(index);
    }
    let mut either = select(stream.next(), &mut deadline);
    assert!(task.poll(&mut either).is_pending());
    timer.finish(());
    assert!(matches!(
        task.poll(&mut either),
        Poll::Ready(Either::Right(_))
    ));
    assert_eq!(given, [2, 0]);
    drop(either);
    assert_left(&stream, 1);
    remotes[1].finish(1);
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some((1, 1))));
}

#[test]
fn children_that_yield_come_when_they_are_done() {
    for n in SIZES {
        let yields = |index| (n - index) % 7;
        let stream = gather((0..n).map(|index| yielding(yields(index), index))).completions();
        let mut all: Vec<_> = pollster::block_on(stream.collect());
        if n <= 30 {
            let in_order: Vec<_> = all.iter().map(|&(index, _)| yields(index)).collect();
            assert!(in_order.is_sorted(), "{in_order:?}");
        }
        all.sort_unstable();
        assert!(all.into_iter().eq((0..n).map(|index| (index, index))));
    }
}

#[test]
fn a_spurious_poll_of_the_stream_polls_no_child() {
    let (remotes, job) = job(70);
    let task = Task::new();
    let mut stream: Completions<_> = job.completions();
    for _ in 0..3 {
        assert!(task.poll_next(&mut stream).is_pending());
    }
    assert_eq!((polls(&remotes), task.woken()), (vec![1; 70], 0));
}

#[test]
fn what_do_the_size_hint_and_the_outputs_alone_say() {
    for n in SIZES {
        let (remotes, job) = job(n);
        let task = Task::new();
        let mut stream = job.completions();
        for index in (0..n).rev() {
            assert_eq!((stream.len(), stream.is_empty()), (index + 1, false));
            assert!(task.poll_next(&mut stream).is_pending());
            remotes[index].finish(10 * index);
            let item = Some((index, 10 * index));
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(item));
        }
        assert_eq!((stream.len(), stream.is_empty()), (0, true));

        let children = (0..n).map(|index| yielding(1, index));
        let mut outputs = gather(children).completions().outputs();
        assert_left(&outputs, n);
        assert!(n == 0 || task.poll_next(&mut outputs).is_pending());
        for index in 0..n {
            // All are ready in the same poll.
            assert_eq!(task.poll_next(&mut outputs), Poll::Ready(Some(index)));
            assert_left(&outputs, n - index - 1);
        }
        assert_eq!(task.poll_next(&mut outputs), Poll::Ready(None));
        assert!(outputs.into_inner().is_empty());
    }
}
