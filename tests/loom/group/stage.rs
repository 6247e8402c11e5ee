//! The stage of the models of a group.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use gather::{Group, GroupFuture, group};
use loom::{
    sync::atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
    thread::{self, JoinHandle},
};

pub(super) type Handle = Group<'static, usize, ()>;
pub(super) type Job = GroupFuture<'static, usize, ()>;

/// Counts its wakes.
#[derive(Default)]
pub(super) struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, AcqRel);
    }
}

/// Polls a future when it is woken.
pub(super) struct Poller<F> {
    pub(super) task: Arc<Task>,
    pub(super) future: F,
}

impl<F: Future + Unpin> Poller<F> {
    pub(super) fn new(future: F) -> Self {
        let task = Arc::default();
        Self { task, future }
    }

    pub(super) fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.task.clone());
        Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker))
    }

    pub(super) fn is_woken(&self) -> bool {
        self.task.0.swap(0, AcqRel) > 0
    }

    /// Polls now, and then when it is woken: sometimes at once, always when a thread has ended.
    pub(super) fn run<const N: usize>(mut self, threads: [JoinHandle<()>; N]) -> F::Output {
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

    pub(super) fn end(self) {
        drop(self.future);
        assert_eq!(
            Arc::strong_count(&self.task),
            1,
            "each waker is dropped once"
        );
    }
}

pub(super) fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A group whose body ends when a number of children have.
pub(super) fn start(children: usize) -> (Handle, Ends, Poller<Job>) {
    let ends = Ends::default();
    let (mut handle, body) = (None, ends.clone());
    let job = group(|g: Handle| {
        handle = Some(g);
        async move {
            body.wait(children).await;
            Ok(children)
        }
    });
    (handle.unwrap(), ends, Poller::new(job))
}

/// A counter to wait for: of the children that have ended, or of events.
#[derive(Clone, Default)]
pub(super) struct Ends {
    count: Arc<AtomicUsize>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Ends {
    pub(super) fn add(&self) {
        self.count.fetch_add(1, Relaxed);
        let waker = self.waker.lock().unwrap().clone();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Waits until the count is reached.
    pub(super) fn wait(&self, count: usize) -> impl Future<Output = ()> + Send + use<> {
        let this = self.clone();
        poll_fn(move |cx| {
            *this.waker.lock().unwrap() = Some(cx.waker().clone());
            if this.count.load(Relaxed) == count {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }

    /// A child that ends in its first poll.
    pub(super) fn child(&self) -> impl Future<Output = Result<(), ()>> + Send + use<> {
        let ends = self.clone();
        async move { Ok(ends.add()) }
    }
}

/// Notes that it was dropped.
pub(super) struct Noted(pub(super) Arc<Count>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A future that another thread polls once, and the waker that it is polled with.
pub(super) struct Elsewhere<F: Future> {
    future: Arc<Mutex<Option<(F, Poll<F::Output>)>>>,
    task: Arc<Task>,
}

impl<F> Elsewhere<F>
where
    F: Future<Output: Send> + Unpin + Send + 'static,
{
    pub(super) fn poll(mut future: F) -> (Self, JoinHandle<()>) {
        let this = Self {
            future: Arc::default(),
            task: Arc::default(),
        };
        let (polled, task) = (this.future.clone(), this.task.clone());
        let thread = thread::spawn(move || {
            let waker = Waker::from(task);
            let first = Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
            *polled.lock().unwrap() = Some((future, first));
        });
        (this, thread)
    }

    /// Its output: it was ready at that poll, or was woken once since and is ready now.
    pub(super) fn end(self) -> F::Output {
        let (mut future, first) = self.future.lock().unwrap().take().expect("it was polled");
        let wakes = self.task.0.load(Acquire);
        assert_eq!(
            wakes,
            usize::from(first.is_pending()),
            "a wake is lost, or spurious"
        );
        assert_eq!(
            Arc::strong_count(&self.task),
            1,
            "each waker is dropped once"
        );
        if let Poll::Ready(output) = first {
            return output;
        }
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut future).poll(&mut cx) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("what came before the wake is not observed"),
        }
    }
}
