//! What `until`, `inspect` and `deadline` need of a job: it keeps outputs in slots while children run.

use core::task::{Context, Poll};

/// A job that can be ended early, with the outputs of finished children.
pub trait Job: Unpin {
    /// What it returns when it is ended: a `Vec<Option<T>>`, with the rest of the source if there is one, or an error.
    type Partial;

    /// Runs the children. Ready when all are done, or one has ended it. Outputs stay in their slots.
    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops running children, and what `into_partial` does not return. If one of the drops panics, the next call
    /// drops the rest.
    fn cancel(&mut self);

    /// Ends the job, and returns the outputs of finished children.
    fn into_partial(self) -> Self::Partial;
}

/// A job each of whose outputs can be observed once.
pub trait Observable: Job {
    /// What is observed: an output.
    type Item;
    /// What the job returns at its end.
    type Outputs;

    /// Runs the children, and passes each output to `stop` once, those that are there already first. Ready with
    /// the index of the output for which `stop` returns `true`, or with `None` when all children are done or one
    /// has ended the job.
    fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &Self::Item) -> bool,
    ) -> Poll<Option<usize>>;

    /// Takes all outputs, in input order, or what has ended the job. `of` is the name of the public type.
    fn take_outputs(&mut self, cx: &mut Context<'_>, of: &str) -> Self::Outputs;

    /// Whether the outputs were taken.
    fn is_terminated(&self) -> bool;
}
