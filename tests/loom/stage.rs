//! The stage of the models: children that threads wake, and a parent that polls only when it is woken.

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
    sync::atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Relaxed},
    },
    thread::{self, JoinHandle},
};

const BITS: usize = usize::BITS as usize;

/// How many children are ready at once, before those that a model is about. These are then all in
/// the one word of a small table; or the first is in a word, and the others in the next; or all are
/// in the second word of two.
const TABLES: [usize; 3] = [0, BITS - 1, BITS];

/// Checks a model with each table.
pub(crate) fn model<F>(preemptions: impl Into<Option<usize>>, run: F)
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

pub(crate) type Child = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The children that are ready at once, then the others.
pub(crate) fn children(
    ready: usize,
    others: impl IntoIterator<Item = Child>,
) -> impl Iterator<Item = Child> {
    let at_once = move |_| Box::pin(poll_fn(|_| Poll::Ready(()))) as Child;
    (0..ready).map(at_once).chain(others)
}

/// What a child waits for, and its waker.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) events: Arc<AtomicUsize>,
    pub(crate) polls: Arc<Count>,
    pub(crate) waker: Waker,
}

pub(crate) type Remotes = Arc<sync::Mutex<Vec<Remote>>>;

/// Waits for so many events. Its first poll gives its remote.
pub(crate) fn child(needed: usize, remotes: &Remotes) -> Child {
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

/// Waits for an event. Each of its polls gives a remote, and so it keeps no waker itself.
pub(crate) fn forgetful(remotes: &Remotes) -> Child {
    let (events, polls) = (Arc::new(AtomicUsize::new(0)), Arc::new(Count::new(0)));
    let remotes = remotes.clone();
    Box::pin(poll_fn(move |cx| {
        polls.fetch_add(1, SeqCst);
        let ready = events.load(Relaxed) == 1;
        if !ready {
            let remote = Remote {
                events: events.clone(),
                polls: polls.clone(),
                waker: cx.waker().clone(),
            };
            remotes.lock().unwrap().push(remote);
        }
        ready_if(ready)
    }))
}

/// Is never ready, and has no waker.
pub(crate) fn idle() -> Child {
    Box::pin(poll_fn(|_| Poll::Pending))
}

/// The remotes of all children that have been polled since this was last asked.
pub(crate) fn take<const N: usize>(remotes: &Remotes) -> [Remote; N] {
    let remotes = mem::take(&mut *remotes.lock().unwrap());
    remotes.try_into().ok().expect("so many were polled")
}

impl Remote {
    /// One of the events.
    pub(crate) fn fire(self) {
        self.events.fetch_add(1, Relaxed);
        self.waker.wake();
    }
}

pub(crate) fn ready_if(ready: bool) -> Poll<()> {
    if ready {
        Poll::Ready(())
    } else {
        Poll::Pending
    }
}

pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<()> {
    Pin::new(future)
        .poll(&mut Context::from_waker(waker))
        .map(drop)
}

pub(crate) fn fire(remote: Remote) -> JoinHandle<()> {
    thread::spawn(|| remote.fire())
}

pub(crate) fn wake(remote: &Remote) -> JoinHandle<()> {
    let waker = remote.waker.clone();
    thread::spawn(|| waker.wake())
}

pub(crate) fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Counts its wakes.
#[derive(Default)]
pub(crate) struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, AcqRel);
    }
}

/// Polls a job with the wakers of some tasks, in turn. Only a wake of the last one's counts.
pub(crate) struct Parent<J> {
    pub(crate) job: J,
    pub(crate) poll: fn(&mut J, &Waker) -> Poll<()>,
    tasks: Vec<Arc<Task>>,
    polls: usize,
    /// How the last poll ended, and whether its waker was woken since it began.
    pub(crate) ready: bool,
    woken: bool,
    /// How many wakes there may still be.
    pub(crate) allowed: usize,
}

pub(crate) type Job = Gather<Child>;

/// Children that wait for so many events each, polled once.
pub(crate) fn start<const N: usize>(
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
    pub(crate) fn new(job: J, poll: fn(&mut J, &Waker) -> Poll<()>, tasks: usize) -> Self {
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

    pub(crate) fn task(&self) -> &Arc<Task> {
        &self.tasks[self.polls % self.tasks.len()]
    }

    /// Whether it polls again.
    pub(crate) fn is_woken(&mut self) -> bool {
        let wakes = self.task().0.swap(0, AcqRel);
        let left = self.allowed.checked_sub(wakes);
        self.allowed = left.expect("one wake a poll at most");
        self.woken |= wakes > 0;
        self.woken || self.ready
    }

    pub(crate) fn poll(&mut self) {
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
    pub(crate) fn run<const N: usize>(
        &mut self,
        threads: [JoinHandle<()>; N],
        enough: fn(&Self) -> bool,
    ) {
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
    pub(crate) fn end<const N: usize>(self, threads: [JoinHandle<()>; N]) {
        drop(self.job);
        join(threads);
        let wakes: usize = self.tasks.iter().map(|task| task.0.swap(0, AcqRel)).sum();
        assert!(wakes <= self.allowed, "one wake a poll at most");
        for task in self.tasks {
            assert_eq!(Arc::strong_count(&task), 1, "each waker is dropped once");
        }
    }
}

pub(crate) fn one_left(parent: &Parent<Job>) -> bool {
    parent.job.running() == 1
}
