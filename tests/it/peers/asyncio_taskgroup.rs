//! CPython's own tests of `TaskGroup` (`test_asyncio/test_taskgroups.py`, 3.13), as behaviours of
//! `group`: one test each, with CPython's name for it above.
//!
//! A task that is cancelled is a future that is dropped, and an exception is an `Err`. What CPython
//! does in `finally` and `except CancelledError` needs a group with `grace`, in which it comes after
//! `cancelled()`.
//!
//! Held in another form:
//!
//! - A cancellation from outside is a drop, which gives no errors; where the cleanup's errors matter it
//!   is `finish` with `grace`.
//! - `KeyboardInterrupt` and `SystemExit`, which go through a group as they are, are panics.
//! - `create_task` on a group that is over or cancelled is an error; `spawn` drops the child, and the
//!   handle never resolves. With `grace` it is accepted until the group is over.
//!
//! Without a counterpart:
//!
//! - `test_taskgroup_20a`, `_21`, `_21a`: a `BaseException` that is collected like any other error.
//!   There is one kind of errors; a panic is none and is not collected.
//! - `test_taskgroup_task_name`, `test_taskgroup_task_context`: children have neither names nor contexts.
//! - `test_taskgroup_already_entered`, `_double_enter`: a group is a future, which is awaited by value.
//! - `test_taskgroup_not_entered`: children spawned before the group is polled wait for that.
//! - `test_taskgroup_without_parent_task`: whatever polls it, there need not be a task.
//!
//! `ExceptionGroup` (`test_exception_group.py`) is in the module of that name: split by type and by predicate,
//! structure, deep nesting, the leaves in order. Without a counterpart are there: which classes may be in
//! which group and may be subclassed (`test_bad_EG_construction_*`, `test_EG_*`, `test_BEG_*`, `*_subclass_*`),
//! messages, notes, tracebacks and contexts, `repr`.

#![allow(clippy::unit_arg)] // Of a child that gives nothing.

mod cancel;
mod errors;
mod spawn;

use std::{error::Error, fmt, future::pending};

use gather::{Errors, Group};

use crate::support::yield_now;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Exc {
    ZeroDivision,
    Value,
    Mine,
}

impl fmt::Display for Exc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Exc {}

type BoxError = Box<dyn Error + Send + Sync>;

/// Its exceptions.
fn excs<T, E>(result: Result<T, Errors<E>>) -> Vec<E> {
    match result {
        Ok(_) => panic!("it must fail"),
        Err(errors) => errors.into_iter().map(|(_, error)| error).collect(),
    }
}

async fn forever<T>() -> Result<T, Exc> {
    pending().await
}

/// Fails once it is told that the group is cancelled.
async fn fails_in_cleanup<E>(g: Group<'_, (), E>, exc: Exc) -> Result<(), E>
where
    E: From<Exc> + Send + 'static,
{
    g.cancelled().await;
    yield_now().await;
    Err(exc.into())
}
