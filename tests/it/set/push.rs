//! When may a child be pushed, when does it start, which `Id` does it have, and what does an empty set give?

use std::{
    collections::HashSet,
    future::{Future, Ready, poll_fn, ready},
    pin::pin,
    task::Poll,
};

use futures::{
    StreamExt, select,
    stream::{self, FusedStream, Stream},
};
use gather::GatherSet;

use crate::support::{
    Holding, Log, Remote, Still, Task, panic_of, poll_once, polls,
    set::{SIZES, push, waiting},
    yielding,
};

#[test]
fn is_an_empty_set_over_until_something_is_pushed() {
    let mut set = GatherSet::new();
    let task = Task::new();
    for round in 0..3 {
        for _ in 0..2 {
            assert!(set.is_empty() && set.is_terminated());
            assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
            assert_eq!(set.size_hint(), (0, Some(0)));
        }
        let id = set.push(ready(round));
        assert_eq!((set.len(), set.size_hint()), (1, (1, Some(1))));
        assert!(!set.is_empty() && !set.is_terminated());
        let next = task.poll(&mut set.next_with_id());
        assert_eq!(next, Poll::Ready(Some((id, round))));
        assert_eq!(task.woken(), 0);
    }
}

#[test]
fn does_a_set_that_has_ended_go_on_after_a_push() {
    // As a stream whose caller does not know that it has ended.
    let mut set = GatherSet::new();
    let task = Task::new();
    let mut remotes = vec![];
    for round in 0..3 {
        assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
        remotes.push(push(&mut set).1);
        assert!(task.poll_next(&mut set).is_pending());
        remotes[round].finish(round);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(round)));
    }
    assert_eq!((polls(&remotes), task.clones()), (vec![2; 3], 0));
}

#[test]
fn can_a_set_be_made_in_every_way_that_a_collection_is() {
    let task = Task::new();
    let mut set: GatherSet<_> = (0..40).map(ready).collect();
    set.extend((40..100).map(ready));
    assert_eq!((set.len(), set.size_hint()), (100, (100, Some(100))));
    assert_eq!(format!("{set:?}"), "GatherSet { len: 100, .. }");
    for index in 0..100 {
        assert_eq!(set.size_hint(), (100 - index, Some(100 - index)));
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(index)));
    }
    assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
    assert!(GatherSet::<Ready<()>>::default().is_empty());
}

#[test]
fn does_a_push_poll_a_child_or_wake_the_task() {
    for n in SIZES {
        let (task, _, mut remotes, mut set) = waiting(n);
        remotes.push(push(&mut set).1);
        assert_eq!((task.woken(), remotes[n].polls()), (0, 0));
        assert!(task.poll_next(&mut set).is_pending());
        // The parked ones are not polled for it.
        assert_eq!(polls(&remotes), vec![1; n + 1]);
        remotes[n].finish(n);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(n)));
        remotes[0].finish(0);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(0)));
    }
}

#[test]
fn do_children_that_are_ready_come_in_the_order_in_which_they_were_pushed() {
    for n in SIZES {
        let mut set = GatherSet::new();
        // Some of the slots were used before, and are not in order.
        let ids: Vec<_> = (0..n).map(|_| set.push(ready(usize::MAX))).collect();
        ids.into_iter()
            .step_by(3)
            .for_each(|id| assert!(set.cancel(id)));
        let before = set.len();
        set.extend((0..n).map(ready));
        let all: Vec<_> = pollster::block_on((&mut set).collect());
        assert!(all[..before].iter().all(|&output| output == usize::MAX));
        assert!(all[before..].iter().copied().eq(0..n));
    }
}

#[test]
fn does_a_loop_give_the_outputs_of_children_that_its_body_pushes() {
    for n in SIZES {
        let mut set: GatherSet<_> = (0..n).map(|index| yielding(index % 4, index)).collect();
        let (mut pushed, mut seen) = (n, vec![]);
        pollster::block_on(async {
            while let Some(index) = set.next().await {
                seen.push(index);
                if index % 2 == 0 && pushed < 3 * n {
                    set.push(yielding(pushed % 3, pushed));
                    pushed += 1;
                }
            }
        });
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..pushed));
    }
}

/// One arm is `$next`, whose output becomes `$value`.
macro_rules! push_in_select {
    ($set:ident, $next:expr, $given:ident, $value:expr) => {
        pollster::block_on(async {
            let mut source = stream::iter(0..100).fuse();
            let (mut $set, mut seen) = (GatherSet::new(), vec![]);
            loop {
                select! {
                    index = source.select_next_some() => {
                        $set.push(yielding(index % 3, index));
                    }
                    $given = $next => {
                        let index = $value;
                        if index < 100 {
                            $set.push(yielding(1, index + 100));
                        }
                        seen.push(index);
                    }
                    complete => break,
                }
            }
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..200));
        })
    };
}

#[test]
fn does_select_in_a_loop_give_the_outputs_of_children_that_its_arms_push() {
    push_in_select!(set, set.select_next_some(), index, index);
    push_in_select!(
        set,
        set.next(),
        next,
        next.expect("an empty set is passed over")
    );
}

#[test]
fn is_an_id_used_twice_and_are_ids_in_the_order_of_pushes() {
    let mut set = GatherSet::new();
    let task = Task::new();
    let (mut all, mut last) = (HashSet::new(), None);
    for round in 0..1000_usize {
        let (id, remote) = push(&mut set);
        assert!(all.insert(id), "{id:?}");
        assert!(last.replace(id) < Some(id));
        match round % 4 {
            // Its slot is used again at once.
            0 => assert!(set.cancel(id)),
            1 => {
                remote.put(round);
                let next = task.poll(&mut set.next_with_id());
                assert_eq!(next, Poll::Ready(Some((id, round))));
            }
            2 if round % 20 == 2 => set.clear(),
            _ => {}
        }
    }
    let left = set.len();
    let cancelled = all.iter().filter(|&&id| set.cancel(id)).count();
    assert_eq!((cancelled, set.len()), (left, 0));
}

#[test]
fn are_children_that_are_never_polled_dropped_with_the_set() {
    for n in SIZES {
        let mut set = GatherSet::new();
        let (remotes, children) = Remote::<()>::many(n);
        set.extend(children);
        drop(set);
        assert!(
            remotes
                .iter()
                .all(|remote| (remote.polls(), remote.drops()) == (0, 1))
        );
    }
}

#[test]
fn do_children_stay_in_the_set_that_an_iterator_gave_before_it_panicked() {
    for n in SIZES {
        let log = Log::default();
        let children = |from: usize| {
            let log = log.clone();
            (from..from + n + 1).map(move |index| {
                assert!(index != from + n, "no more");
                Holding(ready(index), log.on_drop(index))
            })
        };
        let mut set: GatherSet<_> = children(0).take(n).collect();
        assert_eq!(panic_of(|| set.extend(children(n))), "no more");
        assert_eq!((set.len(), log.take()), (2 * n, vec![]));
        for index in 0..2 * n {
            assert_eq!(poll_once(set.next()), Poll::Ready(Some(index)));
        }
        assert_eq!(poll_once(set.next()), Poll::Ready(None));
        // The set that is being collected is dropped.
        log.take();
        let collected = || drop(children(0).collect::<GatherSet<_>>());
        assert_eq!(panic_of(collected), "no more");
        assert!(log.take().into_iter().eq(0..n));
    }
}

#[test]
fn does_a_child_move_while_the_set_grows_and_is_moved_itself() {
    async fn child(polls: usize) {
        let mut still = pin!(Still::new(polls));
        let polled = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            still.as_mut().poll(cx)
        });
        polled.await
    }

    let task = Task::new();
    let mut places = [GatherSet::new(), GatherSet::new()];
    for index in 0..1000 {
        places[0].push(child(1 + index % 9));
        if index.is_power_of_two() {
            places.swap(0, 1);
            while task.poll_next(&mut places[1]) == Poll::Ready(Some(())) {}
            places.swap(0, 1);
        }
    }
    let [mut set, _] = places;
    while task.poll_next(&mut set) != Poll::Ready(None) {}
    assert!(set.is_empty());
}
