//! Rules for outputs: `gather!` keeps all, and `try_gather!` ends with the first error.

use core::{convert::Infallible, ops::ControlFlow};

/// Whether an output of type `T` is kept, or ends the job.
#[diagnostic::on_unimplemented(
    message = "the children must return a `Result`, not `{T}`",
    label = "one of these children does not return a `Result`",
    note = "`gather!` and `gather_array` take children of any output"
)]
pub trait Rule<T> {
    /// What is kept in the slot.
    type Kept;
    /// What ends the job.
    type End;

    fn apply(output: T) -> ControlFlow<Self::End, Self::Kept>;
}

/// Every output is kept.
#[derive(Debug)]
pub enum KeepAll {}

impl<T> Rule<T> for KeepAll {
    type Kept = T;
    type End = Infallible;

    #[inline]
    fn apply(output: T) -> ControlFlow<Infallible, T> {
        ControlFlow::Continue(output)
    }
}

/// The value of an `Ok` is kept; an error ends the job.
#[derive(Debug)]
pub enum FirstError {}

impl<T, E> Rule<Result<T, E>> for FirstError {
    type Kept = T;
    type End = E;

    #[inline]
    fn apply(output: Result<T, E>) -> ControlFlow<E, T> {
        match output {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(error),
        }
    }
}
