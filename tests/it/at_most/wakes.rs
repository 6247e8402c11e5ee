//! Wakes under a limit: late wakes, by wakers of a child whose slot may have the next one, and those of
//! children that wake themselves.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Poll, Waker},
};

use gather::at_most;

use crate::support::{
    Task,
    stock::{LIMITS, Restless, Stock},
};

/// Limits at which children have wakers of their own.
fn limits() -> impl Iterator<Item = usize> {
    LIMITS.into_iter().filter(|limit| (2..=65).contains(limit))
}

#[test]
fn a_late_wake_costs_the_next_child_one_poll_at_most_and_none_of_its_wakes() {
    for limit in limits() {
        for wakes in [1, 2, 3] {
            let stock = Stock::new();
            let task = Task::new();
            let mut job = at_most(limit).gather(stock.children().take(limit + 1));
            assert!(task.poll(&mut job).is_pending());
            let late = stock.waker(0);
            stock.finish(0, 0);
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((stock.made(), stock.polls(limit)), (limit + 1, 1));

            (0..wakes).for_each(|_| late.wake_by_ref());
            assert!(task.woken() <= 1);
            assert!(task.poll(&mut job).is_pending());
            assert!(stock.polls(limit) <= 2);
            let spurious = stock.polls(limit);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(stock.polls(limit), spurious);

            // A wake of its own between two late ones.
            for round in 1..=wakes {
                late.wake_by_ref();
                stock.remote(limit).wake();
                late.wake_by_ref();
                assert_eq!(task.woken(), 1);
                assert!(task.poll(&mut job).is_pending());
                assert_eq!(stock.polls(limit), spurious + round);
            }
            stock.finish(limit, limit);
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_pending());
            assert!(!stock.is_alive(limit));
            // The slot is vacant, and stays so.
            late.wake();
            assert_eq!((task.woken(), stock.made()), (0, limit + 1));
        }
    }
}

#[test]
fn a_wake_while_a_child_completes_costs_the_next_one_one_poll_at_most() {
    for limit in limits() {
        let stock = Stock::new();
        let late = RefCell::new(vec![]);
        // It is woken in the very poll in which it finishes.
        let children = stock.children().take(limit + 1).map(|mut child| {
            let late = &late;
            poll_fn(move |cx| {
                let polled = Pin::new(&mut child).poll(cx);
                if polled.is_ready() {
                    cx.waker().wake_by_ref();
                    late.borrow_mut().push(cx.waker().clone());
                }
                polled
            })
        });
        let task = Task::new();
        let mut job = at_most(limit).gather(children);
        assert!(task.poll(&mut job).is_pending());
        stock.finish(0, 0);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((stock.made(), stock.polls(limit)), (limit + 1, 1));
        for _ in 0..3 {
            late.borrow().iter().for_each(Waker::wake_by_ref);
        }
        assert!(task.poll(&mut job).is_pending());
        assert!(stock.polls(limit) <= 2);
        task.woken();
        stock.finish(limit, 1);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(stock.alive(), limit - 1);
    }
}

#[test]
fn a_wake_of_a_vacant_slot_does_not_wake_the_task() {
    for limit in limits() {
        let stock = Stock::new();
        let task = Task::new();
        let mut stream = at_most(limit).completions(stock.children());
        assert!(task.poll_next(&mut stream).is_pending());
        let late = stock.waker(0);
        stock.finish(0, 0);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some((0, 0))));
        late.wake();
        assert_eq!(task.woken(), 0);
        assert!(task.poll_next(&mut stream).is_pending());
        assert!(task.poll_next(&mut stream).is_pending());
        assert_eq!((stock.made(), stock.polls(limit)), (limit + 1, 1));
        stock.finish(limit, 1);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some((limit, 1))));
    }
}

#[test]
fn a_child_that_wakes_itself_is_polled_again_in_the_next_poll() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        let stock = Stock::new();
        let task = Task::new();
        // So few that no pass ends early.
        let restless = |index: usize| index % limit.div_ceil(20) == 0;
        let times = |(index, child)| Restless(child, if restless(index) { 2 } else { 0 });
        let children = stock.children().enumerate().map(times);
        let mut job = at_most(limit).gather(children.take(4 * limit));
        for window in 0..4 {
            // Each was made in this poll, after another one completed.
            let children = window * limit..(window + 1) * limit;
            for polls in 1..=4 {
                assert!(task.poll(&mut job).is_pending());
                for index in children.clone() {
                    let expected = if restless(index) { polls.min(3) } else { 1 };
                    assert_eq!(stock.polls(index), expected, "limit {limit}");
                }
                assert_eq!(task.woken(), usize::from(polls < 3));
            }
            children.for_each(|index| stock.finish(index, index));
            assert_eq!(task.woken(), 1);
        }
        let outputs = Poll::Ready((0..4 * limit).collect());
        assert_eq!(task.poll(&mut job), outputs);
    }
}

#[test]
fn a_child_of_a_stream_that_wakes_itself_is_polled_again_in_the_next_poll() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        let stock = Stock::new();
        let task = Task::new();
        let mut next_restless = |child| Restless(child, if stock.made() > limit { 2 } else { 0 });
        let children = stock.children().map(&mut next_restless);
        let mut stream = at_most(limit).completions(children);
        assert!(task.poll_next(&mut stream).is_pending());
        for index in 0..2 * limit {
            stock.finish(index, ());
            assert_eq!(task.woken(), 1);
            let item = Poll::Ready(Some((index, ())));
            assert_eq!(task.poll_next(&mut stream), item);
            for polls in 1..=3 {
                assert!(task.poll_next(&mut stream).is_pending());
                assert_eq!(stock.polls(limit + index), polls, "limit {limit}");
                assert_eq!(task.woken().min(1), usize::from(polls < 3));
            }
        }
    }
}

#[test]
fn a_poll_of_many_that_wake_themselves_ends_early_though_some_complete() {
    // One in `done` is ready at its second poll.
    let polls = |done: usize| {
        let stock = Stock::new();
        let task = Task::new();
        let children = stock.children().map(|child| Restless(child, 9));
        let mut job = at_most(1000).gather(children.take(1000));
        let polls = || (0..1000).map(|index| stock.polls(index)).sum::<usize>();
        // All are started: first polls do not count for the budget.
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((task.woken(), polls()), (1, 1000));
        (0..1000)
            .step_by(done)
            .for_each(|index| stock.remote(index).put(index));
        let mut before = 1000;
        [(); 4].map(|()| {
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(task.woken(), 1);
            let now = polls();
            now - mem::replace(&mut before, now)
        })
    };
    // 256 are polled in vain in each poll, and the rest at the end of the pass.
    assert_eq!(polls(1000), [257, 256, 256, 231]);
    assert_eq!(polls(20), [270, 269, 270, 191]);
}

#[test]
fn a_stream_polls_all_children_though_some_are_always_ready() {
    // So large that they are in several chunks.
    let finishes_at_its_second_poll = |index: usize| {
        let mut polls = [0; 4096];
        poll_fn(move |cx| {
            polls[0] += 1;
            cx.waker().wake_by_ref();
            if polls[0] == 1 {
                return Poll::Pending;
            }
            Poll::Ready(index)
        })
    };
    let task = Task::new();
    let children = (0..).map(finishes_at_its_second_poll);
    let mut stream = at_most(64).completions(children.filter(|_| true));
    let mut late: Vec<_> = (0..64).collect();
    for _ in 0..1000 {
        if let Poll::Ready(Some((index, _))) = task.poll_next(&mut stream) {
            late.retain(|&other| other != index);
        }
    }
    assert_eq!(late, []);
}

#[test]
fn a_waker_of_a_child_that_was_ready_at_once_does_not_wake_the_task() {
    for limit in limits() {
        let stock = Stock::<usize>::new();
        let task = Task::new();
        let wakers = RefCell::new(vec![]);
        let ready = poll_fn(|cx| {
            wakers.borrow_mut().push(cx.waker().clone());
            Poll::Ready(0_usize)
        });
        let pending = stock.children().take(limit - 1);
        let pending = pending.map(|child| Box::pin(child) as Pin<Box<dyn Future<Output = usize>>>);
        let ready = Box::pin(ready) as Pin<Box<dyn Future<Output = usize> + '_>>;
        let mut job = at_most(limit).gather(pending.chain([ready]));
        assert!(task.poll(&mut job).is_pending());
        let late: Vec<Waker> = wakers.take();
        late.into_iter().for_each(Waker::wake);
        assert_eq!(task.woken(), 0);
    }
}
