//! Children in several chunks.

use std::{future::Future, task::Poll};

use futures::stream::FusedStream;
use gather::at_most;

use super::{COUNT, one_panics, polled_on};
use crate::support::{Holding, PanicsOnDrop, Task, poll_once, stock::Stock};

/// A child so large that there is no room for all at first.
fn large<F: Future>(child: F) -> impl Future<Output = F::Output> {
    let memory = [0_u8; 8192];
    async move {
        let output = child.await;
        std::hint::black_box(&memory);
        output
    }
}

#[test]
fn a_child_that_panics_in_any_chunk_is_replaced_and_the_others_go_on() {
    for limit in [20, 64, usize::MAX] {
        for panicked in 0..COUNT {
            for at_once in [false, true] {
                let stock = Stock::new();
                let children = one_panics(&stock, panicked, at_once).map(large);
                // Without a size hint.
                let mut stream = at_most(limit).completions(children.filter(|_| true));
                let task = Task::new();
                let mut seen = vec![];
                let all = || loop {
                    match task.poll_next(&mut stream) {
                        Poll::Ready(Some(item)) => seen.push(item),
                        other => return other,
                    }
                };
                let outcome = |index| {
                    if index == panicked {
                        Err("ouch")
                    } else {
                        Ok(index)
                    }
                };
                let (end, panics) = polled_on(&stock, outcome, all);
                assert_eq!((end, panics), (Ok(None), vec!["ouch"]));
                seen.sort_unstable();
                let others = (0..COUNT).filter(|&index| index != panicked);
                assert!(seen.into_iter().eq(others.map(|index| (index, index))));
                let most = limit.min(COUNT - usize::from(at_once && panicked < COUNT - 1));
                assert_eq!((stock.made(), stock.most()), (COUNT, most));
                assert!(stock.all_dropped_once() && stream.is_terminated());
            }
        }
    }
}

#[test]
fn a_child_whose_drop_panics_in_any_chunk_loses_no_output() {
    for limit in [20, 64, usize::MAX] {
        for at_once in [false, true] {
            let stock = Stock::new();
            let children = stock.children().take(COUNT).enumerate();
            let children = children.map(|(index, child)| {
                if at_once {
                    stock.remote(index).put(index);
                }
                Holding(Box::pin(child), (PanicsOnDrop(true), [0_u8; 8192]))
            });
            let mut job = at_most(limit).gather(children.filter(|_| true));
            let (outputs, panics) = polled_on(&stock, |index| index, || poll_once(&mut job));
            assert_eq!(outputs, Ok((0..COUNT).collect()));
            assert_eq!(panics, ["drop"; COUNT]);
        }
    }
}
