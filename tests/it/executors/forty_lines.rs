//! The least that an executor can be, and still run more than one task.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    task::{Context, Wake, Waker},
};

type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks that are polled on this thread, when they were woken.
pub(super) struct Tasks {
    tasks: RefCell<Vec<Option<Boxed>>>,
    running: Cell<usize>,
    wake: Sender<usize>,
    woken: Receiver<usize>,
}

struct Task(usize, Sender<usize>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // The send fails once the executor has ended.
        let _ = self.1.send(self.0);
    }
}

impl Default for Tasks {
    fn default() -> Self {
        let (wake, woken) = channel();
        let (tasks, running) = (RefCell::default(), Cell::new(0));
        Self {
            tasks,
            running,
            wake,
            woken,
        }
    }
}

impl Tasks {
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let mut tasks = self.tasks.borrow_mut();
        self.wake.send(tasks.len()).unwrap();
        tasks.push(Some(Box::pin(future)));
        self.running.set(self.running.get() + 1);
    }

    /// Returns when all have ended.
    pub(super) fn run(&self) {
        while self.running.get() > 0 {
            let index = self.woken.recv().unwrap();
            // A new waker for each poll: only the newest one counts.
            let waker = Waker::from(Arc::new(Task(index, self.wake.clone())));
            let task = self.tasks.borrow_mut()[index].take();
            if let Some(mut task) = task {
                if task
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
                {
                    self.tasks.borrow_mut()[index] = Some(task);
                } else {
                    self.running.set(self.running.get() - 1);
                }
            }
        }
    }
}
