//! What `gather!` and `try_gather!` poll: in which order, how often, with which waker, and where.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    task::{Poll, Waker},
};

use crate::support::{Log, Remote, Still, Task};
use gather::{gather, try_gather};

#[test]
fn children_get_the_task_waker_itself() {
    let task = Task::new();
    let same = |waker: &Waker| waker.will_wake(task.waker()) && waker.data() == task.waker().data();
    let child = || poll_fn(|cx| Poll::Ready(same(cx.waker())));
    assert_eq!(
        task.poll(&mut gather!(child(), child())),
        Poll::Ready((true, true))
    );
    assert_eq!((task.clones(), task.woken()), (0, 0));
}

/// Gives what was polled, in order.
fn order_of(
    log: &Log,
    task: &Task,
    job: &mut (impl Future<Output: std::fmt::Debug> + Unpin),
) -> Vec<usize> {
    assert!(task.poll(job).is_pending());
    log.take()
}

#[test]
fn the_first_poll_is_in_index_order_and_each_later_one_starts_one_further() {
    let (log, task) = (Log::default(), Task::new());
    let child = |index| {
        let log = log.clone();
        poll_fn(move |_| {
            log.note(index);
            Poll::<Result<(), ()>>::Pending
        })
    };
    let mut job = gather!(child(0), child(1), child(2));
    let mut fallible = try_gather!(child(0), child(1), child(2));
    for _ in 0..3 {
        for expected in [[0, 1, 2], [1, 2, 0], [2, 0, 1]] {
            assert_eq!(order_of(&log, &task, &mut job), expected);
            assert_eq!(order_of(&log, &task, &mut fallible), expected);
        }
    }
}

#[test]
fn no_child_is_starved_by_siblings_that_spend_the_budget() {
    let (budget, task) = (Cell::new(0), Task::new());
    let greedy = |needs: usize| {
        let (budget, mut needs) = (&budget, needs);
        poll_fn(move |cx| {
            while budget.get() > 0 {
                if needs == 0 {
                    return Poll::Ready(());
                }
                budget.set(budget.get() - 1);
                needs -= 1;
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    };
    let mut job = gather!(greedy(usize::MAX), greedy(100), greedy(100));
    for _ in 0..60 {
        budget.set(10);
        assert!(task.poll(&mut job).is_pending());
    }
    assert_eq!(format!("{job:?}"), "GatherFixed([Running, Done, Done])");
}

#[test]
fn a_child_that_is_ready_is_dropped_at_once_and_not_polled_again() {
    let task = Task::new();
    let (slow, child) = Remote::new();
    let (quick, second) = Remote::new();
    let mut job = gather!(child, second);
    quick.put(2);
    for polls in 1..4 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((quick.polls(), quick.drops()), (1, 1));
        assert_eq!((slow.polls(), slow.drops()), (polls, 0));
    }
    slow.finish("a");
    assert_eq!(task.poll(&mut job), Poll::Ready(("a", 2)));
    assert_eq!((slow.polls(), slow.drops()), (4, 1));
}

#[test]
fn a_child_that_cannot_be_moved_stays_where_it_is() {
    let still = |polls| Still::new(polls);
    let task = Task::new();
    let mut job = Box::pin(gather!(still(1), still(3), still(2)));
    assert!(task.poll(&mut job).is_pending());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(task.poll(&mut job), Poll::Ready(((), (), ())));
}
