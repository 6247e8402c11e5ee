//! Polled after the end: a panic that names the type, and `is_terminated` to avoid it.

use std::{
    future::{self, Future},
    task::Poll,
};

use futures::{
    future::{FusedFuture, FutureExt},
    stream::FusedStream,
};
use gather::{gather, try_gather};

use crate::support::{Remote, SIZES, Task, panic_of};

/// Polls `future` to its end, which `finish` brings about, and once more.
fn panics_after_the_end<F>(mut future: F, finish: impl FnOnce(), name: &str)
where
    F: Future + FusedFuture + Unpin,
{
    let task = Task::new();
    assert!(!future.is_terminated());
    if task.poll(&mut future).is_pending() {
        assert!(!future.is_terminated());
        finish();
        assert!(task.poll(&mut future).is_ready());
    }
    assert!(future.is_terminated());
    for _ in 0..2 {
        let message = panic_of(|| task.poll(&mut future).is_ready());
        assert_eq!(message, format!("`{name}` polled after completion"));
        assert!(future.is_terminated());
    }
}

#[test]
fn a_poll_after_the_end_panics_and_names_the_type() {
    for n in SIZES {
        let job = || {
            let (remotes, children) = Remote::many(n);
            let finish = move || {
                remotes
                    .iter()
                    .for_each(|remote| remote.finish(Ok::<_, ()>(7)))
            };
            (children, finish)
        };

        let (children, finish) = job();
        panics_after_the_end(gather(children), finish, "Gather");
        let (children, finish) = job();
        panics_after_the_end(gather(children).inspect(|_, _| {}), finish, "Inspect");
        let (children, finish) = job();
        panics_after_the_end(gather(children).until(|_, _| false), finish, "Until");
        let (children, finish) = job();
        panics_after_the_end(try_gather(children), finish, "TryGather");
    }
}

#[test]
fn a_poll_after_the_end_panics_when_it_ended_early_too() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let children =
            || (0..n).map(|index| future::ready(if index == n / 2 { Err(()) } else { Ok(()) }));
        let mut job = gather(children());
        panics_after_the_end(job.until(|_, result| result.is_err()), || (), "Until");
        panics_after_the_end(try_gather(children()), || (), "TryGather");
    }
}

#[test]
fn until_may_end_without_ending_the_job() {
    let mut job = gather([future::ready(1), future::ready(2)]);
    let task = Task::new();
    for _ in 0..2 {
        let mut until = job.until(|_, _| false);
        assert!(!until.is_terminated());
        assert_eq!(task.poll(&mut until), Poll::Ready(None));
        assert!(until.is_terminated());
        assert!(!job.is_terminated());
    }
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![1, 2]));
    assert!(job.is_terminated());
    // It is ready at once on a job that is over.
    assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(None));
}

#[test]
fn completions_end_for_good() {
    for n in SIZES {
        let mut stream = gather((0..n).map(future::ready)).completions();
        let task = Task::new();
        for index in 0..n {
            assert!(!stream.is_terminated());
            assert_eq!(
                task.poll_next(&mut stream),
                Poll::Ready(Some((index, index)))
            );
        }
        for _ in 0..3 {
            assert!(stream.is_terminated());
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        }
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_pending_job_is_not_terminated() {
    let mut job = gather([future::pending::<()>(), future::pending()]);
    let mut stream = gather([future::pending::<()>()]).completions();
    let task = Task::new();
    for _ in 0..2 {
        assert!(!job.is_terminated() && !stream.is_terminated());
        assert!(task.poll(&mut job).is_pending());
        assert!(task.poll_next(&mut stream).is_pending());
    }
}

#[test]
fn a_fused_job_may_be_polled_after_the_end() {
    let task = Task::new();
    let mut fused = gather([future::ready(1)]).fuse();
    assert_eq!(task.poll(&mut fused), Poll::Ready(vec![1]));
    assert_eq!(task.poll(&mut fused), Poll::Pending);
    assert!(fused.is_terminated());
}
