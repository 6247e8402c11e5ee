//! The first success of children that are made as they are needed, or all errors.

use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use super::{limited::Limited, source::Source, stops::Stops};
use crate::errors::Errors;

/// The future of [`AtMost::first_ok`](super::AtMost::first_ok): the first success, or all errors, in input
/// order.
///
/// At a success no further child is pulled, and those that run are dropped before it is returned. All else
/// as for [`AtMostGather`](super::AtMostGather).
///
/// # Panics
///
/// As [`AtMostGather`](super::AtMostGather), but at the end only if no child has succeeded.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostFirstOk<S, F, T, E> {
    job: Stops<S, F, E, T>,
}

impl<S, F, T, E> AtMostFirstOk<S, F, T, E> {
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            job: Stops::new(limited, hint),
        }
    }
}

// As for `AtMostGather`.
impl<S, F, T, E> Unpin for AtMostFirstOk<S, F, T, E> {}

impl<S, F, T, E> fmt::Debug for AtMostFirstOk<S, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostFirstOk").field(&self.job).finish()
    }
}

impl<S, F, T, E> Future for AtMostFirstOk<S, F, T, E>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
    E: 'static,
{
    type Output = Result<T, Errors<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.job.poll(cx, "AtMostFirstOk", |result| match result {
            Ok(value) => ControlFlow::Break(value),
            Err(error) => ControlFlow::Continue(error),
        });
        polled.map(|flow| match flow {
            ControlFlow::Break(value) => Ok(value),
            ControlFlow::Continue(errors) => Err(errors.into_iter().enumerate().collect()),
        })
    }
}

impl<S, F, T, E> FusedFuture for AtMostFirstOk<S, F, T, E>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
    E: 'static,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
