//! What is left of a set when a child, its drop or the task waker panics?

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures::stream::FusedStream;
use gather::GatherSet;

use crate::support::{
    Child, Holding, Log, Remote, Task, panic_of,
    set::{SIZES, waiting},
};

/// `Err` makes the child panic with that message.
async fn or_panic(child: Child<Result<usize, &'static str>>) -> usize {
    child.await.unwrap_or_else(|message| panic_any(message))
}

#[test]
fn is_a_child_that_panics_dropped_and_the_task_woken_for_the_others() {
    for n in SIZES {
        for panicked in [0, n / 2, n - 1] {
            let (remotes, children) = Remote::many(n);
            let mut set = GatherSet::new();
            let push = |child| set.push(Box::pin(or_panic(child)));
            let ids: Vec<_> = children.into_iter().map(push).collect();
            let task = Task::new();
            assert!(task.poll_next(&mut set).is_pending());
            // Others are woken in the same pass, and lose nothing.
            for (index, remote) in remotes.iter().enumerate() {
                let outcome = if index == panicked {
                    Err("ouch")
                } else {
                    Ok(index)
                };
                remote.finish(outcome);
            }
            assert_eq!(task.woken(), 1);
            let (mut seen, mut panics) = (vec![], 0);
            loop {
                match catch_unwind(AssertUnwindSafe(|| task.poll_next(&mut set))) {
                    Ok(Poll::Ready(Some(index))) => seen.push(index),
                    Ok(Poll::Ready(None)) => break,
                    Ok(Poll::Pending) => panic!("all are ready"),
                    Err(message) => {
                        assert_eq!(message.downcast_ref(), Some(&"ouch"));
                        assert_eq!((task.woken(), remotes[panicked].drops()), (1, 1));
                        assert!(!set.cancel(ids[panicked]));
                        panics += 1;
                    }
                }
            }
            let others = (0..n).filter(|&index| index != panicked);
            assert!(seen.into_iter().eq(others));
            assert_eq!(panics, 1);
            assert!(
                remotes
                    .iter()
                    .all(|remote| (remote.polls(), remote.drops()) == (2, 1))
            );
        }
    }
}

#[test]
fn does_a_child_that_panics_at_its_start_keep_another_from_starting() {
    for n in SIZES {
        for panicked in [0, n / 2, n - 1] {
            let child = |index| {
                poll_fn(move |_| {
                    assert_ne!(index, panicked, "ouch");
                    Poll::Ready(index)
                })
            };
            let mut set: GatherSet<_> = (0..n).map(child).collect();
            let task = Task::new();
            let mut next = || catch_unwind(AssertUnwindSafe(|| task.poll_next(&mut set)));
            for index in 0..n {
                match next() {
                    Ok(polled) => assert_eq!(polled, Poll::Ready(Some(index))),
                    Err(_) => assert_eq!(index, panicked),
                }
            }
            assert!(matches!(next(), Ok(Poll::Ready(None))));
            assert!(set.is_terminated());
        }
    }
}

#[test]
fn does_the_waker_of_a_child_that_panicked_wake_the_task() {
    let (remotes, children) = Remote::many(2);
    let mut set: GatherSet<_> = children.into_iter().map(or_panic).map(Box::pin).collect();
    let task = Task::new();
    assert!(task.poll_next(&mut set).is_pending());
    remotes[0].finish(Err("ouch"));
    assert_eq!(panic_of(|| task.poll_next(&mut set).is_ready()), "ouch");
    assert!(task.poll_next(&mut set).is_pending());
    task.woken();
    remotes[0].wake();
    assert_eq!(task.woken(), 0);
    remotes[1].finish(Ok(1));
    assert_eq!(task.woken(), 1);
}

#[test]
fn is_an_output_lost_when_the_drop_of_a_completed_child_panics() {
    for n in SIZES {
        let log = Log::default();
        let (remotes, children) = Remote::many(n);
        let panics = n / 2;
        let hold = |(index, child)| Holding(child, log.noted(index, index == panics));
        let mut set: GatherSet<_> = children.into_iter().enumerate().map(hold).collect();
        let task = Task::new();
        assert!(task.poll_next(&mut set).is_pending());
        remotes[panics].finish(log.on_drop(n));
        task.woken();
        let message = panic_of(|| task.poll_next(&mut set).is_ready());
        assert_eq!(message, format!("drop of {panics}"));
        assert_eq!(log.take(), [panics, n]);
        assert_eq!((task.woken(), set.len()), (1, n - 1));
        assert_eq!(task.poll_next(&mut set).is_pending(), n > 1);
        drop((set, remotes));
        assert!(
            log.take()
                .into_iter()
                .eq((0..n).filter(|&index| index != panics))
        );
    }
}

#[test]
fn does_a_set_go_on_after_a_drop_that_panics_in_cancel_or_clear() {
    for n in SIZES {
        let log = Log::default();
        let (remotes, children) = Remote::<usize>::many(n);
        let mut set = GatherSet::new();
        let hold = |(index, child)| set.push(Holding(child, log.noted(index, index == n / 2)));
        let ids: Vec<_> = children.into_iter().enumerate().map(hold).collect();
        let task = Task::new();
        assert!(task.poll_next(&mut set).is_pending());
        assert_eq!(
            panic_of(|| set.cancel(ids[n / 2])),
            format!("drop of {}", n / 2)
        );
        assert!(!set.cancel(ids[n / 2]));
        assert_eq!((set.len(), log.take()), (n - 1, vec![n / 2]));
        remotes[n / 2].wake();
        assert_eq!(task.woken(), 0);
        assert_eq!(task.poll_next(&mut set).is_pending(), n > 1);

        let (remote, child) = Remote::new();
        set.push(Holding(child, log.panics_on_drop(n)));
        assert_eq!(panic_of(|| set.clear()), format!("drop of {n}"));
        assert_eq!((set.len(), log.take().len(), remote.drops()), (0, n, 1));
        let (remote, child) = Remote::new();
        set.push(Holding(child, log.on_drop(n)));
        remote.put(1);
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
        assert_eq!(task.poll_next(&mut set), Poll::Ready(None));
    }
}

#[test]
fn is_a_wake_lost_after_a_task_waker_that_panics_in_wake() {
    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic_any("waker");
        }
    }

    for n in SIZES {
        let (task, _, remotes, mut set) = waiting(n);
        let waker = Waker::from(Arc::new(Panics));
        let mut cx = Context::from_waker(&waker);
        assert!(futures::StreamExt::poll_next_unpin(&mut set, &mut cx).is_pending());
        assert_eq!(panic_of(|| remotes[0].finish(0)), "waker");
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(0)));
        for (index, remote) in remotes.iter().enumerate().skip(1) {
            assert!(task.poll_next(&mut set).is_pending());
            remote.finish(index);
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(index)));
        }
    }
}

#[test]
fn are_all_dropped_though_their_drops_panic() {
    for n in SIZES {
        let log = Log::default();
        let (remotes, children) = Remote::<()>::many(n);
        let hold = |(index, child)| Holding(child, log.panics_on_drop(index));
        let set: GatherSet<_> = children.into_iter().enumerate().map(hold).collect();
        assert_eq!(panic_of(|| drop(set)), "drop of 0");
        assert!(log.take().into_iter().eq(0..n));
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}
