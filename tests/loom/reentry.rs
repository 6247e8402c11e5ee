//! A task that does something with the job in its `wake`.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use gather::gather;
use loom::{
    sync::{
        Mutex,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Acquire},
        },
    },
    thread::JoinHandle,
};

use crate::stage::*;

/// A task that runs in its `wake`.
struct Inline {
    job: Mutex<Option<Job>>,
    wakes: AtomicUsize,
    /// Whether it drops the job instead of polling it.
    drops: bool,
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        if self.wakes.fetch_add(1, AcqRel) > 0 {
            return; // The call that runs it now runs it again.
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

/// A task may poll the job in its `wake`: two threads wake children, and each may be the one that does.
#[test]
fn a_task_may_poll_in_its_wake() {
    model(None, |ready| Inline::check(ready, false));
}

/// A task may drop the job in its `wake`: two threads wake children.
#[test]
fn a_task_may_drop_the_job_in_its_wake() {
    model(None, |ready| Inline::check(ready, true));
}

/// A task that polls as it is woken for the first time. Later wakes are counted.
struct Nested {
    job: Mutex<Option<Job>>,
    remote: Mutex<Option<Remote>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    wakes: AtomicUsize,
}

impl Wake for Nested {
    fn wake(self: Arc<Self>) {
        if self.wakes.fetch_add(1, AcqRel) > 0 {
            return;
        }
        let mut job = self.job.try_lock().expect("only the first wake polls");
        let job = job.as_mut().expect("it was put there");
        let waker = Waker::from(self.clone());
        assert!(poll(job, &waker).is_pending());
        let remote = self.remote.try_lock().unwrap().take();
        *self.thread.try_lock().unwrap() = remote.map(fire);
        assert!(poll(job, &waker).is_pending());
    }
}

/// A task may poll the job twice in its `wake`, and so park in there again: a thread wakes a child in
/// between.
#[test]
fn a_task_may_park_again_in_its_wake() {
    model(None, |ready| {
        let task = Arc::new(Nested {
            job: Mutex::new(None),
            remote: Mutex::new(None),
            thread: Mutex::new(None),
            wakes: AtomicUsize::new(0),
        });
        let remotes = Remotes::default();
        let others = [child(1, &remotes), child(1, &remotes), child(1, &remotes)];
        let mut job = gather(children(ready, others));
        assert!(poll(&mut job, &Waker::from(task.clone())).is_pending());
        let [a, b, c] = take(&remotes);
        *task.job.lock().unwrap() = Some(job);
        *task.remote.lock().unwrap() = Some(b);
        a.fire();
        join(task.thread.lock().unwrap().take());
        let mut job = task.job.lock().unwrap().take().expect("it is still there");
        if job.running() == 2 {
            assert!(task.wakes.load(Acquire) > 1, "a wake is lost");
            assert!(poll(&mut job, &Waker::from(task.clone())).is_pending());
        }
        assert_eq!(job.running(), 1);
        drop((job, c));
        assert_eq!(Arc::strong_count(&task), 1, "each waker is dropped once");
    });
}
