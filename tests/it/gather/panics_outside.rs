//! Panics of what is neither a child nor its drop: readers, iterators, the task waker. The code that
//! catches one may wait for a wake, so the task is woken.

use std::{
    cell::Cell,
    future::{pending, poll_fn},
    panic::panic_any,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, RawWaker, RawWakerVTable, Waker},
};

use futures::Stream;
use gather::gather;

use crate::support::{Remote, Task, panic_of, yielding};

#[test]
fn of_a_predicate_that_observes_an_earlier_output() {
    for n in [2, 64, 65] {
        let (remotes, children) = Remote::many(n);
        remotes[0].put(0);
        let (before, task) = (Task::new(), Task::new());
        let mut job = gather(children);
        assert!(before.poll(&mut job).is_pending());
        let panics = Cell::new(true);
        let mut job = job.inspect(|_, _| {
            if panics.take() {
                panic_any("reader")
            }
        });
        // By a new task, which the job does not know yet.
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "reader");
        assert_eq!((before.woken(), task.woken()), (0, 1));
        assert!(task.settle(&mut job).is_pending());
        for (index, remote) in remotes.iter().enumerate().skip(1) {
            remote.finish(index);
            assert_eq!((before.woken(), task.woken()), (0, 1));
            let polled = task.poll(&mut job);
            assert_eq!(polled.is_ready(), index == n - 1);
        }
    }
}

#[test]
fn of_the_clone_of_a_task_waker() {
    static WOKEN: AtomicUsize = AtomicUsize::new(0);
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static PANICKY: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, |_| ());
    fn clone(data: *const ()) -> RawWaker {
        if PANICS.swap(0, SeqCst) == 1 {
            panic_any("clone");
        }
        RawWaker::new(data, &PANICKY)
    }
    fn wake(_: *const ()) {
        WOKEN.fetch_add(1, SeqCst);
    }
    // SAFETY: the data is not used, and the functions may be called from anywhere.
    let waker = |round| unsafe { Waker::new(std::ptr::without_provenance(round), &PANICKY) };

    for n in [2, 64, 65] {
        let (remotes, children) = Remote::many(n);
        let mut job = gather(children);
        // At each parking: after the first pass, and after a pass of one child.
        for round in 0..2 {
            // A new waker each time: one that `will_wake` is not cloned.
            let waker = waker(round);
            WOKEN.store(0, SeqCst);
            PANICS.store(1, SeqCst);
            let cx = &mut Context::from_waker(&waker);
            let panic = panic_of(|| Pin::new(&mut job).poll(cx).is_ready());
            assert_eq!((panic.as_str(), WOKEN.load(SeqCst)), ("clone", 1));
            assert!(Pin::new(&mut job).poll(cx).is_pending());
            remotes[0].wake();
        }
        for remote in &remotes {
            remote.finish(1);
        }
        let waker = waker(0);
        let cx = &mut Context::from_waker(&waker);
        assert!(Pin::new(&mut job).poll(cx).is_ready());
    }
}

#[test]
fn of_the_drop_of_a_task_waker() {
    static WOKEN: AtomicUsize = AtomicUsize::new(0);
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static PANICKY: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, drop);
    fn clone(data: *const ()) -> RawWaker {
        RawWaker::new(data, &PANICKY)
    }
    fn wake(_: *const ()) {
        WOKEN.fetch_add(1, SeqCst);
    }
    fn drop(_: *const ()) {
        if PANICS.swap(0, SeqCst) == 1 {
            panic_any("drop");
        }
    }
    // SAFETY: it has no data, and its functions may be called from anywhere.
    let waker = unsafe { Waker::new(std::ptr::null(), &PANICKY) };
    let cx = &mut Context::from_waker(&waker);

    for n in [2, 64, 65] {
        // The children wake themselves, so no wake has consumed the job's clone.
        let woken = |cx: &mut Context<'_>| {
            let mut job = gather((0..n).map(|_| yielding(1, 1)));
            assert!(Pin::new(&mut job).poll(cx).is_pending());
            WOKEN.store(0, SeqCst);
            PANICS.store(1, SeqCst);
            job
        };
        // The job drops the waker when its output is complete, and returns that at the next poll.
        let mut job = woken(cx);
        let panic = panic_of(|| Pin::new(&mut job).poll(cx).is_ready());
        assert_eq!((panic.as_str(), WOKEN.load(SeqCst)), ("drop", 1));
        assert_eq!(Pin::new(&mut job).poll(cx), Poll::Ready(vec![1; n]));

        let mut job = woken(cx);
        let mut observed = 0;
        let mut until = job.until(|_, _| {
            observed += 1;
            observed == n
        });
        // The last output stops it, so it has not ended.
        assert!(matches!(
            Pin::new(&mut until).poll(cx),
            Poll::Ready(Some(_))
        ));
        let mut until = job.until(|_, _| false);
        let panic = panic_of(|| Pin::new(&mut until).poll(cx).is_ready());
        assert_eq!((panic.as_str(), WOKEN.load(SeqCst)), ("drop", 1));
        assert_eq!(Pin::new(&mut until).poll(cx), Poll::Ready(None));

        let mut stream = woken(cx).completions();
        for _ in 0..n {
            assert!(matches!(
                Pin::new(&mut stream).poll_next(cx),
                Poll::Ready(Some((_, 1)))
            ));
        }
        let panic = panic_of(|| Pin::new(&mut stream).poll_next(cx).is_ready());
        assert_eq!((panic.as_str(), WOKEN.load(SeqCst)), ("drop", 1));
        assert_eq!(Pin::new(&mut stream).poll_next(cx), Poll::Ready(None));
    }
}

/// Not a panic, but misbehaviour all the same.
#[test]
fn a_child_that_overwrites_its_context_does_not_affect_its_siblings() {
    let waker = Arc::new(Mutex::new(None));
    let kept = waker.clone();
    let rude = poll_fn(|cx| {
        *cx = Context::from_waker(Waker::noop());
        Poll::Ready(())
    });
    let polite = poll_fn(move |cx| {
        *kept.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    });
    let mut job = gather([
        Box::pin(rude) as Pin<Box<dyn Future<Output = ()>>>,
        Box::pin(polite),
        Box::pin(pending()),
    ]);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    waker.lock().unwrap().take().unwrap().wake();
    assert_eq!(task.woken(), 1);
}
