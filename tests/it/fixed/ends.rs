//! How `gather!` and `try_gather!` end: with an error, a panic, dropped, and once only.

use std::{
    future::{pending, poll_fn, ready},
    task::Poll,
};

use crate::support::{Child, Holding, Log, Remote, Task, panic_of, polls, yielding};
use futures::future::FusedFuture;
use gather::{gather, try_gather};

#[test]
fn an_error_drops_the_siblings_in_input_order_before_it_is_returned() {
    let (log, task) = (Log::default(), Task::new());
    let (remotes, children) = Remote::<Result<_, &str>>::many(4);
    let mut children = children.into_iter().enumerate();
    let mut child = || {
        let (index, child) = children.next().unwrap();
        Holding(child, log.on_drop(index))
    };
    let mut job = try_gather!(child(), child(), child(), child());
    remotes[1].put(Ok(log.on_drop(10)));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(log.take(), [1]);
    remotes[2].finish(Err("no"));
    assert!(matches!(task.poll(&mut job), Poll::Ready(Err("no"))));
    assert_eq!(log.take(), [2, 0, 10, 3]);
    // The second poll started at child 1: child 3 was not polled again.
    assert_eq!(polls(&remotes), [1, 1, 2, 1]);
    assert!(job.is_terminated());
    drop(job);
    assert_eq!(log.take(), []);
}

#[test]
fn a_sibling_whose_drop_panics_after_an_error_stops_no_other_drop() {
    let (log, task) = (Log::default(), Task::new());
    let hold = |index, panics| Holding(pending::<Result<(), ()>>(), log.noted(index, panics));
    let failing = ready(Err::<(), ()>(()));
    let mut job = try_gather!(hold(0, false), hold(1, true), hold(2, false), failing);
    assert_eq!(panic_of(|| task.poll(&mut job)), "drop of 1");
    assert_eq!(log.take(), [0, 1, 2]);
    assert_eq!(task.woken(), 0, "the job is over");
    assert_eq!(
        panic_of(|| task.poll(&mut job)),
        "`try_gather!` polled after completion"
    );
}

#[test]
fn a_drop_drops_children_and_outputs_in_input_order_though_one_panics() {
    for panicking in 0..4 {
        let (log, task) = (Log::default(), Task::new());
        let (remote, child) = Remote::new();
        let hold = |index| Holding(pending::<()>(), log.noted(index, index == panicking));
        let mut job = gather!(hold(0), hold(1), child, hold(3));
        remote.put(log.noted(2, panicking == 2));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(panic_of(|| drop(job)), format!("drop of {panicking}"));
        assert_eq!(log.take(), [0, 1, 2, 3]);
    }
}

#[test]
fn after_a_panic_the_siblings_run_on_and_then_the_child_is_named() {
    let (log, task) = (Log::default(), Task::new());
    let (remotes, children) = Remote::<u8>::many(2);
    let [first, last] = <[Child<u8>; 2]>::try_from(children).ok().unwrap();
    let mut polls = 0;
    let bad = poll_fn(|_| -> Poll<u8> {
        polls += 1;
        panic!("ouch")
    });
    let mut job = gather!(first, Holding(bad, log.on_drop(1)), last);
    assert_eq!(panic_of(|| task.poll(&mut job)), "ouch");
    assert_eq!(log.take(), [1]);
    assert_eq!(task.woken(), 1, "child 2 was not polled");
    assert_eq!(crate::support::polls(&remotes), [1, 0]);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(crate::support::polls(&remotes), [2, 1]);
    remotes[0].finish(0);
    remotes[1].finish(2);
    for _ in 0..2 {
        let message = panic_of(|| task.poll(&mut job));
        assert_eq!(
            message,
            "`gather!` has no output of child 1, which panicked"
        );
    }
    assert!(!job.is_terminated());
    drop(job);
    assert_eq!(polls, 1);
}

#[test]
fn after_a_panic_another_child_may_still_fail() {
    let task = Task::new();
    let bad = poll_fn(|_| -> Poll<Result<(), &str>> { panic!("ouch") });
    let mut job = try_gather!(bad, ready(Err::<(), _>("no")));
    assert_eq!(panic_of(|| task.poll(&mut job)), "ouch");
    assert_eq!(task.poll(&mut job), Poll::Ready(Err("no")));
}

#[test]
fn a_ready_child_whose_drop_panics_loses_no_output() {
    for panicking in 0..3 {
        let (log, task) = (Log::default(), Task::new());
        let hold = |index| Holding(ready(index), log.noted(index, index == panicking));
        let mut job = gather!(hold(0), hold(1), hold(2));
        assert_eq!(
            panic_of(|| task.poll(&mut job)),
            format!("drop of {panicking}")
        );
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut job), Poll::Ready((0, 1, 2)));
        let mut dropped = log.take();
        dropped.sort_unstable();
        assert_eq!(dropped, [0, 1, 2]);
    }
}

#[test]
fn a_panic_of_the_drop_of_a_failed_child_replaces_its_error() {
    let (log, task) = (Log::default(), Task::new());
    let bad = Holding(ready(Err::<(), ()>(())), log.panics_on_drop(0));
    let mut job = try_gather!(bad, ready(Ok(1)));
    assert_eq!(panic_of(|| task.poll(&mut job)), "drop of 0");
    assert_eq!(task.woken(), 1);
    let message = panic_of(|| task.poll(&mut job));
    assert_eq!(
        message,
        "`try_gather!` has no output of child 0, which panicked"
    );
}

#[cfg(feature = "std")]
#[test]
fn a_waker_that_panics_while_a_child_panics_does_not_abort() {
    use std::{
        future::Future,
        pin::Pin,
        sync::Arc,
        task::{Context, Wake, Waker},
    };

    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("wake");
        }
    }
    let waker = Waker::from(Arc::new(Bad));
    let bad = poll_fn(|_| -> Poll<()> { panic!("ouch") });
    let mut job = gather!(bad, ready(1));
    let poll = || Pin::new(&mut job).poll(&mut Context::from_waker(&waker));
    assert_eq!(panic_of(poll), "ouch");
}

#[test]
fn a_job_that_is_over_says_so_and_panics_when_polled() {
    let task = Task::new();
    let mut job = gather!(ready(1), Box::pin(yielding(1, 2)));
    assert!(!job.is_terminated());
    assert!(task.poll(&mut job).is_pending());
    assert!(!job.is_terminated());
    assert!(task.poll(&mut job).is_ready());
    assert!(job.is_terminated());
    assert_eq!(
        panic_of(|| task.poll(&mut job)),
        "`gather!` polled after completion"
    );

    let mut job = try_gather!(ready(Ok::<u8, ()>(1)));
    assert!(task.poll(&mut job).is_ready());
    assert!(job.is_terminated());
    assert_eq!(
        panic_of(|| task.poll(&mut job)),
        "`try_gather!` polled after completion"
    );
}
