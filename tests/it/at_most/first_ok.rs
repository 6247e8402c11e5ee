//! The first success under a limit.

use std::task::Poll;

use futures::future::FusedFuture;
use gather::at_most;

use crate::support::{
    Task, panic_of, poll_once,
    stock::{LIMITS, Stock, counts},
};

#[test]
fn are_the_others_dropped_before_the_first_success_is_returned() {
    for limit in LIMITS {
        for winner in [0, 1, 70] {
            let (stock, task) = (Stock::new(), Task::new());
            let mut job = at_most(limit).first_ok(stock.children().take(200));
            assert!(task.poll(&mut job).is_pending());
            for index in 0..winner {
                stock.finish(index, Err(index));
                assert!(task.poll(&mut job).is_pending());
            }
            let made = stock.made();
            assert_eq!(made, limit.min(200 - winner) + winner);
            task.woken();
            let last = stock.remote(made - 1);
            stock.finish(winner, Ok("won"));
            assert_eq!(task.woken(), 1);
            let Poll::Ready(Ok("won")) = task.poll(&mut job) else {
                panic!("it has won");
            };
            assert_eq!(stock.made(), made);
            assert!(stock.all_dropped_once() && job.is_terminated());
            if limit > 1 {
                last.wake();
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
            let message = panic_of(|| task.poll(&mut job).is_ready());
            assert_eq!(message, "`AtMostFirstOk` polled after completion");
        }
    }
}

#[test]
fn are_all_errors_in_input_order_if_none_succeeds() {
    for limit in LIMITS {
        for count in counts(limit) {
            let (stock, task) = (Stock::<Result<(), usize>>::new(), Task::new());
            let mut job = at_most(limit).first_ok(stock.children().take(count));
            let errors = loop {
                if let Poll::Ready(ended) = task.poll(&mut job) {
                    break ended.unwrap_err();
                }
                // The last one first.
                let alive = (0..stock.made()).rev().find(|&index| stock.is_alive(index));
                let index = alive.unwrap();
                stock.finish(index, Err(10 * index));
                assert_eq!(task.woken(), 1);
            };
            assert!(
                errors
                    .into_iter()
                    .eq((0..count).map(|index| (index, 10 * index)))
            );
            assert_eq!(stock.most(), limit.min(count));
        }
    }
}

#[test]
fn of_successes_in_one_poll_does_the_lowest_index_win() {
    let children = (0..9).map(async |index| {
        if index % 2 == 1 {
            Ok(index)
        } else {
            Err(index)
        }
    });
    let Poll::Ready(won) = poll_once(at_most(5).first_ok(children)) else {
        panic!("all are ready");
    };
    assert_eq!(won.ok(), Some(1));
}

#[test]
fn is_a_child_that_panicked_named_only_if_none_succeeds() {
    for succeeds in [false, true] {
        let children = (0..3).map(|index| async move {
            assert_ne!(index, 1, "ouch");
            if succeeds && index == 2 {
                Ok(index)
            } else {
                Err(index)
            }
        });
        let task = Task::new();
        let mut job = at_most(2).first_ok(children);
        assert!(panic_of(|| task.poll(&mut job).is_ready()).contains("ouch"));
        assert_eq!(task.woken(), 1);
        if succeeds {
            assert!(matches!(task.poll(&mut job), Poll::Ready(Ok(2))));
        } else {
            let message = panic_of(|| task.poll(&mut job).is_ready());
            assert_eq!(
                message,
                "`AtMostFirstOk` has no output of child 1, which panicked"
            );
        }
    }
}
