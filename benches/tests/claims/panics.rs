//! What becomes of the siblings of a child that panics.

use std::task::Poll;

use futures_concurrency::future::{Join, TryJoin};

use crate::stage::*;

#[derive(Debug, PartialEq)]
enum After {
    /// The job gave this many outputs, of n - 1 that there were.
    Gave(usize),
    /// It panicked again at its end, but every sibling was polled until it was ready.
    Said,
    /// The child that had panicked was polled again.
    PolledAgain,
    /// It is pending, and the task is not woken.
    Hangs,
}

/// A child panics, which is caught around the job; its siblings are ready later, and the job is polled on.
fn after_a_panic(name: Name, n: usize) -> After {
    let (remotes, mut job, task) = name.started(n);
    remotes[1].end(End::Panic);
    assert!(poll_caught(&mut job, &task).is_none());
    let polls = remotes[1].polls();
    for (index, remote) in remotes.iter().enumerate() {
        if index != 1 {
            remote.end(End::Ready);
        }
    }
    for _ in 0..2 * n {
        let polled = poll_caught(&mut job, &task);
        if remotes[1].polls() > polls {
            return After::PolledAgain;
        }
        match polled {
            Some(Poll::Ready(outputs)) => return After::Gave(outputs),
            Some(Poll::Pending) => (),
            None => {
                let done = |remote: &Remote| remote.polls() > 1;
                assert!(remotes.iter().all(done));
                return After::Said;
            }
        }
    }
    After::Hangs
}

/// The row "a child panics, and the panic is caught".
#[test]
fn what_becomes_of_the_siblings() {
    assert_eq!(after_a_panic(Gather, 10), After::Said);
    assert_eq!(after_a_panic(Gather, 100), After::Said);
    assert_eq!(after_a_panic(JoinAll, 10), After::PolledAgain);
    assert_eq!(after_a_panic(JoinAll, 100), After::Gave(1));
    assert_eq!(after_a_panic(FuturesUnordered, 100), After::Gave(99));
    assert_eq!(after_a_panic(Buffered, 100), After::Gave(1));
    assert_eq!(after_a_panic(BufferUnordered, 100), After::Gave(99));
    assert_eq!(after_a_panic(BufferedJoinAll, 100), After::Hangs);
    assert_eq!(after_a_panic(ConcurrencyJoin, 100), After::Hangs);
}

/// With `gather` itself, rather than a function around it: all but one are there.
#[test]
fn gather_has_all_other_outputs() {
    let remotes = remotes(100);
    let task = Default::default();
    let mut job = Box::pin(gather::gather(remotes.iter().map(Remote::child)));
    remotes[1].set(End::Panic);
    assert!(poll_caught(&mut job, &task).is_none());
    for remote in &remotes[2..] {
        remote.set(End::Ready);
    }
    assert!(poll_caught(&mut job, &task).unwrap().is_pending());
    remotes[0].end(End::Ready);
    assert!(poll_caught(&mut job, &task).is_none());
    let outputs = std::pin::Pin::into_inner(job).into_partial();
    assert_eq!(outputs.iter().flatten().count(), 99);
}

/// The row "polled after completion".
#[test]
fn which_does_not_panic_when_polled_after_completion() {
    let does_not_panic = |n| {
        move |name| {
            let (task, ready) = (Default::default(), vec![std::future::ready(()); n]);
            let polled_twice = match name {
                Gather => poll_twice(gather::gather(ready), &task),
                JoinAll => poll_twice(futures::future::join_all(ready), &task),
                BufferedJoinAll => poll_twice(futures_buffered::join_all(ready), &task),
                ConcurrencyJoin => poll_twice(ready.join(), &task),
                FuturesUnordered | Buffered | BufferUnordered => return false,
            };
            polled_twice.is_some_and(|polled| polled == Poll::Ready(vec![]))
        }
    };
    exactly([JoinAll, BufferedJoinAll], does_not_panic(10));
    exactly([JoinAll, BufferedJoinAll], does_not_panic(100));
}

fn poll_twice<F: Future>(job: F, task: &std::sync::Arc<Task>) -> Option<Poll<F::Output>> {
    let mut job = Box::pin(job);
    assert!(poll(&mut job, task).is_ready());
    poll_caught(&mut job, task)
}

/// The row "an error while an earlier child is pending": futures-rs#2866.
#[test]
fn which_returns_an_error_late() {
    let children = |n: usize| {
        (0..n).map(|index| async move {
            if index == 1 {
                Err(())
            } else {
                std::future::pending::<Result<(), _>>().await
            }
        })
    };
    let is_late = |n| {
        let task = Default::default();
        let ours = poll(&mut Box::pin(gather::try_gather(children(n))), &task);
        assert_eq!(ours, Poll::Ready(Err(())));
        let buffered = futures_buffered::try_join_all(children(n));
        assert!(poll(&mut Box::pin(buffered), &task).is_ready());
        let concurrency = children(n).collect::<Vec<_>>();
        assert!(poll(&mut Box::pin(concurrency.try_join()), &task).is_ready());
        poll(
            &mut Box::pin(futures::future::try_join_all(children(n))),
            &task,
        )
        .is_pending()
    };
    assert!(!is_late(30));
    assert!(is_late(31));
}
