//! Models of the wakers' protocol (`src/wakers.rs`). Loom runs each in all interleavings, up to a
//! number of preemptions, and with all values that a load may see.
//!
//! The children look for what they wait for with relaxed loads. One that is not polled after a wake,
//! or is polled without what came before that wake, stays pending, and so does the model: then "a
//! wake is lost".
//!
//! `.ci/loom` runs them.

#![cfg(gather_loom)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    any::type_name,
    future::{Future, poll_fn},
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        self, Arc,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use gather::{Gather, at_most, gather};
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

/// How many children are ready at once, before those that a model is about. These are then all in
/// the one word of a small table; or the first is in a word, and the others in the next; or all are
/// in the second word of two.
const TABLES: [usize; 3] = [0, BITS - 1, BITS];

/// Checks a model with each table.
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
        let (name, runs) = (type_name::<F>(), runs.load(SeqCst));
        println!("{name} after {ready}: {runs} runs, {:.1?}", start.elapsed());
    }
}

/// Overwrites what is freed, so that loom stumbles over atomics that are used after.
struct Overwriting;

#[global_allocator]
static ALLOCATOR: Overwriting = Overwriting;

// SAFETY: it is the system's, which has no use for what is in memory that it is given back.
unsafe impl GlobalAlloc for Overwriting {
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

type Child = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The children that are ready at once, then the others.
fn children(ready: usize, others: impl IntoIterator<Item = Child>) -> impl Iterator<Item = Child> {
    let at_once = move |_| Box::pin(poll_fn(|_| Poll::Ready(()))) as Child;
    (0..ready).map(at_once).chain(others)
}

/// What a child waits for, and its waker.
#[derive(Clone)]
struct Remote {
    events: Arc<AtomicUsize>,
    polls: Arc<Count>,
    waker: Waker,
}

type Remotes = Arc<sync::Mutex<Vec<Remote>>>;

/// Waits for so many events. Its first poll gives its remote.
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

/// The remotes of all children that have been polled since this was last asked.
fn take<const N: usize>(remotes: &Remotes) -> [Remote; N] {
    let remotes = mem::take(&mut *remotes.lock().unwrap());
    remotes.try_into().ok().expect("so many were polled")
}

impl Remote {
    /// One of the events.
    fn fire(self) {
        self.events.fetch_add(1, Relaxed);
        self.waker.wake();
    }
}

fn ready_if(ready: bool) -> Poll<()> {
    if ready {
        Poll::Ready(())
    } else {
        Poll::Pending
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<()> {
    Pin::new(future)
        .poll(&mut Context::from_waker(waker))
        .map(drop)
}

fn fire(remote: Remote) -> JoinHandle<()> {
    thread::spawn(|| remote.fire())
}

fn wake(remote: &Remote) -> JoinHandle<()> {
    let waker = remote.waker.clone();
    thread::spawn(|| waker.wake())
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Counts its wakes.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, AcqRel);
    }
}

/// Polls a job with the wakers of some tasks, in turn. Only a wake of the last one's counts.
struct Parent<J> {
    job: J,
    poll: fn(&mut J, &Waker) -> Poll<()>,
    tasks: Vec<Arc<Task>>,
    polls: usize,
    /// How the last poll ended, and whether its waker was woken since it began.
    ready: bool,
    woken: bool,
    /// How many wakes there may still be.
    allowed: usize,
}

type Job = Gather<Child>;

/// Children that wait for so many events each, polled once.
fn start<const N: usize>(
    ready: usize,
    tasks: usize,
    events: [usize; N],
) -> (Parent<Job>, [Remote; N]) {
    let remotes = Remotes::default();
    let others = events.map(|needed| child(needed, &remotes));
    let parent = Parent::new(gather(children(ready, others)), poll, tasks);
    (parent, take(&remotes))
}

impl<J> Parent<J> {
    fn new(job: J, poll: fn(&mut J, &Waker) -> Poll<()>, tasks: usize) -> Self {
        let mut parent = Self {
            job,
            poll,
            tasks: (0..tasks).map(|_| Arc::default()).collect(),
            polls: 0,
            ready: false,
            woken: false,
            allowed: 0,
        };
        parent.poll();
        parent
    }

    fn task(&self) -> &Arc<Task> {
        &self.tasks[self.polls % self.tasks.len()]
    }

    /// Whether it polls again.
    fn is_woken(&mut self) -> bool {
        let wakes = self.task().0.swap(0, AcqRel);
        let left = self.allowed.checked_sub(wakes);
        self.allowed = left.expect("one wake a poll at most");
        self.woken |= wakes > 0;
        self.woken || self.ready
    }

    fn poll(&mut self) {
        self.is_woken();
        self.polls += 1;
        self.is_woken();
        let waker = Waker::from(self.task().clone());
        self.ready = (self.poll)(&mut self.job, &waker).is_ready();
        self.woken = false;
        self.allowed += 1;
    }

    /// Polls until that is `enough`: sometimes as soon as it is woken, always when a thread has
    /// ended.
    fn run<const N: usize>(&mut self, threads: [JoinHandle<()>; N], enough: fn(&Self) -> bool) {
        let mut threads = threads.into_iter();
        let mut at_once = true;
        while !enough(self) {
            if mem::take(&mut at_once) && self.is_woken() {
                self.poll();
            } else if let Some(thread) = threads.next() {
                join([thread]);
                at_once = true;
            } else {
                assert!(self.is_woken(), "a wake is lost");
                self.poll();
            }
        }
        join(threads);
    }

    /// Drops the job while threads run.
    fn end<const N: usize>(self, threads: [JoinHandle<()>; N]) {
        drop(self.job);
        join(threads);
        let wakes: usize = self.tasks.iter().map(|task| task.0.swap(0, AcqRel)).sum();
        assert!(wakes <= self.allowed, "one wake a poll at most");
        for task in self.tasks {
            assert_eq!(Arc::strong_count(&task), 1, "each waker is dropped once");
        }
    }
}

fn one_left(parent: &Parent<Job>) -> bool {
    parent.job.running() == 1
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
    fn run(self: &Arc<Self>) {
        let mut job = self.job.try_lock().expect("one runs it at a time");
        let Some(running) = &mut *job else { return };
        if self.drops || poll(running, &Waker::from(self.clone())).is_ready() {
            *job = None;
        }
    }

    /// Two threads wake the children of a job that was polled.
    fn check(ready: usize, drops: bool) {
        let task = Arc::new(Self {
            job: Mutex::new(None),
            wakes: AtomicUsize::new(0),
            drops,
        });
        let remotes = Remotes::default();
        let others = [child(1, &remotes), child(1, &remotes)];
        let mut job = gather(children(ready, others));
        assert!(poll(&mut job, &Waker::from(task.clone())).is_pending());
        *task.job.lock().unwrap() = Some(job);
        join(take::<2>(&remotes).map(fire));
        assert!(task.job.lock().unwrap().is_none(), "a wake is lost");
        assert_eq!(Arc::strong_count(&task), 1, "each waker is dropped once");
    }
}

/// The parent polls for no reason.
/// A thread wakes a child.
#[test]
fn a_wake_while_the_parent_polls_is_not_lost() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [1, 1]);
        let threads = [fire(a)];
        parent.poll();
        parent.run(threads, one_left);
        parent.end([]);
    });
}

/// The parent sleeps.
/// Two threads wake children: one finds the gate asleep, the other the lone child on it.
#[test]
fn two_wakes_in_a_sleep_wake_the_parent_once() {
    model(None, |ready| {
        let (mut parent, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        join([fire(a), fire(b)]);
        assert!(parent.is_woken());
        parent.poll();
        assert!(one_left(&parent));
        parent.end([]);
    });
}

/// The parent sleeps.
/// Three threads wake children: one displaces the lone child, another pushes at the same time.
#[test]
fn three_wakes_in_a_sleep_wake_the_parent_once() {
    model(3, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        join([fire(a), fire(b), fire(c)]);
        assert!(parent.is_woken());
        parent.poll();
        assert!(one_left(&parent));
        parent.end([]);
    });
}

/// The parent polls what the first thread woke, and sleeps again.
/// The second thread wakes another child at any time.
#[test]
fn wakes_while_the_parent_polls_are_not_lost() {
    model(None, |ready| {
        let (mut parent, [a, b, _c]) = start(ready, 1, [1, 1, 1]);
        parent.run([fire(a), fire(b)], one_left);
        parent.end([]);
    });
}

/// The parent sleeps.
/// Two threads wake the same child, which has to see what came before either.
#[test]
fn two_wakes_of_a_child_are_one_poll() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [2, 1]);
        let polls = a.polls.clone();
        join([fire(a.clone()), fire(a)]);
        assert!(parent.is_woken());
        parent.poll();
        assert!(one_left(&parent));
        parent.poll();
        assert_eq!(polls.load(SeqCst), 2);
        parent.end([]);
    });
}

/// The parent polls a child that one thread woke.
/// Another thread wakes the same child again.
#[test]
fn a_second_wake_while_the_child_is_polled_is_not_lost() {
    model(4, |ready| {
        let (mut parent, [a, _b]) = start(ready, 1, [2, 1]);
        parent.run([fire(a.clone()), fire(a)], one_left);
        parent.end([]);
    });
}

/// The parent polls with another waker: the scary race.
/// A thread that wakes a child is about to move the old one out.
#[test]
fn the_newest_parent_is_woken() {
    model(None, |ready| {
        let (mut parent, [a, _b]) = start(ready, 2, [1, 1]);
        let threads = [fire(a)];
        parent.poll();
        parent.run(threads, one_left);
        parent.end([]);
    });
}

/// The same, once the gate has seen a sleep and a wake before.
/// Two threads wake children.
#[test]
fn the_newest_parent_is_woken_in_a_later_sleep() {
    model(3, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 2, [1, 1, 1, 1]);
        c.fire();
        parent.poll();
        let threads = [fire(a), fire(b)];
        parent.poll();
        parent.run(threads, one_left);
        parent.end([]);
    });
}

/// The parent drops the job.
/// Two threads wake children, and the last of the three frees the memory.
#[test]
fn a_wake_while_the_job_is_dropped_is_harmless() {
    model(4, |ready| {
        let (parent, remotes) = start(ready, 1, [1, 1]);
        parent.end(remotes.map(fire));
    });
}

/// The parent drops the job.
/// Two threads clone and drop wakers, and the last of the three frees the memory.
#[test]
fn clones_and_drops_while_the_job_is_dropped_free_once() {
    model(4, |ready| {
        let (parent, remotes) = start(ready, 1, [1, 1]);
        let clone_and_drop = |remote: Remote| thread::spawn(move || drop(remote.clone()));
        parent.end(remotes.map(clone_and_drop));
    });
}

/// The parent sees a child finish, and in the end all.
/// A thread wakes that child once too often, before, meanwhile, or after.
#[test]
fn a_wake_of_a_child_that_is_done_does_not_wake_the_parent() {
    model(4, |ready| {
        let (mut parent, [a, b]) = start(ready, 1, [1, 1]);
        let (late, threads) = (a.clone(), [wake(&a)]);
        a.fire();
        parent.run(threads, one_left);
        while parent.is_woken() {
            parent.poll();
        }
        late.waker.wake_by_ref();
        assert!(!parent.is_woken());
        let threads = [wake(&late)];
        b.fire();
        parent.run(threads, |parent| parent.ready);
        parent.is_woken();
        parent.allowed = 0;
        late.waker.wake();
        parent.end([]);
    });
}

/// The parent polls a child that panics, and catches that.
/// Two threads wake that child and another.
#[test]
fn a_wake_while_a_child_panics_is_not_lost() {
    model(3, |ready| {
        let remotes = Remotes::default();
        let mut pending = child(1, &remotes);
        let panicking = Box::pin(poll_fn(move |cx| {
            let polled = pending.as_mut().poll(cx);
            polled.map(|()| resume_unwind(Box::new("caught by the parent")))
        }));
        let others: [Child; 3] = [panicking, child(1, &remotes), child(1, &remotes)];
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        parent.poll = |job, waker| {
            let polled = catch_unwind(AssertUnwindSafe(|| poll(job, waker)));
            polled.unwrap_or(Poll::Pending)
        };
        let [panicking, a, _b] = take(&remotes);
        parent.run([fire(panicking), fire(a)], one_left);
        parent.end([]);
    });
}

/// The parent polls a child that wakes itself, so it must not sleep.
/// A thread wakes another child.
#[test]
fn a_wake_while_a_child_wakes_itself_is_not_lost() {
    model(None, |ready| {
        let (remotes, mut polls) = (Remotes::default(), 0);
        let busy = Box::pin(poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            polls += 1;
            ready_if(polls == 3)
        }));
        let others: [Child; 3] = [child(1, &remotes), busy, child(1, &remotes)];
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        let [a, _b] = take(&remotes);
        parent.run([fire(a)], one_left);
        parent.end([]);
    });
}

/// The parent stops at each child that is done, and polls again without having slept.
/// Two threads wake children.
#[test]
fn a_wake_while_a_pass_is_stopped_is_not_lost() {
    model(None, |ready| {
        let (mut parent, [a, b, c, _d]) = start(ready, 1, [1, 1, 1, 1]);
        parent.poll = |job, waker| poll(&mut job.until(|_, _| true), waker);
        c.fire();
        parent.run([fire(a), fire(b)], one_left);
        parent.end([]);
    });
}

/// The parent has put another child into the slot of one that finished.
/// A thread wakes the new child, another the old one.
#[test]
fn a_wake_of_a_child_before_does_not_lose_one_of_the_next() {
    model(3, |ready| {
        let remotes = Remotes::default();
        let others = [0, 1, 1].map(|needed| child(needed, &remotes));
        let job = at_most(ready + 2).gather(children(ready, others));
        let mut parent = Parent::new(job, poll, 1);
        let [before, other, next] = take(&remotes);
        assert!(before.waker.will_wake(&next.waker));
        other.fire();
        parent.run([wake(&before), fire(next)], |parent| parent.ready);
        parent.end([]);
    });
}

/// The parent puts another child into the slot of one that finishes.
/// A thread wakes the old child once too often, before, meanwhile, or after.
#[test]
fn a_wake_of_a_child_before_is_one_poll_of_the_next_at_most() {
    model(None, |idle| {
        let remotes = Remotes::default();
        let idle_children = (0..idle).map(|_| Box::pin(poll_fn(|_| Poll::Pending)) as Child);
        let others = [1, 1, 1, 1].map(|needed| child(needed, &remotes));
        let job = at_most(idle + 2).gather(idle_children.chain(others));
        let poll = |(job, _): &mut (_, _), waker: &Waker| poll(job, waker);
        let mut parent = Parent::new((job, remotes.clone()), poll, 1);
        let one_more = |parent: &Parent<(_, Remotes)>| !parent.job.1.lock().unwrap().is_empty();
        let [_other, before] = take(&remotes);
        let threads = [wake(&before)];
        before.fire();
        parent.run(threads, one_more);
        let [next] = take(&remotes);
        let polls = next.polls.clone();
        next.fire();
        parent.run([], one_more);
        let polls = polls.load(SeqCst);
        assert!((2..=3).contains(&polls), "{polls} polls");
        parent.end([]);
    });
}

/// A child lends the waker of its first poll to two threads.
/// Each finds no memory and makes some.
#[test]
fn threads_in_the_first_poll_get_the_same_waker() {
    model(None, |ready| {
        let mut lent = false;
        let lending = Box::pin(poll_fn(move |cx| {
            if mem::replace(&mut lent, true) {
                return Poll::Ready(());
            }
            let waker: *const Waker = cx.waker();
            // SAFETY: both threads end while it is borrowed.
            let waker = unsafe { &*waker };
            let threads = [
                thread::spawn(|| Some(waker.clone())),
                thread::spawn(|| {
                    waker.wake_by_ref();
                    None
                }),
            ];
            let clones = threads.map(|thread| thread.join().unwrap());
            let same = |clone: &Waker| clone.will_wake(&cx.waker().clone());
            assert!(clones.iter().flatten().all(same));
            Poll::Pending
        }));
        let others: [Child; 2] = [lending, child(1, &Remotes::default())];
        let mut parent = Parent::new(gather(children(ready, others)), poll, 1);
        parent.run([], one_left);
        parent.end([]);
    });
}

/// The thread that wakes the parent polls the job in there.
/// Another thread wakes a child.
#[test]
fn a_parent_may_poll_while_it_is_woken() {
    model(None, |ready| Inline::check(ready, false));
}

/// The thread that wakes the parent drops the job in there.
/// Another thread wakes a child.
#[test]
fn a_parent_may_drop_the_job_while_it_is_woken() {
    model(None, |ready| Inline::check(ready, true));
}
