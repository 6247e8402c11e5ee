//! `first_ok`: which child wins, what becomes of the others, and which errors come back if none does.

use std::{
    future::{self, Future, poll_fn},
    iter,
    panic::panic_any,
    pin::Pin,
    sync::mpsc,
    task::{Poll, ready},
    thread,
};

use futures::{channel::oneshot, future::FusedFuture};
use gather::{Errors, FirstOk, first_ok};

use crate::support::{
    Child, Holding, Log, Noted, Random, Remote, SIZES, Task, panic_of, poll_once, polls,
    total_polls,
};

type Outcome = Result<usize, String>;

fn sizes() -> impl Iterator<Item = usize> {
    SIZES.into_iter().filter(|&n| n > 0)
}

fn error(index: usize) -> String {
    format!("error {index}")
}

type Job = FirstOk<Holding<Child<Outcome>, Noted>>;

/// Children that note their index when they are dropped.
fn job(log: &Log, n: usize) -> (Vec<Remote<Outcome>>, Job) {
    let (remotes, children) = Remote::many(n);
    let children = children.into_iter().enumerate();
    let job = first_ok(children.map(|(index, child)| Holding(child, log.on_drop(index))));
    (remotes, job)
}

/// Asserts that it ended with all `n` errors.
fn all_errors(polled: Poll<Result<usize, Errors<String>>>, n: usize) {
    let Poll::Ready(Err(errors)) = polled else {
        panic!("{polled:?}");
    };
    assert_eq!(errors.len(), n);
    let expected = (0..n).map(|index| (index, error(index)));
    assert_eq!(
        errors.into_iter().collect::<Vec<_>>(),
        expected.collect::<Vec<_>>()
    );
}

#[test]
fn without_children_there_are_no_errors() {
    let mut job = first_ok(iter::empty::<future::Ready<Result<(), &str>>>());
    assert!(!job.is_terminated());
    let Poll::Ready(Err(errors)) = poll_once(&mut job) else {
        panic!("there is no child to succeed");
    };
    assert!(errors.is_empty());
    assert_eq!((errors.len(), errors.first()), (0, None));
    assert!(job.is_terminated());
}

#[test]
fn nothing_runs_before_the_first_poll() {
    let (remotes, job) = job(&Log::default(), 3);
    assert_eq!(polls(&remotes), [0, 0, 0]);
    drop(job);
    assert_eq!(polls(&remotes), [0, 0, 0]);
}

#[test]
fn the_first_success_wins_and_the_others_are_dropped_before_it_returns() {
    for n in sizes() {
        // Also the last child, while all before it are pending.
        for winner in [0, n / 2, n - 1] {
            let log = Log::default();
            let task = Task::new();
            let (remotes, mut job) = job(&log, n);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((log.take(), task.woken()), (vec![], 0));

            remotes[winner].finish(Ok(winner));
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll(&mut job), Poll::Ready(Ok(winner)));
            // No other child was polled, and all are dropped: the winner, then the others.
            assert_eq!(total_polls(&remotes), n + 1);
            let others = (0..n).filter(|&index| index != winner);
            assert_eq!(
                log.take(),
                [winner].into_iter().chain(others).collect::<Vec<_>>()
            );
            assert!(job.is_terminated());
            if n > 1 {
                remotes.iter().for_each(Remote::wake);
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
        }
    }
}

#[test]
fn a_success_after_errors_wins() {
    for n in sizes() {
        let mut random = Random(n as u64);
        for winner in [0, n / 2, n - 1] {
            let task = Task::new();
            let (remotes, mut job) = job(&Log::default(), n);
            for index in random.shuffled(n) {
                assert!(task.poll(&mut job).is_pending());
                if index == winner {
                    continue;
                }
                remotes[index].finish(Err(error(index)));
                assert_eq!(task.woken(), 1);
            }
            assert!(task.poll(&mut job).is_pending());
            remotes[winner].finish(Ok(winner));
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll(&mut job), Poll::Ready(Ok(winner)));
        }
    }
}

#[test]
fn of_successes_at_the_first_poll_the_first_wins_and_later_children_are_not_polled() {
    for n in sizes() {
        for winner in [0, n / 2, n - 1] {
            let log = Log::default();
            let (remotes, mut job) = job(&log, n);
            for (index, remote) in remotes.iter().enumerate() {
                let fails = index < winner;
                remote.put(if fails { Err(error(index)) } else { Ok(index) });
            }
            assert_eq!(poll_once(&mut job), Poll::Ready(Ok(winner)));
            let expected = (0..n).map(|index| usize::from(index <= winner));
            assert_eq!(polls(&remotes), expected.collect::<Vec<_>>());
            assert_eq!(log.take(), (0..n).collect::<Vec<_>>());
        }
    }
}

#[test]
fn all_errors_come_in_input_order_whichever_child_fails_first() {
    for n in sizes() {
        for seed in 0..4 {
            let task = Task::new();
            let (remotes, mut job) = job(&Log::default(), n);
            for index in Random(seed).shuffled(n) {
                assert!(task.poll(&mut job).is_pending());
                assert!(!job.is_terminated());
                remotes[index].finish(Err(error(index)));
                assert_eq!(task.woken(), 1);
            }
            all_errors(task.poll(&mut job), n);
            assert!(job.is_terminated());
            if n > 1 {
                assert_eq!(polls(&remotes), vec![2; n]);
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
        }
    }
}

#[test]
fn all_errors_come_in_input_order_when_all_fail_at_once() {
    for n in SIZES {
        all_errors(
            poll_once(first_ok(
                (0..n).map(|index| future::ready(Err(error(index)))),
            )),
            n,
        );
        let task = Task::new();
        let (remotes, mut job) = job(&Log::default(), n);
        if n > 0 {
            assert!(task.poll(&mut job).is_pending());
        }
        for index in Random(n as u64).shuffled(n) {
            remotes[index].finish(Err(error(index)));
        }
        all_errors(task.poll(&mut job), n);
    }
}

#[test]
fn outputs_and_children_are_dropped_once_at_any_stage() {
    /// The number noted for an output is that of its child plus this.
    const OUTPUT: usize = 10_000;
    for n in sizes() {
        for winner in [None, Some(n - 1)] {
            let log = Log::default();
            let (remotes, children) = Remote::<Result<Noted, Noted>>::many(n);
            let children = children.into_iter().enumerate();
            let children = children.map(|(index, child)| Holding(child, log.on_drop(index)));
            let mut job = first_ok(children);
            let failed: Vec<_> = (0..n - 1).step_by(3).collect();
            for &index in &failed {
                remotes[index].put(Err(log.on_drop(OUTPUT + index)));
            }
            if let Some(winner) = winner {
                remotes[winner].put(Ok(log.on_drop(OUTPUT + winner)));
            }
            let polled = poll_once(&mut job);
            assert_eq!(polled.is_ready(), winner.is_some());
            let outputs = failed.iter().map(|index| OUTPUT + index);
            let mut expected: Vec<_> = (0..n).chain(outputs).collect();
            let mut dropped = vec![];
            if polled.is_ready() {
                // Before it returns, all but the value.
                dropped = log.take();
                dropped.sort_unstable();
                assert_eq!(dropped, expected);
                expected.push(OUTPUT + n - 1);
            }
            drop((polled, job));
            dropped.extend(log.take());
            dropped.sort_unstable();
            assert_eq!(dropped, expected);
        }
    }
}

/// A child that panics with its error.
fn or_panic(mut child: Child<Result<Outcome, &'static str>>) -> impl Future<Output = Outcome> {
    poll_fn(move |cx| {
        let outcome = ready!(Pin::new(&mut child).poll(cx));
        Poll::Ready(outcome.unwrap_or_else(|message| panic_any(message)))
    })
}

#[test]
fn a_child_that_panics_does_not_keep_another_from_succeeding() {
    for n in sizes().filter(|&n| n > 1) {
        for panicked in [0, n / 2, n - 1] {
            let task = Task::new();
            let (remotes, children) = Remote::many(n);
            let mut job = first_ok(children.into_iter().map(or_panic));
            assert!(task.poll(&mut job).is_pending());
            remotes[panicked].finish(Err("ouch"));
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
            assert!(!job.is_terminated());
            let winner = (panicked + 1) % n;
            for index in (0..n).filter(|&index| index != panicked && index != winner) {
                assert!(task.settle(&mut job).is_pending());
                remotes[index].finish(Ok(Err(error(index))));
                assert_eq!(task.woken(), 1);
            }
            assert!(task.settle(&mut job).is_pending());
            remotes[winner].finish(Ok(Ok(winner)));
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll(&mut job), Poll::Ready(Ok(winner)));
            assert_eq!(polls(&remotes), vec![2; n]);
        }
    }
}

#[test]
fn without_a_success_it_names_the_child_that_panicked() {
    for n in sizes() {
        for panicked in [0, n / 2, n - 1] {
            let task = Task::new();
            let (remotes, children) = Remote::many(n);
            let mut job = first_ok(children.into_iter().map(or_panic));
            for (index, remote) in remotes.iter().enumerate() {
                let panics = index == panicked;
                remote.put(if panics {
                    Err("ouch")
                } else {
                    Ok(Err(error(index)))
                });
            }
            assert_eq!(panic_of(|| task.settle(&mut job).is_ready()), "ouch");
            for _ in 0..2 {
                let message = panic_of(|| task.settle(&mut job).is_ready());
                let named = format!("`FirstOk` has no output of child {panicked},");
                assert!(message.starts_with(&named), "{message}");
                assert!(!job.is_terminated());
            }
            assert_eq!(polls(&remotes), vec![1; n]);
        }
    }
}

#[test]
fn a_poll_after_the_end_panics_and_names_the_type() {
    for n in SIZES {
        for wins in [false, true] {
            let (remotes, mut job) = job(&Log::default(), n);
            for remote in &remotes {
                remote.put(if wins { Ok(7) } else { Err(error(7)) });
            }
            assert!(!job.is_terminated());
            assert!(poll_once(&mut job).is_ready());
            for _ in 0..2 {
                assert!(job.is_terminated());
                let message = panic_of(|| poll_once(&mut job).is_ready());
                assert_eq!(message, "`FirstOk` polled after completion");
            }
        }
    }
}

#[test]
fn a_spurious_poll_polls_no_child() {
    for n in sizes().filter(|&n| n > 1) {
        let task = Task::new();
        let (remotes, mut job) = job(&Log::default(), n);
        assert!(task.poll(&mut job).is_pending());
        remotes[0].finish(Err(error(0)));
        assert!(task.poll(&mut job).is_pending());
        for _ in 0..3 {
            assert!(task.poll(&mut job).is_pending());
        }
        assert_eq!(total_polls(&remotes), n + 1);
    }
}

/// Another thread fails all children but one, the last one first.
async fn run_with_a_thread() {
    for n in [2, 31, 64, 65, 1000] {
        for winner in [None, Some(0), Some(n / 2)] {
            let (starts, started) = mpsc::channel::<oneshot::Sender<Outcome>>();
            let worker = thread::spawn(move || {
                let all: Vec<_> = started.iter().collect();
                for (index, sender) in all.into_iter().enumerate().rev() {
                    let wins = Some(index) == winner;
                    // Those after the winner may be gone.
                    let _ = sender.send(if wins { Ok(index) } else { Err(error(index)) });
                }
            });
            let child = |_| {
                let (sender, receiver) = oneshot::channel();
                starts.send(sender).unwrap();
                async { receiver.await.unwrap() }
            };
            let job = first_ok((0..n).map(child));
            drop(starts);
            match (job.await, winner) {
                (Ok(index), winner) => assert_eq!(Some(index), winner),
                (Err(errors), None) => all_errors(Poll::Ready(Err(errors)), n),
                (Err(errors), winner) => panic!("{winner:?} has won: {errors}"),
            }
            worker.join().unwrap();
        }
    }
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn it_runs_on_every_executor() {
    crate::support::on_each_executor(run_with_a_thread);
}
