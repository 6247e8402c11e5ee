//! A stream in input order: when children are pulled, and which outputs wait for earlier ones.

use std::{panic::AssertUnwindSafe, task::Poll};

use futures::stream::{FusedStream, Stream};
use gather::at_most;

use crate::support::{
    Holding, Log, Task, catch_unwind, panic_of,
    stock::{Event::*, LIMITS, Stock, counts},
    yielding,
};

#[test]
fn does_an_output_that_waits_for_earlier_ones_count_for_the_limit() {
    let (stock, task) = (Stock::new(), Task::new());
    let mut stream = at_most(2).ordered(stock.children().take(4));
    assert_eq!(stock.events(), [], "nothing is made before the first poll");
    assert!(task.poll_next(&mut stream).is_pending());
    assert_eq!(stock.events(), [Made(0), Polled(0), Made(1), Polled(1)]);
    // It is over, and its output waits.
    stock.finish(1, 1);
    assert_eq!(task.woken(), 1);
    assert!(task.poll_next(&mut stream).is_pending());
    assert_eq!(stock.events(), [Polled(1), Dropped(1)]);
    assert_eq!((stream.running(), stream.size_hint()), (1, (4, Some(4))));

    stock.finish(0, 0);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(0)));
    assert_eq!(stock.events(), [Polled(0), Dropped(0)]);
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(1)));
    assert_eq!(stock.events(), []);
    assert!(task.poll_next(&mut stream).is_pending());
    assert_eq!(stock.events(), [Made(2), Polled(2), Made(3), Polled(3)]);
    stock.finish(2, 2);
    stock.finish(3, 3);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(2)));
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(3)));
    for _ in 0..2 {
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        assert!(stream.is_terminated());
        assert_eq!(stream.size_hint(), (0, Some(0)));
    }
}

#[test]
fn are_outputs_in_input_order_whichever_child_completes_first() {
    for limit in LIMITS {
        for count in counts(limit) {
            let stock = Stock::new();
            let task = Task::new();
            let mut stream = at_most(limit).ordered(stock.children().take(count));
            let mut seen = vec![];
            loop {
                match task.poll_next(&mut stream) {
                    Poll::Ready(Some(output)) => seen.push(output),
                    Poll::Ready(None) => break,
                    Poll::Pending => {
                        let end = limit.saturating_add(seen.len()).min(count);
                        assert_eq!(stock.made(), end);
                        // The last one first.
                        let alive = (0..end).rev().find(|&index| stock.is_alive(index));
                        let index = alive.unwrap();
                        stock.finish(index, index);
                        assert_eq!(task.woken(), 1);
                    }
                }
            }
            assert!(seen.into_iter().eq(0..count));
            assert!((0..count).all(|index| stock.polls(index) == 2));
            assert_eq!(stock.most(), limit.min(count));
        }
    }
}

#[test]
fn are_children_that_are_ready_at_once_made_one_at_a_time() {
    for limit in LIMITS {
        let (stock, task) = (Stock::new(), Task::new());
        let children = stock.children().enumerate().map(|(index, child)| {
            stock.remote(index).put(index);
            child
        });
        let mut stream = at_most(limit).ordered(children);
        for index in 0..100 {
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(index)));
            assert_eq!((stock.made(), stock.alive()), (index + 1, 0));
        }
    }
}

#[test]
fn is_a_child_that_panics_left_out_without_delay_for_the_others() {
    for limit in [2, 3, 64] {
        for panicked in [0, 1, 30, 69] {
            for at_once in [false, true] {
                let task = Task::new();
                let children = (0..70).map(|index| async move {
                    if !(at_once && index == panicked) {
                        yielding(1 + index % 3, ()).await;
                    }
                    assert_ne!(index, panicked, "ouch");
                    index
                });
                let mut stream = at_most(limit).ordered(children);
                let (mut seen, mut panics) = (vec![], 0);
                loop {
                    let polled = catch_unwind(AssertUnwindSafe(|| task.poll_next(&mut stream)));
                    match polled {
                        Err(_) => {
                            panics += 1;
                            assert!(task.woken() > 0);
                        }
                        Ok(Poll::Ready(Some(output))) => seen.push(output),
                        Ok(Poll::Ready(None)) => break,
                        Ok(Poll::Pending) => assert!(task.woken() > 0, "it waits for nothing"),
                    }
                }
                assert!(
                    seen.into_iter()
                        .eq((0..70).filter(|&index| index != panicked))
                );
                assert_eq!((panics, stream.size_hint()), (1, (0, Some(0))));
                assert!(stream.is_terminated());
            }
        }
    }
}

#[test]
fn do_outputs_after_a_child_that_panicked_come_at_once() {
    let (stock, task) = (Stock::<Result<usize, &str>>::new(), Task::new());
    let children = stock.children().map(async |child| child.await.unwrap());
    let mut stream = at_most(4).ordered(children.map(Box::pin));
    assert!(task.poll_next(&mut stream).is_pending());
    stock.finish(1, Ok(1));
    assert!(task.poll_next(&mut stream).is_pending());
    stock.finish(0, Err("ouch"));
    panic_of(|| task.poll_next(&mut stream).is_ready());
    assert_eq!(stream.size_hint().0, usize::MAX);
    // The others still run.
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(1)));
    assert!(task.poll_next(&mut stream).is_pending());
    assert_eq!((stock.alive(), stock.made()), (4, 6));
}

#[test]
fn is_the_output_of_a_child_whose_drop_panics_returned() {
    let (log, stock, task) = (Log::default(), Stock::new(), Task::new());
    let children = stock.children().take(2).enumerate();
    let children = children.map(|(index, child)| Holding(child, log.panics_on_drop(index)));
    let mut stream = at_most(2).ordered(children);
    assert!(task.poll_next(&mut stream).is_pending());
    stock.finish(1, 1);
    assert_eq!(
        panic_of(|| task.poll_next(&mut stream).is_ready()),
        "drop of 1"
    );
    stock.finish(0, 0);
    assert_eq!(
        panic_of(|| task.poll_next(&mut stream).is_ready()),
        "drop of 0"
    );
    assert!(!stream.is_terminated());
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(0)));
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(1)));
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
}

#[test]
fn what_does_a_drop_drop() {
    for limit in LIMITS.into_iter().filter(|limit| (3..=65).contains(limit)) {
        let (log, stock, task) = (Log::default(), Stock::new(), Task::new());
        let mut stream = at_most(limit).ordered(stock.children());
        assert!(task.poll_next(&mut stream).is_pending());
        for index in 1..limit {
            stock.finish(index, log.on_drop(index));
        }
        assert!(task.poll_next(&mut stream).is_pending());
        assert_eq!((stock.alive(), log.take()), (1, vec![]));
        drop(stream);
        assert!(stock.all_dropped_once());
        assert!(log.take().into_iter().eq(1..limit));
        task.woken();
        stock.remote(0).wake();
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn do_the_bounds_of_the_size_hint_hold_at_each_step() {
    let (stock, task) = (Stock::new(), Task::new());
    let children = (0..10).map(|_| stock.make());
    let mut stream = at_most(3).ordered(children);
    for index in 0..10 {
        assert_eq!(stream.size_hint(), (10 - index, Some(10 - index)));
        assert!(task.poll_next(&mut stream).is_pending());
        assert_eq!(stream.size_hint(), (10 - index, Some(10 - index)));
        stock.finish(index, index);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(index)));
    }
}
