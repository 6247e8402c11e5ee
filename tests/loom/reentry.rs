//! A parent that does something with the job as it is woken.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use gather::gather;
use loom::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::AcqRel},
};

use crate::stage::*;

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

/// The thread that wakes the parent polls the job in there.
/// Another thread wakes a child.
#[test]
fn a_parent_may_poll_while_it_is_woken() {
    model(4, |ready| Inline::check(ready, false));
}

/// The thread that wakes the parent drops the job in there.
/// Another thread wakes a child.
#[test]
fn a_parent_may_drop_the_job_while_it_is_woken() {
    model(None, |ready| Inline::check(ready, true));
}
