//! All values of children that are made as they are needed, or the first error.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use super::{limited::Limited, source::Source, stops::Stops};

/// The future of [`AtMost::try_gather`](super::AtMost::try_gather): all values, in input order, or the first
/// error.
///
/// At an error no further child is pulled, and those that run are dropped before it is returned. All else
/// as for [`AtMostGather`](super::AtMostGather).
///
/// # Panics
///
/// As [`AtMostGather`](super::AtMostGather), but at the end only if no child has failed.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostTryGather<S, F, T, E> {
    job: Stops<S, F, T, E>,
}

impl<S, F, T, E> AtMostTryGather<S, F, T, E> {
    pub(super) fn new(limited: Limited<S, F>, hint: usize) -> Self {
        Self {
            job: Stops::new(limited, hint),
        }
    }
}

// As for `AtMostGather`.
impl<S, F, T, E> Unpin for AtMostTryGather<S, F, T, E> {}

impl<S, F, T, E> fmt::Debug for AtMostTryGather<S, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostTryGather").field(&self.job).finish()
    }
}

impl<S, F, T, E> Future for AtMostTryGather<S, F, T, E>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.job.poll(cx, "AtMostTryGather", |result| match result {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(error),
        });
        polled.map(|flow| match flow {
            ControlFlow::Continue(values) => Ok(values),
            ControlFlow::Break(error) => Err(error),
        })
    }
}

impl<S, F, T, E> FusedFuture for AtMostTryGather<S, F, T, E>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
