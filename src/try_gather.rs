//! All or the first error, which drops the others.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{first::First, outcome::Outcome};

/// Runs all `children` at once, and gives all their values, in input order, or the first error.
///
/// The error that comes first in time ends it: the siblings are dropped before it is returned. To
/// keep them and what they have done, see [`Gather::until`](crate::Gather::until); for all errors,
/// [`gather`](crate::gather()) and then [`Outcomes`](crate::Outcomes).
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
/// Children that were given a key ([`keyed`](crate::ChildExt::keyed)) keep it, also in the error, which
/// then is `(K, E)`: with the first error alone there is no index that could tell whose it is.
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
/// Cost as for [`gather`](crate::gather()).
pub fn try_gather<I>(children: I) -> TryGather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture<Output: Outcome>,
{
    TryGather::from_iter(children)
}

/// The future of [`try_gather`].
///
/// Order, drop, panic and cancellation as for [`Gather`](crate::Gather). Of errors in the same poll,
/// the one of the lowest index wins.
///
/// # Panics
///
/// When polled after completion. When a child panics, with its panic; polled on, it runs the others,
/// and panics at the end, naming the child, unless one of them fails. When the drop of a sibling panics after an
/// error, with that panic; polled on, it gives the error.
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
