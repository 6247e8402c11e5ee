//! Models of what a group's handles share with it, across threads (`src/group/shared.rs` and
//! `child.rs`). Loom runs each in all interleavings, up to a number of preemptions.
//!
//! What happens between threads is told by wakes alone, and seen by relaxed loads: where one of
//! those is lost or comes too early, a group stays pending, and the model says so.
//!
//! All of loom's threads run on one of the system's. So no child fails here: who waits for a child
//! that failed is found by means of a thread-local.
//!
//! `.ci/loom` runs them.

#![cfg(gather_loom)]

use std::{
    any::type_name,
    future::{Future, pending, poll_fn},
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use gather::{Child, Group, GroupFuture, group};
use loom::{
    model::Builder,
    sync::atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
    thread::{self, JoinHandle},
};

type Handle = Group<'static, usize, ()>;
type Job = GroupFuture<'static, usize, ()>;

fn model<F>(preemptions: impl Into<Option<usize>>, run: F)
where
    F: Fn() + Send + Sync + 'static,
{
    let (runs, start) = (Arc::new(Count::new(0)), Instant::now());
    let counted = runs.clone();
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions.into();
    builder.max_branches = 10_000;
    builder.check(move || {
        counted.fetch_add(1, SeqCst);
        run();
    });
    let (name, runs) = (type_name::<F>(), runs.load(SeqCst));
    println!("{name}: {runs} runs, {:.1?}", start.elapsed());
}

/// Counts its wakes.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, AcqRel);
    }
}

/// Polls a future when it is woken.
struct Parent<F> {
    task: Arc<Task>,
    future: F,
}

impl<F: Future + Unpin> Parent<F> {
    fn new(future: F) -> Self {
        let task = Arc::default();
        Self { task, future }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.task.clone());
        Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker))
    }

    fn is_woken(&self) -> bool {
        self.task.0.swap(0, AcqRel) > 0
    }

    /// Polls now, and then when it is woken: sometimes as soon as that, always when a thread has ended.
    fn run<const N: usize>(mut self, threads: [JoinHandle<()>; N]) -> F::Output {
        let mut threads = threads.into_iter();
        let mut at_once = true;
        let mut polled = self.poll();
        loop {
            if let Poll::Ready(output) = polled {
                join(threads);
                self.end();
                return output;
            }
            if mem::take(&mut at_once) && self.is_woken() {
                polled = self.poll();
            } else if let Some(thread) = threads.next() {
                join([thread]);
                at_once = true;
            } else {
                assert!(self.is_woken(), "a wake is lost");
                polled = self.poll();
            }
        }
    }

    fn end(self) {
        drop(self.future);
        assert_eq!(
            Arc::strong_count(&self.task),
            1,
            "each waker is dropped once"
        );
    }
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A group whose body ends when so many children have.
fn start(children: usize) -> (Handle, Ends, Parent<Job>) {
    let ends = Ends::default();
    let (mut handle, body) = (None, ends.clone());
    let job = group(|g: Handle| {
        handle = Some(g);
        let wait = poll_fn(move |cx| {
            *body.waker.lock().unwrap() = Some(cx.waker().clone());
            if body.count.load(Relaxed) == children {
                Poll::Ready(Ok(children))
            } else {
                Poll::Pending
            }
        });
        wait
    });
    (handle.unwrap(), ends, Parent::new(job))
}

/// How many children have ended, for the body.
#[derive(Clone, Default)]
struct Ends {
    count: Arc<AtomicUsize>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Ends {
    fn add(&self) {
        self.count.fetch_add(1, Relaxed);
        let waker = self.waker.lock().unwrap().clone();
        waker.into_iter().for_each(Waker::wake);
    }

    /// A child that ends in its first poll.
    fn child(&self) -> impl Future<Output = Result<(), ()>> + Send + use<> {
        let ends = self.clone();
        async move { Ok(ends.add()) }
    }
}

/// Notes that it was dropped.
struct Noted(Arc<Count>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// The group polls, for the first time or asleep.
/// A thread spawns a child.
#[test]
fn a_spawn_while_the_group_polls_is_not_lost() {
    for polled in [false, true] {
        model(None, move || {
            let (g, ends, mut parent) = start(1);
            if polled {
                assert!(parent.poll().is_pending());
            }
            let spawn = thread::spawn(move || drop(g.spawn(ends.child())));
            assert_eq!(parent.run([spawn]).unwrap(), 1);
        });
    }
}

/// The group polls.
/// Two threads spawn a child each.
#[test]
fn spawns_of_two_threads_are_not_lost() {
    model(None, || {
        let (g, ends, mut parent) = start(2);
        assert!(parent.poll().is_pending());
        let threads = [0, 1].map(|_| {
            let (g, ends) = (g.clone(), ends.clone());
            thread::spawn(move || drop(g.spawn(ends.child())))
        });
        drop(g);
        assert_eq!(parent.run(threads).unwrap(), 2);
    });
}

/// The group sleeps, is polled with another waker, and sleeps again.
/// A thread spawns a child.
#[test]
fn a_spawn_wakes_the_newest_parent() {
    model(None, || {
        let (g, ends, mut parent) = start(1);
        assert!(parent.poll().is_pending());
        let spawn = thread::spawn(move || drop(g.spawn(ends.child())));
        let newest = Parent::new(parent.future);
        assert_eq!(newest.run([spawn]).unwrap(), 1);
        assert_eq!(Arc::strong_count(&parent.task), 1);
    });
}

/// The group drops all, or has ended.
/// A thread spawns a child, which is dropped once, by one of the two.
#[test]
fn a_spawn_while_the_group_is_dropped_is_dropped_once() {
    for polled in [false, true] {
        model(None, move || {
            let (g, _, mut parent) = start(1);
            if polled {
                assert!(parent.poll().is_pending());
            }
            let drops = Arc::new(Count::new(0));
            let (noted, _kept) = (Noted(drops.clone()), g.clone());
            let spawn = thread::spawn(move || drop(g.spawn(async move { Ok(drop(noted)) })));
            drop(parent.future);
            spawn.join().unwrap();
            assert_eq!(drops.load(SeqCst), 1);
            assert_eq!(Arc::strong_count(&parent.task), 1);
        });
    }
}

/// A future that another thread polls once, and the waker that it is polled with.
struct Elsewhere<F> {
    future: Arc<Mutex<Option<(F, bool)>>>,
    task: Arc<Task>,
}

impl<F: Future + Unpin + Send + 'static> Elsewhere<F> {
    fn poll(mut future: F) -> (Self, JoinHandle<()>) {
        let this = Self {
            future: Arc::default(),
            task: Arc::default(),
        };
        let (polled, task) = (this.future.clone(), this.task.clone());
        let thread = thread::spawn(move || {
            let waker = Waker::from(task);
            let mut cx = Context::from_waker(&waker);
            let pending = Pin::new(&mut future).poll(&mut cx).is_pending();
            *polled.lock().unwrap() = Some((future, pending));
        });
        (this, thread)
    }

    /// It was ready then, or was woken since and is now. Other than the first time, its output.
    fn end(self) -> Option<F::Output> {
        let (mut future, pending) = self.future.lock().unwrap().take().expect("it was polled");
        let wakes = self.task.0.load(Acquire);
        assert_eq!(
            wakes,
            usize::from(pending),
            "a wake is lost, or for nothing"
        );
        assert_eq!(
            Arc::strong_count(&self.task),
            1,
            "each waker is dropped once"
        );
        let mut cx = Context::from_waker(Waker::noop());
        pending.then(|| match Pin::new(&mut future).poll(&mut cx) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("what came before the wake is not seen"),
        })
    }
}

/// The group polls a child to its end.
/// A thread polls the child's handle.
#[test]
fn a_handle_on_another_thread_gets_the_value() {
    model(None, || {
        let (g, ends, parent) = start(1);
        let child = ends.child();
        let handle = g.spawn(async move { child.await.map(|()| 7) });
        let (handle, thread) = Elsewhere::poll(handle);
        assert_eq!(parent.run([thread]).unwrap(), 1);
        assert_eq!(handle.end().unwrap_or(7), 7);
    });
}

/// The group polls a child to its end.
/// A thread polls the child's handle, and drops it.
#[test]
fn a_handle_dropped_on_another_thread_leaves_nothing() {
    model(None, || {
        let (g, ends, parent) = start(1);
        let drops = Arc::new(Count::new(0));
        let (child, noted) = (ends.child(), Noted(drops.clone()));
        let mut handle = g.spawn(async move { child.await.map(|()| noted) });
        let task = Arc::new(Task::default());
        let inner = task.clone();
        let thread = thread::spawn(move || {
            let waker = Waker::from(inner);
            drop(Pin::new(&mut handle).poll(&mut Context::from_waker(&waker)));
        });
        assert_eq!(parent.run([thread]).unwrap(), 1);
        assert_eq!((drops.load(SeqCst), Arc::strong_count(&task)), (1, 1));
    });
}

/// The group polls a child that never ends: for the first time, when the group has yet to give away
/// its waker, or again.
/// A thread cancels it.
#[test]
fn a_cancel_while_the_child_is_polled_is_not_lost() {
    for polled in [false, true] {
        model(None, move || {
            let (g, _, mut parent) = start(0);
            let drops = Arc::new(Count::new(0));
            let noted = Noted(drops.clone());
            let handle: Child<()> = g.spawn(async move {
                let _noted = noted;
                pending().await
            });
            if polled {
                assert!(parent.poll().is_pending());
            }
            let cancel = thread::spawn(move || handle.cancel());
            assert_eq!(parent.run([cancel]).unwrap(), 0);
            assert_eq!(drops.load(SeqCst), 1);
        });
    }
}

/// The group polls a child to its end.
/// A thread cancels it: before that, or too late.
#[test]
fn a_cancel_while_the_child_ends_drops_future_and_value_once() {
    model(None, || {
        let (g, _, parent) = start(0);
        let drops = Arc::new(Count::new(0));
        let noted = Noted(drops.clone());
        let handle = g.spawn(async move { Ok(noted) });
        let cancel = thread::spawn(move || handle.cancel());
        assert_eq!(parent.run([cancel]).unwrap(), 0);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// The group polls, for the first time or asleep.
/// A thread finishes it.
#[test]
fn a_finish_while_the_group_polls_is_not_lost() {
    for polled in [false, true] {
        model(None, move || {
            let (g, _, mut parent) = start(1);
            if polled {
                assert!(parent.poll().is_pending());
            }
            let finish = thread::spawn(move || g.finish(7));
            assert_eq!(parent.run([finish]).unwrap(), 7);
        });
    }
}

/// The group polls.
/// One thread finishes it, another spawns a child, which is dropped once, started or not.
#[test]
fn a_finish_while_a_child_is_spawned_ends_the_group() {
    model(None, || {
        let (g, _, mut parent) = start(1);
        assert!(parent.poll().is_pending());
        let drops = Arc::new(Count::new(0));
        let (noted, spawner) = (Noted(drops.clone()), g.clone());
        let finish = thread::spawn(move || g.finish(7));
        let spawn = thread::spawn(move || {
            drop(spawner.spawn::<(), _>(async move {
                let _noted = noted;
                pending().await
            }));
        });
        assert_eq!(parent.run([finish, spawn]).unwrap(), 7);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// The group is finished, and ends.
/// A thread polls `cancelled()`.
#[test]
fn cancelled_on_another_thread_resolves() {
    model(None, || {
        let (g, _, mut parent) = start(1);
        assert!(parent.poll().is_pending());
        let (cancelled, thread) = Elsewhere::poll(Box::pin(g.cancelled()));
        g.finish(7);
        assert_eq!(parent.run([thread]).unwrap(), 7);
        cancelled.end();
    });
}

/// The group polls a child that waits for `cancelled()`, and gives it time to see it.
/// A thread finishes the group.
#[test]
fn cancelled_in_a_child_resolves() {
    for polled in [false, true] {
        model(None, move || {
            let mut handle = None;
            let job = group(|g: Handle| {
                let cancelled = g.cancelled();
                handle = Some(g);
                async move { Ok(cancelled.await).map(|()| 1) }
            });
            let mut parent = Parent::new(Box::pin(job.grace(pending::<()>())));
            let g = handle.unwrap();
            if polled {
                assert!(parent.poll().is_pending());
            }
            let finish = thread::spawn(move || g.finish(7));
            assert_eq!(parent.run([finish]).unwrap(), 7);
        });
    }
}
