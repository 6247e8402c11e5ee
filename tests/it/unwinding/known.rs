//! Panics after which there is something left to do: is the task woken for it?

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    task::Poll,
};

use gather::at_most;

use crate::support::{Holding, PanicsOnDrop, Task, panic_of, polled, stock::Stock};

#[test]
fn a_predicate_that_panics_while_a_child_is_woken_leaves_the_task_woken() {
    for n in [3, 40] {
        let (task, remotes, mut job) = polled(n);
        remotes[0].finish(0);
        assert_eq!(task.woken(), 1);
        // A plain poll, which observes nothing, and parks again.
        assert!(task.poll(&mut job).is_pending());
        remotes[1].wake();
        assert_eq!(task.woken(), 1);
        let mut until = job.until(|_, _| resume_unwind(Box::new("predicate")));
        assert_eq!(panic_of(|| task.poll(&mut until)), "predicate");
        assert_eq!(task.woken(), 1);
        // It is not woken twice before it polls.
        remotes[2].wake();
        assert_eq!(task.woken(), 0);
        assert!(task.settle(&mut job).is_pending());
        assert_eq!([1, 2].map(|child| remotes[child].polls()), [2, 2]);
        for (index, remote) in remotes.iter().enumerate().skip(1) {
            assert_eq!(task.woken(), 0);
            remote.finish(index);
            assert_eq!(task.woken(), 1);
            let polled = task.poll(&mut job);
            assert_eq!(polled.is_ready(), index == n - 1);
        }
    }
}

#[test]
fn a_predicate_that_panics_while_no_child_is_woken_has_the_task_woken_once() {
    for n in [3, 40] {
        let (old, remotes, mut job) = polled(n);
        remotes[0].finish(0);
        assert_eq!(old.woken(), 1);
        assert!(old.poll(&mut job).is_pending());
        let task = Task::new();
        let mut until = job.until(|_, _| resume_unwind(Box::new("predicate")));
        assert_eq!(panic_of(|| task.poll(&mut until)), "predicate");
        assert_eq!((old.woken(), task.woken()), (0, 1));
        remotes[1].finish(1);
        assert_eq!((old.woken(), task.woken()), (0, 0));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(job.get(1), Some(&1));
    }
}

#[test]
fn a_limit_with_room_after_two_drops_that_panic_leaves_the_task_woken() {
    const LIMIT: usize = 258;
    for panicking in [[0, 1], [0, 257], [128, 129], [256, 257]] {
        let (stock, task) = (Stock::new(), Task::new());
        let children = stock.children().take(2 * LIMIT).enumerate();
        let children =
            children.map(|(index, child)| Holding(child, PanicsOnDrop(panicking.contains(&index))));
        let mut job = at_most(LIMIT).gather(children);
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(stock.made(), LIMIT);
        panicking
            .iter()
            .for_each(|&index| stock.finish(index, index));
        (0..LIMIT).for_each(|index| stock.remote(index).wake());
        assert_eq!(task.woken(), 1);
        let mut panics = 0;
        // Until there is nothing to do.
        while {
            let polled = catch_unwind(AssertUnwindSafe(|| task.poll(&mut job)));
            panics += usize::from(polled.is_err());
            let woken = task.woken();
            assert!(
                woken == 1 || stock.alive() == LIMIT,
                "there is room, and input left"
            );
            woken == 1
        } {}
        assert_eq!((panics, stock.made(), stock.alive()), (2, LIMIT + 2, LIMIT));
        let polls = |index| stock.polls(index);
        assert!(
            (0..LIMIT).all(|index| polls(index) == 2),
            "each for its wake"
        );
        while stock.alive() > 0 {
            let alive = (0..stock.made()).filter(|&index| stock.is_alive(index));
            alive.for_each(|index| stock.finish(index, index));
            assert_eq!(task.woken(), 1);
            if let Poll::Ready(outputs) = task.settle(&mut job) {
                assert!(outputs.into_iter().eq(0..2 * LIMIT));
            }
        }
        assert!(stock.all_dropped_once());
    }
}
