//! The outcome of a child, polled on another thread.

use std::future::pending;

use gather::{Child, ChildOutcome};
use loom::thread::JoinHandle;

use super::{Elsewhere, Ends, Handle, Job, Poller, group_model, join, start};

type Told = Elsewhere<ChildOutcome<usize>>;

/// A group, and another thread that polls the outcome of a child for the first time.
fn told(child: impl FnOnce(&Handle, Ends) -> Child<usize>) -> (Told, JoinHandle<()>, Poller<Job>) {
    let (g, ends, poller) = start(1);
    let (told, thread) = Elsewhere::poll(child(&g, ends).outcome());
    (told, thread, poller)
}

/// The group polls a child to its end, which gives a value.
#[test]
fn an_outcome_on_another_thread_is_the_value() {
    group_model(None, || {
        let (told, thread, poller) = told(|g, ends| {
            g.spawn(async move {
                ends.add();
                Ok(7)
            })
        });
        assert_eq!(poller.run([thread]).unwrap(), 1);
        assert_eq!(told.end(), Some(7));
    });
}

/// The group polls a child to its end, which fails.
#[test]
fn an_outcome_on_another_thread_is_none_after_a_failure() {
    group_model(None, || {
        let (told, thread, poller) = told(|g, _| g.spawn(async { Err(()) }));
        assert_eq!(poller.run([thread]).unwrap_err().len(), 1);
        assert_eq!(told.end(), None);
    });
}

/// The group is dropped: its child was never polled, or waits.
#[test]
fn an_outcome_on_another_thread_is_none_after_the_group_is_dropped() {
    for polled in [false, true] {
        group_model(None, move || {
            let (told, thread, mut poller) = told(|g, _| g.spawn(pending()));
            if polled {
                assert!(poller.poll().is_pending());
            }
            poller.end();
            join([thread]);
            assert_eq!(told.end(), None);
        });
    }
}

/// The group drops a child that is cancelled, in its next poll, and goes on.
#[test]
fn an_outcome_on_another_thread_is_none_after_a_cancel() {
    for polled in [false, true] {
        group_model(None, move || {
            let (g, ends, mut poller) = start(1);
            let handle = g.spawn(pending::<Result<usize, ()>>());
            if polled {
                assert!(poller.poll().is_pending());
            }
            handle.cancel();
            let (told, thread) = Elsewhere::poll(handle.outcome());
            ends.add();
            assert_eq!(poller.run([thread]).unwrap(), 1);
            assert_eq!(told.end(), None);
        });
    }
}

/// A handle that was awaited for its value alone is awaited for its outcome: a group that is dropped
/// meanwhile wakes it for that.
#[test]
fn an_outcome_of_a_handle_that_was_polled_before_is_woken() {
    group_model(None, || {
        let (told, thread, poller) = told(|g, _| {
            let mut handle = g.spawn(pending());
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(std::pin::Pin::new(&mut handle).poll(&mut cx).is_pending());
            handle
        });
        poller.end();
        join([thread]);
        assert_eq!(told.end(), None);
    });
}
