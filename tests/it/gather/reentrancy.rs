//! Foreign code that runs inside ours: a task that polls or drops the job in `wake`, or whose
//! waker does something when it is cloned or dropped. None of it runs under a lock of ours.

use std::{
    future::Future,
    mem::ManuallyDrop,
    pin::Pin,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker},
};

use futures::future::{BoxFuture, FutureExt};
use gather::{Gather, gather};

use crate::support::{Remote, SIZES, Task, panic_of, total_polls, yielding};

type Job = Gather<BoxFuture<'static, usize>>;

fn job(n: usize) -> (Vec<Remote<usize>>, Job) {
    let (remotes, children) = Remote::many(n);
    (remotes, gather(children.into_iter().map(FutureExt::boxed)))
}

/// What a [`Nested`] task does when it is woken.
#[derive(Clone, Copy, Debug, PartialEq)]
enum On {
    Poll,
    /// With a new waker for each poll.
    PollAsAnother,
    Drop,
}

/// A task that polls or drops the job in `wake`, which others leave to an executor.
struct Nested {
    on: On,
    this: Weak<Self>,
    job: Mutex<Option<Job>>,
    outputs: Mutex<Vec<usize>>,
    /// How often it was woken, and how often while it polled.
    wakes: AtomicUsize,
    inner_wakes: AtomicUsize,
}

/// The waker of one poll; the task behind it is the same.
struct Another(Arc<Nested>);

impl Wake for Another {
    fn wake(self: Arc<Self>) {
        self.0.act();
    }
}

impl Wake for Nested {
    fn wake(self: Arc<Self>) {
        self.act();
    }
}

impl Nested {
    fn new(on: On, job: Job) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            on,
            this: this.clone(),
            job: Mutex::new(Some(job)),
            outputs: Mutex::default(),
            wakes: AtomicUsize::new(0),
            inner_wakes: AtomicUsize::new(0),
        })
    }

    fn act(&self) {
        self.wakes.fetch_add(1, SeqCst);
        match self.on {
            On::Poll | On::PollAsAnother => self.poll(),
            On::Drop => drop(self.job.lock().unwrap().take()),
        }
    }

    fn poll(&self) {
        let Ok(mut job) = self.job.try_lock() else {
            self.inner_wakes.fetch_add(1, SeqCst);
            return;
        };
        let this = self.this.upgrade().unwrap();
        let waker = match self.on {
            On::PollAsAnother => Arc::new(Another(this)).into(),
            On::Poll | On::Drop => this.into(),
        };
        let Some(running) = job.as_mut() else { return };
        if let Poll::Ready(outputs) = Pin::new(running).poll(&mut Context::from_waker(&waker)) {
            *self.outputs.lock().unwrap() = outputs;
            *job = None;
        }
    }
}

fn sizes() -> impl Iterator<Item = usize> {
    SIZES.into_iter().filter(|&n| n > 0)
}

#[test]
fn a_task_may_poll_the_job_in_wake() {
    for on in [On::Poll, On::PollAsAnother] {
        for n in sizes() {
            let (remotes, job) = job(n);
            let task = Nested::new(on, job);
            task.poll();
            for (index, remote) in remotes.iter().enumerate() {
                assert_eq!(task.wakes.load(SeqCst), index);
                remote.put(index);
                let waker = remote.take_waker().unwrap();
                // The last wake ends the job while `wake` runs.
                if n % 2 == 0 {
                    waker.wake();
                } else {
                    waker.wake_by_ref();
                }
            }
            assert_eq!(*task.outputs.lock().unwrap(), (0..n).collect::<Vec<_>>());
            assert_eq!(task.wakes.load(SeqCst), n);
            assert_eq!(task.inner_wakes.load(SeqCst), 0);
            assert_eq!(total_polls(&remotes), 2 * n);
            remotes.iter().filter_map(Remote::take_waker).for_each(drop);
            assert_eq!(Arc::strong_count(&task), 1);
        }
    }
}

#[test]
fn a_task_may_drop_the_job_in_wake() {
    for by_ref in [false, true] {
        for n in sizes() {
            let (remotes, job) = job(n);
            let task = Nested::new(On::Drop, job);
            task.poll();
            let waker = remotes[n / 2].take_waker().unwrap();
            if by_ref {
                waker.wake_by_ref();
                drop(waker);
            } else {
                waker.wake();
            }
            assert!(task.job.lock().unwrap().is_none());
            assert!(remotes.iter().all(|remote| remote.drops() == 1));
            remotes
                .iter()
                .filter_map(Remote::take_waker)
                .for_each(Waker::wake);
            assert_eq!(Arc::strong_count(&task), 1);
            if n > 1 {
                assert_eq!(task.wakes.load(SeqCst), 1);
            }
        }
    }
}

#[test]
fn a_task_that_is_woken_while_it_polls_is_woken_once() {
    for on in [On::Poll, On::PollAsAnother] {
        for n in [1, 2, 3, 30] {
            let children = (0..n).map(|index| yielding(1, index).boxed());
            let task = Nested::new(on, gather(children));
            task.poll();
            assert_eq!(task.inner_wakes.load(SeqCst), 1);
            task.poll();
            assert_eq!(*task.outputs.lock().unwrap(), (0..n).collect::<Vec<_>>());
            assert_eq!(task.wakes.load(SeqCst), 1);
            assert_eq!(Arc::strong_count(&task), 1);
        }
    }
}

/// A waker that calls `on_clone` before it is cloned, and `on_drop` once it was dropped.
struct Hooked {
    task: Task,
    on_clone: Box<dyn Fn() + Send + Sync>,
    on_drop: Box<dyn Fn() + Send + Sync>,
}

static HOOKED: RawWakerVTable = RawWakerVTable::new(
    |data| {
        // SAFETY: `data` is of an `Arc<Hooked>` that is alive, and is not given back here.
        let hooked = unsafe { ManuallyDrop::new(Arc::from_raw(data.cast::<Hooked>())) };
        (hooked.on_clone)();
        RawWaker::new(Arc::into_raw(Arc::clone(&hooked)).cast(), &HOOKED)
    },
    |data| {
        // SAFETY: `data` is of an `Arc<Hooked>`, given back with this.
        let hooked = unsafe { Arc::from_raw(data.cast::<Hooked>()) };
        hooked.task.waker().wake_by_ref();
    },
    |data| {
        // SAFETY: `data` is of an `Arc<Hooked>` that is alive.
        unsafe { &*data.cast::<Hooked>() }
            .task
            .waker()
            .wake_by_ref();
    },
    |data| {
        // SAFETY: `data` is of an `Arc<Hooked>`, given back with this.
        let hooked = unsafe { Arc::from_raw(data.cast::<Hooked>()) };
        (hooked.on_drop)();
    },
);

fn hooked(
    on_clone: impl Fn() + Send + Sync + 'static,
    on_drop: impl Fn() + Send + Sync + 'static,
) -> (Arc<Hooked>, Waker) {
    let hooked = Arc::new(Hooked {
        task: Task::new(),
        on_clone: Box::new(on_clone),
        on_drop: Box::new(on_drop),
    });
    // SAFETY: the vtable takes the pointer for that of an `Arc<Hooked>`, which is `Send + Sync`.
    let waker = unsafe { Waker::new(Arc::into_raw(hooked.clone()).cast(), &HOOKED) };
    (hooked, waker)
}

#[test]
fn a_task_waker_that_wakes_a_child_as_it_is_cloned_loses_no_wake() {
    for n in sizes().filter(|&n| n > 1) {
        let (remotes, mut job) = job(n);
        let child = remotes[n / 2].clone();
        let (task, waker) = hooked(move || child.wake(), || ());
        assert!(
            Pin::new(&mut job)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert_eq!(task.task.woken(), 1);
        let plain = Task::new();
        assert!(plain.poll(&mut job).is_pending());
        assert_eq!((total_polls(&remotes), plain.woken()), (n + 1, 0));
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 1);
    }
}

#[test]
fn a_task_waker_that_wakes_a_child_as_it_is_dropped_loses_no_wake() {
    for n in sizes().filter(|&n| n > 1) {
        let (remotes, mut job) = job(n);
        let child = remotes[n / 2].clone();
        let (task, waker) = hooked(|| (), move || child.wake());
        assert!(
            Pin::new(&mut job)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        // The new waker replaces the old one, whose drop wakes the child.
        let plain = Task::new();
        let first = plain.poll(&mut job);
        assert!(first.is_pending());
        assert!(plain.settle(&mut job).is_pending());
        assert_eq!((remotes[n / 2].polls(), total_polls(&remotes)), (2, n + 1));
        assert_eq!(task.task.woken(), 0);
        drop(job);
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 1);
    }
}

#[test]
fn a_task_waker_may_hold_the_last_waker_of_a_child() {
    // The drop of the job drops the task waker, and that a waker of a child.
    for n in sizes().filter(|&n| n > 1) {
        let (remotes, mut job) = job(n);
        let held: Arc<Mutex<Vec<Waker>>> = Arc::default();
        let theirs = held.clone();
        let (task, waker) = hooked(
            || (),
            move || {
                theirs.lock().unwrap().drain(..).for_each(Waker::wake);
            },
        );
        assert!(
            Pin::new(&mut job)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        *held.lock().unwrap() = remotes.iter().filter_map(Remote::take_waker).collect();
        drop(job);
        assert!(held.lock().unwrap().is_empty());
        assert_eq!(task.task.woken(), 0);
    }
}

#[test]
fn a_task_waker_that_panics_as_it_is_cloned_loses_no_wake() {
    for n in sizes().filter(|&n| n > 1) {
        let (remotes, mut job) = job(n);
        let (_, waker) = hooked(|| panic!("no clones"), || ());
        let mut cx = Context::from_waker(&waker);
        let message = panic_of(|| Pin::new(&mut job).poll(&mut cx).is_ready());
        assert_eq!(message, "no clones");
        for (index, remote) in remotes.iter().enumerate() {
            remote.finish(index);
        }
        let plain = Task::new();
        assert_eq!(plain.poll(&mut job), Poll::Ready((0..n).collect()));
        assert_eq!(total_polls(&remotes), 2 * n);
    }
}
