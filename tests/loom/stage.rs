//! The stage of the models: children that threads wake, and a poller that polls only when its task is woken.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    any::type_name,
    cell::Cell,
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

/// How many children are ready at once before those under test. Those are then all on the root; or the
/// first is in leaf 0, and the others in leaf 1; or all in leaf 1.
const PLACES: [usize; 3] = [0, BITS - 1, BITS];

/// How many children are idle before those under test in a set that grows. Those are then all on the root; or
/// the first is, and the others in block 0; or the first is in one block, and the others in the next, which
/// is block 1, or block 2, of two levels.
const GROWN_PLACES: [usize; 4] = [0, BITS / 2 - 1, BITS - 1, 2 * BITS - 1];

/// Checks a model in each place.
pub(crate) fn model<F>(preemptions: impl Into<Option<usize>>, run: F)
where
    F: Fn(usize) + Copy + Send + Sync + 'static,
{
    let preemptions = preemptions.into();
    for ready in PLACES {
        check(preemptions, type_name::<F>(), ready, move || run(ready));
    }
}

/// Checks a model of a growing set in each place.
pub(crate) fn grown_model<F>(preemptions: impl Into<Option<usize>>, run: F)
where
    F: Fn(usize) + Copy + Send + Sync + 'static,
{
    let preemptions = preemptions.into();
    for idle in GROWN_PLACES {
        check(preemptions, type_name::<F>(), idle, move || run(idle));
    }
}

/// Checks a model that depends on no place.
pub(crate) fn group_model<F>(preemptions: impl Into<Option<usize>>, run: F)
where
    F: Fn() + Send + Sync + 'static,
{
    check(preemptions.into(), type_name::<F>(), 0, run);
}

fn check<F>(preemptions: Option<usize>, name: &str, before: usize, run: F)
where
    F: Fn() + Send + Sync + 'static,
{
    let (runs, start) = (Arc::new(Count::new(0)), Instant::now());
    let counted = runs.clone();
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 10_000;
    builder.check(move || {
        counted.fetch_add(1, SeqCst);
        let nodes = NODES.get();
        run();
        assert_eq!(NODES.get(), nodes, "each root is freed once");
    });
    let runs = runs.load(SeqCst);
    println!(
        "{name} after {before}: {runs} runs, {:.1?}",
        start.elapsed()
    );
}

/// Overwrites what is freed, so that loom finds atomics that are used after. Counts allocations of nodes.
struct Overwriting;

#[global_allocator]
static ALLOCATOR: Overwriting = Overwriting;

std::thread_local! {
    /// How many allocations are aligned as a node is. All of loom's threads run on one of the system's.
    static NODES: Cell<isize> = const { Cell::new(0) };
}

fn count(layout: Layout, by: isize) {
    if layout.align() == BITS {
        NODES.set(NODES.get() + by);
    }
}

// SAFETY: it is the system's, which does not use the content of memory that is given back.
unsafe impl GlobalAlloc for Overwriting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout, 1);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(layout, -1);
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

/// Waits for a number of events. Its first poll registers its remote.
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

impl Task {
    /// How often it was woken since this was last asked.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, AcqRel)
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, AcqRel);
    }
}

/// Polls a job with the wakers of some tasks, one after the other. Only a wake of the last one counts.
pub(crate) struct Poller<J> {
    pub(crate) job: J,
    pub(crate) poll: fn(&mut J, &Waker) -> Poll<()>,
    tasks: Vec<Arc<Task>>,
    polls: usize,
    /// How the last poll ended, and whether its waker was woken since it began.
    pub(crate) ready: bool,
    woken: bool,
    /// How many wakes there may still be: one a poll.
    pub(crate) allowed: usize,
}

pub(crate) type Job = Gather<Child>;

/// Children that wait for `events` each, polled once.
pub(crate) fn start<const N: usize>(
    ready: usize,
    tasks: usize,
    events: [usize; N],
) -> (Poller<Job>, [Remote; N]) {
    let remotes = Remotes::default();
    let others = events.map(|needed| child(needed, &remotes));
    let poller = Poller::new(gather(children(ready, others)), poll, tasks);
    (poller, take(&remotes))
}

impl<J> Poller<J> {
    pub(crate) fn new(job: J, poll: fn(&mut J, &Waker) -> Poll<()>, tasks: usize) -> Self {
        let mut poller = Self {
            job,
            poll,
            tasks: (0..tasks).map(|_| Arc::default()).collect(),
            polls: 0,
            ready: false,
            woken: false,
            allowed: 0,
        };
        poller.poll();
        poller
    }

    pub(crate) fn task(&self) -> &Arc<Task> {
        &self.tasks[self.polls % self.tasks.len()]
    }

    /// Whether it polls again.
    pub(crate) fn is_woken(&mut self) -> bool {
        let wakes = self.task().take();
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

    /// Polls until that is `enough`: up to twice at once when it is woken, and always when a thread has
    /// ended.
    pub(crate) fn run<const N: usize>(
        &mut self,
        threads: [JoinHandle<()>; N],
        enough: fn(&Self) -> bool,
    ) {
        let mut threads = threads.into_iter();
        let mut at_once = 2;
        while !enough(self) {
            if at_once > 0 && self.is_woken() {
                at_once -= 1;
                self.poll();
            } else if let Some(thread) = threads.next() {
                join([thread]);
                at_once = 2;
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
        let wakes: usize = self.tasks.iter().map(|task| task.take()).sum();
        assert!(wakes <= self.allowed, "one wake a poll at most");
        for task in self.tasks {
            assert_eq!(Arc::strong_count(&task), 1, "each waker is dropped once");
        }
    }
}

pub(crate) fn one_left(poller: &Poller<Job>) -> bool {
    poller.job.running() == 1
}
