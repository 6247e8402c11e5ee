//! What a group leaves behind when it ends: no waker, and no handle that is not woken.

use std::{
    future::{pending, poll_fn, ready},
    panic::panic_any,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use gather::{Child, Group, group};
use tokio::{runtime::Builder, task::consume_budget};

use crate::support::{Holding, Log, Remote, Task, panic_of};

type Ended = Result<(), &'static str>;

#[test]
fn a_handle_of_a_child_that_was_dropped_keeps_no_waker_and_says_so() {
    let (task, outside) = (Task::new(), Task::new());
    let (_remote, child) = Remote::<Ended>::new();
    let mut handles: [Option<Child<()>>; 2] = [None, None];
    let mut job = group(async |g: Group<'_, (), _>| {
        handles = [Some(g.spawn(child)), Some(g.spawn(pending()))];
        Err("bad")
    });
    assert!(task.poll(&mut job).is_ready());
    drop(job);
    for mut handle in handles.into_iter().flatten() {
        assert!(format!("{handle:?}").contains("running: false"));
        assert!(outside.poll(&mut handle).is_pending());
        assert_eq!(outside.clones(), 0, "it would never be woken");
    }
}

#[test]
fn a_handle_that_is_awaited_when_the_group_is_dropped_lets_its_waker_go() {
    let (task, outside) = (Task::new(), Task::new());
    let (_remote, child) = Remote::<Ended>::new();
    let mut handle = None;
    let mut job = group(async |g: Group<'_, (), _>| {
        handle = Some(g.spawn(child));
        pending().await
    });
    assert!(task.poll(&mut job).is_pending());
    drop(job);
    let mut handle = handle.unwrap();
    assert!(outside.poll(&mut handle).is_pending());
    assert_eq!(outside.clones(), 0);

    let (_remote, child) = Remote::<Ended>::new();
    let mut handle = None;
    let mut job = group(|g: Group<'_, (), _>| {
        handle = Some(g.spawn(child));
        pending()
    });
    let mut handle = handle.unwrap();
    assert!(task.poll(&mut job).is_pending());
    assert!(outside.poll(&mut handle).is_pending());
    assert_eq!(outside.clones(), 1);
    drop(job);
    assert_eq!((outside.clones(), outside.woken()), (0, 0));
}

/// Panics when it is woken.
struct Panicky;

impl Wake for Panicky {
    fn wake(self: Arc<Self>) {
        panic_any("waker")
    }
}

#[test]
fn a_listeners_waker_that_panics_loses_no_other_wake_and_no_drop() {
    for body_panics in [false, true] {
        let (task, log) = (Task::new(), Log::default());
        let (go, wait) = Remote::<()>::new();
        let mut handle = None;
        let mut job = group(|g: Group<'_, (), &str>| {
            let (_remote, child) = Remote::<Ended>::new();
            g.spawn(Holding(child, log.on_drop(1)));
            handle = Some(g);
            async move {
                wait.await;
                if body_panics {
                    panic_any("body")
                }
                Err("bad")
            }
        });
        assert!(task.poll(&mut job).is_pending());
        let g = handle.unwrap();
        let others = Task::new();
        let wakers = [
            Waker::from(Arc::new(Panicky)),
            others.waker().clone(),
            others.waker().clone(),
        ];
        let mut listeners = wakers.each_ref().map(|_| Box::pin(g.cancelled()));
        for (listener, waker) in listeners.iter_mut().zip(&wakers) {
            let cx = &mut Context::from_waker(waker);
            assert!(listener.as_mut().poll(cx).is_pending());
        }
        go.finish(());
        let panic = panic_of(|| task.poll(&mut job).is_ready());
        assert_eq!(panic, if body_panics { "body" } else { "waker" });
        assert_eq!((others.woken(), log.take()), (2, vec![1]));
    }
}

/// On tokio the deadline and the children share the cooperative budget of a poll of the task.
#[test]
fn a_child_that_uses_up_the_executors_budget_leaves_some_to_the_deadline() {
    let polls = AtomicUsize::new(0);
    let job = group(async |g| {
        g.spawn(poll_fn(|cx| {
            assert!(
                polls.fetch_add(1, SeqCst) < 1000,
                "the deadline is never polled in time"
            );
            while pin!(consume_budget()).poll(cx).is_ready() {}
            Poll::Pending::<Ended>
        }));
        Err::<(), _>("bad")
    });
    let deadline = async {
        consume_budget().await;
        ready(()).await;
    };
    let runtime = Builder::new_current_thread().build().unwrap();
    let errors = runtime.block_on(job.grace(deadline)).unwrap_err();
    assert_eq!(errors.first(), Some((&1, &"bad")));
}
