//! What do `cancel`, `get_mut` and `clear` do, and to which child?

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures::stream::FusedStream;
use gather::GatherSet;

use crate::support::{
    Child, Holding, Log, Remote, Task, poll_once, polls,
    set::{SIZES, push, waiting},
};

#[test]
fn is_a_running_child_dropped_at_once_and_are_its_wakes_late() {
    for n in SIZES {
        for cancelled in [0, n / 2, n - 1] {
            let (task, ids, remotes, mut set) = waiting(n);
            let late = remotes[cancelled].waker();
            assert!(set.cancel(ids[cancelled]));
            assert_eq!((remotes[cancelled].drops(), set.len()), (1, n - 1));
            late.wake();
            assert_eq!(task.woken(), 0);
            assert!(!set.cancel(ids[cancelled]) && set.get_mut(ids[cancelled]).is_none());
            for (index, remote) in remotes.iter().enumerate() {
                if index != cancelled {
                    assert!(task.poll_next(&mut set).is_pending());
                    remote.finish(index);
                    assert_eq!(task.woken(), 1);
                    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(index)));
                }
            }
            assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
            assert_eq!(remotes[cancelled].polls(), 1);
        }
    }
}

#[test]
fn is_a_child_cancelled_that_is_over_cleared_or_of_another_set() {
    let (task, ids, remotes, mut set) = waiting(3);
    remotes[1].finish(1);
    // It is ready, but the set does not know that.
    assert!(set.get_mut(ids[1]).is_some());
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
    assert!(!set.cancel(ids[1]));
    // Nor is the next child in its slot.
    let (_, next) = push(&mut set);
    assert!(!set.cancel(ids[1]) && set.get_mut(ids[1]).is_none());
    assert_eq!((next.drops(), set.len()), (0, 3));

    let (_, _, _, mut larger) = waiting(999);
    let (far, _) = push(&mut larger);
    assert!(!set.cancel(far) && set.get_mut(far).is_none());
    assert!(!GatherSet::<Child<usize>>::new().cancel(far));
    larger.clear();
    assert!(!larger.cancel(far));
    let (_, first) = push(&mut larger);
    for id in [far, ids[0]] {
        assert!(!larger.cancel(id) && larger.get_mut(id).is_none());
    }
    assert_eq!(first.drops(), 0);
}

#[test]
fn is_a_child_polled_after_it_was_cancelled_before_its_start() {
    for n in SIZES {
        // Such that the children that start are not adjacent, or that only the last one starts.
        for every in [3, usize::MAX] {
            let mut set = GatherSet::new();
            let task = Task::new();
            let (ids, remotes): (Vec<_>, Vec<_>) = (0..n).map(|_| push(&mut set)).unzip();
            let is_cancelled = |index: usize| (index + 1) % every != 0 && index + 1 < n;
            for index in (0..n).filter(|&index| is_cancelled(index)) {
                assert!(set.cancel(ids[index]) && !set.cancel(ids[index]));
            }
            assert!(task.poll_next(&mut set).is_pending());
            for (index, remote) in remotes.iter().enumerate() {
                let expected = if is_cancelled(index) { (0, 1) } else { (1, 0) };
                assert_eq!((remote.polls(), remote.drops()), expected, "{index} of {n}");
            }
            remotes[n - 1].finish(7);
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(7)));
        }
    }
}

#[test]
fn is_a_child_started_once_in_a_slot_of_cancelled_ones() {
    let mut set = GatherSet::new();
    let task = Task::new();
    for _ in 0..5 {
        let (id, _) = push(&mut set);
        assert!(set.cancel(id));
    }
    let (id, remote) = push::<usize>(&mut set);
    assert!(task.poll_next(&mut set).is_pending());
    assert_eq!((remote.polls(), task.woken()), (1, 0));
    remote.finish(1);
    assert_eq!(task.woken(), 1);
    let next = task.poll(&mut set.next_with_id());
    assert_eq!(next, Poll::Ready(Some((id, 1))));
    remote.take_waker().unwrap().wake();
    assert_eq!(task.woken(), 0);
}

#[test]
fn is_a_parked_set_at_its_end_when_all_children_are_cancelled() {
    for n in SIZES {
        let (task, ids, remotes, mut set) = waiting(n);
        let late: Vec<_> = remotes.iter().map(Remote::waker).collect();
        ids.into_iter().for_each(|id| assert!(set.cancel(id)));
        assert!(set.is_terminated());
        assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
        // It keeps no waker of a task that it will not wake.
        assert_eq!(task.clones(), 0);
        late.into_iter().for_each(Waker::wake);
        assert_eq!(task.woken(), 0);
    }
}

#[test]
fn how_often_is_a_child_polled_in_the_slot_of_a_woken_and_cancelled_one() {
    for n in SIZES {
        let (task, ids, remotes, mut set) = waiting(n);
        remotes.iter().for_each(Remote::wake);
        assert_eq!(task.woken(), 1);
        assert!(set.cancel(ids[n / 2]));
        while task.poll_next(&mut set).is_pending() && task.woken() > 0 {}
        let expected = |index| if index == n / 2 { 1 } else { 2 };
        assert!(polls(&remotes).into_iter().eq((0..n).map(expected)));

        let (_, last) = push(&mut set);
        last.put(n);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(n)));
        // Woken and cancelled, and its slot is used again, before the poll.
        let (id, woken) = push(&mut set);
        assert!(task.poll_next(&mut set).is_pending());
        woken.wake();
        assert!(set.cancel(id));
        let (_, next) = push(&mut set);
        assert!(task.poll_next(&mut set).is_pending());
        // At its start, and for the wake.
        assert_eq!((woken.polls(), next.polls()), (1, 2));
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!((next.polls(), task.woken()), (2, 1));
        next.finish(5);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(5)));
    }
}

/// Keeps its waker, and wakes by it when it is dropped.
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

#[test]
fn does_a_child_that_is_cancelled_wake_the_task_in_its_drop() {
    for n in SIZES {
        for how in ["cancel", "clear", "drop", "finish"] {
            let (task, mut set) = (Task::new(), GatherSet::new());
            let mut push = || {
                let (remote, child) = Remote::new();
                (set.push(WakesInDrop(child, remote.clone())), remote)
            };
            let (ids, remotes): (Vec<_>, Vec<_>) = (0..n).map(|_| push()).unzip();
            assert!(task.poll_next(&mut set).is_pending());
            match how {
                "cancel" => ids.into_iter().for_each(|id| assert!(set.cancel(id))),
                "clear" => set.clear(),
                "drop" => set = GatherSet::new(),
                _ => {
                    remotes.iter().for_each(|remote| remote.finish(1));
                    assert_eq!(task.woken(), 1);
                    (0..n).for_each(|_| assert!(task.poll_next(&mut set).is_ready()));
                }
            }
            assert_eq!((set.len(), task.woken()), (0, 0), "{how}");
            assert!(remotes.iter().all(|remote| remote.drops() == 1));
        }
    }
}

#[test]
fn can_a_child_be_changed_in_place_and_is_it_polled_after_that() {
    for n in SIZES {
        let task = Task::new();
        let mut set = GatherSet::new();
        let (remotes, children) = Remote::many(n);
        let push = |child| set.push(Holding(child, 0));
        let ids: Vec<_> = children.into_iter().map(push).collect();
        assert!(task.poll_next(&mut set).is_pending());
        for (number, &id) in ids.iter().enumerate() {
            set.get_mut(id).unwrap().1 = number;
        }
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
        for (number, &id) in ids.iter().enumerate().rev() {
            assert_eq!(set.get_mut(id).unwrap().1, number);
            remotes[number].finish(number);
            assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(number)));
            assert!(set.get_mut(id).is_none());
        }
    }
    // Before its first poll it takes effect at that.
    let mut set: GatherSet<Ready<u8>> = GatherSet::new();
    let id = set.push(ready(1));
    *set.get_mut(id).unwrap() = ready(2);
    assert_eq!(poll_once(set.next()), Poll::Ready(Some(2)));
}

#[test]
fn does_clear_drop_all_in_order_and_can_the_set_be_used_again() {
    for n in SIZES {
        let log = Log::default();
        let task = Task::new();
        let mut set = GatherSet::new();
        let (remotes, children) = Remote::many(n);
        let hold = |(index, child)| Holding(child, log.on_drop(index));
        set.extend(children.into_iter().enumerate().map(hold));
        if n % 2 == 0 {
            assert!(task.poll_next(&mut set).is_pending());
        }
        set.clear();
        assert_eq!(log.take(), (0..n).collect::<Vec<_>>());
        assert_eq!((set.len(), task.clones()), (0, 0));
        let started = remotes.iter().filter(|remote| remote.polls() > 0);
        started.for_each(Remote::wake);
        assert_eq!(task.woken(), 0);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(None));

        let (remote, child) = Remote::new();
        set.push(Holding(child, log.on_drop(n)));
        remote.put(3);
        assert_eq!(poll_once(set.next()), Poll::Ready(Some(3)));
        assert_eq!(log.take(), [n]);
    }
}

#[test]
fn are_children_started_in_order_after_many_were_cancelled() {
    let mut set = GatherSet::new();
    let (_, first) = push(&mut set);
    let mut last = push(&mut set);
    for _ in 0..1000 {
        let next = push(&mut set);
        assert!(set.cancel(last.0));
        last = next;
    }
    first.put(1);
    last.1.put(2);
    let task = Task::new();
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(2)));
    assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
}
