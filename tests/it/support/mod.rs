//! What the tests share: a parent that counts its wakes, children that are finished from outside,
//! and a log of what was done and dropped.

#![allow(dead_code)] // Until what counts allocations is a binary of its own.

pub(crate) mod failures;
pub(crate) mod stock;
mod traits;

pub(crate) use traits::{assert_impl, assert_not_impl};

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use futures::Stream;

/// Around every size at which something changes: none, one, and the edges of a word of children.
pub(crate) const SIZES: [usize; 14] = [0, 1, 2, 3, 30, 31, 62, 63, 64, 65, 127, 128, 129, 1000];

/// A task that polls, and counts how often it is woken.
pub(crate) struct Parent {
    wakes: Arc<Wakes>,
    waker: Waker,
}

struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Parent {
    pub(crate) fn new() -> Self {
        let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
        let waker = Waker::from(wakes.clone());
        Self { wakes, waker }
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    pub(crate) fn poll<F: Future + Unpin + ?Sized>(&self, future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(&self.waker))
    }

    pub(crate) fn poll_next<S: Stream + Unpin>(&self, stream: &mut S) -> Poll<Option<S::Item>> {
        Pin::new(stream).poll_next(&mut Context::from_waker(&self.waker))
    }

    /// How often it was woken since this was last asked.
    pub(crate) fn woken(&self) -> usize {
        self.wakes.0.swap(0, SeqCst)
    }

    /// How many clones of its waker there are.
    pub(crate) fn clones(&self) -> usize {
        Arc::strong_count(&self.wakes) - 2
    }

    /// Polls until it is no longer woken.
    pub(crate) fn settle<F: Future + Unpin>(&self, future: &mut F) -> Poll<F::Output> {
        loop {
            let polled = self.poll(future);
            if polled.is_ready() || self.woken() == 0 {
                return polled;
            }
        }
    }

    /// Polls to the end, only when woken. Gives the number of polls that it took, too.
    pub(crate) fn run<F: Future + Unpin>(&self, mut future: F) -> (F::Output, usize) {
        for polls in 1.. {
            match self.poll(&mut future) {
                Poll::Ready(output) => return (output, polls),
                Poll::Pending => assert_ne!(self.woken(), 0, "nobody is going to wake the parent"),
            }
        }
        unreachable!()
    }
}

/// The outside's end of a [`Child`].
pub(crate) struct Remote<T>(Arc<Mutex<State<T>>>);

/// Is pending until its [`Remote`] has given it an output.
pub(crate) struct Child<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    output: Option<T>,
    /// That of the last poll.
    waker: Option<Waker>,
    polls: usize,
    drops: usize,
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Remote<T> {
    pub(crate) fn new() -> (Self, Child<T>) {
        let state = Arc::new(Mutex::new(State {
            output: None,
            waker: None,
            polls: 0,
            drops: 0,
        }));
        (Self(state.clone()), Child(state))
    }

    pub(crate) fn many(count: usize) -> (Vec<Self>, Vec<Child<T>>) {
        (0..count).map(|_| Self::new()).unzip()
    }

    /// Gives the child its output, and does not tell it.
    pub(crate) fn put(&self, output: T) {
        self.0.lock().unwrap().output = Some(output);
    }

    pub(crate) fn wake(&self) {
        self.waker().wake();
    }

    pub(crate) fn finish(&self, output: T) {
        self.put(output);
        self.wake();
    }

    /// A clone of the waker of the child's last poll, which keeps its own.
    pub(crate) fn waker(&self) -> Waker {
        let waker = self.0.lock().unwrap().waker.clone();
        waker.expect("the child was polled")
    }

    /// The waker of the child's last poll itself.
    pub(crate) fn take_waker(&self) -> Option<Waker> {
        self.0.lock().unwrap().waker.take()
    }

    pub(crate) fn polls(&self) -> usize {
        self.0.lock().unwrap().polls
    }

    pub(crate) fn drops(&self) -> usize {
        self.0.lock().unwrap().drops
    }
}

/// How often each was polled.
pub(crate) fn polls<T>(remotes: &[Remote<T>]) -> Vec<usize> {
    remotes.iter().map(Remote::polls).collect()
}

/// How often all were polled together.
pub(crate) fn total_polls<T>(remotes: &[Remote<T>]) -> usize {
    remotes.iter().map(Remote::polls).sum()
}

impl<T> Future for Child<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.lock().unwrap();
        state.polls += 1;
        state.waker = Some(cx.waker().clone());
        state.output.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> Drop for Child<T> {
    fn drop(&mut self) {
        self.0.lock().unwrap().drops += 1;
    }
}

/// A future that holds something, and drops it only when it is dropped itself.
pub(crate) struct Holding<F, H>(pub(crate) F, pub(crate) H);

impl<F: Unpin, H> Unpin for Holding<F, H> {}

impl<F: Future + Unpin, H> Future for Holding<F, H> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// Wakes itself and is pending that many times, then gives `output`.
pub(crate) async fn yielding<T>(times: usize, output: T) -> T {
    for _ in 0..times {
        yield_now().await;
    }
    output
}

pub(crate) fn yield_now() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Numbers in the order in which they were noted.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<usize>>>);

/// Notes its number when it is dropped, and panics then if it is armed.
pub(crate) struct Noted {
    log: Log,
    pub(crate) number: usize,
    armed: bool,
}

impl Log {
    pub(crate) fn note(&self, number: usize) {
        self.0.lock().unwrap().push(number);
    }

    /// What was noted since this was last asked.
    pub(crate) fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(crate) fn on_drop(&self, number: usize) -> Noted {
        self.noted(number, false)
    }

    /// The same, and its drop then panics.
    pub(crate) fn bomb(&self, number: usize) -> Noted {
        self.noted(number, true)
    }

    pub(crate) fn noted(&self, number: usize, armed: bool) -> Noted {
        Noted {
            log: self.clone(),
            number,
            armed,
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.log.note(self.number);
        // A second panic would end the process, and hide the first.
        if self.armed && !thread::panicking() {
            panic_any(format!("drop of {}", self.number));
        }
    }
}

/// Runs what must panic, and gives the message.
#[track_caller]
pub(crate) fn panic_of<R>(code: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(code)) else {
        panic!("this must panic");
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast::<&str>().unwrap().to_string(),
    }
}

/// Polls once with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Repeatable random numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..count).collect();
        for end in (1..count).rev() {
            numbers.swap(end, self.below(end + 1));
        }
        numbers
    }
}
