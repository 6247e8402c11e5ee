//! What can be read of a `gather` with a limit while it runs, and what is left when it is ended.

use std::{cell::Cell, task::Poll};

use futures::future::FusedFuture;
use gather::{AtMostGather, at_most};

use crate::support::{
    Holding, Log, Task, catch_unwind, panic_of, poll_once,
    stock::{Item, LIMITS, Stock},
};

type Job<'a, T> = AtMostGather<Box<dyn Iterator<Item = Item<T>> + 'a>, Item<T>>;

fn job<T>(limit: usize, count: usize) -> (Stock<T>, Task, Job<'static, T>)
where
    T: 'static,
{
    let stock = Stock::new();
    let children: Box<dyn Iterator<Item = Item<T>>> = Box::new(stock.children().take(count));
    (stock, Task::new(), at_most(limit).gather(children))
}

fn slots<T: Copy + PartialEq>(job: &Job<'_, T>) -> Vec<Option<T>> {
    let slots: Vec<_> = job.iter().map(|output| output.copied()).collect();
    let by_index = (0..=slots.len()).map(|index| job.get(index).copied());
    assert!(by_index.eq(slots.iter().copied().chain([None])));
    slots
}

#[test]
fn what_can_be_read_of_a_running_job() {
    let (stock, task, mut job) = job(2, 4);
    assert_eq!((job.running(), slots(&job)), (0, vec![]));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((job.running(), slots(&job)), (2, vec![None; 2]));
    stock.finish(1, 'b');
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(
        (job.running(), slots(&job)),
        (2, vec![None, Some('b'), None])
    );
    stock.finish(0, 'a');
    assert!(task.poll(&mut job).is_pending());
    stock.finish(2, 'c');
    stock.finish(3, 'd');
    assert_eq!(task.poll(&mut job), Poll::Ready(vec!['a', 'b', 'c', 'd']));
    // It has returned its outputs.
    assert_eq!((job.running(), slots(&job)), (0, vec![]));
    assert_eq!(poll_once(job.until(|_, _| true)), Poll::Ready(None));
    assert!(job.is_terminated());
    let (outputs, rest) = job.into_partial();
    assert_eq!((outputs, rest.is_none()), (vec![], true));
}

#[test]
fn does_an_until_observe_each_output_once_after_its_child_was_dropped() {
    for limit in LIMITS {
        let (stock, task, mut job) = job(limit, 150);
        assert!(task.poll(&mut job).is_pending());
        let mut seen = vec![];
        let mut next = 0;
        while seen.len() < 150 {
            // Some finish by a plain poll, and some while an `until` observes.
            for _ in 0..2 {
                if stock.is_alive(next) {
                    stock.finish(next, next);
                    next += 1;
                }
            }
            if next % 3 == 0 {
                assert!(next == 150 || task.poll(&mut job).is_pending());
                if next == 150 {
                    break;
                }
            }
            let until = &mut job.until(|index, &output| {
                assert_eq!((index, stock.is_alive(index)), (output, false));
                seen.push(index);
                index % 2 == 0
            });
            if let Poll::Ready(Some(index)) = task.poll(until) {
                assert_eq!(index % 2, 0);
                assert!(until.is_terminated());
                assert!(panic_of(|| task.poll(until).is_ready()).contains("`Until` polled"));
            }
        }
        // All have completed. An `until` that goes on with the pass of another may leave some to the next poll.
        let mut all = |index: usize, _: &usize| {
            seen.push(index);
            index % 2 == 0
        };
        while !matches!(task.settle(&mut job.until(&mut all)), Poll::Ready(None)) {}
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..150));
        // All of them are still there.
        assert_eq!(task.poll(&mut job), Poll::Ready((0..150).collect()));
        assert!(stock.most() <= limit && stock.all_dropped_once());
    }
}

#[test]
fn does_an_inspect_observe_what_an_until_has_observed_too() {
    for limit in LIMITS {
        let (stock, task, mut job) = job(limit, 100);
        assert!(task.poll(&mut job).is_pending());
        stock.finish(0, 0);
        assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(Some(0)));
        let seen = Cell::new(0);
        let mut job = job.inspect(|index, &output| {
            assert_eq!((index, output), (seen.get(), seen.get()));
            seen.set(seen.get() + 1);
        });
        for index in 1..=100 {
            let polled = task.poll(&mut job);
            assert_eq!((polled.is_ready(), seen.get()), (index == 100, index));
            if index < 100 {
                stock.finish(index, index);
            } else {
                assert_eq!(polled, Poll::Ready((0..100).collect()));
            }
        }
        assert!(job.is_terminated());
        let message = panic_of(|| task.poll(&mut job).is_ready());
        assert_eq!(message, "`Inspect` polled after completion");
    }
}

#[test]
fn a_callback_that_panics_has_observed_its_output_and_nothing_is_lost() {
    for limit in LIMITS {
        for panicking in [0, 35, 69] {
            let (stock, _, job) = job(limit, 70);
            let (before, task) = (Task::new(), Task::new());
            let mut seen = vec![];
            let mut job = job.inspect(|index, _| {
                seen.push(index);
                assert_ne!(index, panicking, "no more");
            });
            assert!(before.poll(&mut job).is_pending());
            let (mut index, mut panics) = (0, 0);
            let outputs = loop {
                if stock.is_alive(index) {
                    stock.finish(index, index);
                    index += 1;
                    before.woken();
                }
                let polled = catch_unwind(std::panic::AssertUnwindSafe(|| task.poll(&mut job)));
                match polled {
                    Ok(Poll::Ready(outputs)) => break outputs,
                    Ok(Poll::Pending) => {}
                    Err(_) => {
                        panics += 1;
                        assert!(task.woken() > 0);
                    }
                }
            };
            assert!(outputs.into_iter().eq(0..70));
            drop(job);
            assert!(seen.into_iter().eq(0..70));
            assert_eq!(panics, 1);
        }
    }
}

#[test]
fn is_the_output_of_a_child_whose_drop_panics_observed() {
    let (log, stock, task) = (Log::default(), Stock::new(), Task::new());
    let children = stock.children().take(3).enumerate();
    let mut job = at_most(2)
        .gather(children.map(|(index, child)| Holding(child, log.noted(index, index == 1))));
    assert!(task.poll(&mut job).is_pending());
    stock.finish(0, 0);
    stock.finish(1, 1);
    let mut seen = vec![];
    let mut until = job.until(|index, _| {
        seen.push(index);
        false
    });
    task.woken();
    assert_eq!(panic_of(|| task.poll(&mut until).is_ready()), "drop of 1");
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut until).is_pending());
    assert_eq!((seen, log.take()), (vec![0, 1], vec![0, 1]));
    stock.finish(2, 2);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![0, 1, 2]));
}

#[test]
fn what_does_into_partial_return() {
    for limit in LIMITS {
        for finished in [0, 1, 50, 100] {
            let log = Log::default();
            let stock = Stock::new();
            let children = stock.children().take(100).map(|child| Holding(child, ()));
            let mut job = at_most(limit).gather(children);
            let task = Task::new();
            assert!(task.poll(&mut job).is_pending());
            for index in 0..finished {
                stock.finish(index, log.on_drop(index));
                let all = task.poll(&mut job.until(|_, _| false)).is_ready();
                assert_eq!(all, index == 99);
            }
            let pulled = stock.made();
            assert_eq!(pulled, limit.saturating_add(finished).min(100));
            let late: Vec<_> = (finished..pulled)
                .map(|index| stock.remote(index))
                .collect();
            task.woken();
            let (outputs, rest) = job.into_partial();
            assert_eq!((outputs.len(), stock.alive()), (pulled, 0));
            assert!(outputs.iter().enumerate().all(|(index, output)| {
                output.as_ref().map(|output| output.number) == (index < finished).then_some(index)
            }));
            assert_eq!(log.take(), []);
            if limit > 1 {
                late.iter().for_each(|remote| remote.wake());
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
            // The source is gone only if it was asked after its last child.
            let room = limit.saturating_add(finished) > 100;
            assert_eq!(rest.is_none(), room, "limit {limit}, {finished} finished");
            let rest: Vec<_> = rest.into_iter().flatten().collect();
            assert_eq!(rest.len(), 100 - pulled);
            drop(outputs);
            assert!(log.take().into_iter().eq(0..finished));
        }
    }
}

#[test]
fn does_an_inspect_give_a_partial_too() {
    let (stock, task, job) = job(2, 4);
    let mut job = job.inspect(|_, _| {});
    assert!(task.poll(&mut job).is_pending());
    stock.finish(1, 1);
    assert!(task.poll(&mut job).is_pending());
    let (outputs, rest) = job.into_partial();
    assert_eq!(outputs, [None, Some(1), None]);
    assert_eq!(rest.unwrap().count(), 1);
}
