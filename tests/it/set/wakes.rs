//! Wakes, panics and drops of a set, and a random script beside a naive one.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures::future::{Either, ready};
use gather::{GatherSet, Id};

use crate::support::{
    Child, Holding, Log, Random, Remote, Task, assert_impl, assert_not_impl, panic_of, polls,
    total_polls,
};

#[test]
fn is_the_task_woken_once_a_parking_however_large_the_set_has_become() {
    let mut set = GatherSet::new();
    let task = Task::new();
    let mut remotes = Vec::new();
    for _ in 0..500 {
        let (remote, child) = Remote::<usize>::new();
        remotes.push(remote);
        set.push(child);
        assert!(task.poll_next(&mut set).is_pending());
    }
    assert_eq!(total_polls(&remotes), 500);
    for (index, remote) in remotes.iter().enumerate() {
        remote.put(index);
        remote.wake();
        remote.wake();
    }
    assert_eq!((task.woken(), task.clones()), (1, 0));
    for _ in 0..500 {
        assert!(matches!(task.poll_next(&mut set), Poll::Ready(Some(_))));
    }
    assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
    assert_eq!((task.woken(), total_polls(&remotes)), (0, 1000));
}

#[test]
fn is_a_wake_lost_that_comes_between_a_push_and_the_poll() {
    let (remotes, children) = Remote::many(2);
    let [first, second]: [Child<u8>; 2] = children.try_into().ok().unwrap();
    let mut set = GatherSet::new();
    let task = Task::new();
    set.push(first);
    assert!(task.poll_next(&mut set).is_pending());
    set.push(second);
    remotes[0].finish(1);
    assert_eq!(task.woken(), 1);
    // The new one is polled, too.
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
    assert_eq!(polls(&remotes), [2, 1]);
    assert!(task.poll_next(&mut set).is_pending());
}

#[test]
fn is_the_newest_task_woken_and_a_spurious_poll_free() {
    let (remotes, children) = Remote::<u8>::many(40);
    let mut set: GatherSet<_> = children.into_iter().collect();
    let tasks = [Task::new(), Task::new()];
    for task in tasks.iter().chain([&tasks[0], &tasks[0]]) {
        assert!(task.poll_next(&mut set).is_pending());
    }
    assert_eq!(total_polls(&remotes), 40);
    remotes[39].wake();
    assert_eq!((tasks[0].woken(), tasks[1].woken()), (1, 0));
}

#[test]
fn does_anything_wake_or_keep_the_task_after_the_end() {
    for cancelled in [false, true] {
        let (remotes, children) = Remote::<u8>::many(3);
        let mut set = GatherSet::new();
        let ids: Vec<Id> = children.into_iter().map(|child| set.push(child)).collect();
        let task = Task::new();
        assert!(task.poll_next(&mut set).is_pending());
        let wakers: Vec<_> = remotes.iter().map(Remote::waker).collect();
        if cancelled {
            assert!(ids.into_iter().all(|id| set.cancel(id)));
            assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
        } else {
            set.clear();
        }
        assert_eq!(task.clones(), 0);
        wakers.into_iter().for_each(|waker| waker.wake());
        assert_eq!(task.woken(), 0);
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}

#[test]
fn does_a_drop_that_wakes_its_own_child_wake_the_task() {
    struct WakesInDrop(Child<u8>, Remote<u8>);
    impl Future for WakesInDrop {
        type Output = u8;
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u8> {
            Pin::new(&mut self.0).poll(cx)
        }
    }
    impl Drop for WakesInDrop {
        fn drop(&mut self) {
            self.1.wake();
        }
    }
    let mut set = GatherSet::new();
    let (remotes, children) = Remote::many(2);
    let with_remote = |(child, remote): (_, &Remote<u8>)| WakesInDrop(child, remote.clone());
    let ids: Vec<Id> = children
        .into_iter()
        .zip(&remotes)
        .map(with_remote)
        .map(|child| set.push(child))
        .collect();
    let task = Task::new();
    assert!(task.poll_next(&mut set).is_pending());
    assert!(set.cancel(ids[0]));
    assert_eq!(task.woken(), 0);
    remotes[1].finish(1);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
    assert_eq!(task.woken(), 0);
}

#[test]
fn do_the_others_go_on_after_a_panic_of_a_child_or_of_its_drop() {
    let log = Log::default();
    let mut set = GatherSet::new();
    let child = |panics: bool, bomb: bool, index: usize| {
        let future = poll_fn(move |_| {
            if panics {
                panic!("child")
            } else {
                Poll::Ready(index)
            }
        });
        Holding(future, log.noted(index, bomb))
    };
    set.push(child(false, false, 0));
    set.push(child(true, false, 1));
    set.push(child(false, true, 2));
    set.push(child(false, false, 3));
    let task = Task::new();
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(0)));
    assert_eq!(panic_of(|| task.poll_next(&mut set)), "child");
    assert_eq!(task.woken(), 1);
    assert_eq!(panic_of(|| task.poll_next(&mut set)), "drop of 2");
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(3)));
    assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
    assert_eq!(log.take(), [0, 1, 2, 3]);
}

#[test]
fn does_a_set_starve_a_woken_child_while_ready_ones_are_pushed() {
    let (remote, child) = Remote::new();
    let mut set = GatherSet::new();
    let task = Task::new();
    set.push(Either::Left(child));
    assert!(task.poll_next(&mut set).is_pending());
    remote.finish(7);
    for _ in 0..100 {
        set.push(Either::Right(ready(1)));
        if task.poll_next(&mut set) == Poll::Ready(Some(7)) {
            return;
        }
    }
    panic!("it was never polled");
}

/// Beside a list of which child is there and what it is to give.
#[test]
fn does_a_random_script_do_what_a_naive_set_does() {
    for seed in 0..300 {
        let random = RefCell::new(Random(seed));
        let below = |end| random.borrow_mut().below(end);
        let mut set = GatherSet::new();
        let task = Task::new();
        let mut alive: Vec<(Id, Remote<u64>, Option<u64>)> = Vec::new();
        let (mut dropped, mut pushed) = (Vec::new(), 0);
        for _ in 0..below(400) {
            match below(6) {
                0 | 1 => {
                    let (remote, child) = Remote::new();
                    let output = (below(4) == 0).then_some(pushed);
                    output.into_iter().for_each(|output| remote.put(output));
                    alive.push((set.push(child), remote, output));
                    pushed += 1;
                }
                2 if !alive.is_empty() => {
                    let at = below(alive.len());
                    let (_, remote, output) = &mut alive[at];
                    if remote.polls() > 0 && output.is_none() {
                        *output = Some(pushed);
                        remote.finish(pushed);
                        pushed += 1;
                    }
                }
                3 if !alive.is_empty() && below(3) == 0 => {
                    let (id, remote, _) = alive.swap_remove(below(alive.len()));
                    assert!(set.cancel(id));
                    dropped.push((id, remote));
                }
                _ => match catch_unwind(AssertUnwindSafe(|| task.poll_next(&mut set))).unwrap() {
                    Poll::Ready(Some(output)) => {
                        let is_it = |(_, _, given): &(_, _, Option<u64>)| *given == Some(output);
                        let at = alive.iter().position(is_it).expect("a child that had it");
                        let (id, remote, _) = alive.swap_remove(at);
                        dropped.push((id, remote));
                    }
                    Poll::Ready(None) => assert!(alive.is_empty()),
                    Poll::Pending => {
                        assert!(!alive.is_empty());
                        // Parked, or the task is woken.
                        let all_known = alive.iter().all(|(_, _, output)| output.is_none());
                        assert!(all_known || task.woken() > 0, "seed {seed}");
                    }
                },
            }
            assert_eq!(set.len(), alive.len());
            assert!(dropped.iter().all(|(id, remote)| remote.drops() == 1
                && !{
                    let id = *id;
                    set.get_mut(id).is_some()
                }));
        }
        drop(set);
        assert!(alive.iter().all(|(_, remote, _)| remote.drops() == 1));
    }
}

#[test]
fn has_it_the_auto_traits_of_its_children() {
    assert_impl!(GatherSet<u8>: Send, Sync, Unpin);
    assert_impl!(GatherSet<std::marker::PhantomPinned>: Send, Sync, Unpin);
    assert_impl!(GatherSet<std::cell::Cell<u8>>: Send, Unpin);
    assert_not_impl!(GatherSet<std::cell::Cell<u8>>: Sync);
    assert_not_impl!(GatherSet<std::rc::Rc<u8>>: Send, Sync);
    assert_impl!(Id: Send, Sync, Unpin, Copy);
}
