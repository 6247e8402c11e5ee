//! Under tokio, all children share one cooperative budget, and once it has run out each of them wakes
//! itself and is pending. The number of polls stays linear (futures-rs#2526: it was quadratic there).

use std::{
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use futures::future::{BoxFuture, FutureExt};
use gather::gather;
use tokio::{
    runtime::Runtime,
    sync::{Mutex, oneshot},
    task::{consume_budget, yield_now},
};

use crate::support::{current_thread, two_threads};

/// How many polls a child costs that uses `units` of the budget: the first poll; then for each 128 units,
/// tokio's budget for one poll of the task, at most 128 polls that use them, and the 256 in vain after which
/// a pass ends: three polls for each unit.
const fn most_polls(units: usize) -> usize {
    1 + 3 * units
}

/// Runs children to the end on each kind of runtime, in `block_on` and spawned.
fn stays_linear<C, F>(units: usize, child: C)
where
    C: Fn() -> F,
    F: Future<Output = ()> + Send + 'static,
{
    type Job = BoxFuture<'static, Vec<()>>;
    let block_on = |runtime: &Runtime, job: Job| runtime.block_on(job).len();
    let spawn = |runtime: &Runtime, job: Job| runtime.block_on(runtime.spawn(job)).unwrap().len();

    let (current, multi) = (current_thread(), two_threads());
    for n in [2000, 8000] {
        for runtime in [&current, &multi] {
            for run in [block_on, spawn] {
                let polls = Arc::new(AtomicUsize::new(0));
                let children = (0..n).map(|_| counted(child(), polls.clone()));
                let job = gather(children.collect::<Vec<_>>());
                assert_eq!(run(runtime, job.boxed()), n);
                let polls = polls.load(SeqCst);
                assert!(
                    polls <= most_polls(units) * n,
                    "{polls} polls of {n} children"
                );
            }
        }
    }
}

fn counted<F: Future>(child: F, polls: Arc<AtomicUsize>) -> impl Future<Output = F::Output> {
    let mut child = Box::pin(child);
    poll_fn(move |cx| {
        polls.fetch_add(1, SeqCst);
        child.as_mut().poll(cx)
    })
}

#[test]
fn children_behind_one_lock_cost_a_linear_number_of_polls() {
    let lock = Arc::new(Mutex::new(0));
    stays_linear(1, || {
        let lock = lock.clone();
        async move { *lock.lock().await += 1 }
    });
    assert_eq!(*lock.blocking_lock(), 4 * (2000 + 8000));
}

#[test]
fn children_behind_a_lock_held_across_a_yield_cost_a_linear_number_of_polls() {
    let lock = Arc::new(Mutex::new(()));
    stays_linear(1, || {
        let lock = lock.clone();
        async move {
            let held = lock.lock().await;
            yield_now().await;
            drop(held);
        }
    });
}

#[test]
fn children_behind_one_lock_three_times_cost_a_linear_number_of_polls() {
    let lock = Arc::new(Mutex::new(0));
    stays_linear(3, || {
        let lock = lock.clone();
        async move {
            for _ in 0..3 {
                *lock.lock().await += 1;
            }
        }
    });
}

#[test]
fn children_whose_message_was_sent_cost_a_linear_number_of_polls() {
    stays_linear(1, || {
        let (sender, receiver) = oneshot::channel();
        sender.send(()).unwrap();
        async move { receiver.await.unwrap() }
    });
}

#[test]
fn children_that_use_up_the_budget_cost_a_linear_number_of_polls() {
    stays_linear(3, || async {
        for _ in 0..3 {
            consume_budget().await;
        }
    });
}
