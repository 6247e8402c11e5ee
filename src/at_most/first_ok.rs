//! The first success of children that are made as they are needed, or all errors.

use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use super::{collect::Collect, limited::Limited, source::Source};
use crate::{errors::Errors, outcome::Outcome};

/// The future of [`AtMost::first_ok`](super::AtMost::first_ok): the first success, or all errors, in input
/// order.
///
/// At a success no further child is pulled, and those that run are dropped before it is returned. All else
/// as for [`AtMostGather`](super::AtMostGather).
///
/// # Panics
///
/// As [`AtMostGather`](super::AtMostGather), but at the end only if no child has succeeded. If the drop of a
/// child panics after a success, with that panic; polled on, it gives the value.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostFirstOk<S, F>
where
    F: Future<Output: Outcome>,
{
    job: Collect<S, F, <F::Output as Outcome>::Failure, <F::Output as Outcome>::Value>,
}

impl<S, F> AtMostFirstOk<S, F>
where
    F: Future<Output: Outcome>,
{
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            job: Collect::new(limited, hint),
        }
    }
}

// As for `AtMostGather`.
impl<S, F> Unpin for AtMostFirstOk<S, F> where F: Future<Output: Outcome> {}

impl<S, F> fmt::Debug for AtMostFirstOk<S, F>
where
    F: Future<Output: Outcome>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostFirstOk").field(&self.job).finish()
    }
}

impl<S, F, O> Future for AtMostFirstOk<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = O>,
    F: Future<Output = O>,
    O: Outcome,
{
    type Output = Result<O::Value, Errors<O::Error, O::Key>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.job.check("AtMostFirstOk");
        let failure = |outcome: O| match outcome.into_result() {
            Ok(value) => Err(value),
            Err(failure) => Ok(failure),
        };
        ready!(self.job.poll_all(cx, failure));
        Poll::Ready(match self.job.take(cx, "AtMostFirstOk") {
            Ok(failures) => {
                let failures = failures.into_iter().enumerate();
                let errors = failures.map(|(index, failure)| O::key_error(index, failure));
                Err(Errors::new(errors.collect()))
            }
            Err(value) => Ok(value),
        })
    }
}

impl<S, F, O> FusedFuture for AtMostFirstOk<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = O>,
    F: Future<Output = O>,
    O: Outcome,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
