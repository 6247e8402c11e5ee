//! `catch_panic` and `Panic`: what a panic drops, and what it leaves as it is.

use std::{
    any::Any,
    cell::Cell,
    error::Error,
    future::{Future, Ready, poll_fn},
    marker::PhantomPinned,
    panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind},
    pin::{Pin, pin},
    ptr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    thread,
};

use futures::future::FusedFuture;
use gather::{CatchPanic, ChildExt, Errors, Keyed, Outcomes, Panic, gather};
use pollster::block_on;

use crate::support::{assert_not_impl, poll_once};

fn caught<R>(call: impl FnOnce() -> R) -> Option<Panic> {
    let caught = async { call() }.catch_panic();
    block_on(caught).err()
}

/// What `Child` and its output have done so far.
#[derive(Default)]
struct Log {
    polled: AtomicUsize,
    dropped: AtomicUsize,
    outputs_dropped: AtomicUsize,
}

impl Log {
    fn is(&self, polled: usize, dropped: usize, outputs_dropped: usize) {
        let now =
            [&self.polled, &self.dropped, &self.outputs_dropped].map(|count| count.load(Relaxed));
        assert_eq!(
            now,
            [polled, dropped, outputs_dropped],
            "polled, dropped, outputs dropped"
        );
    }
}

/// A child that panics in the given places, with the place as the message.
struct Child {
    log: Arc<Log>,
    /// What its polls do, one after the other.
    polls: Vec<&'static str>,
    drop_panics: bool,
    output_drop_panics: bool,
}

impl Child {
    fn new(polls: &[&'static str]) -> (Self, Arc<Log>) {
        let log = Arc::new(Log::default());
        let child = Self {
            log: log.clone(),
            polls: polls.iter().rev().copied().collect(),
            drop_panics: false,
            output_drop_panics: false,
        };
        (child, log)
    }
}

impl Future for Child {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Output> {
        self.log.polled.fetch_add(1, Relaxed);
        match self.polls.pop() {
            Some("pending") => Poll::Pending,
            Some("ready") => Poll::Ready(Output(self.log.clone(), self.output_drop_panics)),
            _ => panic!("poll"),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.log.dropped.fetch_add(1, Relaxed);
        assert!(!self.drop_panics, "drop");
    }
}

struct Output(Arc<Log>, bool);

impl Drop for Output {
    fn drop(&mut self) {
        self.0.outputs_dropped.fetch_add(1, Relaxed);
        assert!(!self.1, "output's drop");
    }
}

// ---- what is the outcome ----

#[test]
fn what_is_the_outcome_of_a_child_that_does_not_panic() {
    let (child, log) = Child::new(&["pending", "ready"]);
    let mut child = child.catch_panic();
    assert!(poll_once(&mut child).is_pending());
    assert!(!child.is_terminated());
    log.is(1, 0, 0);
    let outcome = poll_once(&mut child);
    assert!(matches!(outcome, Poll::Ready(Ok(_))));
    assert!(child.is_terminated());
    // The future is dropped at once, in place.
    log.is(2, 1, 0);
    drop(outcome);
    log.is(2, 1, 1);
    drop(child);
    log.is(2, 1, 1);
}

#[test]
fn is_a_panicked_child_dropped_at_once_and_never_polled_again() {
    let (child, log) = Child::new(&["pending", "panic"]);
    let mut child = child.catch_panic();
    assert!(poll_once(&mut child).is_pending());
    let Poll::Ready(Err(panic)) = poll_once(&mut child) else {
        panic!("it panics");
    };
    assert_eq!(panic.to_string(), "poll");
    assert!(child.is_terminated());
    log.is(2, 1, 0);
    let again = caught(|| poll_once(&mut child)).unwrap();
    assert_eq!(again.to_string(), "`CatchPanic` polled after completion");
    log.is(2, 1, 0);
    drop(child);
    log.is(2, 1, 0);
}

#[test]
fn what_if_the_drop_of_the_future_panics() {
    // After its output: that is the panic.
    let (mut child, log) = Child::new(&["ready"]);
    child.drop_panics = true;
    let mut child = child.catch_panic();
    let Poll::Ready(Err(panic)) = poll_once(&mut child) else {
        panic!("it panics");
    };
    assert_eq!(panic.to_string(), "drop");
    assert!(child.is_terminated());
    log.is(1, 1, 1);
    drop(child);
    log.is(1, 1, 1);

    // After a panic: that one came first.
    let (mut child, log) = Child::new(&["panic"]);
    child.drop_panics = true;
    let mut child = child.catch_panic();
    let Poll::Ready(Err(panic)) = poll_once(&mut child) else {
        panic!("it panics");
    };
    assert_eq!(panic.to_string(), "poll");
    log.is(1, 1, 0);
    drop(child);
    log.is(1, 1, 0);

    // And that of the output as well.
    let (mut child, log) = Child::new(&["ready"]);
    child.drop_panics = true;
    child.output_drop_panics = true;
    let Poll::Ready(Err(panic)) = poll_once(&mut child.catch_panic()) else {
        panic!("it panics");
    };
    assert_eq!(panic.to_string(), "drop");
    log.is(1, 1, 1);
}

#[test]
fn what_if_the_drop_of_a_payload_panics() {
    struct Payload(Arc<AtomicUsize>);
    impl Drop for Payload {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
            panic!("payload");
        }
    }
    struct PanicsTwice(Arc<AtomicUsize>);
    impl Future for PanicsTwice {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("first")
        }
    }
    impl Drop for PanicsTwice {
        fn drop(&mut self) {
            panic_any(Payload(self.0.clone()))
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let panic = block_on(PanicsTwice(dropped.clone()).catch_panic()).unwrap_err();
    assert_eq!(panic.to_string(), "first");
    // The payload of the drop is dropped.
    assert_eq!(dropped.load(Relaxed), 0);
}

#[test]
fn does_a_child_that_is_dropped_early_drop_as_ever() {
    let (child, log) = Child::new(&["pending"]);
    let mut child = child.catch_panic();
    assert!(poll_once(&mut child).is_pending());
    drop(child);
    log.is(1, 1, 0);

    let (mut child, log) = Child::new(&[]);
    child.drop_panics = true;
    let child = child.catch_panic();
    assert_eq!(caught(|| drop(child)).unwrap().to_string(), "drop");
    log.is(0, 1, 0);
}

#[test]
fn is_the_childs_waker_the_tasks() {
    let waker = Waker::noop().clone();
    let mut polls = 0;
    let child = poll_fn(|cx| {
        polls += 1;
        // The very same: `will_wake` may tell two equal ones apart.
        assert!(ptr::eq(cx.waker(), &waker));
        Poll::<()>::Pending
    });
    let mut child = pin!(child.catch_panic().keyed(1));
    assert!(
        child
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    assert_eq!(polls, 1);
}

// ---- what is in a `Panic` ----

#[test]
fn what_does_a_panic_say() {
    let literal = caught(|| panic!("no luck")).unwrap();
    let formatted = caught(|| panic!("no {}", 4)).unwrap();
    let other = caught(|| panic_any(4_u8)).unwrap();
    assert_eq!(
        (literal.message(), formatted.message()),
        (Some("no luck"), Some("no 4"))
    );
    assert_eq!(
        format!("{literal}, {literal:?}"),
        r#"no luck, Panic("no luck")"#
    );
    assert_eq!(
        format!("{formatted}, {formatted:?}"),
        r#"no 4, Panic("no 4")"#
    );
    assert_eq!(other.message(), None);
    assert_eq!(
        format!("{other}, {other:?}"),
        "a panic without a message, Panic(..)"
    );
    assert!(other.source().is_none());
}

#[test]
fn which_payloads_come_out() {
    let panic = caught(|| panic_any(4_u8)).unwrap();
    assert_eq!(panic.downcast_ref::<u16>(), None);
    let (first, again) = (panic.downcast_ref::<u8>(), panic.downcast_ref::<u8>());
    assert_eq!((first, again), (Some(&4), Some(&4)));
    assert_eq!(panic.downcast_ref::<&str>(), None);
    assert_eq!(panic.message(), None);
    assert_eq!(panic.into_inner().downcast_ref::<u8>(), Some(&4));

    // Not `Sync`, so in one piece only.
    let panic = caught(|| panic_any(Cell::new(4_u8))).unwrap();
    assert_eq!(panic.message(), None);
    assert_eq!(panic.into_inner().downcast::<Cell<u8>>().unwrap().get(), 4);

    // The same box, looked into or not.
    for looks in [false, true] {
        let payload: Box<dyn Any + Send> = Box::new(String::from("no luck"));
        let before = (&raw const *payload).cast::<()>();
        let panic = caught(|| resume_unwind(payload)).unwrap();
        assert!(!looks || panic.message() == Some("no luck"));
        let payload = panic.into_inner();
        assert_eq!((&raw const *payload).cast(), before);
    }
}

#[test]
fn does_every_thread_see_the_same_payload() {
    for _ in 0..100 {
        let panic = caught(|| panic_any(4_u8)).unwrap();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| assert_eq!(panic.downcast_ref::<u8>(), Some(&4)));
                scope.spawn(|| assert_eq!(panic.message(), None));
            }
        });
    }
}

#[test]
fn does_a_resumed_panic_go_on_as_it_was() {
    for looks in [false, true] {
        let panic = caught(|| panic_any(4_u8)).unwrap();
        assert!(!looks || panic.downcast_ref::<u8>().is_some());
        let payload = catch_unwind(AssertUnwindSafe(|| -> () { panic.resume() })).unwrap_err();
        assert_eq!(payload.downcast_ref::<u8>(), Some(&4));
    }
}

#[test]
fn does_the_question_mark_box_a_panic() {
    async fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
        async { panic!("no luck") }.catch_panic().await?
    }
    assert!(block_on(boxed()).unwrap_err().is::<Panic>());
}

#[test]
fn how_do_many_panics_read() {
    let divide = |by: u32| async move { 12 / by };
    let job = gather([3, 0, 4, 0].map(|by| divide(by).catch_panic()));
    let errors: Errors<Panic> = block_on(job).all_ok().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "2 errors\n├─ 1: attempt to divide by zero\n└─ 3: attempt to divide by zero"
    );
}

#[test]
fn are_they_send_and_sync_when_their_parts_are() {
    fn both<T: Send + Sync>() {}
    both::<Panic>();
    both::<CatchPanic<Ready<u8>>>();
    both::<Keyed<u8, Ready<u8>>>();
    fn unpin<T: Unpin>() {}
    unpin::<CatchPanic<Ready<u8>>>();
    unpin::<Keyed<PhantomPinned, Ready<u8>>>();

    assert_not_impl!(CatchPanic<Ready<Rc<u8>>>: Send);
    assert_not_impl!(CatchPanic<Ready<Cell<u8>>>: Sync);
    assert_not_impl!(CatchPanic<PhantomPinned>: Unpin);
    assert_not_impl!(Keyed<Rc<u8>, Ready<u8>>: Send);
    assert_not_impl!(Keyed<Cell<u8>, Ready<u8>>: Sync);
    assert_not_impl!(Keyed<u8, Ready<Rc<u8>>>: Send);
    assert_not_impl!(Keyed<u8, PhantomPinned>: Unpin);
}
