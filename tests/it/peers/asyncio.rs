//! CPython's own tests of `gather`, `as_completed` and `wait` (`test_asyncio/test_tasks.py`, 3.13), as
//! behaviours of this crate: one test each, with CPython's name for it above.
//!
//! A task that is cancelled is a future that is dropped, an exception is an `Err`, and time is that
//! of a [`Clock`].
//!
//! Held in another form:
//!
//! - The first error that ends a `gather` is `until`, which lets the siblings run on as asyncio does,
//!   or `try_gather`, which drops them.
//! - A coroutine given twice is `Shared`, and then an input like any other: `gather` gives its output
//!   twice, as asyncio does, and `completions` too, where `as_completed` and `wait` give it once.
//! - `wait` of nothing is an error; here it ends at once, as it does when all have finished.
//!
//! Without a counterpart:
//!
//! - `test_constructor_*_loop`, `test_constructor_*_futures`, `test_as_completed_coroutine_*_loop`:
//!   there is no loop that futures belong to. Any executor will do, and several after another.
//! - `test_issue46672`, `test_as_completed_invalid_args`, `test_wait_invalid_args`, `test_wait_errors`:
//!   a child that is no future, a future for a list, a `return_when` of -1: they do not compile.
//! - `test_as_completed_reverse_wait`, `test_as_completed_concurrent`: `as_completed` gives futures, to
//!   be awaited in any order and several at once. A stream gives outputs.
//! - `test_exception_marking`: an error that nobody looks at is dropped, and nothing is logged.
//! - `test_cancel_gather_2`: a cancellation has a message. A drop has none.
//! - `test_env_var_debug`: there is no debug mode.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::{Future, poll_fn},
    iter,
    pin::pin,
    sync::Arc,
    task::{Poll, Waker},
};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, Aborted, Either, abortable, select},
};
use gather::{ChildExt as _, Gather, gather, try_gather};

use crate::support::{Child, Parent, Remote, polls};

/// Errors are compared by identity: the very one has to come out.
type Outcome = Result<u32, Arc<str>>;

fn error(text: &str) -> Arc<str> {
    text.into()
}

/// Whether it is that very error.
fn is(outcome: &Outcome, error: &Arc<str>) -> bool {
    matches!(outcome, Err(found) if Arc::ptr_eq(found, error))
}

fn drops<T>(remotes: &[Remote<T>]) -> Vec<usize> {
    remotes.iter().map(Remote::drops).collect()
}

/// The children that have finished, and those that have not: what `wait` gives.
fn done_and_pending<F: Future>(job: &Gather<F>) -> (Vec<usize>, Vec<usize>) {
    (0..job.len()).partition(|&index| job.get(index).is_some())
}

/// Time that passes when a test says so.
#[derive(Default)]
struct Clock {
    now: Cell<u32>,
    sleepers: RefCell<Vec<(u32, Waker)>>,
}

impl Clock {
    async fn sleep<T>(&self, until: u32, output: T) -> T {
        poll_fn(|cx| {
            if self.now.get() >= until {
                return Poll::Ready(());
            }
            let sleeper = (until, cx.waker().clone());
            self.sleepers.borrow_mut().push(sleeper);
            Poll::Pending
        })
        .await;
        output
    }

    fn advance_to(&self, now: u32) {
        self.now.set(now);
        let sleepers = self.sleepers.take().into_iter();
        let (woken, asleep): (Vec<_>, _) = sleepers.partition(|(until, _)| *until <= now);
        self.sleepers.replace(asleep);
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

// gather

// test_success, test_result_exception_success
#[test]
fn gather_gives_input_order_whatever_the_order_of_completion() {
    let (remotes, children) = Remote::many(3);
    let parent = Parent::new();
    let mut job = gather(children);
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    for (index, output) in [(1, 1), (0, 2), (2, 3)] {
        remotes[index].finish(output);
    }
    assert_eq!(parent.woken(), 1);
    assert_eq!(parent.poll(&mut job), Poll::Ready(vec![2, 1, 3]));
}

// test_success
#[test]
fn gather_is_pending_until_the_last_is_done() {
    let (remotes, children) = Remote::many(3);
    let parent = Parent::new();
    let mut job = gather(children);
    for index in [1, 0, 2] {
        assert_eq!(parent.poll(&mut job), Poll::Pending);
        assert_eq!(parent.woken(), 0);
        remotes[index].finish(index);
        assert_eq!(parent.woken(), 1);
    }
    assert_eq!(parent.poll(&mut job), Poll::Ready(vec![0, 1, 2]));
    assert_eq!(parent.woken(), 0);
}

// test_one_exception
#[test]
fn gather_ends_at_the_first_error_with_that_very_error_and_later_results_do_nothing() {
    let zero_division = error("division by zero");
    let (remotes, children) = Remote::many(5);
    let parent = Parent::new();
    let mut job = try_gather(children);
    assert!(parent.poll(&mut job).is_pending());
    remotes[0].finish(Ok(1));
    remotes[1].finish(Err(zero_division.clone()));

    let Poll::Ready(Err(found)) = parent.poll(&mut job) else {
        panic!("it ends with an error");
    };
    assert!(Arc::ptr_eq(&found, &zero_division));
    assert_eq!(drops(&remotes), [1; 5]);

    assert_eq!(parent.woken(), 1);
    remotes[2].finish(Ok(3));
    remotes[4].finish(Err(error("too late")));
    assert_eq!(parent.woken(), 0);
    assert_eq!(polls(&remotes), [2, 2, 1, 1, 1]);
}

// test_one_exception
#[test]
fn gather_lets_the_siblings_of_the_first_error_run_on() {
    let (first, second) = (error("first"), error("second"));
    let (remotes, children) = Remote::many(4);
    let parent = Parent::new();
    let mut job = gather(children);
    let mut until = job.until(|_, outcome: &Outcome| outcome.is_err());
    assert_eq!(parent.poll(&mut until), Poll::Pending);
    remotes[0].finish(Ok(1));
    remotes[2].finish(Err(first.clone()));
    assert_eq!(parent.poll(&mut until), Poll::Ready(Some(2)));
    assert!(is(job.get(2).unwrap(), &first));
    assert_eq!(drops(&remotes), [1, 0, 1, 0]);

    assert_eq!(parent.poll(&mut job), Poll::Pending);
    remotes[3].finish(Err(second.clone()));
    remotes[1].finish(Ok(3));
    let Poll::Ready(outcomes) = parent.poll(&mut job) else {
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
    let parent = Parent::new();
    let mut job = gather(children);
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    remotes[1].finish(Ok(1));
    remotes[2].finish(Err(exc.clone()));
    remotes[0].finish(Ok(3));
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    remotes[3].finish(Err(exc2.clone()));
    let Poll::Ready(outcomes) = parent.poll(&mut job) else {
        panic!("all are done");
    };
    assert_eq!(outcomes.len(), 4);
    assert_eq!((&outcomes[0], &outcomes[1]), (&Ok(3), &Ok(1)));
    assert!(is(&outcomes[2], &exc) && is(&outcomes[3], &exc2));
}

// test_constructor_empty_sequence_use_running_loop
#[test]
fn gather_of_nothing_is_done_at_once() {
    let parent = Parent::new();
    let mut job = gather(Vec::<Child<u32>>::new());
    assert_eq!(parent.poll(&mut job), Poll::Ready(vec![]));
    assert_eq!(parent.woken(), 0);
}

// test_cancellation_broadcast
#[test]
fn gather_cancelled_cancels_all_children_and_what_follows_never_runs() {
    let proof = Cell::new(0);
    let (remotes, children) = Remote::<u32>::many(2);
    let parent = Parent::new();
    let mut outer = Box::pin(async {
        let inner = children.into_iter().map(async |child| {
            child.await;
            proof.set(proof.get() + 1);
        });
        gather(inner).await;
        proof.set(proof.get() + 100);
    });
    assert!(parent.poll(&mut outer).is_pending());
    drop(outer);
    assert_eq!(drops(&remotes), [1, 1]);
    remotes.iter().for_each(|remote| remote.finish(1));
    assert_eq!((parent.woken(), parent.clones()), (0, 0));
    assert_eq!((polls(&remotes), proof.get()), (vec![1, 1], 0));
}

// test_cancel_gather_1
#[test]
fn gather_cannot_be_cancelled_once_all_are_done() {
    let (remotes, children) = Remote::many(2);
    let parent = Parent::new();
    let mut job = gather(children);
    let mut until = job.until(|_, _| false);
    assert_eq!(parent.poll(&mut until), Poll::Pending);
    remotes[1].finish(43);
    remotes[0].finish(42);
    assert_eq!(parent.poll(&mut until), Poll::Ready(None));
    assert_eq!(job.into_partial(), [Some(42), Some(43)]);
}

#[test]
fn gather_may_be_nested_in_a_gather() {
    let clock = Clock::default();
    let inner = |times: [u32; 2]| gather(times.map(|time| clock.sleep(time, time)));
    let mut outer = gather([[4, 1], [2, 3]].map(inner));
    let parent = Parent::new();
    for time in 1..=4 {
        assert_eq!(parent.settle(&mut outer), Poll::Pending);
        assert_eq!(outer.get(1), (time > 3).then_some(&vec![2, 3]));
        clock.advance_to(time);
        assert_eq!(parent.woken(), 1);
    }
    let outputs = vec![vec![4, 1], vec![2, 3]];
    assert_eq!(parent.poll(&mut outer), Poll::Ready(outputs));
}

// test_one_cancellation
#[test]
fn gather_ends_at_a_child_cancelled_on_its_own_and_is_not_cancelled_itself() {
    let (remotes, children) = Remote::many(3);
    let (handles, children) = with_handles(children);
    let parent = Parent::new();
    let mut job = try_gather(children);
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    remotes[0].finish(1);
    handles[1].abort();
    assert_eq!(parent.poll(&mut job), Poll::Ready(Err(Aborted)));
}

// test_result_exception_one_cancellation
#[test]
fn gather_has_the_cancelled_children_in_their_places() {
    let (remotes, children) = Remote::many(4);
    let (handles, children) = with_handles(children);
    let parent = Parent::new();
    let mut job = gather(children);
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    remotes[0].finish(1);
    handles[1].abort();
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    remotes[2].finish(3);
    handles[3].abort();
    let outcomes = vec![Ok(1), Err(Aborted), Ok(3), Err(Aborted)];
    assert_eq!(parent.poll(&mut job), Poll::Ready(outcomes));
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
    let (outputs, _) = Parent::new().run(job);
    assert_eq!(outputs, ["abc", "abc", "def", "abc"]);
    assert_eq!(runs.get(), 2);
}

// test_shield_gather
#[test]
fn gather_polled_by_reference_is_not_cancelled_with_the_one_who_polled() {
    let (remotes, children) = Remote::many(2);
    let parent = Parent::new();
    let mut parallel = gather(children);
    let mut outer = Box::pin(async { (&mut parallel).await });
    assert_eq!(parent.poll(&mut outer), Poll::Pending);
    drop(outer);
    assert_eq!(drops(&remotes), [0, 0]);
    remotes[0].finish(1);
    remotes[1].finish(2);
    assert_eq!(parent.woken(), 1);
    assert_eq!(parent.poll(&mut parallel), Poll::Ready(vec![1, 2]));
}

// test_gather_shield
#[test]
fn gather_cancelled_does_not_cancel_children_that_others_await_too() {
    let (remotes, children) = Remote::many(2);
    let children: Vec<_> = children.into_iter().map(|child| child.shared()).collect();
    let parent = Parent::new();
    let mut job = gather(children.clone());
    assert_eq!(parent.poll(&mut job), Poll::Pending);
    drop(job);
    assert_eq!(drops(&remotes), [0, 0]);
    remotes[0].finish(1);
    remotes[1].finish(2);
    assert_eq!(Parent::new().run(gather(children)).0, [1, 2]);
}

// as_completed

// test_as_completed
#[test]
fn as_completed_gives_the_order_of_completion() {
    let clock = Clock::default();
    let children = [(15, 'c'), (1, 'b'), (10, 'a')];
    let job = gather(children.map(|(time, name)| clock.sleep(time, name)));
    let mut completions = job.completions();
    let parent = Parent::new();
    for (time, expected) in [(1, (1, 'b')), (10, (2, 'a')), (15, (0, 'c'))] {
        assert_eq!(parent.poll_next(&mut completions), Poll::Pending);
        clock.advance_to(time);
        assert_eq!(parent.woken(), 1);
        let next = parent.poll_next(&mut completions);
        assert_eq!(next, Poll::Ready(Some(expected)));
    }
    assert_eq!(parent.poll_next(&mut completions), Poll::Ready(None));
}

// test_as_completed_same_tasks_in_as_out
#[test]
fn as_completed_tells_which_child_it_was() {
    let (remotes, children) = Remote::many(4);
    let keys: Vec<Arc<str>> = ["a", "b", "c", "d"].map(error).into();
    let children = children.into_iter().zip(&keys);
    let job = gather(children.map(|(child, key)| child.keyed(key.clone())));
    let mut completions = job.completions();
    let parent = Parent::new();
    for expected in [2, 0, 3, 1] {
        assert_eq!(parent.poll_next(&mut completions), Poll::Pending);
        remotes[expected].finish(expected);
        let Poll::Ready(Some((index, (key, output)))) = parent.poll_next(&mut completions) else {
            panic!("one has finished");
        };
        assert_eq!((index, output), (expected, expected));
        assert!(Arc::ptr_eq(&key, &keys[expected]));
    }
}

// test_as_completed_resume_iterator
#[test]
fn as_completed_can_be_left_and_resumed() {
    let (remotes, children) = Remote::many(4);
    let parent = Parent::new();
    let mut completions = gather(children).completions();
    let mut collected = Vec::new();

    let mut two = Box::pin(async {
        let mut iterations = completions.by_ref().take(2);
        while let Some((_, output)) = iterations.next().await {
            collected.push(output);
        }
    });
    assert_eq!(parent.poll(&mut two), Poll::Pending);
    for index in [3, 0, 2] {
        remotes[index].finish(index);
    }
    assert_eq!(parent.settle(&mut two), Poll::Ready(()));
    drop(two);
    assert_eq!(collected.len(), 2);

    let mut rest = Box::pin(async {
        while let Some((_, output)) = completions.next().await {
            collected.push(output);
        }
    });
    assert_eq!(parent.poll(&mut rest), Poll::Pending);
    remotes[1].finish(1);
    assert_eq!(parent.settle(&mut rest), Poll::Ready(()));
    drop(rest);
    assert_eq!(collected[3], 1);
    collected.sort();
    assert_eq!(collected, [0, 1, 2, 3]);
    assert_eq!(polls(&remotes), [2; 4]);
}

/// Each output until the deadline, and `None` if it came before the last.
async fn as_completed<T>(
    completions: &mut (impl futures::Stream<Item = (usize, T)> + Unpin),
    deadline: impl Future<Output = ()>,
) -> Vec<Option<T>> {
    let mut deadline = pin!(deadline);
    let mut values = Vec::new();
    loop {
        match select(completions.next(), deadline.as_mut()).await {
            Either::Left((Some((_, output)), _)) => values.push(Some(output)),
            Either::Left((None, _)) => return values,
            Either::Right(_) => {
                values.push(None);
                return values;
            }
        }
    }
}

// test_as_completed_with_timeout
#[test]
fn as_completed_gives_partial_results_before_its_deadline() {
    let clock = Clock::default();
    let job = gather([(10, 'a'), (15, 'b')].map(|(time, name)| clock.sleep(time, name)));
    let parent = Parent::new();
    let mut completions = job.completions();
    let mut values = Box::pin(as_completed(&mut completions, clock.sleep(12, ())));
    assert_eq!(parent.settle(&mut values), Poll::Pending);
    clock.advance_to(10);
    assert_eq!(parent.settle(&mut values), Poll::Pending);
    clock.advance_to(12);
    let Poll::Ready(found) = parent.settle(&mut values) else {
        panic!("the deadline has passed");
    };
    assert_eq!(found, [Some('a'), None]);

    // The deadline cancelled nothing.
    drop(values);
    clock.advance_to(15);
    let last = parent.poll_next(&mut completions);
    assert_eq!(last, Poll::Ready(Some((1, 'b'))));
}

// test_as_completed_with_unused_timeout
#[test]
fn as_completed_ends_before_a_deadline_that_is_not_used() {
    let clock = Clock::default();
    let parent = Parent::new();
    let mut completions = gather([clock.sleep(1, 'a')]).completions();
    let mut values = Box::pin(as_completed(&mut completions, clock.sleep(100, ())));
    assert_eq!(parent.settle(&mut values), Poll::Pending);
    clock.advance_to(1);
    assert_eq!(parent.settle(&mut values), Poll::Ready(vec![Some('a')]));
}

// test_as_completed_duplicate_coroutines
#[test]
fn as_completed_gives_the_output_of_a_child_given_twice_twice() {
    let (remote, child) = Remote::new();
    let ham = child.shared();
    let parent = Parent::new();
    let mut completions = gather([ham.clone(), ham]).completions();
    assert_eq!(parent.poll_next(&mut completions), Poll::Pending);
    remote.finish("ham");
    let mut found = Vec::new();
    while let Poll::Ready(Some(completion)) = parent.poll_next(&mut completions) {
        found.push(completion);
    }
    found.sort();
    assert_eq!(found, [(0, "ham"), (1, "ham")]);
}

// wait

// test_wait
#[test]
fn wait_ends_when_all_are_done_and_again_at_once() {
    let clock = Clock::default();
    let parent = Parent::new();
    let mut job = gather([clock.sleep(15, 'b'), clock.sleep(10, 'a')]);
    for time in [10, 15] {
        assert_eq!(parent.poll(&mut job.until(|_, _| false)), Poll::Pending);
        clock.advance_to(time);
        assert_eq!(parent.woken(), 1);
    }
    for _ in 0..2 {
        let all = parent.poll(&mut job.until(|_, _| false));
        assert_eq!(all, Poll::Ready(None));
        assert_eq!(done_and_pending(&job), (vec![0, 1], vec![]));
    }
    assert_eq!(parent.woken(), 0);
}

// test_wait_first_completed
#[test]
fn wait_for_the_first_completed_leaves_the_others_running() {
    let clock = Clock::default();
    let parent = Parent::new();
    let mut job = gather([clock.sleep(1, 'b'), clock.sleep(100, 'a')]);
    let mut first = job.until(|_, _| true);
    assert_eq!(parent.poll(&mut first), Poll::Pending);
    clock.advance_to(1);
    assert_eq!(parent.poll(&mut first), Poll::Ready(Some(0)));
    assert_eq!(done_and_pending(&job), (vec![0], vec![1]));
    assert_eq!((job.get(0), job.running()), (Some(&'b'), 1));

    assert_eq!(parent.settle(&mut job), Poll::Pending);
    clock.advance_to(100);
    assert_eq!(parent.poll(&mut job), Poll::Ready(vec!['b', 'a']));
}

// test_wait_really_done
#[test]
fn wait_for_the_first_completed_does_not_lose_one_that_completed_along_with_it() {
    let (remotes, children) = Remote::many(3);
    let parent = Parent::new();
    let mut job = gather(children);
    assert_eq!(parent.poll(&mut job.until(|_, _| true)), Poll::Pending);
    remotes[2].finish('c');
    remotes[0].finish('a');
    assert_eq!(parent.woken(), 1);

    // asyncio gives both. Here the second one is there when it is asked for, without a wake.
    let mut found = Vec::new();
    while let Poll::Ready(index) = parent.poll(&mut job.until(|_, _| true)) {
        found.push(index.unwrap());
    }
    found.sort();
    assert_eq!(found, [0, 2]);
    assert_eq!(done_and_pending(&job), (vec![0, 2], vec![1]));
}

// test_wait_first_exception
#[test]
fn wait_for_the_first_error_ends_at_once_if_a_child_has_failed_already() {
    let failed = error("err");
    let (remotes, children) = Remote::many(2);
    let parent = Parent::new();
    let mut job = gather(children);
    remotes[0].put(Err(failed.clone()));
    // It failed while nobody waited for errors.
    assert!(parent.poll(&mut job).is_pending());
    assert_eq!(done_and_pending(&job), (vec![0], vec![1]));

    let first = parent.poll(&mut job.until(|_, outcome: &Outcome| outcome.is_err()));
    assert_eq!(first, Poll::Ready(Some(0)));
    assert!(is(job.get(0).unwrap(), &failed));
    assert_eq!(done_and_pending(&job), (vec![0], vec![1]));
    assert_eq!(drops(&remotes), [1, 0]);
}

// test_wait_first_exception_in_wait
#[test]
fn wait_for_the_first_error_ends_when_a_child_fails() {
    let failed = error("err");
    let (remotes, children) = Remote::many(3);
    let parent = Parent::new();
    let mut job = gather(children);
    let mut first = job.until(|_, outcome: &Outcome| outcome.is_err());
    assert_eq!(parent.poll(&mut first), Poll::Pending);
    remotes[2].finish(Ok(1));
    assert_eq!(parent.poll(&mut first), Poll::Pending);
    remotes[0].finish(Err(failed.clone()));
    assert_eq!(parent.poll(&mut first), Poll::Ready(Some(0)));
    assert!(is(job.get(0).unwrap(), &failed));
    assert_eq!(done_and_pending(&job), (vec![0, 2], vec![1]));
    assert_eq!(drops(&remotes), [1, 0, 1]);
}

// test_wait_with_exception
#[test]
fn wait_does_not_raise_errors() {
    let really = error("really");
    let (remotes, children) = Remote::<Outcome>::many(2);
    let parent = Parent::new();
    let mut job = gather(children);
    assert_eq!(parent.poll(&mut job.until(|_, _| false)), Poll::Pending);
    remotes[1].finish(Ok(1));
    remotes[0].finish(Err(really.clone()));
    for _ in 0..2 {
        let all = parent.poll(&mut job.until(|_, _| false));
        assert_eq!(all, Poll::Ready(None));
        assert_eq!(done_and_pending(&job), (vec![0, 1], vec![]));
        let errors = job.iter().flatten().filter(|outcome| outcome.is_err());
        assert_eq!(errors.count(), 1);
    }
    assert!(is(job.get(0).unwrap(), &really));
}

/// Waits for all until the deadline, and tells whether that came first.
async fn wait<F: Future>(job: &mut Gather<F>, deadline: impl Future<Output = ()>) -> bool {
    let deadline = pin!(deadline);
    let all = select(job.until(|_, _| false), deadline).await;
    matches!(all, Either::Right(_))
}

// test_wait_with_timeout
#[test]
fn wait_with_a_timeout_tells_done_from_pending_and_cancels_nothing() {
    let clock = Clock::default();
    let parent = Parent::new();
    let mut job = gather([clock.sleep(15, 'b'), clock.sleep(10, 'a')]);
    let mut waiting = Box::pin(wait(&mut job, clock.sleep(11, ())));
    assert_eq!(parent.settle(&mut waiting), Poll::Pending);
    clock.advance_to(10);
    assert_eq!(parent.settle(&mut waiting), Poll::Pending);
    clock.advance_to(11);
    assert_eq!(parent.settle(&mut waiting), Poll::Ready(true));
    drop(waiting);
    assert_eq!(done_and_pending(&job), (vec![1], vec![0]));

    assert_eq!(parent.settle(&mut job), Poll::Pending);
    clock.advance_to(15);
    assert_eq!(parent.poll(&mut job), Poll::Ready(vec!['b', 'a']));
}

// test_wait_concurrent_complete
#[test]
fn wait_with_a_timeout_has_what_completes_along_with_it() {
    let clock = Clock::default();
    let parent = Parent::new();
    let mut job = gather([clock.sleep(15, 'b'), clock.sleep(10, 'a')]);
    let mut waiting = Box::pin(wait(&mut job, clock.sleep(10, ())));
    assert_eq!(parent.settle(&mut waiting), Poll::Pending);
    clock.advance_to(10);
    assert_eq!(parent.poll(&mut waiting), Poll::Ready(true));
    drop(waiting);
    assert_eq!(done_and_pending(&job), (vec![1], vec![0]));
}

// test_wait_with_iterator_of_tasks, test_wait_generator
#[test]
fn wait_takes_any_iterable() {
    fn waited_for<I>(children: I)
    where
        I: IntoIterator<Item: Future<Output = u32>>,
    {
        let mut job = gather(children);
        assert_eq!(Parent::new().run(job.until(|_, _| false)).0, None);
        let outputs: Vec<_> = job.iter().flatten().copied().collect();
        assert_eq!(outputs, [0, 1, 2]);
        assert_eq!(done_and_pending(&job), (vec![0, 1, 2], vec![]));
    }
    let child = crate::support::yielding::<u32>;
    let children = || [child(1, 0), child(0, 1), child(2, 2)];
    waited_for(children());
    waited_for(Vec::from(children()));
    waited_for(children().into_iter().fuse());
    waited_for(VecDeque::from(children()));
    waited_for((0..3).map(|n| child(1, n)));
    let mut made = 0..3;
    waited_for(iter::from_fn(|| made.next().map(|n| child(1, n))));
}

// test_wait_duplicate_coroutines
#[test]
fn wait_ends_when_a_child_given_twice_is_done() {
    let (remotes, children) = Remote::many(2);
    let [c, spam] = children.try_into().ok().unwrap();
    let (c, spam) = (c.shared(), spam.shared());
    let parent = Parent::new();
    let mut job = gather([c.clone(), c, spam]);
    let mut all = job.until(|_, _| false);
    assert_eq!(parent.poll(&mut all), Poll::Pending);
    remotes[0].finish("test");
    remotes[1].finish("spam");
    assert_eq!(parent.settle(&mut all), Poll::Ready(None));
    let outputs: Vec<_> = job.iter().flatten().copied().collect();
    assert_eq!(outputs, ["test", "test", "spam"]);
}

// test_yield_wait_does_not_shield_cancel
#[test]
fn wait_cancelled_leaves_the_children_running() {
    let proof = Cell::new(0);
    let (remote, child) = Remote::new();
    let inner = async {
        child.await;
        proof.set(proof.get() + 1);
    };
    let parent = Parent::new();
    let mut job = gather([inner]);
    let mut outer = Box::pin(async {
        job.until(|_, _| false).await;
        proof.set(proof.get() + 100);
    });
    assert_eq!(parent.poll(&mut outer), Poll::Pending);
    drop(outer);
    assert_eq!(remote.drops(), 0);
    remote.finish(());
    assert_eq!(parent.poll(&mut job), Poll::Ready(vec![()]));
    assert_eq!(proof.get(), 1);
}
