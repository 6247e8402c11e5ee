//! A job with a limit that ends when a timer is ready.

use std::{
    future::{Future, pending, ready},
    task::Poll,
};

use futures::future::FusedFuture;
use gather::{at_most, from_stream};

use crate::support::{
    Holding, Log, Remote, Task,
    feed::Feed,
    panic_of, poll_once,
    stock::{LIMITS, Stock, counts},
};

#[test]
fn are_all_there_if_they_finish_in_time() {
    for limit in LIMITS {
        for count in counts(limit) {
            let job = at_most(limit).gather((0..count).map(ready));
            let Poll::Ready((outputs, rest)) = poll_once(job.deadline(pending::<()>())) else {
                panic!("all are ready");
            };
            assert!(outputs.into_iter().eq((0..count).map(Some)));
            assert!(rest.is_none());
        }
    }
}

#[test]
fn are_completed_outputs_and_the_rest_of_the_source_returned() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        let (stock, task) = (Stock::new(), Task::new());
        let (timer, deadline) = Remote::new();
        let mut seen = vec![];
        let children = (0..200).map(|_| stock.make());
        let job = at_most(limit).gather(children);
        let mut job = job.inspect(|index, _| seen.push(index)).deadline(deadline);
        for index in 0..70 {
            assert!(task.poll(&mut job).is_pending());
            stock.finish(index, index);
            assert_eq!(task.woken(), 1);
        }
        timer.finish(());
        let Poll::Ready((outputs, rest)) = task.poll(&mut job) else {
            panic!("the timer is ready");
        };
        // Each completed child was replaced.
        assert_eq!((stock.made(), stock.alive()), (70 + limit, 0));
        let expected = (0..70 + limit).map(|index| (index < 70).then_some(index));
        assert!(outputs.into_iter().eq(expected));
        assert_eq!(rest.unwrap().len(), 130 - limit);
        assert!(job.is_terminated());
        assert_eq!(timer.polls(), 71);
        let message = panic_of(|| task.poll(&mut job).is_ready());
        assert_eq!(message, "`Deadline` polled after completion");
        drop(job);
        assert!(seen.into_iter().eq(0..70));
    }
}

#[test]
fn can_each_try_have_its_own_deadline() {
    let (stock, task) = (Stock::<()>::new(), Task::new());
    let mut rest = Some(stock.children().take(10));
    let mut tries = vec![];
    while let Some(children) = rest {
        let mut job = at_most(3).gather(children).deadline(ready(()));
        let Poll::Ready((outputs, left)) = task.poll(&mut job) else {
            panic!("it is late");
        };
        tries.push(outputs.len());
        rest = left;
    }
    assert_eq!(tries, [3, 3, 3, 1]);
    assert!(stock.all_dropped_once());
}

#[test]
fn is_no_output_lost_with_a_source_that_is_late() {
    let task = Task::new();
    let (feed, fed) = Feed::new();
    let (timer, deadline) = Remote::new();
    feed.put(ready(1));
    let mut job = at_most(2).gather(from_stream(fed)).deadline(deadline);
    assert!(task.poll(&mut job).is_pending());
    timer.finish(());
    assert_eq!(task.woken(), 1);
    let Poll::Ready((outputs, rest)) = task.poll(&mut job) else {
        panic!("it is late");
    };
    assert_eq!(outputs, [Some(1)]);
    feed.put(ready(2));
    feed.end();
    let rest = at_most(2).gather(rest.unwrap());
    assert_eq!(poll_once(rest), Poll::Ready(vec![2]));
}

#[test]
fn is_no_output_lost_if_the_drop_of_a_late_child_panics() {
    let (log, stock, task) = (Log::default(), Stock::new(), Task::new());
    let children = stock.children().take(9).enumerate();
    let children = children.map(|(index, child)| {
        stock.remote(index).put(index);
        let child: std::pin::Pin<Box<dyn Future<Output = usize>>> = match index {
            0 | 1 => Box::pin(Holding(Box::pin(pending()), log.noted(index, index == 0))),
            _ => Box::pin(child),
        };
        child
    });
    let mut job = at_most(4).gather(children).deadline(ready(()));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "drop of 0");
    assert_eq!((task.woken(), log.take()), (1, vec![0, 1]));
    let Poll::Ready((outputs, rest)) = task.poll(&mut job) else {
        panic!("it is late");
    };
    drop(rest);
    assert_eq!(outputs[..2], [None, None]);
    assert!(
        outputs[2..]
            .iter()
            .enumerate()
            .all(|(index, output)| *output == Some(index + 2))
    );
}
