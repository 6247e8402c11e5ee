//! The first success, or all errors, with a limit: [`AtMostFirstOk`].

use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use super::{collect::Collect, limited::Limited, source::Source};
use crate::{errors::Errors, outcome::Outcome};

/// The future returned by [`AtMost::first_ok`](super::AtMost::first_ok).
///
/// It pulls and polls children as [`AtMostCompletions`](super::AtMostCompletions#behaviour) does.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{AtMostFirstOk, Source, at_most};
///
/// type Asked = Ready<Result<u8, String>>;
///
/// fn job(second: Result<u8, String>) -> AtMostFirstOk<impl Source<Child = Asked>, Asked> {
///     at_most(1).first_ok([ready(Err("no first".to_string())), ready(second)])
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job(Ok(2)).await.unwrap(), 2);
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion.
///
/// If a child or the source panics, the panic propagates out of `poll`. Further polls run the other children; when
/// these are done and none has succeeded, `poll` panics if errors are missing.
///
/// If the drop of a sibling panics after a success, the panic propagates, and the next poll returns the value.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops running children, then errors.
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

// Children are pinned in their slots, and nothing else is pinned.
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
