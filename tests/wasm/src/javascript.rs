//! Children that JavaScript's timers and promises wake, under an executor of JavaScript's: its queue of microtasks.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
};
use gather::{Errors, GatherSet, at_most, first_ok, gather, gather_array, local_group, try_gather};

// Functions of JavaScript.
#[link(wasm_import_module = "javascript")]
unsafe extern "C" {
    /// Calls `poll_task` in a microtask.
    safe fn queue_microtask();
    /// Calls `settle(event, 1)` after `milliseconds`.
    safe fn set_timeout(event: u32, milliseconds: u32);
    /// Makes a promise that passes through `steps` others, then calls `settle` with whether it was fulfilled.
    safe fn make_promise(event: u32, steps: u32, fulfil: u32);
    safe fn milliseconds() -> f64;
    /// The test is over.
    safe fn end();
}

type Task = Pin<Box<dyn Future<Output = ()>>>;
type Test = (&'static str, fn() -> Task);

macro_rules! tests {
    ($($test:ident)*) => {
        &[$((stringify!($test), || Box::pin($test()))),*]
    };
}

const TESTS: &[Test] = tests! {
    timers_in_input_order
    timers_beside_promises
    an_array_of_promises
    a_promise_that_is_rejected
    promises_settled_together_poll_each_child_twice
    at_most_three_timers
    completions_as_timers_end
    until_and_then_all
    a_timeout_in_select
    the_first_success
    children_spawned_into_a_group
    a_set_of_promises_and_timers
    a_job_that_is_gone
};

// The executor: one task. A wake queues a microtask, unless one is queued.

thread_local! {
    static TASK: RefCell<Option<Task>> = const { RefCell::new(None) };
    static WAKER: Waker = Waker::from(Arc::new(Microtask(AtomicBool::new(false))));
    static QUEUED: RefCell<Option<Arc<Microtask>>> = const { RefCell::new(None) };
    static EVENTS: RefCell<HashMap<u32, Rc<Event>>> = RefCell::default();
}

struct Microtask(AtomicBool);

impl Wake for Microtask {
    fn wake(self: Arc<Self>) {
        if !self.0.swap(true, Relaxed) {
            QUEUED.set(Some(self.clone()));
            queue_microtask();
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn count_javascript() -> usize {
    TESTS.len()
}

#[unsafe(no_mangle)]
extern "C" fn start_javascript(test: usize) {
    TASK.set(Some(TESTS[test].1()));
    WAKER.with(Waker::wake_by_ref);
}

#[unsafe(no_mangle)]
extern "C" fn describe_javascript(test: usize) {
    crate::harness::describe_as(TESTS[test].0);
}

#[unsafe(no_mangle)]
extern "C" fn poll_task() {
    if let Some(microtask) = QUEUED.take() {
        microtask.0.store(false, Relaxed);
    }
    let Some(mut task) = TASK.take() else {
        return;
    };
    let polled = WAKER.with(|waker| task.as_mut().poll(&mut Context::from_waker(waker)));
    match polled {
        Poll::Ready(()) => end(),
        Poll::Pending => TASK.set(Some(task)),
    }
}

// Futures of JavaScript's timers and promises.

#[derive(Default)]
struct Event {
    outcome: Cell<Option<bool>>,
    waker: RefCell<Option<Waker>>,
    polls: Cell<usize>,
}

fn event(start: impl FnOnce(u32)) -> Rc<Event> {
    let event = Rc::new(Event::default());
    let id = EVENTS.with_borrow_mut(|events| {
        let id = events.len() as u32;
        events.insert(id, event.clone());
        id
    });
    start(id);
    event
}

#[unsafe(no_mangle)]
extern "C" fn settle(event: u32, fulfilled: u32) {
    let event = EVENTS.with_borrow(|events| events[&event].clone());
    event.outcome.set(Some(fulfilled == 1));
    if let Some(waker) = event.waker.take() {
        waker.wake();
    }
}

fn settled(event: &Event) -> impl Future<Output = bool> {
    poll_fn(move |cx| {
        event.polls.set(event.polls.get() + 1);
        if let Some(outcome) = event.outcome.get() {
            return Poll::Ready(outcome);
        }
        event.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    })
}

async fn sleep(milliseconds: u32) -> u32 {
    let event = event(|event| set_timeout(event, milliseconds));
    assert!(settled(&event).await);
    milliseconds
}

async fn promise(steps: u32) -> u32 {
    let event = event(|event| make_promise(event, steps, 1));
    assert!(settled(&event).await);
    steps
}

async fn rejected(steps: u32) -> Result<u32, String> {
    let event = event(|event| make_promise(event, steps, 0));
    if settled(&event).await {
        Ok(steps)
    } else {
        Err(format!("rejected after {steps}"))
    }
}

// The tests.

async fn timers_in_input_order() {
    let start = milliseconds();
    let outputs = gather((0..100).map(|index| sleep(100 - index))).await;
    assert!(outputs.into_iter().eq((0..100).map(|index| 100 - index)));
    // Together, not one after the other. A timer of Node may be a little early.
    assert!((98.0..1000.0).contains(&(milliseconds() - start)));
}

async fn timers_beside_promises() {
    let outputs = gather!(
        sleep(5),
        promise(3),
        async { "ready" },
        sleep(1),
        promise(0)
    )
    .await;
    assert_eq!(outputs, (5, 3, "ready", 1, 0));
}

async fn an_array_of_promises() {
    assert_eq!(gather_array([9, 1, 5].map(promise)).await, [9, 1, 5]);
}

async fn a_promise_that_is_rejected() {
    let dropped = Rc::new(());
    let children = (0..70).map(|index| {
        let held = dropped.clone();
        async move {
            let outcome = if index == 50 {
                rejected(2).await
            } else {
                Ok(sleep(1_000_000).await)
            };
            drop(held);
            outcome
        }
    });
    let outcome = try_gather(children).await;
    assert_eq!(outcome, Err("rejected after 2".into()));
    assert_eq!(Rc::strong_count(&dropped), 1);
    let outcome = try_gather!(rejected(1), async { Ok(sleep(1_000_000).await) }).await;
    assert_eq!(outcome, Err("rejected after 1".into()));
}

async fn promises_settled_together_poll_each_child_twice() {
    let events: Vec<_> = (0..1000)
        .map(|_| event(|event| make_promise(event, 3, 1)))
        .collect();
    let mut polls = 0;
    let mut job = gather(events.iter().map(|event| settled(event)));
    let outputs = poll_fn(|cx| {
        polls += 1;
        job.poll_unpin(cx)
    });
    assert_eq!(outputs.await, vec![true; 1000]);
    assert!(events.iter().all(|event| event.polls.get() == 2));
    // The first microtask is queued by the first promise, before the second is settled.
    assert!(polls <= 6, "{polls}");
}

async fn at_most_three_timers() {
    let (alive, most) = (&Cell::new(0), &Cell::new(0));
    let children = (0..30).map(|index| async move {
        alive.set(alive.get() + 1);
        most.set(most.get().max(alive.get()));
        if index % 2 == 0 {
            sleep(index % 5).await;
        } else {
            promise(index % 7).await;
        }
        alive.set(alive.get() - 1);
        index
    });
    assert!(at_most(3).gather(children).await.into_iter().eq(0..30));
    assert_eq!((alive.get(), most.get()), (0, 3));
}

async fn completions_as_timers_end() {
    let mut job = gather([60, 1, 30].map(sleep));
    let seen: Vec<_> = job.completions().collect().await;
    assert_eq!(seen, [(1, 1), (2, 30), (0, 60)]);
}

async fn until_and_then_all() {
    let mut job = gather([promise(1).left_future(), sleep(10).right_future()]);
    assert_eq!(job.until(|_, _| true).await, Some(0));
    assert_eq!((job.get(0), job.get(1)), (Some(&1), None));
    assert_eq!(job.await, [1, 10]);
}

async fn a_timeout_in_select() {
    let job = gather([1, 1_000_000].map(sleep));
    let Either::Right((_, job)) = select(job, Box::pin(sleep(30))).await else {
        panic!("in time");
    };
    assert_eq!(job.into_partial(), [Some(1), None]);
}

async fn the_first_success() {
    let children = (0..40).map(|index| async move {
        if index == 20 {
            Ok(sleep(3).await)
        } else {
            rejected(index % 4).await
        }
    });
    assert_eq!(first_ok(children).await.unwrap(), 3);
    let errors = first_ok((0..3).map(rejected)).await.unwrap_err();
    assert_eq!(errors.len(), 3);
}

async fn children_spawned_into_a_group() {
    let seen = &RefCell::new(vec![]);
    let outcome: Result<u32, Errors<String>> = local_group(async |g| {
        for milliseconds in [20, 1, 10] {
            g.spawn(async move {
                sleep(milliseconds).await;
                seen.borrow_mut().push(milliseconds);
                Ok(())
            });
        }
        Ok(promise(2).await)
    })
    .await;
    assert_eq!((outcome.unwrap(), seen.take()), (2, vec![1, 10, 20]));
}

async fn a_set_of_promises_and_timers() {
    let child = |index| {
        if index % 2 == 0 {
            sleep(index).left_future()
        } else {
            promise(index).right_future()
        }
    };
    let mut set: GatherSet<_> = (0..10).map(child).collect();
    let late = set.push(sleep(1_000_000).left_future());
    let (mut next, mut seen) = (10, vec![]);
    while seen.len() < 60 {
        seen.extend(set.next().await);
        if next < 60 {
            set.push(child(next));
            next += 1;
        }
    }
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..60));
    assert!(set.cancel(late) && set.is_empty());
}

async fn a_job_that_is_gone() {
    let events: Vec<_> = (0..100)
        .map(|_| event(|event| set_timeout(event, 1)))
        .collect();
    let mut job = gather(events.iter().map(|event| settled(event)));
    assert!(
        job.poll_unpin(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(job);
    // Their wakes are late, and do nothing.
    sleep(10).await;
    assert!(events.iter().all(|event| event.outcome.get() == Some(true)));
    assert!(events.iter().all(|event| event.polls.get() == 1));
}
