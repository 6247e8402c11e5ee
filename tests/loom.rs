//! Models of the wakers' protocol (`src/wakers.rs`): loom runs each one in every interleaving, up to
//! a bound on preemptions, with every value that a relaxed load may see.
//!
//! The children become ready by relaxed atomics, so a child that is not polled after its wake, or
//! polled without what came before its wake, is never ready: the model then ends with a lost wake.

#![cfg(gather_loom)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    any::type_name,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    sync::{
        self, Arc,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use gather::{Gather, gather};
use loom::{
    model::Builder,
    sync::{
        Mutex,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Relaxed},
        },
    },
    thread::{self, JoinHandle},
};

const BITS: usize = usize::BITS as usize;

/// How many children are ready at once, before those that the model is about. These are then all in
/// the one word of a small table, the first in a word and the others in the next, or in one word of
/// two.
const TABLES: [usize; 3] = [0, BITS - 1, BITS];

type Child = Pin<Box<dyn Future<Output = ()> + Send>>;
type Job = Gather<Child>;

/// Memory that was given back is overwritten, and loom then stumbles over the atomics in there.
struct Overwritten;

#[global_allocator]
static ALLOCATOR: Overwritten = Overwritten;

// SAFETY: it is the system's, which lets its memory be written to until it gets it back.
unsafe impl GlobalAlloc for Overwritten {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe {
            memory.write_bytes(0xff, layout.size());
            System.dealloc(memory, layout);
        }
    }
}

/// Checks the model with each table.
fn model<F>(preemptions: impl Into<Option<usize>>, run: F)
where
    F: Fn(usize) + Copy + Send + Sync + 'static,
{
    let preemptions = preemptions.into();
    for ready in TABLES {
        let (runs, start) = (Arc::new(Count::new(0)), Instant::now());
        let counted = runs.clone();
        let mut builder = Builder::new();
        builder.preemption_bound = preemptions;
        builder.max_branches = 10_000;
        builder.check(move || {
            counted.fetch_add(1, SeqCst);
            run(ready);
        });
        let (runs, time) = (runs.load(SeqCst), start.elapsed());
        println!(
            "{}, {ready} ready: {runs} runs, {time:.1?}",
            type_name::<F>()
        );
    }
}

/// What makes a child ready, and its waker.
#[derive(Clone)]
struct Remote {
    events: Arc<AtomicUsize>,
    polls: Arc<Count>,
    waker: Waker,
}

type Remotes = Arc<sync::Mutex<Vec<Remote>>>;

impl Remote {
    /// One of the events that the child waits for.
    fn fire(self) {
        self.events.fetch_add(1, Relaxed);
        self.waker.wake();
    }
}

/// Waits for so many events. Its first poll makes its remote.
fn child(needed: usize, remotes: &Remotes) -> Child {
    let (events, polls) = (Arc::new(AtomicUsize::new(0)), Arc::new(Count::new(0)));
    let remotes = remotes.clone();
    Box::pin(poll_fn(move |cx| {
        if polls.fetch_add(1, SeqCst) == 0 {
            let remote = Remote {
                events: events.clone(),
                polls: polls.clone(),
                waker: cx.waker().clone(),
            };
            remotes.lock().unwrap().push(remote);
        }
        ready_if(events.load(Relaxed) == needed)
    }))
}

/// The remotes of the children that were polled.
fn take<const N: usize>(remotes: &Remotes) -> [Remote; N] {
    let remotes = mem::take(&mut *remotes.lock().unwrap());
    remotes.try_into().ok().expect("all were polled")
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn ready_if(ready: bool) -> Poll<()> {
    if ready {
        Poll::Ready(())
    } else {
        Poll::Pending
    }
}

fn job(ready: usize, children: impl IntoIterator<Item = Child>) -> Job {
    let at_once = || Box::pin(poll_fn(|_| Poll::Ready(()))) as Child;
    gather((0..ready).map(|_| at_once()).chain(children))
}

/// The parent's task.
#[derive(Default)]
struct Task {
    wakes: AtomicUsize,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, AcqRel);
    }
}

/// Polls a job, in turn with the waker of each task. Only the last one's wake counts.
struct Parent {
    job: Job,
    tasks: Vec<Arc<Task>>,
    polls: usize,
    /// Whether each poll stops at a child that is done.
    stops: bool,
    /// How often the task of the last poll was woken since that began. Once for not being pending.
    woken: usize,
    /// How many wakes there may still be.
    allowed: usize,
}

impl Parent {
    fn new(tasks: usize, job: Job) -> Self {
        Self {
            job,
            tasks: (0..tasks).map(|_| Arc::default()).collect(),
            polls: 0,
            stops: false,
            woken: 0,
            allowed: 0,
        }
    }

    fn task(&self) -> &Arc<Task> {
        &self.tasks[self.polls % self.tasks.len()]
    }

    /// Whether the last poll was followed by a wake.
    fn is_woken(&mut self) -> bool {
        let wakes = self.task().wakes.swap(0, AcqRel);
        self.allowed = self.allowed.checked_sub(wakes).expect("one wake a poll");
        self.woken += wakes;
        self.woken > 0
    }

    fn poll(&mut self) {
        self.is_woken();
        self.polls += 1;
        self.is_woken();
        let waker = Waker::from(self.task().clone());
        let polled = if self.stops {
            poll(&mut self.job.until(|_, _| true), &waker).map(drop)
        } else {
            poll(&mut self.job, &waker).map(drop)
        };
        self.woken = usize::from(polled.is_ready());
        self.allowed += usize::from(self.job.running() > 0);
    }

    /// Polls until so many children are left, now and then at once when it is woken, and always
    /// after a thread has ended.
    fn run(&mut self, threads: impl IntoIterator<Item = JoinHandle<()>>, left: usize) {
        let mut threads = threads.into_iter();
        let mut at_once = true;
        while self.job.running() > left {
            if mem::take(&mut at_once) && self.is_woken() {
                self.poll();
            } else if let Some(thread) = threads.next() {
                thread.join().unwrap();
                at_once = true;
            } else {
                assert!(self.is_woken(), "a wake is lost");
                self.poll();
            }
        }
        threads.for_each(|thread| thread.join().unwrap());
    }

    /// Drops the job, lets the threads end, and checks that each of the wakers was dropped once.
    fn end_and(self, join: impl FnOnce()) {
        let Self {
            job,
            tasks,
            allowed,
            ..
        } = self;
        drop(job);
        join();
        let wakes: usize = tasks.iter().map(|task| task.wakes.swap(0, AcqRel)).sum();
        assert!(wakes <= allowed, "one wake a poll");
        for task in tasks {
            assert_eq!(Arc::strong_count(&task), 1, "each waker is dropped once");
        }
    }

    fn end(self) {
        self.end_and(|| ());
    }
}

/// A job in which each child waits for that many events, polled once, and the remotes.
fn start<const N: usize>(ready: usize, tasks: usize, events: [usize; N]) -> (Parent, [Remote; N]) {
    let remotes = Remotes::default();
    let mut parent = Parent::new(
        tasks,
        job(ready, events.map(|needed| child(needed, &remotes))),
    );
    parent.poll();
    (parent, take(&remotes))
}

/// A task that is run by whoever wakes it, in there.
struct Inline {
    job: Mutex<Option<Job>>,
    wakes: AtomicUsize,
    /// Whether it drops the job instead of polling it.
    drops: bool,
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        if self.wakes.fetch_add(1, AcqRel) > 0 {
            return; // Whoever runs it now does so again.
        }
        let mut wakes = 1;
        while wakes > 0 {
            self.run();
            wakes = self.wakes.fetch_sub(wakes, AcqRel) - wakes;
        }
    }
}

impl Inline {
    /// A task with a job that is polled once, and the remotes of two children.
    fn start(ready: usize, drops: bool) -> (Arc<Self>, [Remote; 2]) {
        let task = Arc::new(Self {
            job: Mutex::new(None),
            wakes: AtomicUsize::new(0),
            drops,
        });
        let remotes = Remotes::default();
        let mut job = job(ready, [child(1, &remotes), child(1, &remotes)]);
        let waker = Waker::from(task.clone());
        assert!(poll(&mut job, &waker).is_pending());
        *task.job.lock().unwrap() = Some(job);
        (task, take(&remotes))
    }

    fn run(self: &Arc<Self>) {
        let mut job = self.job.try_lock().expect("one runs it at a time");
        let Some(running) = &mut *job else { return };
        if self.drops || poll(running, &Waker::from(self.clone())).is_ready() {
            *job = None;
        }
    }

    fn end(self: Arc<Self>) {
        assert!(self.job.lock().unwrap().is_none(), "a wake is lost");
        assert_eq!(Arc::strong_count(&self), 1, "each waker is dropped once");
    }
}

fn join<const N: usize>(threads: [JoinHandle<()>; N]) {
    for thread in threads {
        thread.join().unwrap();
    }
}

fn fire(remote: Remote) -> JoinHandle<()> {
    thread::spawn(|| remote.fire())
}

/// Poller: polls for no reason. Thread: wakes a child.
#[test]
fn a_wake_while_the_parent_polls_is_not_lost() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [1, 1]);
        let thread = fire(a);
        parent.poll();
        parent.run([thread], 1);
        parent.end();
    });
}

/// Poller: asleep. Two threads: each wakes a child, and one finds the other's on the gate.
#[test]
fn two_wakes_in_a_sleep_wake_the_parent_once() {
    model(None, |ready| {
        let (mut parent, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        join([fire(a), fire(b)]);
        assert!(parent.is_woken());
        parent.poll();
        assert_eq!(parent.job.running(), 1);
        parent.end();
    });
}

/// Poller: asleep, then at work on what the first of two threads woke while the second wakes more.
#[test]
fn two_wakes_while_the_parent_polls_are_not_lost() {
    model(3, |ready| {
        let (mut parent, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        parent.run([fire(a), fire(b)], 1);
        parent.end();
    });
}

/// Poller: asleep. Two threads: wake the same child, which must see what came before either.
#[test]
fn two_wakes_of_a_child_are_one_poll() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [2, 1]);
        let polls = a.polls.clone();
        join([fire(a.clone()), fire(a)]);
        assert!(parent.is_woken());
        parent.poll();
        assert_eq!(parent.job.running(), 1);
        parent.poll();
        assert_eq!(polls.load(SeqCst), 2);
        parent.end();
    });
}

/// Poller: polls a child while a second thread wakes it again.
#[test]
fn a_second_wake_while_the_child_is_polled_is_not_lost() {
    model(3, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [2, 1]);
        parent.run([fire(a.clone()), fire(a)], 1);
        parent.end();
    });
}

/// Poller: brings another waker. Thread: finds the old one, and moves it out.
#[test]
fn the_newest_parent_is_woken() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 2, [1, 1]);
        let thread = fire(a);
        parent.poll();
        parent.run([thread], 1);
        parent.end();
    });
}

/// The same, after a sleep that has ended with a wake, and with two threads.
#[test]
fn the_newest_parent_is_woken_in_a_later_sleep() {
    model(3, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 2, [1, 1, 1, 1]);
        c.fire();
        parent.run([], 3);
        let threads = [fire(a), fire(b)];
        parent.poll();
        parent.run(threads, 1);
        parent.end();
    });
}

/// Poller: drops the job. Two threads: wake children, the last of them frees the wakers' memory.
#[test]
fn a_wake_while_the_job_is_dropped_is_harmless() {
    model(3, |ready| {
        let (parent, [a, b]) = start(ready, 1, [1, 1]);
        let threads = [fire(a), fire(b)];
        parent.end_and(|| join(threads));
    });
}

/// Poller: drops the job. Two threads: clone and drop wakers, the last of them frees the memory.
#[test]
fn clones_and_drops_while_the_job_is_dropped_free_once() {
    model(3, |ready| {
        let (parent, [a, b]) = start(ready, 1, [1, 1]);
        let threads = [a, b].map(|remote| thread::spawn(move || drop((remote.clone(), remote))));
        parent.end_and(|| join(threads));
    });
}

/// Poller: all children finish, and the job closes. Thread: wakes one of them once too often.
#[test]
fn a_wake_after_the_end_does_not_wake_the_parent() {
    model(3, |ready| {
        let (mut parent, [a, b]) = start(ready, 1, [1, 1]);
        let (late, once_too_often) = (a.waker.clone(), a.waker.clone());
        let thread = thread::spawn(|| once_too_often.wake());
        a.fire();
        b.fire();
        parent.run([thread], 0);
        parent.is_woken();
        parent.allowed = 0;
        late.wake();
        parent.end();
    });
}

/// Poller: goes to rest after a child that woke itself. Thread: wakes another.
#[test]
fn a_wake_while_a_child_wakes_itself_is_not_lost() {
    model(3, |ready| {
        let (remotes, mut polls) = (Remotes::default(), 0);
        let busy = Box::pin(poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            polls += 1;
            ready_if(polls == 3)
        }));
        let children = [child(1, &remotes), busy, child(1, &remotes)];
        let mut parent = Parent::new(1, job(ready, children));
        parent.poll();
        let [a, _b] = take(&remotes);
        parent.run([fire(a)], 1);
        parent.end();
    });
}

/// Poller: stops a pass after each child, and does not rest. Two threads: wake children.
#[test]
fn a_wake_while_a_pass_is_stopped_is_not_lost() {
    model(3, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        parent.stops = true;
        parent.run([fire(a), fire(b), fire(c)], 1);
        parent.end();
    });
}

/// A child in its first poll lends its waker to two threads, and each makes the memory.
#[test]
fn threads_of_the_first_poll_get_the_same_waker() {
    model(None, |ready| {
        let mut polled = false;
        let lending = Box::pin(poll_fn(move |cx| {
            if mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            let lent: *const Waker = cx.waker();
            // SAFETY: both threads end before the poll that lends it does.
            let lent = unsafe { &*lent };
            let clone = thread::spawn(|| lent.clone());
            let wake = thread::spawn(|| lent.wake_by_ref());
            let clone = clone.join().unwrap();
            wake.join().unwrap();
            assert!(clone.will_wake(&cx.waker().clone()));
            Poll::Pending
        }));
        let remotes = Remotes::default();
        let children: [Child; 2] = [lending, child(1, &remotes)];
        let mut parent = Parent::new(1, job(ready, children));
        parent.poll();
        parent.run([], 1);
        parent.end();
    });
}

/// The thread that wakes the parent polls in there. Another wakes a child meanwhile.
#[test]
fn a_parent_may_poll_while_it_is_woken() {
    model(3, |ready| {
        let (task, [a, b]) = Inline::start(ready, false);
        join([fire(a), fire(b)]);
        task.end();
    });
}

/// The thread that wakes the parent drops the job in there. Another wakes a child meanwhile.
#[test]
fn a_parent_may_drop_the_job_while_it_is_woken() {
    model(3, |ready| {
        let (task, [a, b]) = Inline::start(ready, true);
        join([fire(a), fire(b)]);
        task.end();
    });
}
