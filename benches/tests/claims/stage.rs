//! Children that a test finishes by hand, a task that counts its wakes, and the combinators by name.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::{self, BoxFuture};
use futures::stream::{self, FuturesUnordered};
use futures::{FutureExt, StreamExt};
use futures_concurrency::future::Join;

/// Counts how often it is woken.
#[derive(Default)]
pub(crate) struct Task(AtomicUsize);

impl Task {
    pub(crate) fn wakes(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

pub(crate) fn poll<F: Future + ?Sized>(job: &mut Pin<Box<F>>, task: &Arc<Task>) -> Poll<F::Output> {
    let waker = Waker::from(task.clone());
    job.as_mut().poll(&mut Context::from_waker(&waker))
}

/// Polls a job in which a child may panic: `None` if it does.
pub(crate) fn poll_caught<F: Future + ?Sized>(
    job: &mut Pin<Box<F>>,
    task: &Arc<Task>,
) -> Option<Poll<F::Output>> {
    catch_unwind(AssertUnwindSafe(|| poll(job, task))).ok()
}

/// What a child does in the poll after it was finished.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum End {
    #[default]
    Pending,
    Ready,
    Panic,
}

/// A child, as the test sees it.
#[derive(Clone, Default)]
pub(crate) struct Remote(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    end: End,
    polls: usize,
    waker: Option<Waker>,
}

impl Remote {
    /// Decides what the next poll does, without a wake.
    pub(crate) fn set(&self, end: End) {
        self.0.lock().unwrap().end = end;
    }

    /// Decides what the next poll does, and wakes the child.
    pub(crate) fn end(&self, end: End) {
        self.set(end);
        self.wake();
    }

    pub(crate) fn wake(&self) {
        self.waker().wake();
    }

    /// The waker of its last poll.
    pub(crate) fn waker(&self) -> Waker {
        self.0.lock().unwrap().waker.clone().expect("it was polled")
    }

    pub(crate) fn forget_waker(&self) {
        self.0.lock().unwrap().waker = None;
    }

    pub(crate) fn polls(&self) -> usize {
        self.0.lock().unwrap().polls
    }

    pub(crate) fn child(&self) -> BoxFuture<'static, Token> {
        Box::pin(Child(self.clone()))
    }
}

/// What a child gives: as long as it lives, the remote is shared.
pub(crate) struct Token(#[allow(dead_code)] Remote);

/// How many of the child and its output live.
pub(crate) fn alive(remote: &Remote) -> usize {
    Arc::strong_count(&remote.0) - 1
}

struct Child(Remote);

impl Future for Child {
    type Output = Token;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Token> {
        let end = {
            let mut state = self.0.0.lock().unwrap();
            state.polls += 1;
            state.waker = Some(cx.waker().clone());
            state.end
        };
        match end {
            End::Pending => Poll::Pending,
            End::Ready => Poll::Ready(Token(self.0.clone())),
            End::Panic => std::panic::resume_unwind(Box::new("a child")),
        }
    }
}

pub(crate) fn remotes(n: usize) -> Vec<Remote> {
    (0..n).map(|_| Remote::default()).collect()
}

/// A job whose output is the number of outputs that it gave.
pub(crate) type Job = Pin<Box<dyn Future<Output = usize> + Send>>;
pub(crate) type Children = Vec<BoxFuture<'static, Token>>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Name {
    Gather,
    JoinAll,
    FuturesUnordered,
    Buffered,
    BufferUnordered,
    BufferedJoinAll,
    ConcurrencyJoin,
}

pub(crate) use Name::*;

pub(crate) const ALL: [Name; 7] = [
    Gather,
    JoinAll,
    FuturesUnordered,
    Buffered,
    BufferUnordered,
    BufferedJoinAll,
    ConcurrencyJoin,
];

impl Name {
    pub(crate) fn job(self, children: Children) -> Job {
        let n = children.len();
        // No `async` block: it could not be polled again after a panic.
        match self {
            Gather => Box::pin(gather::gather(children).map(|all| all.len())),
            JoinAll => Box::pin(future::join_all(children).map(|all| all.len())),
            FuturesUnordered => Box::pin(FuturesUnordered::from_iter(children).count()),
            Buffered => Box::pin(stream::iter(children).buffered(n).count()),
            BufferUnordered => Box::pin(stream::iter(children).buffer_unordered(n).count()),
            BufferedJoinAll => Box::pin(futures_buffered::join_all(children).map(|all| all.len())),
            ConcurrencyJoin => Box::pin(children.join().map(|all| all.len())),
        }
    }

    /// Starts `n` children, all of which are pending.
    pub(crate) fn started(self, n: usize) -> (Vec<Remote>, Job, Arc<Task>) {
        let (remotes, task) = (remotes(n), Arc::new(Task::default()));
        let mut job = self.job(remotes.iter().map(Remote::child).collect());
        // Some wake the task at their first poll: polled until they are parked.
        loop {
            let wakes = task.wakes();
            assert_eq!(poll(&mut job, &task), Poll::Pending);
            if task.wakes() == wakes {
                return (remotes, job, task);
            }
        }
    }
}

/// Asserts that `what` holds of exactly those named.
pub(crate) fn exactly<const N: usize>(names: [Name; N], mut what: impl FnMut(Name) -> bool) {
    let found: Vec<_> = ALL.into_iter().filter(|name| what(*name)).collect();
    assert_eq!(found, names);
}
