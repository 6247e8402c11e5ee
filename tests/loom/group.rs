//! Models of what a group's handles share with it, across threads (`src/group/shared.rs` and
//! `child.rs`). Loom runs each in all interleavings, up to a number of preemptions.
//!
//! Threads signal by wakes alone, and events are read by relaxed loads: if a wake is lost or comes too
//! early, the group stays pending, and the model fails.
//!
//! A group knows by the thread's id that its body awaits the cancellation. All of loom's threads run on one
//! thread of the system, so any other that awaits it counts as the body here.

mod limit;
mod outcome;
mod stage;

use std::{
    future::pending,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::{Context, Waker},
};

use gather::{Child, group};
use loom::thread;

use crate::stage::group_model;
use stage::*;

/// The group polls, for the first time or parked.
/// A thread spawns a child.
#[test]
fn a_spawn_while_the_group_polls_is_not_lost() {
    for polled in [false, true] {
        group_model(None, move || {
            let (g, ends, mut poller) = start(1);
            if polled {
                assert!(poller.poll().is_pending());
            }
            let spawn = thread::spawn(move || drop(g.spawn(ends.child())));
            assert_eq!(poller.run([spawn]).unwrap(), 1);
        });
    }
}

/// The group polls.
/// Two threads spawn a child each.
#[test]
fn spawns_of_two_threads_are_not_lost() {
    group_model(3, || {
        let (g, ends, mut poller) = start(2);
        assert!(poller.poll().is_pending());
        let threads = [0, 1].map(|_| {
            let (g, ends) = (g.clone(), ends.clone());
            thread::spawn(move || drop(g.spawn(ends.child())))
        });
        drop(g);
        assert_eq!(poller.run(threads).unwrap(), 2);
    });
}

/// The group is parked, is polled with another task waker, and parks again.
/// A thread spawns a child.
#[test]
fn a_spawn_wakes_the_newest_task() {
    group_model(None, || {
        let (g, ends, mut poller) = start(1);
        assert!(poller.poll().is_pending());
        let spawn = thread::spawn(move || drop(g.spawn(ends.child())));
        let newest = Poller::new(poller.future);
        assert_eq!(newest.run([spawn]).unwrap(), 1);
        assert_eq!(Arc::strong_count(&poller.task), 1);
    });
}

/// The group drops all, or has ended.
/// A thread spawns a child, which is dropped once, by one of the two.
#[test]
fn a_spawn_while_the_group_is_dropped_is_dropped_once() {
    for polled in [false, true] {
        group_model(None, move || {
            let (g, _, mut poller) = start(1);
            if polled {
                assert!(poller.poll().is_pending());
            }
            let drops = Arc::new(Count::new(0));
            let (noted, _kept) = (Noted(drops.clone()), g.clone());
            let spawn = thread::spawn(move || drop(g.spawn(async move { Ok(drop(noted)) })));
            drop(poller.future);
            spawn.join().unwrap();
            assert_eq!(drops.load(SeqCst), 1);
            assert_eq!(Arc::strong_count(&poller.task), 1);
        });
    }
}

/// The group polls a child to its end.
/// A thread polls the child's handle.
#[test]
fn a_handle_on_another_thread_gets_the_value() {
    group_model(None, || {
        let (g, ends, poller) = start(1);
        let child = ends.child();
        let handle = g.spawn(async move { child.await.map(|()| 7) });
        let (handle, thread) = Elsewhere::poll(handle);
        assert_eq!(poller.run([thread]).unwrap(), 1);
        assert_eq!(handle.end(), 7);
    });
}

/// The group polls a child to its end.
/// A thread polls the child's handle, and drops it.
#[test]
fn a_handle_dropped_on_another_thread_leaves_nothing() {
    group_model(None, || {
        let (g, ends, poller) = start(1);
        let drops = Arc::new(Count::new(0));
        let (child, noted) = (ends.child(), Noted(drops.clone()));
        let mut handle = g.spawn(async move { child.await.map(|()| noted) });
        let task = Arc::new(Task::default());
        let inner = task.clone();
        let thread = thread::spawn(move || {
            let waker = Waker::from(inner);
            drop(Pin::new(&mut handle).poll(&mut Context::from_waker(&waker)));
        });
        assert_eq!(poller.run([thread]).unwrap(), 1);
        assert_eq!((drops.load(SeqCst), Arc::strong_count(&task)), (1, 1));
    });
}

/// The group polls a child that never ends: for the first time, when the group has yet to share its waker,
/// or again.
/// A thread cancels it.
#[test]
fn a_cancel_while_the_child_is_polled_is_not_lost() {
    for polled in [false, true] {
        group_model(None, move || {
            let (g, _, mut poller) = start(0);
            let drops = Arc::new(Count::new(0));
            let noted = Noted(drops.clone());
            let handle: Child<()> = g.spawn(async move {
                let _noted = noted;
                pending().await
            });
            if polled {
                assert!(poller.poll().is_pending());
            }
            let cancel = thread::spawn(move || handle.cancel());
            assert_eq!(poller.run([cancel]).unwrap(), 0);
            assert_eq!(drops.load(SeqCst), 1);
        });
    }
}

/// The group polls a child to its end.
/// A thread cancels it: before that, or too late.
#[test]
fn a_cancel_while_the_child_ends_drops_future_and_value_once() {
    group_model(None, || {
        let (g, _, poller) = start(0);
        let drops = Arc::new(Count::new(0));
        let noted = Noted(drops.clone());
        let handle = g.spawn(async move { Ok(noted) });
        let cancel = thread::spawn(move || handle.cancel());
        assert_eq!(poller.run([cancel]).unwrap(), 0);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// The group polls, for the first time or parked.
/// A thread finishes it.
#[test]
fn a_finish_while_the_group_polls_is_not_lost() {
    for polled in [false, true] {
        group_model(None, move || {
            let (g, _, mut poller) = start(1);
            if polled {
                assert!(poller.poll().is_pending());
            }
            let finish = thread::spawn(move || g.finish(7));
            assert_eq!(poller.run([finish]).unwrap(), 7);
        });
    }
}

/// The group polls.
/// One thread finishes it, another spawns a child, which is dropped once, started or not.
#[test]
fn a_finish_while_a_child_is_spawned_ends_the_group() {
    group_model(3, || {
        let (g, _, mut poller) = start(1);
        assert!(poller.poll().is_pending());
        let drops = Arc::new(Count::new(0));
        let (noted, spawner) = (Noted(drops.clone()), g.clone());
        let finish = thread::spawn(move || g.finish(7));
        let spawn = thread::spawn(move || {
            drop(spawner.spawn::<(), _>(async move {
                let _noted = noted;
                pending().await
            }));
        });
        assert_eq!(poller.run([finish, spawn]).unwrap(), 7);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// The group is finished, and ends.
/// A thread polls `cancelled()`.
#[test]
fn cancelled_on_another_thread_resolves() {
    group_model(None, || {
        let (g, _, mut poller) = start(1);
        assert!(poller.poll().is_pending());
        let (cancelled, thread) = Elsewhere::poll(Box::pin(g.cancelled()));
        g.finish(7);
        assert_eq!(poller.run([thread]).unwrap(), 7);
        cancelled.end();
    });
}

/// The group polls a child that waits for `cancelled()`, and gives it time to see it.
/// A thread finishes the group.
#[test]
fn cancelled_in_a_child_resolves() {
    for polled in [false, true] {
        group_model(None, move || {
            let mut handle = None;
            let job = group(|g: Handle| {
                let cancelled = g.cancelled();
                handle = Some(g);
                async move { Ok(cancelled.await).map(|()| 1) }
            });
            let mut poller = Poller::new(Box::pin(job.grace(pending::<()>())));
            let g = handle.unwrap();
            if polled {
                assert!(poller.poll().is_pending());
            }
            let finish = thread::spawn(move || g.finish(7));
            assert_eq!(poller.run([finish]).unwrap(), 7);
        });
    }
}
