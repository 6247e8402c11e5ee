//! The first success, or all errors.

use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{errors::Errors, first::First, outcome::Outcome};

/// Runs all `children` at once, and gives the value of the first to succeed, or all errors.
///
/// The success that comes first in time wins: the siblings are dropped before it is returned. If all
/// fail, the [`Errors`] are in input order; if there are no children, they are empty.
///
/// ```
/// # smol::block_on(async {
/// use gather::first_ok;
///
/// async fn ask(mirror: &str) -> Result<String, String> {
///     if mirror == "b" { Ok(format!("from {mirror}")) } else { Err(format!("{mirror} is down")) }
/// }
///
/// assert_eq!(first_ok(["a", "b", "c"].map(ask)).await.unwrap(), "from b");
///
/// let errors = first_ok(["a", "c"].map(ask)).await.unwrap_err();
/// assert_eq!(errors.to_string(), "2 errors\n├─ 0: a is down\n└─ 1: c is down");
/// # });
/// ```
///
/// Children that were given a key ([`keyed`](crate::ChildExt::keyed)) keep it: the value comes with that of
/// the winner, and each error with its own.
///
/// ```
/// # smol::block_on(async {
/// use gather::{ChildExt, first_ok};
///
/// # async fn ask(mirror: &str) -> Result<String, String> {
/// #     if mirror == "b" { Ok(format!("from {mirror}")) } else { Err(format!("{mirror} is down")) }
/// # }
/// let ask = |mirror| ask(mirror).keyed(mirror);
/// assert_eq!(first_ok(["a", "b", "c"].map(ask)).await.unwrap(), ("b", "from b".to_string()));
///
/// let errors = first_ok(["a", "c"].map(ask)).await.unwrap_err();
/// assert_eq!(errors["c"], "c is down");
/// # });
/// ```
///
/// Cost as for [`gather`](crate::gather()).
pub fn first_ok<I>(children: I) -> FirstOk<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture<Output: Outcome>,
{
    FirstOk::from_iter(children)
}

/// The future of [`first_ok`].
///
/// Order, drop, panic and cancellation as for [`Gather`](crate::Gather). Of successes in the same
/// poll, the one of the lowest index wins.
///
/// # Panics
///
/// When polled after completion. When a child panics, with its panic; polled on, it runs the others,
/// and panics at the end, naming the child, unless one of them succeeds. When the drop of a sibling panics after
/// a success, with that panic; polled on, it gives the value.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct FirstOk<F: Future> {
    job: First<F>,
}

impl<F: Future> fmt::Debug for FirstOk<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FirstOk").field(&self.job).finish()
    }
}

impl<X: IntoFuture> FromIterator<X> for FirstOk<X::IntoFuture> {
    fn from_iter<I: IntoIterator<Item = X>>(children: I) -> Self {
        Self {
            job: First::new(children),
        }
    }
}

impl<F, O> Future for FirstOk<F>
where
    F: Future<Output = O>,
    O: Outcome,
{
    type Output = Result<O::Value, Errors<O::Error, O::Key>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let won = ready!(self.job.poll(cx, "FirstOk", O::is_ok));
        if let Some(value) = won.and_then(|outcome| outcome.into_result().ok()) {
            return Poll::Ready(Ok(value));
        }
        let failed = |outcome: O| outcome.into_result().err();
        let failures = self.job.take_outputs(cx, "FirstOk", failed);
        let failures = failures.into_iter().enumerate();
        let errors = failures.filter_map(|(index, failure)| Some(O::key_error(index, failure?)));
        Poll::Ready(Err(Errors::new(errors.collect())))
    }
}

impl<F> FusedFuture for FirstOk<F>
where
    F: Future<Output: Outcome>,
{
    fn is_terminated(&self) -> bool {
        self.job.is_terminated()
    }
}
