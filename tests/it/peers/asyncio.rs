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
//!   futures belong to no loop. Any executor can poll a job, also several one after the other.
//! - `test_issue46672`, `test_as_completed_invalid_args`, `test_wait_invalid_args`, `test_wait_errors`:
//!   a child that is no future, a future for a list, a `return_when` of -1: they do not compile.
//! - `test_as_completed_reverse_wait`, `test_as_completed_concurrent`: `as_completed` gives futures, to
//!   be awaited in any order and several at once. A stream gives outputs.
//! - `test_exception_marking`: an error that is not handled is dropped, and nothing is logged.
//! - `test_cancel_gather_2`: a cancellation has a message. A drop has none.
//! - `test_env_var_debug`: there is no debug mode.

mod as_completed;
mod gather;
mod wait;

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    sync::Arc,
    task::{Poll, Waker},
};

use ::gather::Gather;

use crate::support::Remote;

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

/// A clock that a test advances.
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
        let (woken, waiting): (Vec<_>, _) = sleepers.partition(|(until, _)| *until <= now);
        self.sleepers.replace(waiting);
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
