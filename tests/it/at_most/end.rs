//! How a job with a limit ends, and what its size hint says before that.

use std::{
    cell::Cell,
    future, iter,
    task::{Poll, Waker},
};

use futures::{
    future::FusedFuture,
    stream::{FusedStream, Stream, StreamExt},
};
use gather::at_most;

use crate::support::{
    Log, Task, panic_of, poll_once,
    stock::{LIMITS, Stock, counts},
};

#[test]
fn the_iterator_is_not_asked_again_after_its_end() {
    for limit in [1, 2, 64] {
        let asked = Cell::new(0);
        let mut stream = at_most(limit).completions(iter::from_fn(|| {
            asked.set(asked.get() + 1);
            // It would go on.
            (asked.get() != 4).then(|| future::ready(asked.get()))
        }));
        let task = Task::new();
        for index in 0..3 {
            let item = Poll::Ready(Some((index, index + 1)));
            assert_eq!(task.poll_next(&mut stream), item);
        }
        for _ in 0..3 {
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
            assert!(stream.is_terminated());
        }
        assert_eq!(asked.get(), 4);
    }
}

#[test]
fn the_first_error_drops_the_running_children_and_makes_no_more() {
    for limit in LIMITS {
        for failing in [0, 1, 70] {
            let (log, stock) = (Log::default(), Stock::new());
            let children = stock.children().take(200);
            let mut job = at_most(limit).try_gather(children);
            let task = Task::new();
            assert!(task.poll(&mut job).is_pending());
            for index in 0..failing {
                stock.finish(index, Ok(log.on_drop(index)));
                assert!(task.poll(&mut job).is_pending());
            }
            let made = stock.made();
            assert_eq!(made, limit.min(200 - failing) + failing);
            task.woken();
            let last = stock.remote(made - 1);
            stock.finish(failing, Err("failed"));
            assert_eq!(task.woken(), 1);
            assert_eq!(log.take(), []);

            let Poll::Ready(Err(error)) = task.poll(&mut job) else {
                panic!("it has failed");
            };
            assert_eq!((error, stock.made()), ("failed", made));
            assert!(stock.all_dropped_once());
            assert_eq!(log.take(), (0..failing).collect::<Vec<_>>());
            assert!(job.is_terminated());
            if limit > 1 {
                last.wake();
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
        }
    }
}

#[test]
fn of_errors_in_one_poll_the_first_polled_wins() {
    let made = Cell::new(0);
    let children = iter::from_fn(|| {
        made.set(made.get() + 1);
        Some(future::ready(Err::<(), _>(made.get())))
    });
    let mut job = at_most(3).try_gather(children);
    assert_eq!(poll_once(&mut job), Poll::Ready(Err(1)));
    assert_eq!(made.get(), 1);
}

#[test]
fn a_poll_after_the_end_panics_and_names_the_type() {
    fn ends<F: FusedFuture + Unpin>(mut job: F, name: &str) {
        assert!(!job.is_terminated());
        assert!(poll_once(&mut job).is_ready());
        for _ in 0..2 {
            assert!(job.is_terminated());
            let message = panic_of(|| poll_once(&mut job).is_ready());
            assert_eq!(message, format!("`{name}` polled after completion"));
        }
    }
    for limit in LIMITS {
        for count in counts(limit) {
            let children = (0..count).map(|index| future::ready(Ok::<_, usize>(index)));
            ends(at_most(limit).gather(children.clone()), "AtMostGather");
            ends(at_most(limit).try_gather(children), "AtMostTryGather");
            let children = (0..=count).map(|index| future::ready(Err::<(), _>(index)));
            ends(at_most(limit).try_gather(children), "AtMostTryGather");
        }
    }
}

#[test]
fn the_size_hint_counts_those_alive_and_those_to_come() {
    for limit in LIMITS {
        for count in counts(limit) {
            let stock = Stock::new();
            // Its hint is exact.
            let children = (0..count).map(|_| stock.make());
            let mut stream = at_most(limit).completions(children);
            let task = Task::new();
            let exactly = |left| (left, Some(left));
            assert_eq!(stream.size_hint(), exactly(count));
            for index in 0..count {
                assert!(task.poll_next(&mut stream).is_pending());
                assert_eq!(stream.size_hint(), exactly(count - index));
                assert!(!stream.is_terminated());
                stock.finish(index, index);
                assert!(task.poll_next(&mut stream).is_ready());
                assert_eq!(stream.size_hint(), exactly(count - index - 1));
            }
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
            assert_eq!(stream.size_hint(), exactly(0));
            assert!(stream.is_terminated());
        }
    }
}

#[test]
fn the_size_hint_of_an_iterator_is_passed_on_and_not_believed() {
    let hints = [
        (0, None),
        (0, Some(0)),
        (1, Some(1)),
        (10_000, None),
        (usize::MAX, None),
        (usize::MAX, Some(usize::MAX)),
    ];
    for hint in hints {
        for limit in LIMITS {
            let children = |count| Liar((0..count).map(future::ready), hint);
            let mut stream = at_most(limit).completions(children(200));
            assert_eq!(stream.size_hint(), hint);
            assert!(poll_once(stream.next()).is_ready());
            // No other child was made.
            assert_eq!(stream.size_hint(), hint);
            let outputs = at_most(limit).gather(children(200));
            assert_eq!(poll_once(outputs), Poll::Ready((0..200).collect()));
        }
    }
}

/// An iterator with that size hint.
struct Liar<I>(I, (usize, Option<usize>));

impl<I: Iterator> Iterator for Liar<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.1
    }
}

#[test]
fn a_job_dropped_half_way_drops_children_and_outputs_once() {
    for limit in LIMITS {
        for finished in [0, 1, 70] {
            let (log, stock) = (Log::default(), Stock::new());
            let mut job = at_most(limit).gather(stock.children().take(200));
            let task = Task::new();
            assert!(task.poll(&mut job).is_pending());
            for index in 0..finished {
                stock.finish(index, log.on_drop(index));
                assert!(task.poll(&mut job).is_pending());
            }
            let wakers: Vec<_> = (0..stock.made()).map(|index| stock.waker(index)).collect();
            drop(job);
            assert!(stock.all_dropped_once());
            assert_eq!(log.take(), (0..finished).collect::<Vec<_>>());
            task.woken();
            if limit > 1 {
                wakers.into_iter().for_each(Waker::wake);
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
        }
        let stock = Stock::<()>::new();
        drop(at_most(limit).gather(stock.children()));
        assert_eq!(stock.made(), 0);
    }
}
