//! Children that come from a stream: when it is polled, what it wakes, how it ends.

use std::{
    future::ready,
    panic::panic_any,
    task::{Poll, Waker},
};

use futures::stream::{self, Stream, StreamExt, poll_fn};
use gather::{at_most, from_stream};

use crate::support::{
    Task,
    feed::Feed,
    panic_of, poll_once,
    stock::{LIMITS, Stock, counts},
};

#[test]
fn does_a_stream_that_is_ready_do_what_an_iterator_does() {
    for limit in LIMITS {
        for count in counts(limit) {
            let expected: Vec<_> = (0..count).collect();
            let children = || from_stream(stream::iter((0..count).map(ready)));
            let polled = poll_once(at_most(limit).gather(children()));
            assert_eq!(polled, Poll::Ready(expected.clone()));
            let ordered = at_most(limit).ordered(children()).collect::<Vec<_>>();
            assert_eq!(poll_once(ordered), Poll::Ready(expected.clone()));
            let unordered = at_most(limit).unordered(children()).collect::<Vec<_>>();
            assert_eq!(poll_once(unordered), Poll::Ready(expected));
        }
    }
}

#[test]
fn is_it_polled_only_when_there_is_room_and_once_a_poll_while_it_is_pending() {
    let (stock, task) = (Stock::new(), Task::new());
    let (feed, fed) = Feed::new();
    let mut job = at_most(2).gather(from_stream(fed));
    assert_eq!(feed.polls(), 0, "nothing is pulled before the first poll");
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((feed.polls(), task.woken()), (1, 0));
    // Without a wake there may be one.
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(feed.polls(), 2);

    (0..3).for_each(|_| feed.put(stock.make()));
    assert!(feed.wake());
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((feed.polls(), stock.polls(0), stock.polls(1)), (4, 1, 1));
    // There is no room.
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((feed.polls(), feed.wake(), stock.polls(0)), (4, false, 1));

    // Two finish in one poll: one is left, and after that it is pending, and not asked again.
    stock.finish(0, 'a');
    stock.finish(1, 'b');
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((feed.polls(), stock.polls(2)), (6, 1));
    feed.end();
    assert!(feed.wake());
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((feed.polls(), feed.drops()), (7, 1), "dropped at its end");
    stock.finish(2, 'c');
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec!['a', 'b', 'c']));
    assert_eq!(feed.polls(), 7);
}

#[test]
fn do_children_run_on_while_the_source_is_pending() {
    for limit in [2, 3, 64, 65] {
        let (stock, task) = (Stock::new(), Task::new());
        let (feed, fed) = Feed::new();
        feed.put(stock.make());
        let mut stream = at_most(limit).unordered(from_stream(fed));
        assert!(task.poll_next(&mut stream).is_pending());
        for round in 0..3 {
            // The child alone.
            stock.finish(round, round);
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(round)));
            assert!(task.poll_next(&mut stream).is_pending());
            // The source alone, while no child runs.
            feed.give(stock.make());
            assert_eq!((task.woken(), stock.alive()), (1, 1));
            assert!(task.poll_next(&mut stream).is_pending());
            assert_eq!(stock.polls(round + 1), 1);
        }
        // Both.
        feed.end();
        feed.wake();
        stock.finish(3, 3);
        assert_eq!(task.woken(), 2);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(3)));
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
    }
}

#[test]
fn does_a_late_end_of_the_source_end_the_job() {
    let task = Task::new();
    let (feed, fed) = Feed::new();
    feed.put(ready(1));
    let mut job = at_most(4).gather(from_stream(fed));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(job.running(), 0);
    feed.end();
    feed.wake();
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![1]));
}

#[test]
fn is_the_newest_task_woken_by_the_source() {
    let (before, task) = (Task::new(), Task::new());
    let (feed, fed) = Feed::new();
    let mut job = at_most(4).gather(from_stream(fed));
    assert!(before.poll(&mut job).is_pending());
    assert!(task.poll(&mut job).is_pending());
    feed.give(ready(()));
    assert_eq!((before.woken(), task.woken()), (0, 1));
}

#[test]
fn is_a_source_that_its_own_children_feed_woken() {
    // A crawl: each child puts more into the stream that it came from.
    let task = Task::new();
    let (feed, fed) = Feed::new();
    let feed = &feed;
    let child = |depth: usize| async move {
        if depth == 0 {
            feed.end();
            feed.wake();
        } else {
            feed.give(depth - 1);
        }
        depth
    };
    feed.put(9);
    let (outputs, polls) = task.run(at_most(3).gather(from_stream(fed.map(child))));
    assert!(outputs.into_iter().eq((0..10).rev()));
    assert!(polls <= 11);
}

/// Gives three children, then panics.
fn panicking<T>(stock: &Stock<T>) -> impl Stream<Item = crate::support::stock::Item<T>> {
    let stock = stock.clone();
    let mut is_over = false;
    poll_fn(move |_| {
        assert!(!is_over, "polled after it has panicked");
        if stock.made() == 3 {
            is_over = true;
            panic_any("source");
        }
        Poll::Ready(Some(stock.make()))
    })
}

#[test]
fn do_children_run_on_after_a_panic_of_the_stream() {
    for limit in [4, 64, usize::MAX] {
        let (stock, task) = (Stock::new(), Task::new());
        let mut job = at_most(limit).gather(from_stream(panicking(&stock)));
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "source");
        assert_eq!((task.woken(), stock.alive()), (1, 3));
        assert!(task.poll(&mut job).is_pending());
        (0..3).for_each(|index| stock.finish(index, index));
        assert_eq!(task.woken(), 1);
        let message = "`AtMostGather` lacks outputs: the source of its children panicked";
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), message);
        // What has finished is not lost.
        let (outputs, rest) = job.into_partial();
        assert_eq!(outputs, [Some(0), Some(1), Some(2)]);
        assert!(rest.is_none());

        let (stock, task) = (Stock::new(), Task::new());
        let mut stream = at_most(limit).ordered(from_stream(panicking(&stock)));
        assert_eq!(
            panic_of(|| task.poll_next(&mut stream).is_ready()),
            "source"
        );
        assert_eq!((task.woken(), stock.alive()), (1, 3));
        (0..3).for_each(|index| stock.finish(index, index));
        for index in 0..3 {
            assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some(index)));
        }
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
    }
}

#[test]
fn does_an_outcome_end_a_try_while_its_source_is_pending() {
    for limit in LIMITS.into_iter().filter(|&limit| limit > 1) {
        let (task, (feed, fed)) = (Task::new(), Feed::new());
        let mut job = at_most(limit).try_gather(from_stream(fed));
        assert!(task.poll(&mut job).is_pending());
        feed.give(ready(Ok(0)));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((task.woken(), job.get(0)), (1, Some(&0)));
        feed.give(ready(Err("failed")));
        assert_eq!(task.poll(&mut job), Poll::Ready(Err("failed")));
        assert_eq!(feed.drops(), 1);

        let (feed, fed) = Feed::new();
        let mut job = at_most(limit).first_ok(from_stream(fed));
        assert!(task.poll(&mut job).is_pending());
        feed.give(ready(Err("down")));
        assert!(task.poll(&mut job).is_pending());
        feed.give(ready(Ok(1)));
        assert!(matches!(task.poll(&mut job), Poll::Ready(Ok(1))));
        assert_eq!(feed.drops(), 1);
    }
}

#[test]
fn does_a_late_end_of_its_source_end_a_try() {
    let (task, (feed, fed)) = (Task::new(), Feed::new());
    feed.put(ready(Ok::<_, ()>(1)));
    let mut job = at_most(4).try_gather(from_stream(fed));
    assert!(task.poll(&mut job).is_pending());
    feed.end();
    feed.wake();
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job), Poll::Ready(Ok(vec![1])));

    let (feed, fed) = Feed::new();
    feed.put(ready(Err::<(), _>("down")));
    let mut job = at_most(4).first_ok(from_stream(fed));
    assert!(task.poll(&mut job).is_pending());
    feed.end();
    feed.wake();
    assert_eq!(task.woken(), 1);
    let Poll::Ready(Err(errors)) = task.poll(&mut job) else {
        panic!("none succeeds");
    };
    assert!(errors.into_iter().eq([(0, "down")]));
}

#[test]
fn does_a_source_that_panics_end_a_try_only_if_no_outcome_does() {
    for ends in [false, true] {
        let (stock, task) = (Stock::new(), Task::new());
        let mut tried = at_most(4).try_gather(from_stream(panicking(&stock)));
        assert_eq!(panic_of(|| task.poll(&mut tried).is_ready()), "source");
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut tried).is_pending());
        let last = if ends { Err("failed") } else { Ok(2) };
        [Ok(0), Ok(1), last]
            .into_iter()
            .enumerate()
            .for_each(|(index, outcome)| stock.finish(index, outcome));
        task.woken();
        if ends {
            assert_eq!(task.poll(&mut tried), Poll::Ready(Err("failed")));
        } else {
            let message = "`AtMostTryGather` lacks outputs: the source of its children panicked";
            assert_eq!(panic_of(|| task.poll(&mut tried).is_ready()), message);
            let (values, rest) = tried.into_partial().unwrap();
            assert_eq!(
                (values, rest.is_none()),
                (vec![Some(0), Some(1), Some(2)], true)
            );
        }

        let stock = Stock::new();
        let mut first = at_most(4).first_ok(from_stream(panicking(&stock)));
        assert_eq!(panic_of(|| task.poll(&mut first).is_ready()), "source");
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut first).is_pending());
        let last = if ends { Ok("won") } else { Err(2) };
        [Err(0), Err(1), last]
            .into_iter()
            .enumerate()
            .for_each(|(index, outcome)| stock.finish(index, outcome));
        task.woken();
        if ends {
            assert!(matches!(task.poll(&mut first), Poll::Ready(Ok("won"))));
        } else {
            let message = "`AtMostFirstOk` lacks outputs: the source of its children panicked";
            assert_eq!(panic_of(|| task.poll(&mut first).is_ready()), message);
        }
    }
}

#[test]
fn is_its_size_hint_never_trusted() {
    for hint in [(0, Some(0)), (usize::MAX, None), (usize::MAX, Some(3))] {
        let mut items = (0..100).map(ready);
        let stream = Hinted(poll_fn(move |_| Poll::Ready(items.next())), hint);
        let polled = poll_once(at_most(7).gather(from_stream(stream)));
        assert_eq!(polled, Poll::Ready((0..100).collect()));
    }
}

/// A stream with that size hint.
struct Hinted<S>(S, (usize, Option<usize>));

impl<S: Stream + Unpin> Stream for Hinted<S> {
    type Item = S::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Option<S::Item>> {
        self.0.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.1
    }
}

#[test]
fn can_the_rest_of_a_source_be_pulled_after_the_job() {
    let (stock, task) = (Stock::new(), Task::new());
    let (feed, fed) = Feed::new();
    (0..3).for_each(|_| feed.put(stock.make()));
    let mut job = at_most(2).gather(from_stream(fed));
    assert!(task.poll(&mut job).is_pending());
    stock.remote(0).put(0);
    let (outputs, rest) = job.into_partial();
    assert_eq!((outputs, stock.alive()), (vec![None, None], 1));
    stock.remote(2).put(2);
    feed.end();
    let rest = rest.unwrap();
    assert_eq!(
        task.poll(&mut at_most(2).gather(rest)),
        Poll::Ready(vec![2])
    );

    let (_feed, fed) = Feed::<std::future::Ready<()>>::new();
    let source = from_stream(fed);
    assert_eq!(format!("{source:?}"), "FromStream { .. }");
    let mut stream = source.into_inner().unwrap();
    let cx = &mut std::task::Context::from_waker(Waker::noop());
    assert!(stream.as_mut().poll_next(cx).is_pending());
}
