//! What a set gives, in which order, and which child is which.

use std::{
    collections::{BTreeMap, HashSet},
    future::{Future, Ready, pending, ready},
    pin::Pin,
    task::Poll,
};

use futures::{
    Stream, StreamExt,
    future::{Either, FutureExt, select},
    stream::FusedStream,
};
use gather::{GatherSet, Id};

use crate::support::{Child, Remote, Task, poll_once, polls, yielding};

#[test]
fn is_an_empty_set_over_until_something_is_pushed() {
    let mut set = GatherSet::new();
    for round in 0..3 {
        assert!(set.is_empty() && set.is_terminated());
        assert_eq!(poll_once(set.next()), Poll::Ready(None));
        set.push(ready(round));
        assert_eq!((set.len(), set.size_hint()), (1, (1, Some(1))));
        assert!(!set.is_terminated());
        assert_eq!(poll_once(set.next()), Poll::Ready(Some(round)));
    }
}

#[test]
fn are_children_polled_first_in_the_order_in_which_they_were_pushed() {
    let mut set: GatherSet<_> = (0..100).map(ready).collect();
    set.extend((100..200).map(ready));
    let outputs: Vec<_> = pollster::block_on(set.by_ref().collect());
    assert!(outputs.into_iter().eq(0..200));
}

#[test]
fn does_a_push_poll_nothing_and_the_next_poll_each_new_child_once() {
    for before in [0, 1, 31, 32, 33, 100] {
        let (remotes, children) = Remote::<()>::many(before + 2);
        let mut children = children.into_iter();
        let mut set: GatherSet<_> = children.by_ref().take(before).collect();
        let task = Task::new();
        assert_eq!(task.poll_next(&mut set).is_pending(), before > 0);
        set.extend(children);
        assert_eq!(polls(&remotes)[before..], [0, 0]);
        assert_eq!(task.woken(), 0);
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!(polls(&remotes), vec![1; before + 2]);
    }
}

#[test]
fn is_an_id_used_twice() {
    let mut set = GatherSet::new();
    let mut ids = HashSet::new();
    for round in 0..1000 {
        let id = set.push(Either::Left(ready(round)));
        let cancelled = set.push(Either::Right(pending()));
        assert!(ids.insert(id) && ids.insert(cancelled));
        assert!(id < cancelled);
        assert!(set.cancel(cancelled) && !set.cancel(cancelled));
        assert_eq!(
            poll_once(set.next_with_id()),
            Poll::Ready(Some((id, round)))
        );
        assert!(!set.cancel(id) && set.get_mut(id).is_none());
        set.clear();
    }
}

#[test]
fn is_a_child_that_is_cancelled_dropped_at_once_and_never_polled_again() {
    for started in [false, true] {
        let (remotes, children) = Remote::<u8>::many(3);
        let mut set = GatherSet::new();
        let ids: Vec<Id> = children.into_iter().map(|child| set.push(child)).collect();
        let task = Task::new();
        if started {
            assert!(task.poll_next(&mut set).is_pending());
        }
        assert!(set.cancel(ids[1]));
        assert_eq!(remotes[1].drops(), 1);
        if started {
            // A late wake.
            remotes[1].wake();
            assert_eq!(task.woken(), 0);
        }
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!(polls(&remotes), [1, usize::from(started), 1]);
        // The others are as they were.
        remotes[2].finish(2);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(2)));
        assert!(set.cancel(ids[0]));
        assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
    }
}

#[test]
fn does_a_slot_of_a_child_that_was_cancelled_unpolled_poll_the_next_one_once() {
    let (remotes, children) = Remote::<()>::many(2);
    let [first, second]: [Child<()>; 2] = children.try_into().ok().unwrap();
    let mut set = GatherSet::new();
    let id = set.push(first);
    assert!(set.cancel(id));
    let second = set.push(second);
    assert_ne!(id, second);
    assert!(Task::new().poll_next(&mut set).is_pending());
    assert_eq!(polls(&remotes), [0, 1]);
}

#[test]
fn is_an_id_of_before_a_clear_or_of_another_set_that_of_a_child() {
    let mut other: GatherSet<Ready<u8>> = (0..100).map(ready).collect();
    let far = other.push(ready(100));
    let mut set = GatherSet::new();
    let id = set.push(ready(1));
    set.clear();
    for id in [id, far] {
        assert!(!set.cancel(id) && set.get_mut(id).is_none());
    }
    set.push(ready(2));
    for id in [id, far] {
        assert!(!set.cancel(id) && set.get_mut(id).is_none());
    }
    assert_eq!(poll_once(set.next()), Poll::Ready(Some(2)));
}

#[test]
fn can_a_child_be_changed_where_it_is() {
    let mut set: GatherSet<Ready<u8>> = GatherSet::new();
    let id = set.push(ready(1));
    *set.get_mut(id).unwrap() = ready(2);
    assert_eq!(poll_once(set.next()), Poll::Ready(Some(2)));
    assert!(set.get_mut(id).is_none());
}

#[test]
fn does_next_lose_anything_when_it_is_dropped() {
    pollster::block_on(async {
        let mut set: GatherSet<_> = (0..20).map(|index| yielding(index % 4, index)).collect();
        let mut seen = Vec::new();
        while !set.is_empty() {
            let beside = yielding(1, ()).boxed_local();
            if let Either::Left((next, _)) = select(set.next().boxed_local(), beside).await {
                seen.extend(next);
            }
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..20));
    });
}

#[test]
fn does_it_take_the_place_of_a_map_of_futures() {
    struct Futures<K, F> {
        set: GatherSet<F>,
        keys: BTreeMap<Id, K>,
    }
    impl<K, F: Future> Futures<K, F> {
        fn insert(&mut self, key: K, future: F) -> Id {
            let id = self.set.push(future);
            self.keys.insert(id, key);
            id
        }
        async fn next(&mut self) -> Option<(K, F::Output)> {
            let (id, output) = self.set.next_with_id().await?;
            Some((self.keys.remove(&id)?, output))
        }
    }
    let (set, keys) = (GatherSet::new(), BTreeMap::new());
    let mut futures = Futures { set, keys };
    for (key, times) in [("slow", 5), ("fast", 1)] {
        futures.insert(key, yielding(times, times));
    }
    pollster::block_on(async {
        assert_eq!(futures.next().await, Some(("fast", 1)));
        assert_eq!(futures.next().await, Some(("slow", 5)));
        assert_eq!(futures.next().await, None);
    });
}

trait Service {
    type Future: Future<Output = u8>;
    fn call(&mut self) -> Self::Future;
}

/// It compiles without a bound on the future.
struct Server<S: Service> {
    service: S,
    calls: GatherSet<S::Future>,
}

#[test]
fn can_a_struct_hold_it_without_naming_future() {
    struct Two;
    impl Service for Two {
        type Future = Pin<Box<dyn Future<Output = u8> + Send>>;
        fn call(&mut self) -> Self::Future {
            Box::pin(yielding(2, 2))
        }
    }
    let calls = GatherSet::default();
    let mut server = Server {
        service: Two,
        calls,
    };
    server.calls.push(server.service.call());
    assert_eq!(format!("{:?}", server.calls), "GatherSet { len: 1, .. }");
    assert_eq!(pollster::block_on(server.calls.next()), Some(2));
}

#[test]
fn can_slots_be_skipped_by_children_that_are_cancelled_unpolled() {
    for n in [40, 100, 1000] {
        let mut set = GatherSet::new();
        let ids: Vec<Id> = (0..n).map(|index| set.push(ready(index))).collect();
        assert!(ids[..n - 1].iter().all(|&id| set.cancel(id)));
        assert_eq!(
            poll_once(set.next_with_id()),
            Poll::Ready(Some((ids[n - 1], n - 1)))
        );
        assert_eq!(poll_once(set.next()), Poll::Ready(None));
    }
}
