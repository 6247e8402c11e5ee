//! What wakes the task, which task, and how often?

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
    thread,
};

use futures::Stream;
use gather::GatherSet;

use crate::support::{
    Child, Remote, Task, poll_once, polls,
    set::{SIZES, push, waiting},
    total_polls,
};

/// Polls until a poll has not ended early.
fn settle<F: Future>(task: &Task, set: &mut GatherSet<F>) {
    while {
        assert!(task.poll_next(set).is_pending());
        task.woken() > 0
    } {}
}

#[test]
fn is_the_task_woken_once_a_parking_and_are_only_woken_children_polled() {
    let mut set = GatherSet::new();
    let task = Task::new();
    let mut remotes = vec![];
    // It grows while it is parked. The block of child 8192 is the first one of three levels.
    for n in SIZES.into_iter().chain([8193]) {
        // Few enough for one pass.
        let step = (n / 100).max(7);
        while remotes.len() < n {
            remotes.push(push::<usize>(&mut set).1);
        }
        assert!(task.poll_next(&mut set).is_pending());
        for twice in [false, true] {
            let before = total_polls(&remotes);
            remotes.iter().step_by(step).for_each(Remote::wake);
            if twice {
                remotes.iter().step_by(step).for_each(Remote::wake);
            }
            assert_eq!(task.woken(), 1, "{n}");
            assert!(task.poll_next(&mut set).is_pending());
            assert_eq!(total_polls(&remotes) - before, n.div_ceil(step));
            assert_eq!(task.woken(), 0);
        }
    }
}

#[test]
fn does_a_spurious_poll_poll_a_child() {
    for n in SIZES {
        let (task, _, remotes, mut set) = waiting(n);
        let other = Task::new();
        for task in [&task, &other, &other, &task] {
            assert!(task.poll_next(&mut set).is_pending());
            assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
        }
    }
}

#[test]
fn is_a_wake_lost_between_a_push_and_the_poll() {
    for n in SIZES {
        let (task, _, mut remotes, mut set) = waiting(n);
        remotes.push(push(&mut set).1);
        remotes[0].finish(1);
        assert_eq!(task.woken(), 1);
        // The new one is polled, too.
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
        assert_eq!((remotes[0].polls(), remotes[n].polls()), (2, 1));
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!((total_polls(&remotes), task.woken()), (n + 2, 0));
    }
}

#[test]
fn is_the_newest_task_woken() {
    for n in SIZES {
        let (first, _, remotes, mut set) = waiting(n);
        let second = Task::new();
        assert!(second.poll_next(&mut set).is_pending());
        remotes[n - 1].finish(1);
        assert_eq!((first.woken(), second.woken()), (0, 1));
        assert_eq!(first.clones(), 0);
        // By another task than the one that was woken.
        assert_eq!(first.poll_next(&mut set), Poll::Ready(Some(1)));
        push(&mut set);
        assert!(first.poll_next(&mut set).is_pending());
        assert_eq!((first.clones(), second.clones()), (1, 0));
    }
}

#[test]
fn does_a_late_wake_reach_the_task_or_a_waker_keep_it() {
    for n in SIZES {
        let (task, _, remotes, mut set) = waiting(n);
        for (index, remote) in remotes.iter().enumerate() {
            remote.finish(index);
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(index)));
            remote.wake();
            assert_eq!(task.woken(), 0);
            let next = task.poll_next(&mut set);
            assert_eq!(next.is_pending(), index + 1 < n);
            remote.wake();
            assert_eq!((task.woken(), remote.polls()), (0, 2));
        }
        push(&mut set);
        assert!(task.poll_next(&mut set).is_pending());
        drop(set);
        remotes.iter().for_each(Remote::wake);
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn what_does_a_late_wake_cost_the_next_child_in_its_slot() {
    for n in SIZES {
        let (task, _, remotes, mut set) = waiting(n);
        let late: Vec<_> = remotes.iter().map(Remote::waker).collect();
        remotes.iter().for_each(|remote| remote.finish(0));
        for _ in 0..n {
            assert!(task.poll_next(&mut set).is_ready());
        }
        task.woken();
        // All wakes are late, also those between the push and the start.
        let wake = || late.iter().for_each(Waker::wake_by_ref);
        wake();
        let next: Vec<_> = (0..n).map(|_| push(&mut set).1).collect();
        wake();
        assert_eq!(task.woken(), 0);
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!((polls(&next), task.woken()), (vec![1; n], 0));
        // From now on the slots are theirs.
        wake();
        assert_eq!(task.woken(), 1);
        settle(&task, &mut set);
        assert_eq!(polls(&next), vec![2; n]);
        wake();
        next.iter().for_each(|remote| remote.finish(1));
        wake();
        assert_eq!(task.woken(), 1);
        for _ in 0..n {
            assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
        }
        assert_eq!(polls(&next), vec![3; n]);
    }
}

#[test]
fn is_a_childs_waker_the_same_for_all_its_life() {
    for n in SIZES {
        let (task, _, remotes, mut set) = waiting(n);
        let wakers: Vec<_> = remotes.iter().map(Remote::waker).collect();
        for _ in 0..100 {
            push(&mut set);
        }
        remotes.iter().for_each(Remote::wake);
        assert!(task.poll_next(&mut set).is_pending());
        let are_same = |(remote, waker): (&Remote<_>, &Waker)| remote.waker().will_wake(waker);
        assert!(remotes.iter().zip(&wakers).all(are_same));
    }
}

/// Polls or drops the set inside of `wake`.
struct Reenters {
    set: Mutex<Option<GatherSet<Child<usize>>>>,
    is_drop: bool,
    seen: Mutex<Vec<Poll<Option<usize>>>>,
}

impl Wake for Reenters {
    fn wake(self: Arc<Self>) {
        let set = self.set.lock().unwrap().take();
        if let (Some(mut set), false) = (set, self.is_drop) {
            let polled = Pin::new(&mut set).poll_next(&mut Context::from_waker(Waker::noop()));
            self.seen.lock().unwrap().push(polled);
        }
    }
}

#[test]
fn may_a_task_waker_poll_the_set_or_drop_it() {
    for n in SIZES {
        for is_drop in [false, true] {
            let (_, _, remotes, mut set) = waiting(n);
            let task = Arc::new(Reenters {
                set: Mutex::new(None),
                is_drop,
                seen: Mutex::default(),
            });
            let waker = Waker::from(task.clone());
            let polled = Pin::new(&mut set).poll_next(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
            *task.set.lock().unwrap() = Some(set);
            remotes[n / 2].finish(5);
            let seen = if is_drop {
                vec![]
            } else {
                vec![Poll::Ready(Some(5))]
            };
            assert_eq!(*task.seen.lock().unwrap(), seen);
            assert!(remotes.iter().all(|remote| remote.drops() == 1));
        }
    }
}

#[test]
fn are_siblings_polled_after_a_child_wakes_them_in_its_drop() {
    struct WakesAll(Rc<RefCell<Vec<Waker>>>);

    impl Drop for WakesAll {
        fn drop(&mut self) {
            self.0.borrow().iter().for_each(Waker::wake_by_ref);
        }
    }

    for n in SIZES.into_iter().filter(|&n| n > 1) {
        let wakers = Rc::new(RefCell::new(vec![]));
        let (remotes, children) = Remote::<()>::many(n);
        let mut set = GatherSet::new();
        let hold = |child| crate::support::Holding(child, WakesAll(wakers.clone()));
        let ids: Vec<_> = children
            .into_iter()
            .map(|child| set.push(hold(child)))
            .collect();
        let task = Task::new();
        assert!(task.poll_next(&mut set).is_pending());
        wakers
            .borrow_mut()
            .extend(remotes.iter().map(Remote::waker));
        assert!(set.cancel(ids[0]));
        assert_eq!(task.woken(), 1);
        wakers.borrow_mut().clear();
        settle(&task, &mut set);
        let all = total_polls(&remotes);
        assert_eq!(all, 2 * n - 1);
    }
}

#[test]
fn are_outputs_of_children_given_that_other_threads_complete() {
    let mut set = GatherSet::new();
    let mut threads = vec![];
    let mut sum = 0;
    pollster::block_on(async {
        for round in 0..200 {
            let (send, receive) = futures::channel::oneshot::channel();
            set.push(receive);
            threads.push(thread::spawn(move || send.send(round)));
            if round % 3 != 0 {
                sum += set.next().await.unwrap().unwrap();
            }
        }
        while let Some(output) = set.next().await {
            sum += output.unwrap();
        }
    });
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    assert_eq!(sum, (0..200).sum());
    assert_eq!(poll_once(set.next()), Poll::Ready(None));
}
