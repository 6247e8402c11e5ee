//! After a panic under a limit the task is woken, once, if something is left to do.

use std::{future::Future, iter, panic::panic_any, task::Poll};

use futures::future::FutureExt;
use gather::at_most;

use crate::support::{
    Holding, PanicsOnDrop, Task, panic_of,
    stock::{Item, Stock},
};

const LIMITS: [usize; 7] = [1, 2, 3, 32, 33, 64, usize::MAX];
/// Children of a job: more than two chunks hold.
const COUNT: usize = 70;

/// The limits below the number of children.
fn limits() -> impl Iterator<Item = usize> {
    LIMITS.into_iter().filter(|&limit| limit < COUNT)
}

/// Endless children, of which one is done before its first poll.
fn one_done<T: Clone>(stock: &Stock<T>, done: usize, output: T) -> impl Iterator<Item = Item<T>> {
    let stock = stock.clone();
    stock.children().enumerate().map(move |(index, child)| {
        if index == done {
            stock.remote(index).put(output.clone());
        }
        child
    })
}

async fn or_panic(child: Item<Result<usize, &'static str>>) -> usize {
    child.await.unwrap_or_else(|message| panic_any(message))
}

#[test]
fn is_the_task_woken_after_a_panic_of_the_iterator() {
    for limit in LIMITS {
        for panicked in 0..=COUNT {
            let stock = Stock::new();
            let mut panics = false;
            let children = iter::from_fn(|| {
                if stock.made() == panicked && !panics {
                    panics = true;
                    panic_any("iterator");
                }
                (stock.made() < COUNT).then(|| stock.make())
            });
            let mut job = at_most(limit).gather(children);
            let task = Task::new();
            for next in 0..panicked.saturating_sub(limit - 1) {
                assert!(task.poll(&mut job).is_pending());
                stock.finish(next, next);
                assert_eq!(task.woken(), 1);
            }
            assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "iterator");
            assert_eq!(task.woken(), 1, "limit {limit}, child {panicked}");
        }
    }
}

#[test]
fn is_the_task_woken_after_a_panic_of_a_child_if_more_are_to_come() {
    for limit in limits() {
        for panicked in [0, limit - 1] {
            for fallible in [false, true] {
                let stock = Stock::new();
                let children = one_done(&stock, limit, Err("first poll")).map(or_panic);
                let mut job: Box<dyn Future<Output = ()> + Unpin> = if fallible {
                    let children = children.map(async |child| Ok::<_, ()>(child.await));
                    Box::new(at_most(limit).try_gather(children).map(drop))
                } else {
                    Box::new(at_most(limit).gather(children).map(drop))
                };
                let task = Task::new();
                assert!(task.poll(&mut job).is_pending());
                stock.finish(panicked, Err("later poll"));
                assert_eq!(task.woken(), 1);
                for message in ["later poll", "first poll"] {
                    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), message);
                    assert_eq!(task.woken(), 1, "limit {limit}, {panicked}, {message}");
                }
                assert!(task.poll(&mut job).is_pending());
                assert_eq!((stock.alive(), stock.made()), (limit, limit + 2));
            }
        }
    }
}

#[test]
fn is_the_task_woken_after_a_panic_of_the_last_child() {
    for limit in LIMITS {
        let stock = Stock::new();
        let mut job = at_most(limit).gather(stock.children().take(COUNT).map(or_panic));
        let task = Task::new();
        let last = COUNT - 1;
        for index in 0..=last {
            assert!(task.poll(&mut job).is_pending());
            stock.finish(
                index,
                if index == last {
                    Err("ouch")
                } else {
                    Ok(index)
                },
            );
            assert_eq!(task.woken(), 1);
        }
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "ouch");
        assert_eq!(task.woken(), 1, "limit {limit}");
        let message = panic_of(|| task.poll(&mut job).is_ready());
        assert!(message.contains(&format!("child {last},")), "{message}");
    }
}

#[test]
fn is_the_task_woken_after_a_panic_of_a_drop_if_the_output_is_there() {
    for limit in limits() {
        let stock = Stock::new();
        let children = one_done(&stock, limit, "first poll");
        let mut next = 0;
        let children = children.map(|child| {
            next += 1;
            Holding(child, PanicsOnDrop((limit..limit + 2).contains(&next)))
        });
        let mut stream = at_most(limit).completions(children);
        let task = Task::new();
        assert!(task.poll_next(&mut stream).is_pending());
        stock.finish(limit - 1, "later poll");
        assert_eq!(task.woken(), 1);
        for (index, output) in [(limit - 1, "later poll"), (limit, "first poll")] {
            assert_eq!(panic_of(|| task.poll_next(&mut stream)), "drop");
            assert_eq!(task.woken(), 1, "limit {limit}, {output}");
            let item = Poll::Ready(Some((index, output)));
            assert_eq!(task.poll_next(&mut stream), item);
            assert_eq!(task.woken(), 0);
        }
    }
}
