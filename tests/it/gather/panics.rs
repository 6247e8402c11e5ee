//! A child panics, or its drop does: what the siblings and the readers observe.

use std::{
    future::{Future, poll_fn},
    panic::panic_any,
    pin::Pin,
    task::Poll,
};

use futures::{
    Stream,
    future::{FutureExt, LocalBoxFuture},
    stream::FusedStream,
};
use gather::{Gather, gather, try_gather};

use crate::support::{Child, Holding, Log, Remote, SIZES, Task, panic_of, polls, total_polls};

/// `Err` makes the child panic with that message.
type Outcome = Result<usize, &'static str>;
type Job = Gather<LocalBoxFuture<'static, usize>>;

/// Children that give what their remote says, or panic. Each notes its index when it is dropped.
fn job(log: &Log, n: usize) -> (Vec<Remote<Outcome>>, Job) {
    let (remotes, children) = Remote::many(n);
    let child = |(index, child): (usize, Child<Outcome>)| {
        let held = log.on_drop(index);
        Holding(poll_outcome(child), held).boxed_local()
    };
    let job = gather(children.into_iter().enumerate().map(child));
    (remotes, job)
}

fn poll_outcome(mut child: Child<Outcome>) -> impl Future<Output = usize> + Unpin {
    poll_fn(move |cx| {
        let outcome = std::task::ready!(Pin::new(&mut child).poll(cx));
        Poll::Ready(outcome.unwrap_or_else(|message| panic_any(message)))
    })
}

/// The siblings of `panicked`, which has panicked, complete one by one; then the job names that child.
fn goes_on_and_names(task: &Task, remotes: &[Remote<Outcome>], mut job: Job, panicked: usize) {
    let n = remotes.len();
    assert_eq!(
        task.woken(),
        1,
        "the code that caught it may wait for a wake"
    );
    let others: Vec<_> = (0..n).filter(|&index| index != panicked).collect();
    if let Some((last, others)) = others.split_last() {
        assert!(task.settle(&mut job).is_pending());
        for &index in others {
            remotes[index].finish(Ok(index));
            assert_eq!(task.woken(), 1, "a sibling's wake was lost");
            assert!(task.settle(&mut job).is_pending());
            assert_eq!(job.get(index), Some(&index));
        }
        remotes[*last].finish(Ok(*last));
        assert_eq!(task.woken(), 1, "a sibling's wake was lost");
    }
    for _ in 0..2 {
        let message = panic_of(|| task.poll(&mut job).is_ready());
        assert!(message.contains(&format!("child {panicked}")), "{message}");
    }
    assert_eq!((job.len(), job.running()), (n, 0));
    let expected = |index| (index != panicked).then_some(index);
    assert_eq!(job.into_partial(), (0..n).map(expected).collect::<Vec<_>>());
}

#[test]
fn a_panic_at_the_first_poll_does_not_affect_the_siblings() {
    for n in [1, 2, 3, 4, 63, 64, 65] {
        for panicked in 0..n {
            let log = Log::default();
            let task = Task::new();
            let (remotes, mut job) = job(&log, n);
            remotes[panicked].put(Err("ouch"));
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
            assert_eq!(log.take(), [panicked], "it is dropped at once");
            assert_eq!((job.get(panicked), job.running()), (None, n - 1));

            goes_on_and_names(&task, &remotes, job, panicked);
            assert_eq!(remotes[panicked].polls(), 1);
            let once_and_again = if n == 1 { 1 } else { 2 * n - 1 };
            assert_eq!(total_polls(&remotes), once_and_again);
        }
    }
}

#[test]
fn a_panic_at_a_later_poll_does_not_affect_the_siblings() {
    for n in [1, 2, 3, 4, 63, 64, 65] {
        for panicked in 0..n {
            let log = Log::default();
            let task = Task::new();
            let (remotes, mut job) = job(&log, n);
            assert!(task.poll(&mut job).is_pending());
            remotes[panicked].finish(Err("ouch"));
            assert_eq!(task.woken(), 1);
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
            assert_eq!(log.take(), [panicked], "it is dropped at once");

            goes_on_and_names(&task, &remotes, job, panicked);
            assert_eq!(polls(&remotes), vec![2; n]);
        }
    }
}

#[test]
fn siblings_woken_together_with_one_that_panics_are_polled_later() {
    for n in [2, 3, 64, 65, 130] {
        for panicked in [0, n / 2, n - 1] {
            let task = Task::new();
            let (remotes, mut job) = job(&Log::default(), n);
            assert!(task.poll(&mut job).is_pending());
            for (index, remote) in remotes.iter().enumerate() {
                let panics = index == panicked;
                remote.finish(if panics { Err("ouch") } else { Ok(index) });
            }
            assert_eq!(task.woken(), 1);
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
            assert_eq!(task.woken(), 1, "the others are still to be polled");
            let message = panic_of(|| task.settle(&mut job));
            assert!(message.contains(&format!("child {panicked}")), "{message}");
            assert_eq!(job.into_partial().into_iter().flatten().count(), n - 1);
            assert_eq!(polls(&remotes), vec![2; n]);
        }
    }
}

#[test]
fn each_panic_propagates_once_and_the_first_in_input_order_is_named() {
    for n in [2, 3, 64, 65, 130] {
        let task = Task::new();
        let (remotes, mut job) = job(&Log::default(), n);
        let panics = |index| index % 2 == 1;
        for (index, remote) in remotes.iter().enumerate() {
            remote.put(if panics(index) {
                Err("ouch")
            } else {
                Ok(index)
            });
        }
        for _ in 0..n / 2 {
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
        }
        let message = panic_of(|| task.poll(&mut job).is_ready());
        assert!(message.contains("child 1"), "{message}");
        assert_eq!(polls(&remotes), vec![1; n]);
        let partial = job.into_partial().into_iter();
        assert!(partial.eq((0..n).map(|index| (!panics(index)).then_some(index))));
    }
}

#[test]
fn a_job_that_panicked_can_be_dropped_or_made_partial_at_once() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        for end in [drop::<Job> as fn(Job), |job| drop(job.into_partial())] {
            let log = Log::default();
            let task = Task::new();
            let (remotes, mut job) = job(&log, n);
            remotes[n / 2].put(Err("ouch"));
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
            end(job);
            let mut dropped = log.take();
            assert_eq!(dropped.remove(0), n / 2);
            assert!(
                dropped
                    .into_iter()
                    .eq((0..n).filter(|&index| index != n / 2))
            );
            remotes.iter().filter_map(Remote::take_waker).for_each(drop);
            assert_eq!(task.clones(), 0);
        }
    }
}

#[test]
fn a_waker_of_a_child_that_panicked_does_not_wake_the_task() {
    for n in [2, 3, 64, 65] {
        for panicked in [0, 1, n - 1] {
            for later in [false, true] {
                let task = Task::new();
                let (remotes, mut job) = job(&Log::default(), n);
                if later {
                    assert!(task.poll(&mut job).is_pending());
                    remotes[panicked].finish(Err("ouch"));
                } else {
                    remotes[panicked].put(Err("ouch"));
                }
                assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
                assert!(task.settle(&mut job).is_pending());
                remotes[panicked].wake();
                assert_eq!(task.woken(), 0, "{panicked} of {n}");
            }
        }
    }
}

#[test]
fn completions_go_on_after_a_panic_and_end_after_the_others() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let panicked = n / 2;
        let task = Task::new();
        let (remotes, job) = job(&Log::default(), n);
        for (index, remote) in remotes.iter().enumerate() {
            remote.put(if index == panicked {
                Err("ouch")
            } else {
                Ok(index)
            });
        }
        let mut stream = job.completions();
        let mut left = n;
        for index in 0..n {
            assert_eq!(stream.size_hint(), (left, Some(left)));
            left -= 1;
            if index == panicked {
                assert_eq!(panic_of(|| task.poll_next(&mut stream).is_ready()), "ouch");
            } else {
                assert_eq!(
                    task.poll_next(&mut stream),
                    Poll::Ready(Some((index, index)))
                );
            }
        }
        assert!(stream.is_terminated());
        assert_eq!(stream.size_hint(), (0, Some(0)));
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
    }
}

#[test]
fn until_ends_with_none_and_has_not_observed_the_child_that_panicked() {
    let task = Task::new();
    let (remotes, mut job) = job(&Log::default(), 4);
    remotes[1].put(Err("ouch"));
    let mut observed = vec![];
    let mut until = job.until(|index, _| {
        observed.push(index);
        false
    });
    assert_eq!(panic_of(|| task.poll(&mut until).is_ready()), "ouch");
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut until), Poll::Pending);
    for index in [3, 0, 2] {
        remotes[index].finish(Ok(index));
    }
    assert_eq!(task.poll(&mut until), Poll::Ready(None));
    observed.sort_unstable();
    assert_eq!(observed, [0, 2, 3]);
    assert_eq!(job.into_partial(), [Some(0), None, Some(2), Some(3)]);
}

#[test]
fn inspect_observes_the_others_and_names_the_child_that_panicked() {
    let task = Task::new();
    let (remotes, job) = job(&Log::default(), 3);
    let mut observed = vec![];
    let mut job = job.inspect(|index, _| observed.push(index));
    assert!(task.poll(&mut job).is_pending());
    remotes[1].finish(Err("ouch"));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
    for index in [2, 0] {
        remotes[index].finish(Ok(index));
        if index > 0 {
            assert!(task.poll(&mut job).is_pending());
        }
    }
    assert_eq!(
        panic_of(|| task.poll(&mut job).is_ready()),
        "`Inspect` has no output of child 1, which panicked"
    );
    drop(job);
    assert_eq!(observed, [2, 0]);
}

#[test]
fn try_gather_names_the_child_that_panicked_unless_another_fails() {
    let children = |results: [Option<Result<u8, u8>>; 3]| {
        let child = |result: Option<_>| poll_fn(move |_| Poll::Ready(result.expect("ouch")));
        results.map(child)
    };
    let task = Task::new();

    let mut job = try_gather(children([Some(Ok(0)), None, Some(Ok(2))]));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
    let message = panic_of(|| task.poll(&mut job).is_ready());
    assert!(message.contains("child 1"), "{message}");

    let mut job = try_gather(children([Some(Ok(0)), None, Some(Err(2))]));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
    assert_eq!(task.poll(&mut job), Poll::Ready(Err(2)));
}

#[test]
fn a_completed_child_whose_drop_panics_loses_no_output_and_no_sibling() {
    for n in [1, 2, 3, 64, 65] {
        for panicking in 0..n {
            for later in [false, true] {
                let log = Log::default();
                let task = Task::new();
                let (remotes, children) = Remote::many(n);
                let held = |index| {
                    if index == panicking {
                        log.panics_on_drop(index)
                    } else {
                        log.on_drop(index)
                    }
                };
                let children = children.into_iter().enumerate();
                let mut job = gather(children.map(|(index, child)| Holding(child, held(index))));
                if later {
                    assert!(task.poll(&mut job).is_pending());
                    remotes[panicking].finish(panicking);
                    assert_eq!(task.woken(), 1);
                } else {
                    remotes[panicking].put(panicking);
                }
                assert_eq!(
                    panic_of(|| task.poll(&mut job)),
                    format!("drop of {panicking}")
                );
                assert_eq!(log.take(), [panicking]);
                assert_eq!(
                    (job.get(panicking), job.running()),
                    (Some(&panicking), n - 1)
                );
                assert_eq!(task.woken(), 1, "the others are still to be polled");
                if n > 1 {
                    assert!(task.settle(&mut job).is_pending());
                }
                for index in (0..n).filter(|&index| index != panicking) {
                    remotes[index].finish(index);
                }
                assert_eq!(task.woken(), usize::from(n > 1));
                assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
                assert_eq!(log.take().len(), n - 1);
            }
        }
    }
}
