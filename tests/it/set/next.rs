//! The futures of `next` and `next_with_id`: what if they are dropped, polled too often, or never?

use std::{
    future::{Future, ready},
    task::Poll,
};

use futures::{
    FutureExt,
    future::{Either, FusedFuture, select},
    select_biased,
    stream::FusedStream,
};
use gather::{GatherSet, Next, NextWithId};

use crate::support::{
    Child, Task, panic_of, poll_once,
    set::{SIZES, push, waiting},
    yielding,
};

#[test]
fn is_an_output_lost_with_a_next_that_is_dropped() {
    for n in SIZES {
        let (task, ids, remotes, mut set) = waiting(n);
        for (index, remote) in remotes.iter().enumerate() {
            assert!(task.poll(&mut set.next()).is_pending());
            remote.finish(index);
            assert_eq!(task.woken(), 1);
            // One was polled before the output was there, the other one never.
            assert!(poll_once(beside_what_is_ready(&mut set)).is_ready());
            let next = task.poll(&mut set.next_with_id());
            assert_eq!(next, Poll::Ready(Some((ids[index], index))));
        }
        assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
        assert_eq!(task.clones(), 0);
    }

    async fn beside_what_is_ready<F: Future>(set: &mut GatherSet<F>) {
        let mut next = set.next();
        select_biased! {
            () = ready(()).fuse() => {}
            _ = next => unreachable!("the other is ready"),
        }
    }
}

#[test]
fn is_an_output_lost_in_a_select_that_another_future_wins() {
    pollster::block_on(async {
        let mut set: GatherSet<_> = (0..20).map(|index| yielding(index % 4, index)).collect();
        let mut seen = Vec::new();
        while !set.is_empty() {
            let beside = yielding(1, ()).boxed_local();
            if let Either::Left((next, _)) = select(set.next(), beside).await {
                seen.extend(next);
            }
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..20));
    });
}

#[test]
fn is_it_terminated_when_it_is_done_and_while_the_set_is_empty() {
    let mut set: GatherSet<Child<u8>> = GatherSet::new();
    let task = Task::new();
    let mut next = set.next();
    assert!(next.is_terminated());
    // It may still be polled, once.
    assert_eq!(task.poll(&mut next), Poll::Ready(None));
    assert!(set.next_with_id().is_terminated());
    let (_, first) = push(&mut set);
    push(&mut set);
    let mut next = set.next();
    assert!(!next.is_terminated() && task.poll(&mut next).is_pending() && !next.is_terminated());
    first.finish(1);
    assert_eq!(task.poll(&mut next), Poll::Ready(Some(1)));
    assert!(next.is_terminated());
    assert!(!set.is_terminated() && !set.next_with_id().is_terminated());
}

#[test]
fn does_a_poll_after_completion_panic_and_lose_an_output() {
    let mut set: GatherSet<_> = [1, 2, 3].map(ready).into_iter().collect();
    let task = Task::new();
    let mut next = set.next();
    assert_eq!(task.poll(&mut next), Poll::Ready(Some(1)));
    let message = panic_of(|| task.poll(&mut next));
    assert_eq!(message, "`Next` polled after completion");
    let mut next = set.next_with_id();
    assert!(matches!(task.poll(&mut next), Poll::Ready(Some((_, 2)))));
    let message = panic_of(|| task.poll(&mut next));
    assert_eq!(message, "`NextWithId` polled after completion");
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(3)));
    let mut next = set.next();
    assert_eq!(task.poll(&mut next), Poll::Ready(None));
    assert_eq!(
        panic_of(|| task.poll(&mut next)),
        "`Next` polled after completion"
    );
}

#[test]
fn can_it_be_polled_on_after_a_panic_of_a_child() {
    let child = |index: usize| async move {
        assert!(index != 0, "child");
        index
    };
    let mut set: GatherSet<_> = [0, 1, 0]
        .map(|index| Box::pin(child(index)))
        .into_iter()
        .collect();
    let task = Task::new();
    let mut next = set.next();
    assert_eq!(panic_of(|| task.poll(&mut next)), "child");
    assert!(!next.is_terminated());
    assert_eq!(
        (task.woken(), task.poll(&mut next)),
        (1, Poll::Ready(Some(1)))
    );
    let mut next = set.next();
    assert_eq!(panic_of(|| task.poll(&mut next)), "child");
    assert_eq!((task.woken(), task.poll(&mut next)), (1, Poll::Ready(None)));
}

#[test]
fn can_they_be_named_and_printed_without_a_bound() {
    struct Holder<'a, T>(GatherSet<T>, Option<Next<'a, T>>, Option<NextWithId<'a, T>>);

    let holder = Holder::<u8>(GatherSet::new(), None, None);
    // Nor does the set need one for its other methods.
    let mut set = holder.0;
    let id = set.push(7);
    set.extend([8]);
    assert_eq!(set.get_mut(id).as_deref(), Some(&7));
    assert!(set.cancel(id) && holder.1.is_none() && holder.2.is_none());
    set.clear();
    let mut set: GatherSet<_> = [ready(())].into_iter().collect();
    assert_eq!(
        format!("{:?}", set.next()),
        "Next(GatherSet { len: 1, .. })"
    );
    assert_eq!(
        format!("{:?}", set.next_with_id()),
        "NextWithId(GatherSet { len: 1, .. })"
    );
}

#[test]
fn can_a_set_go_from_task_to_task_and_from_thread_to_thread() {
    for n in SIZES {
        let (mut task, _, remotes, mut set) = waiting(n);
        for (index, remote) in remotes.iter().enumerate().take(70) {
            let before = task;
            task = Task::new();
            // It moves there and back, and only what polled it last is woken.
            let mut moved = set;
            set = std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    assert!(task.poll(&mut moved.next()).is_pending());
                    moved
                });
                thread.join().unwrap()
            });
            assert_eq!((before.clones(), task.clones()), (0, 1));
            remote.finish(index);
            assert_eq!((before.woken(), task.woken()), (0, 1));
            assert_eq!(before.poll(&mut set.next()), Poll::Ready(Some(index)));
            if index + 1 < n {
                assert!(task.poll_next(&mut set).is_pending());
            }
        }
    }
}
