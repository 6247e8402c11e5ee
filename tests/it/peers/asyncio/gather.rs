//! `gather`.

use std::{cell::Cell, future::Future, sync::Arc, task::Poll};

use futures::{
    FutureExt as _,
    future::{AbortHandle, Aborted, abortable},
};
use gather::{gather, try_gather};

use super::{Clock, Outcome, drops, error, is};
use crate::support::{Child, Remote, Task, polls};

// test_success, test_result_exception_success
#[test]
fn gather_gives_input_order_whatever_the_order_of_completion() {
    let (remotes, children) = Remote::many(3);
    let task = Task::new();
    let mut job = gather(children);
    assert_eq!(task.poll(&mut job), Poll::Pending);
    for (index, output) in [(1, 1), (0, 2), (2, 3)] {
        remotes[index].finish(output);
    }
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![2, 1, 3]));
}

// test_success
#[test]
fn gather_is_pending_until_the_last_is_done() {
    let (remotes, children) = Remote::many(3);
    let task = Task::new();
    let mut job = gather(children);
    for index in [1, 0, 2] {
        assert_eq!(task.poll(&mut job), Poll::Pending);
        assert_eq!(task.woken(), 0);
        remotes[index].finish(index);
        assert_eq!(task.woken(), 1);
    }
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![0, 1, 2]));
    assert_eq!(task.woken(), 0);
}

// test_one_exception
#[test]
fn gather_ends_at_the_first_error_with_that_very_error() {
    let zero_division = error("division by zero");
    let (remotes, children) = Remote::many(5);
    let task = Task::new();
    let mut job = try_gather(children);
    assert!(task.poll(&mut job).is_pending());
    remotes[0].finish(Ok(1));
    remotes[1].finish(Err(zero_division.clone()));

    let Poll::Ready(Err(found)) = task.poll(&mut job) else {
        panic!("it ends with an error");
    };
    assert!(Arc::ptr_eq(&found, &zero_division));
    assert_eq!(drops(&remotes), [1; 5]);

    assert_eq!(task.woken(), 1);
    remotes[2].finish(Ok(3));
    remotes[4].finish(Err(error("too late")));
    assert_eq!(task.woken(), 0);
    assert_eq!(polls(&remotes), [2, 2, 1, 1, 1]);
}

// test_one_exception
#[test]
fn gather_lets_the_siblings_of_the_first_error_run_on() {
    let (first, second) = (error("first"), error("second"));
    let (remotes, children) = Remote::many(4);
    let task = Task::new();
    let mut job = gather(children);
    let mut until = job.until(|_, outcome: &Outcome| outcome.is_err());
    assert_eq!(task.poll(&mut until), Poll::Pending);
    remotes[0].finish(Ok(1));
    remotes[2].finish(Err(first.clone()));
    assert_eq!(task.poll(&mut until), Poll::Ready(Some(2)));
    assert!(is(job.get(2).unwrap(), &first));
    assert_eq!(drops(&remotes), [1, 0, 1, 0]);

    assert_eq!(task.poll(&mut job), Poll::Pending);
    remotes[3].finish(Err(second.clone()));
    remotes[1].finish(Ok(3));
    let Poll::Ready(outcomes) = task.poll(&mut job) else {
        panic!("all are done");
    };
    assert_eq!((&outcomes[0], &outcomes[1]), (&Ok(1), &Ok(3)));
    assert!(is(&outcomes[2], &first) && is(&outcomes[3], &second));
}

// test_return_exceptions
#[test]
fn gather_has_the_errors_in_the_places_of_their_children() {
    let (exc, exc2) = (error("exc"), error("exc2"));
    let (remotes, children) = Remote::many(4);
    let task = Task::new();
    let mut job = gather(children);
    assert_eq!(task.poll(&mut job), Poll::Pending);
    remotes[1].finish(Ok(1));
    remotes[2].finish(Err(exc.clone()));
    remotes[0].finish(Ok(3));
    assert_eq!(task.poll(&mut job), Poll::Pending);
    remotes[3].finish(Err(exc2.clone()));
    let Poll::Ready(outcomes) = task.poll(&mut job) else {
        panic!("all are done");
    };
    assert_eq!(outcomes.len(), 4);
    assert_eq!((&outcomes[0], &outcomes[1]), (&Ok(3), &Ok(1)));
    assert!(is(&outcomes[2], &exc) && is(&outcomes[3], &exc2));
}

// test_constructor_empty_sequence_use_running_loop
#[test]
fn gather_of_nothing_is_done_at_once() {
    let task = Task::new();
    let mut job = gather(Vec::<Child<u32>>::new());
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![]));
    assert_eq!(task.woken(), 0);
}

// test_cancellation_broadcast
#[test]
fn gather_cancelled_cancels_all_children_and_the_code_after_it() {
    let proof = Cell::new(0);
    let (remotes, children) = Remote::<u32>::many(2);
    let task = Task::new();
    let mut outer = Box::pin(async {
        let inner = children.into_iter().map(async |child| {
            child.await;
            proof.set(proof.get() + 1);
        });
        gather(inner).await;
        proof.set(proof.get() + 100);
    });
    assert!(task.poll(&mut outer).is_pending());
    drop(outer);
    assert_eq!(drops(&remotes), [1, 1]);
    remotes.iter().for_each(|remote| remote.finish(1));
    assert_eq!((task.woken(), task.clones()), (0, 0));
    assert_eq!((polls(&remotes), proof.get()), (vec![1, 1], 0));
}

// test_cancel_gather_1
#[test]
fn gather_cannot_be_cancelled_once_all_are_done() {
    let (remotes, children) = Remote::many(2);
    let task = Task::new();
    let mut job = gather(children);
    let mut until = job.until(|_, _| false);
    assert_eq!(task.poll(&mut until), Poll::Pending);
    remotes[1].finish(43);
    remotes[0].finish(42);
    assert_eq!(task.poll(&mut until), Poll::Ready(None));
    assert_eq!(job.into_partial(), [Some(42), Some(43)]);
}

#[test]
fn gather_may_be_nested_in_a_gather() {
    let clock = Clock::default();
    let inner = |times: [u32; 2]| gather(times.map(|time| clock.sleep(time, time)));
    let mut outer = gather([[4, 1], [2, 3]].map(inner));
    let task = Task::new();
    for time in 1..=4 {
        assert_eq!(task.settle(&mut outer), Poll::Pending);
        assert_eq!(outer.get(1), (time > 3).then_some(&vec![2, 3]));
        clock.advance_to(time);
        assert_eq!(task.woken(), 1);
    }
    let outputs = vec![vec![4, 1], vec![2, 3]];
    assert_eq!(task.poll(&mut outer), Poll::Ready(outputs));
}

// test_one_cancellation
#[test]
fn gather_ends_at_a_child_cancelled_on_its_own_and_is_not_cancelled_itself() {
    let (remotes, children) = Remote::many(3);
    let (handles, children) = with_handles(children);
    let task = Task::new();
    let mut job = try_gather(children);
    assert_eq!(task.poll(&mut job), Poll::Pending);
    remotes[0].finish(1);
    handles[1].abort();
    assert_eq!(task.poll(&mut job), Poll::Ready(Err(Aborted)));
}

// test_result_exception_one_cancellation
#[test]
fn gather_has_the_cancelled_children_in_their_places() {
    let (remotes, children) = Remote::many(4);
    let (handles, children) = with_handles(children);
    let task = Task::new();
    let mut job = gather(children);
    assert_eq!(task.poll(&mut job), Poll::Pending);
    remotes[0].finish(1);
    handles[1].abort();
    assert_eq!(task.poll(&mut job), Poll::Pending);
    remotes[2].finish(3);
    handles[3].abort();
    let outcomes = vec![Ok(1), Err(Aborted), Ok(3), Err(Aborted)];
    assert_eq!(task.poll(&mut job), Poll::Ready(outcomes));
}

fn with_handles<F: Future + Unpin>(
    children: Vec<F>,
) -> (
    Vec<AbortHandle>,
    Vec<impl Future<Output = Result<F::Output, Aborted>>>,
) {
    let each = |child| {
        let (child, handle) = abortable(child);
        (handle, child)
    };
    children.into_iter().map(each).unzip()
}

// test_duplicate_coroutines
#[test]
fn gather_gives_the_output_of_a_child_given_twice_twice_and_runs_it_once() {
    let runs = Cell::new(0);
    let coro = |output| {
        let runs = &runs;
        let run = async move {
            runs.set(runs.get() + 1);
            output
        };
        run.boxed_local().shared()
    };
    let c = coro("abc");
    let job = gather([c.clone(), c.clone(), coro("def"), c]);
    let (outputs, _) = Task::new().run(job);
    assert_eq!(outputs, ["abc", "abc", "def", "abc"]);
    assert_eq!(runs.get(), 2);
}

// test_shield_gather
#[test]
fn gather_polled_by_reference_is_not_cancelled_with_the_future_that_polled_it() {
    let (remotes, children) = Remote::many(2);
    let task = Task::new();
    let mut parallel = gather(children);
    let mut outer = Box::pin(async { (&mut parallel).await });
    assert_eq!(task.poll(&mut outer), Poll::Pending);
    drop(outer);
    assert_eq!(drops(&remotes), [0, 0]);
    remotes[0].finish(1);
    remotes[1].finish(2);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut parallel), Poll::Ready(vec![1, 2]));
}

// test_gather_shield
#[test]
fn gather_cancelled_does_not_cancel_children_that_others_await_too() {
    let (remotes, children) = Remote::many(2);
    let children: Vec<_> = children.into_iter().map(|child| child.shared()).collect();
    let task = Task::new();
    let mut job = gather(children.clone());
    assert_eq!(task.poll(&mut job), Poll::Pending);
    drop(job);
    assert_eq!(drops(&remotes), [0, 0]);
    remotes[0].finish(1);
    remotes[1].finish(2);
    assert_eq!(Task::new().run(gather(children)).0, [1, 2]);
}
