//! `at_most`: which children are alive when, how often they are polled, and what is returned.

use std::{
    cell::RefCell,
    collections::HashSet,
    future::Future,
    iter,
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll},
    thread,
};

use futures::{channel::oneshot, future::FutureExt, stream::StreamExt};
use gather::at_most;

use crate::support::{
    Random, Task, poll_once,
    stock::{Event::*, LIMITS, Stock, counts},
    yielding,
};

/// Starts the children and completes them in a random order. Each completion is one wake, and one poll by
/// `poll`. Asserts that no more than `limit` children were ever alive.
fn run(limit: usize, count: usize, stock: &Stock<usize>, mut poll: impl FnMut(&Task) -> bool) {
    let task = Task::new();
    let mut random = Random(limit as u64 ^ (count as u64) << 32);
    let mut over = poll(&task);
    assert_eq!(stock.made(), limit.min(count));
    while !over {
        let alive: Vec<_> = (0..stock.made())
            .filter(|&index| stock.is_alive(index))
            .collect();
        let next = alive[random.below(alive.len())];
        stock.finish(next, 10 * next);
        assert_eq!(task.woken(), 1);
        over = poll(&task);
        assert!(!stock.is_alive(next));
        let left = count - (stock.made() - stock.alive());
        assert_eq!(stock.alive(), limit.min(left));
    }
    assert_eq!((stock.made(), stock.most()), (count, limit.min(count)));
    assert!(stock.all_dropped_once());
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn never_more_than_the_limit_are_alive_and_outputs_come_in_input_order() {
    for limit in LIMITS {
        for count in counts(limit) {
            let expected: Vec<_> = (0..count).map(|index| 10 * index).collect();

            let stock = Stock::new();
            let mut job = at_most(limit).gather(stock.children().take(count));
            run(limit, count, &stock, |task| match task.poll(&mut job) {
                Poll::Ready(outputs) => outputs == expected || panic!("{outputs:?}"),
                Poll::Pending => false,
            });

            let stock = Stock::new();
            let children = stock
                .children()
                .take(count)
                .map(|child| child.map(Ok::<_, ()>));
            let mut job = at_most(limit).try_gather(children);
            run(limit, count, &stock, |task| match task.poll(&mut job) {
                Poll::Ready(outputs) => outputs.as_ref() == Ok(&expected) || panic!("{outputs:?}"),
                Poll::Pending => false,
            });

            let stock = Stock::new();
            let mut seen = vec![];
            let mut stream = at_most(limit).completions(stock.children().take(count));
            run(limit, count, &stock, |task| {
                while let Poll::Ready(item) = task.poll_next(&mut stream) {
                    let Some((index, output)) = item else {
                        return true;
                    };
                    assert_eq!(output, 10 * index);
                    seen.push(output);
                }
                false
            });
            seen.sort_unstable();
            assert_eq!(seen, expected);
        }
    }
}

#[test]
fn children_that_are_ready_at_once_are_made_one_after_another() {
    for limit in LIMITS {
        for count in counts(limit) {
            let stock = Stock::new();
            let children = stock.children().enumerate().take(count);
            let ready = |(index, child)| {
                stock.remote(index).put(index);
                child
            };
            let job = at_most(limit).gather(children.map(ready));
            assert_eq!(poll_once(job), Poll::Ready((0..count).collect()));
            // One is done before the next is made.
            assert_eq!((stock.most(), stock.made()), (count.min(1), count));
            let in_input_order: Vec<_> = (0..count).map(Polled).collect();
            let mut events = stock.events();
            events.retain(|event| matches!(event, Polled(_)));
            assert_eq!(events, in_input_order);
        }
    }
}

#[test]
fn each_child_is_polled_once_when_it_starts_and_once_for_its_wake() {
    for limit in LIMITS {
        for count in counts(limit) {
            let stock = Stock::new();
            let mut job = at_most(limit).gather(stock.children().take(count));
            run(limit, count, &stock, |task| task.poll(&mut job).is_ready());
            let polls: Vec<_> = (0..count).map(|index| stock.polls(index)).collect();
            assert_eq!(polls, vec![2; count], "limit {limit}");
        }
    }
}

#[test]
fn a_child_is_made_only_when_there_is_room_and_polled_at_once() {
    let stock = Stock::new();
    let task = Task::new();
    let mut job = at_most(2).gather(stock.children().take(5));
    assert_eq!(stock.events(), [], "nothing is made before the first poll");
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(stock.events(), [Made(0), Polled(0), Made(1), Polled(1)]);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(stock.events(), [], "a spurious poll");

    stock.finish(1, 1);
    assert!(task.poll(&mut job).is_pending());
    let next_in_its_place = [Polled(1), Dropped(1), Made(2), Polled(2)];
    assert_eq!(stock.events(), next_in_its_place);

    // Two at once, of which the first is replaced before the second is polled.
    stock.finish(0, 0);
    stock.finish(2, 2);
    assert!(task.poll(&mut job).is_pending());
    let events = stock.events();
    let made: Vec<_> = events
        .iter()
        .filter(|event| matches!(event, Made(_)))
        .collect();
    assert_eq!(made, [&Made(3), &Made(4)]);
    for (made, polled) in [(Made(3), Polled(3)), (Made(4), Polled(4))] {
        let at = events.iter().position(|&event| event == made).unwrap();
        assert!(matches!(events[at - 1], Dropped(0 | 2)), "{events:?}");
        assert_eq!(events[at + 1], polled);
    }
    assert_eq!(events.len(), 8);

    // There is no more: the iterator is not asked again.
    stock.finish(4, 4);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(stock.events(), [Polled(4), Dropped(4)]);
    stock.finish(3, 3);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![0, 1, 2, 3, 4]));
    assert_eq!(stock.events(), [Polled(3), Dropped(3)]);
}

#[test]
fn a_stream_makes_the_next_child_only_once_the_output_was_yielded() {
    let stock = Stock::new();
    let task = Task::new();
    let mut stream = at_most(2).completions(stock.children());
    assert_eq!(stock.events(), [], "nothing is made before the first poll");
    assert!(task.poll_next(&mut stream).is_pending());
    assert_eq!(stock.events(), [Made(0), Polled(0), Made(1), Polled(1)]);

    stock.finish(0, 7);
    assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some((0, 7))));
    assert_eq!(stock.events(), [Polled(0), Dropped(0)]);
    assert!(task.poll_next(&mut stream).is_pending());
    assert_eq!(stock.events(), [Made(2), Polled(2)]);
}

#[test]
fn slots_are_reused_so_children_have_no_more_addresses_than_the_limit() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        let places = RefCell::new(HashSet::new());
        let child = |index| Placed(yielding(2, index).boxed_local(), &places);
        let (outputs, _) = Task::new().run(at_most(limit).gather((0..1000).map(child)));
        assert_eq!(outputs, (0..1000).collect::<Vec<_>>());
        assert_eq!(places.into_inner().len(), limit);
    }
}

/// Notes where it is when it is polled.
struct Placed<'a, F>(F, &'a RefCell<HashSet<usize>>);

impl<F: Future + Unpin> Future for Placed<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let place = (&raw const *self).addr();
        self.1.borrow_mut().insert(place);
        Pin::new(&mut self.0).poll(cx)
    }
}

#[test]
fn children_may_wait_for_later_children_within_the_limit() {
    const COUNT: usize = 200;
    for limit in [2, 3, 64, 65, COUNT] {
        // Each is completed by the child `behind` places after it; the last ones wait for none.
        let behind = limit - 1;
        let channels = (behind..COUNT).map(|_| oneshot::channel());
        let (senders, receivers): (Vec<_>, Vec<_>) = channels.unzip();
        let mut senders = senders.into_iter();
        let mut receivers = receivers.into_iter();
        let children = (0..COUNT).map(|index| {
            let sender = if index < behind { None } else { senders.next() };
            let receiver = receivers.next();
            async move {
                if let Some(sender) = sender {
                    sender.send(index - behind).unwrap();
                }
                match receiver {
                    Some(receiver) => receiver.await.unwrap(),
                    None => index,
                }
            }
        });
        let (outputs, _) = Task::new().run(at_most(limit).gather(children));
        assert_eq!(outputs, (0..COUNT).collect::<Vec<_>>());
    }
}

#[test]
fn an_endless_stream_can_be_stopped_and_polled_on() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        let stock = Stock::new();
        let task = Task::new();
        let mut stream = at_most(limit).completions(stock.children());
        let mut seen = vec![];
        for round in 0..10 {
            // It is left alone while children finish: nothing is lost, nothing more is made.
            let pending = task.poll_next(&mut stream).is_pending();
            assert!(pending, "all outputs were seen");
            assert_eq!(stock.alive(), limit);
            let first = stock.made() - limit;
            for index in (first..stock.made()).rev() {
                stock.finish(index, index * index);
            }
            assert_eq!(task.woken(), 1);
            for _ in 0..limit {
                let Poll::Ready(Some((index, output))) = task.poll_next(&mut stream) else {
                    panic!("{limit} have finished, {seen:?} were seen");
                };
                assert_eq!(output, index * index);
                seen.push(index);
            }
            // All but the last were replaced by then.
            assert_eq!(stock.made(), limit * (round + 2) - 1);
            seen.sort_unstable();
            assert_eq!(seen, (0..limit * (round + 1)).collect::<Vec<_>>());
        }
        drop(stream);
        assert!(stock.all_dropped_once());
    }
}

/// Children of each kind of job that are finished by another thread, the last one first.
async fn run_with_a_thread() {
    let (starts, started) = mpsc::channel::<(usize, oneshot::Sender<usize>)>();
    let worker = thread::spawn(move || {
        while let Ok(one) = started.recv() {
            let mut all: Vec<_> = iter::once(one).chain(started.try_iter()).collect();
            while let Some((index, sender)) = all.pop() {
                sender.send(index).unwrap();
            }
        }
    });
    let child = |index| {
        let (sender, receiver) = oneshot::channel();
        starts.send((index, sender)).unwrap();
        receiver.map(Result::unwrap)
    };
    let expected: Vec<_> = (0..1000).collect();
    for limit in [1, 2, 64, 65, usize::MAX] {
        let children = || (0..1000).map(child);
        assert_eq!(at_most(limit).gather(children()).await, expected);
        let fallible = children().map(|child| child.map(Ok::<_, ()>));
        assert_eq!(
            at_most(limit).try_gather(fallible).await.as_ref(),
            Ok(&expected)
        );
        let mut seen: Vec<_> = at_most(limit).completions(children()).collect().await;
        assert!(seen.iter().all(|(index, output)| index == output));
        seen.sort_unstable();
        assert!(seen.iter().map(|item| item.0).eq(0..1000));
    }
    drop(starts);
    worker.join().unwrap();
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn it_runs_on_every_executor() {
    crate::support::on_each_executor(run_with_a_thread);
}
