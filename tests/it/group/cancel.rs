//! `Child::cancel`: that one child is dropped, wherever it is, and the group goes on.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, Mutex},
    task::Poll,
    thread,
};

use gather::{Child, Group, group};

use crate::support::{Log, Remote, Task, polls, yield_now, yielding};

type Ended = Result<(), &'static str>;

/// Where a child finds its own handle.
type Own = Arc<Mutex<Option<Child<()>>>>;

#[test]
fn by_the_body_it_drops_a_child_in_the_next_poll_and_is_no_failure() {
    let (remotes, children) = Remote::<Ended>::many(20);
    let (task, log) = (Task::new(), Log::default());
    let (go, wait) = Remote::<()>::new();
    let mut job = group(async |g| {
        let mut handles: Vec<_> = children.into_iter().map(|child| g.spawn(child)).collect();
        wait.await;
        handles.remove(13).cancel();
        log.note(1);
        Ok::<_, &str>(7)
    });
    assert!(task.settle(&mut job).is_pending());
    go.finish(());
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(task.settle(&mut job).map(drop), Poll::Pending);
    assert_eq!((remotes[13].polls(), remotes[13].drops()), (1, 1));
    assert_eq!(log.take(), [1]);
    for (index, remote) in remotes.iter().enumerate().filter(|&(index, _)| index != 13) {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((remote.polls(), remote.drops()), (1, 0), "{index}");
        remote.finish(Ok(()));
    }
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
}

#[test]
fn between_polls_and_on_another_thread_it_wakes_the_task_once() {
    for threaded in [false, true] {
        let (remote, child) = Remote::<Ended>::new();
        let task = Task::new();
        let mut handle = None;
        let mut job = group(|g: Group<'_, usize, &str>| {
            handle = Some(g.spawn(child));
            async { Ok(7) }
        });
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((task.woken(), remote.drops()), (0, 0));
        let handle = handle.unwrap();
        if threaded {
            thread::spawn(move || handle.cancel()).join().unwrap();
        } else {
            handle.cancel();
        }
        assert_eq!((task.woken(), remote.drops()), (1, 0));
        assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
        assert_eq!((remote.polls(), remote.drops()), (1, 1));
    }
}

#[test]
fn by_a_sibling_it_drops_a_child_before_and_after_that_one() {
    let (remotes, children) = Remote::<Ended>::many(2);
    let mut children = children.into_iter();
    let task = Task::new();
    let mut job = group(async |g| {
        let before = g.spawn(children.next().unwrap());
        let after = Arc::new(Mutex::new(None));
        let taken = after.clone();
        g.spawn(async move {
            yield_now().await;
            before.cancel();
            let after = taken.lock().unwrap().take();
            after.iter().for_each(Child::cancel);
            Ok(())
        });
        *after.lock().unwrap() = Some(g.spawn(children.next().unwrap()));
        Ok::<_, &str>(7)
    });
    assert_eq!(task.settle(&mut job).map(Result::unwrap), Poll::Ready(7));
    assert_eq!(polls(&remotes), [1, 1]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
}

/// In its first poll, when its waker is not known yet, and in a later one.
#[test]
fn by_itself_it_drops_the_child_in_the_same_poll() {
    for yields in [0, 3] {
        let (task, log) = (Task::new(), Log::default());
        let mut job = group(async |g| {
            let own = Own::default();
            let (found, held, log) = (own.clone(), log.on_drop(2), &log);
            let handle = g.spawn(async move {
                let _held = held;
                yielding(yields, ()).await;
                found.lock().unwrap().take().unwrap().cancel();
                log.note(1);
                yield_now().await;
                log.note(99);
                Ok(())
            });
            *own.lock().unwrap() = Some(handle);
            Ok::<_, &str>(7)
        });
        for _ in 0..yields {
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(task.woken(), 1);
        }
        assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
        assert_eq!(log.take(), [1, 2]);
    }
}

#[test]
fn by_itself_it_is_too_late_for_a_child_that_ends_in_that_poll() {
    for failure in [Ok(()), Err("bad")] {
        let task = Task::new();
        let job = group(async |g| {
            let own = Own::default();
            let found = own.clone();
            let handle = g.spawn(async move {
                found.lock().unwrap().take().unwrap().cancel();
                failure
            });
            *own.lock().unwrap() = Some(handle);
            Ok(())
        });
        let errors = task.run(job).0.err();
        assert_eq!(errors.map(|errors| errors.len()), failure.err().map(|_| 1));
    }
}

#[test]
fn of_a_finished_child_it_leaves_the_value_to_the_handle() {
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        let value = log.on_drop(1);
        let done = g.spawn(async { Ok(value) });
        yield_now().await;
        assert!(log.take().is_empty());
        done.cancel();
        assert!(log.take().is_empty());
        drop(done.await);
        assert_eq!(log.take(), [1]);
        Ok::<_, &str>(7)
    });
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
    assert_eq!(task.woken(), 0);
}

/// Nor the next child in its slot.
#[test]
fn of_a_finished_child_it_polls_no_child() {
    let (remote, child) = Remote::<Ended>::new();
    let (next, second) = Remote::<Ended>::new();
    let task = Task::new();
    let mut handles = None;
    let mut job = group(|g: Group<'_, (), &str>| {
        handles = Some((g.spawn(child), g.clone()));
        pending()
    });
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Ok(()));
    assert!(task.settle(&mut job).is_pending());
    let (handle, g) = handles.unwrap();
    g.spawn(second);
    assert!(task.settle(&mut job).is_pending());
    handle.cancel();
    assert_eq!(task.woken(), 0);
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((next.polls(), next.drops()), (1, 0));
}

#[test]
fn before_its_start_the_child_is_dropped_unpolled() {
    let (remotes, children) = Remote::<Ended>::many(3);
    let task = Task::new();
    let mut job = group(async |g| {
        for child in children {
            g.spawn(child).cancel();
        }
        Ok::<_, &str>(7)
    });
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
    assert_eq!(polls(&remotes), [0; 3]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn the_future_of_a_cancelled_child_is_not_polled_again_though_it_was_woken() {
    let (remote, child) = Remote::<Ended>::new();
    let task = Task::new();
    let mut handle = None;
    let mut job = group(|g: Group<'_, (), &str>| {
        handle = Some(g.spawn(child));
        pending()
    });
    assert!(task.poll(&mut job).is_pending());
    remote.finish(Err("bad"));
    handle.unwrap().cancel();
    assert!(task.settle(&mut job).is_pending());
    assert_eq!((remote.polls(), remote.drops()), (1, 1));
}

#[test]
fn a_handle_that_was_awaited_can_still_cancel_and_drops_its_waker() {
    let (task, other) = (Task::new(), Task::new());
    let (remote, child) = Remote::<Ended>::new();
    let mut handle = None;
    let mut job = group(|g: Group<'_, (), &str>| {
        handle = Some(g.spawn(child));
        pending()
    });
    assert!(task.poll(&mut job).is_pending());
    let mut handle = handle.unwrap();
    assert!(other.poll(&mut handle).is_pending());
    handle.cancel();
    assert_eq!((other.clones(), handle.is_finished()), (1, false));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!((remote.drops(), handle.is_finished()), (1, true));
    assert_eq!((other.clones(), other.woken()), (0, 0));
    assert!(other.poll(&mut handle).is_pending());
}

#[test]
fn a_child_may_cancel_one_that_its_drop_cancels_in_turn() {
    struct CancelOnDrop(Option<Child<()>>);
    impl Drop for CancelOnDrop {
        fn drop(&mut self) {
            self.0.take().unwrap().cancel();
        }
    }
    let (task, log) = (Task::new(), Log::default());
    let mut job = group(async |g| {
        let mut next = CancelOnDrop(Some(g.spawn(pending::<Ended>())));
        for number in 0..100 {
            let (chained, held) = (next, log.on_drop(number));
            next = CancelOnDrop(Some(g.spawn(async move {
                let _held = (held, chained);
                pending().await
            })));
        }
        yield_now().await;
        drop(next);
        Ok::<_, &str>(7)
    });
    assert_eq!(task.settle(&mut job).map(Result::unwrap), Poll::Ready(7));
    assert!(log.take().into_iter().eq((0..100).rev()));
}

#[test]
fn a_thousand_cancelled_children_do_not_keep_the_group_running() {
    let task = Task::new();
    let mut job = group(async |g| {
        for round in 0..1000 {
            let child = g.spawn(pending::<Ended>());
            if round % 2 == 0 {
                yield_now().await;
            }
            child.cancel();
        }
        Ok::<_, &str>(7)
    });
    let _: &dyn Future<Output = _> = &job;
    assert_eq!(task.settle(&mut job).map(Result::unwrap), Poll::Ready(7));
}

#[test]
fn a_child_whose_handle_is_dropped_in_its_first_poll_is_not_cancelled() {
    let task = Task::new();
    let own = Own::default();
    let found = own.clone();
    let mut job = group(async |g| {
        let handle = g.spawn(poll_fn(move |cx| {
            if found.lock().unwrap().take().is_some() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        }));
        *own.lock().unwrap() = Some(handle);
        Ok::<_, &str>(7)
    });
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job).map(Result::unwrap), Poll::Ready(7));
}
