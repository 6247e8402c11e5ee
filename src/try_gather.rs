//! All values, or the first error.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{first::First, outcome::Outcome};

/// Runs all `children` at once, and returns their values in input order, or the first error.
///
/// The first error in time ends the job. All other children are dropped before it is returned. To keep
/// them, use [`Gather::until`](crate::Gather::until); to get all errors, use [`gather`](crate::gather())
/// and [`Outcomes::all_ok`](crate::Outcomes::all_ok).
///
/// ```
/// # smol::block_on(async {
/// use gather::try_gather;
///
/// async fn even(n: u32) -> Result<u32, String> {
///     if n % 2 == 0 { Ok(n) } else { Err(format!("{n} is odd")) }
/// }
///
/// assert_eq!(try_gather([2, 4].map(even)).await, Ok(vec![2, 4]));
/// assert_eq!(try_gather([2, 3, 5].map(even)).await, Err("3 is odd".to_string()));
/// # });
/// ```
///
/// An error comes without an index. If children have a key ([`keyed`](crate::ChildExt::keyed)), values and
/// error come with theirs: the error is a `(K, E)`.
///
/// ```
/// # smol::block_on(async {
/// use gather::{ChildExt, try_gather};
///
/// # async fn even(n: u32) -> Result<u32, String> {
/// #     if n % 2 == 0 { Ok(n) } else { Err(format!("{n} is odd")) }
/// # }
/// let keyed = |name, n| even(n).keyed(name);
/// assert_eq!(try_gather([keyed("a", 2), keyed("b", 4)]).await, Ok(vec![("a", 2), ("b", 4)]));
/// let error = try_gather([keyed("a", 2), keyed("b", 3)]).await.unwrap_err();
/// assert_eq!(error, ("b", "3 is odd".to_string()));
/// # });
/// ```
///
/// # Errors
///
/// Returns the first error in time; of errors in the same poll, that of the lowest index.
///
/// # Performance
///
/// As [`gather`](crate::gather()).
pub fn try_gather<I>(children: I) -> TryGather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture<Output: Outcome>,
{
    TryGather::from_iter(children)
}

/// The future returned by [`try_gather`].
///
/// It behaves as [`Gather`](crate::Gather) does.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{TryGather, try_gather};
///
/// fn job(second: Result<u8, String>) -> TryGather<Ready<Result<u8, String>>> {
///     try_gather([ready(Ok(1)), ready(second)])
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job(Ok(2)).await, Ok(vec![1, 2]));
/// # });
/// ```
///
/// # Panics
///
/// Panics if polled after completion.
///
/// If a child panics, the panic propagates out of `poll`. Further polls run the other children; when these
/// are done and none has failed, `poll` panics with the index of the child.
///
/// If the drop of a sibling panics after an error, the panic propagates, and the next poll returns the error.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops all children and values.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct TryGather<F: Future> {
    job: First<F>,
}

impl<F: Future> fmt::Debug for TryGather<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryGather").field(&self.job).finish()
    }
}

impl<X: IntoFuture> FromIterator<X> for TryGather<X::IntoFuture> {
    fn from_iter<I: IntoIterator<Item = X>>(children: I) -> Self {
        Self {
            job: First::new(children),
        }
    }
}

impl<F, O> Future for TryGather<F>
where
    F: Future<Output = O>,
    O: Outcome,
{
    type Output = Result<Vec<O::Value>, O::Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let failed = |outcome: &O| !outcome.is_ok();
        let failed = ready!(self.job.poll(cx, "TryGather", failed));
        if let Some(error) = failed.and_then(|outcome| outcome.into_result().err()) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(self.job.take_outputs(cx, "TryGather", |outcome| {
            let value = outcome.into_result().ok();
            value.expect("the first error ends it")
        })))
    }
}

impl<F> FusedFuture for TryGather<F>
where
    F: Future<Output: Outcome>,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
