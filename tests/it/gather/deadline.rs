//! A job that ends when a timer is ready.

use std::{
    future::{Future, pending, poll_fn, ready},
    panic::panic_any,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::FusedFuture;
use gather::gather;

use crate::support::{
    Holding, Log, Remote, Task, catch_unwind, job, panic_of, poll_once, polls, sizes, yielding,
};

#[test]
fn are_all_there_if_they_finish_in_time() {
    for n in sizes() {
        let job = gather((0..n).map(ready)).deadline(pending::<()>());
        let all: Vec<_> = (0..n).map(Some).collect();
        assert_eq!(poll_once(job), Poll::Ready(all));
    }
}

#[test]
fn are_completed_outputs_returned_and_running_children_dropped() {
    for n in sizes().filter(|&n| n > 3) {
        let (remotes, job) = job(n);
        let (timer, deadline) = Remote::new();
        let task = Task::new();
        let mut job = job.deadline(deadline);
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((timer.polls(), polls(&remotes)), (1, vec![1; n]));
        remotes[1].finish(1);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        // It is polled in each poll.
        assert_eq!(timer.polls(), 2);
        // This child and the timer at once.
        remotes[n - 1].finish(n - 1);
        timer.finish(());
        assert_eq!(task.woken(), 2);
        let Poll::Ready(outputs) = task.poll(&mut job) else {
            panic!("the timer is ready");
        };
        let expected = |index: usize| (index == 1 || index == n - 1).then_some(index);
        assert!(outputs.into_iter().eq((0..n).map(expected)));
        assert_eq!(timer.polls(), 3);
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
        assert!(job.is_terminated());
        // The timer's waker is the task's own.
        remotes.iter().for_each(Remote::wake);
        assert_eq!(task.woken(), 0);
        let message = panic_of(|| task.poll(&mut job).is_ready());
        assert_eq!(message, "`Deadline` polled after completion");
    }
}

#[test]
fn is_the_timer_polled_before_a_job_that_is_late_at_once() {
    let log = Log::default();
    let timer = async { log.note(0) };
    let children = [1, 2].map(|number| {
        let log = &log;
        poll_fn(move |_| {
            log.note(number);
            if number == 1 {
                Poll::Ready(number)
            } else {
                Poll::Pending
            }
        })
    });
    let job = std::pin::pin!(gather(children).deadline(timer));
    assert_eq!(poll_once(job), Poll::Ready(vec![Some(1), None]));
    assert_eq!(log.take(), [0, 1, 2]);
}

#[test]
fn are_outputs_there_that_were_complete_before() {
    let (remotes, mut job) = job(3);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    remotes[2].finish(2);
    assert!(task.poll(&mut job).is_pending());
    let mut job = job.deadline(ready(()));
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![None, None, Some(2)]));
}

#[test]
fn does_an_inspect_observe_each_output_that_is_returned() {
    let (remotes, job) = job(3);
    let task = Task::new();
    let (timer, deadline) = Remote::new();
    let mut seen = vec![];
    let job = job.inspect(|index, _| seen.push(index)).deadline(deadline);
    let mut job = Box::pin(job);
    assert!(task.poll(&mut job).is_pending());
    remotes[1].finish(1);
    assert!(task.poll(&mut job).is_pending());
    remotes[0].finish(0);
    timer.finish(());
    let outputs = Poll::Ready(vec![Some(0), Some(1), None]);
    assert_eq!(task.poll(&mut job), outputs);
    drop(job);
    assert_eq!(seen, [1, 0]);
}

#[test]
fn is_a_timer_that_panics_polled_again() {
    let (remotes, job) = job(2);
    let task = Task::new();
    let mut is_over = false;
    let timer = poll_fn(|_| -> Poll<()> {
        assert!(!is_over, "polled after it has panicked");
        is_over = true;
        panic_any("timer")
    });
    let mut job = Box::pin(job.deadline(timer));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "timer");
    assert_eq!(task.woken(), 1);
    remotes[1].put(1);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![None, Some(1)]));
}

#[test]
fn does_a_child_that_panics_leave_the_others_to_go_on() {
    for late in [false, true] {
        let (remotes, children) = Remote::many(3);
        let children = children
            .into_iter()
            .enumerate()
            .map(|(index, child)| async move {
                child.await;
                assert_ne!(index, 1, "ouch");
                index
            });
        let (timer, deadline) = Remote::new();
        let task = Task::new();
        let mut job = gather(children).deadline(deadline);
        assert!(task.poll(&mut job).is_pending());
        remotes[1].finish(());
        assert!(panic_of(|| task.poll(&mut job).is_ready()).contains("ouch"));
        remotes[0].finish(());
        task.woken();
        assert!(task.poll(&mut job).is_pending());
        if late {
            timer.finish(());
        } else {
            remotes[2].finish(());
        }
        assert_eq!(task.woken(), 1);
        let third = (!late).then_some(2);
        assert_eq!(task.poll(&mut job), Poll::Ready(vec![Some(0), None, third]));
    }
}

#[test]
fn is_nothing_lost_if_the_drops_of_late_children_panic() {
    for n in [4, 65] {
        let (log, task) = (Log::default(), Task::new());
        let (remotes, children) = Remote::many(n);
        let children = children.into_iter().enumerate();
        let children =
            children.map(|(index, child)| Holding(child, log.noted(index, index % 2 == 1)));
        let mut job = gather(children).deadline(ready(()));
        remotes[0].put(log.on_drop(100));
        let mut panics = 0;
        let outputs = loop {
            let poll = std::panic::AssertUnwindSafe(|| task.poll(&mut job));
            match catch_unwind(poll) {
                Ok(Poll::Ready(outputs)) => break outputs,
                Ok(Poll::Pending) => panic!("it is late"),
                Err(_) => panics += 1,
            }
            assert_eq!(task.woken(), 1);
        };
        assert_eq!(panics, n / 2);
        // Each was dropped once, in input order.
        assert!(log.take().into_iter().eq(0..n));
        assert!(outputs[0].is_some() && outputs[1..].iter().all(Option::is_none));
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}

#[test]
fn may_a_timer_stay_pinned_in_place() {
    struct Pinned(std::marker::PhantomPinned, Option<usize>);

    impl Future for Pinned {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            let here = (&raw const *self).addr();
            assert!(self.1.is_none_or(|before| before == here));
            Poll::Pending
        }
    }

    let timer = Pinned(std::marker::PhantomPinned, None);
    let mut job = std::pin::pin!(gather([ready(1)]).deadline(timer));
    assert_eq!(poll_once(job.as_mut()), Poll::Ready(vec![Some(1)]));
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn does_any_runtimes_sleep_serve_as_a_timer() {
    crate::support::current_thread().block_on(async {
        let children = || [0, 1].map(async |n| if n == 0 { n } else { pending().await });
        let sleep = || tokio::time::sleep(Duration::from_millis(5));
        assert_eq!(gather(children()).deadline(sleep()).await, [Some(0), None]);
        let children = (0..3).map(|n| yielding(n, n));
        let outputs = gather(children).deadline(sleep()).await;
        assert_eq!(outputs, [Some(0), Some(1), Some(2)]);
    });
    smol::block_on(async {
        let children = [0, 1].map(async |n| if n == 0 { n } else { pending().await });
        let timer = smol::Timer::after(Duration::from_millis(5));
        assert_eq!(gather(children).deadline(timer).await, [Some(0), None]);
    });
}
