//! The driver and its channels, the same for every contender: what a single-threaded
//! executor and its oneshot channels do, and nothing else.

use std::array;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::oneshot::{self, Receiver, Sender, error::RecvError};

use crate::random::Random;

/// When the children of a workload are woken.
#[derive(Clone, Copy)]
pub(crate) enum Wakes {
    /// Never: they are ready before the first poll.
    Never,
    /// By themselves, while they are polled.
    Themselves,
    /// After each poll of the job, this many of them, scattered.
    Scattered(usize),
    /// As `Scattered`; the very first of them fails, and ends the job.
    Fatal(usize),
    /// Every second one is ready before the first poll. After that the job is dropped.
    Cancelled,
    /// After each poll of the job, this many of the children that have registered as waiting, scattered.
    /// Not all children are alive.
    Waiting(usize),
}

/// What a job gave.
#[derive(Debug, PartialEq)]
pub(crate) enum Given {
    /// All outputs, in the children's order.
    Outputs(Vec<u64>),
    /// All outputs of children that may fail, in order.
    Results(Vec<Result<u64, Lost>>),
    /// All outputs of a few children, in order, and how many there are.
    Few([u64; FEW], usize),
    /// All outputs added up, as they came, and how many there were.
    Sum(u64, usize),
    /// The output of the child that failed.
    Failure(u64),
    /// Nothing: it was dropped, with this many children.
    Dropped(usize),
}

/// At most this many children are few.
pub(crate) const FEW: usize = 12;

impl Given {
    pub(crate) fn few<const N: usize>(outputs: [u64; N]) -> Self {
        Given::Few(
            array::from_fn(|index| outputs.get(index).copied().unwrap_or(0)),
            N,
        )
    }
}

impl From<Vec<u64>> for Given {
    fn from(outputs: Vec<u64>) -> Self {
        Given::Outputs(outputs)
    }
}

/// The error of a child that may fail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lost;

impl From<RecvError> for Lost {
    fn from(_: RecvError) -> Self {
        Lost
    }
}

impl From<Vec<Result<u64, Lost>>> for Given {
    fn from(results: Vec<Result<u64, Lost>>) -> Self {
        Given::Results(results)
    }
}

/// What the children of a job share with its driver. It is made once for each cell, and used by one job
/// after another.
pub(crate) struct Stage {
    channels: Vec<Channel>,
    /// The number of the job that runs: a new job resets all channels without a pass over them, which
    /// would be measured.
    job: Cell<u64>,
    wakes: Wakes,
    /// How many children are alive at most.
    alive: usize,
    /// The channels in the order in which they fire: a fixed permutation.
    order: Vec<usize>,
    /// The part of `order` that fired after the last poll.
    fired: Cell<Range<usize>>,
    task: Arc<Task>,
    waker: Waker,
    /// The senders, for children that wait on a channel of tokio's.
    senders: Vec<Cell<Option<Sender<usize>>>>,
    /// The channels whose children wait, for the kind of children that registers.
    waiting: RefCell<Vec<usize>>,
    random: RefCell<Random>,
    /// How many children were dropped in this job, for the kind of children that counts.
    dropped: Cell<usize>,
    /// The contender that runs, for the message if it fails.
    contender: &'static str,
}

/// The shared half of a oneshot channel.
struct Channel {
    /// The last job in which it fired.
    fired: Cell<u64>,
    waker: Cell<Option<Waker>>,
}

/// The executor's side of the task: whether it was woken since its last poll.
struct Task(AtomicBool);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    // A swap, as an executor needs one to queue a task only once.
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.swap(true, Ordering::AcqRel);
    }
}

/// In place of the last job in which a channel fired: it has fired in all jobs.
const ALWAYS: u64 = u64::MAX;

/// The output of the child with this index.
pub(crate) fn output(index: usize) -> u64 {
    (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Stage {
    pub(crate) fn new(n: usize, wakes: Wakes) -> Self {
        let channel = |index| Channel {
            fired: Cell::new(match wakes {
                Wakes::Cancelled if index % 2 == 0 => ALWAYS,
                _ => 0,
            }),
            waker: Cell::new(None),
        };
        let mut order = Vec::new();
        if let Wakes::Scattered(_) | Wakes::Fatal(_) = wakes {
            order.extend(0..n);
            Random::new(n as u64).shuffle(&mut order);
        }
        let task = Arc::new(Task(AtomicBool::new(false)));
        Stage {
            channels: (0..n).map(channel).collect(),
            job: Cell::new(0),
            wakes,
            alive: n,
            order,
            fired: Cell::new(0..0),
            waker: Waker::from(Arc::clone(&task)),
            task,
            senders: Vec::new(),
            waiting: RefCell::new(Vec::new()),
            random: RefCell::new(Random::new(0)),
            dropped: Cell::new(0),
            contender: "",
        }
    }

    /// With at most this many children alive: the job makes others as there is room.
    pub(crate) fn with_alive(self, alive: usize) -> Self {
        Stage { alive, ..self }
    }

    /// With room for as many senders of tokio's channels as there are children.
    pub(crate) fn with_senders(self) -> Self {
        let senders = self.channels.iter().map(|_| Cell::new(None));
        Stage {
            senders: senders.collect(),
            ..self
        }
    }

    /// Makes it ready for the next contender, which gets a new task waker.
    pub(crate) fn enter(&mut self, contender: &'static str) {
        self.task = Arc::new(Task(AtomicBool::new(false)));
        self.waker = Waker::from(Arc::clone(&self.task));
        self.contender = contender;
    }

    /// How many children a job has.
    pub(crate) fn len(&self) -> usize {
        self.channels.len()
    }

    /// How many of them are alive at most.
    pub(crate) fn alive(&self) -> usize {
        self.alive
    }

    /// When they are woken.
    pub(crate) fn wakes(&self) -> Wakes {
        self.wakes
    }

    /// The outputs of all children.
    pub(crate) fn outputs(&self) -> Vec<u64> {
        (0..self.len()).map(output).collect()
    }

    /// The output of the child that fails, if one does.
    pub(crate) fn failure(&self) -> Option<u64> {
        match self.wakes {
            Wakes::Fatal(_) => Some(output(self.order[0])),
            _ => None,
        }
    }

    /// The driver: polls `job` until it is ready, firing the next channels after each poll
    /// and polling again only if the job was woken. It counts the jobs as well, so the
    /// children must not be polled before it runs.
    pub(crate) fn run<T>(&self, job: impl Future<Output = T>) -> T {
        let mut job = pin!(job);
        let mut cx = Context::from_waker(&self.waker);
        self.start();
        loop {
            if let Poll::Ready(outputs) = job.as_mut().poll(&mut cx) {
                return outputs;
            }
            self.fire_next();
            assert!(
                self.task.0.swap(false, Ordering::AcqRel),
                "{}, {} children: it is pending, children were woken, but its task was not",
                self.contender,
                self.len(),
            );
        }
    }

    /// Runs a job that gives all outputs, or drops it after its first poll if that is what the
    /// children are for.
    pub(crate) fn run_all<T>(&self, job: impl Future<Output = Vec<T>>) -> Given
    where
        Given: From<Vec<T>>,
    {
        let Wakes::Cancelled = self.wakes else {
            return Given::from(self.run(job));
        };
        self.start();
        {
            let mut job = pin!(job);
            let polled = job.as_mut().poll(&mut Context::from_waker(&self.waker));
            assert!(polled.is_pending(), "half of the children are not ready");
        }
        Given::Dropped(self.dropped.get())
    }

    fn start(&self) {
        // All channels have fired in job 0: children are ready before the first poll.
        if !matches!(self.wakes, Wakes::Never) {
            self.job.set(self.job.get() + 1);
        }
        self.fired.set(0..0);
        self.dropped.set(0);
        self.task.0.store(false, Ordering::Relaxed);
    }

    fn fire_next(&self) {
        match self.wakes {
            Wakes::Never | Wakes::Themselves | Wakes::Cancelled => {}
            Wakes::Scattered(wakes) | Wakes::Fatal(wakes) => {
                let start = self.fired.take().end;
                let end = self.order.len().min(start + wakes);
                self.fired.set(start..end);
                for &index in &self.order[start..end] {
                    self.fire(index);
                }
            }
            Wakes::Waiting(wakes) => {
                let mut waiting = self.waiting.borrow_mut();
                for _ in 0..wakes.min(waiting.len()) {
                    let place = self.random.borrow_mut().below(waiting.len());
                    self.fire(waiting.swap_remove(place));
                }
            }
        }
    }

    fn fire(&self, index: usize) {
        let channel = &self.channels[index];
        channel.fired.set(self.job.get());
        if let Some(waker) = channel.waker.take() {
            waker.wake();
        }
        if let Some(sender) = self.senders.get(index).and_then(Cell::take) {
            // The child may be gone.
            let _ = sender.send(index);
        }
    }

    /// Polls the receiving half of a channel.
    // Inlined for every contender: the compiler does it for some only.
    #[inline(always)]
    pub(crate) fn receive(&self, index: usize, cx: &mut Context<'_>) -> Poll<u64> {
        let channel = &self.channels[index];
        if channel.fired.get() >= self.job.get() {
            return Poll::Ready(output(index));
        }
        let waker = match channel.waker.take() {
            Some(waker) if waker.will_wake(cx.waker()) => waker,
            _ => cx.waker().clone(),
        };
        channel.waker.set(Some(waker));
        Poll::Pending
    }

    /// Makes a channel of tokio's. It is sent the index when the child fires.
    pub(crate) fn channel(&self, index: usize) -> Receiver<usize> {
        let (sender, receiver) = oneshot::channel();
        self.senders[index].set(Some(sender));
        receiver
    }

    /// Notes that a child waits.
    pub(crate) fn waits(&self, index: usize) {
        self.waiting.borrow_mut().push(index);
    }

    /// Notes that a receiver was dropped, and drops the waker that it left.
    pub(crate) fn dropped(&self, index: usize) {
        self.channels[index].waker.take();
        self.dropped.set(self.dropped.get() + 1);
    }

    /// The children to be polled since the last poll: all at first, and as long as they wake themselves;
    /// then those that were fired.
    pub(crate) fn woken(&self) -> impl Iterator<Item = usize> {
        let fired = self.fired.take();
        self.fired.set(fired.clone());
        let all = if fired.is_empty() { self.len() } else { 0 };
        (0..all).chain(self.order[fired].iter().copied())
    }
}
