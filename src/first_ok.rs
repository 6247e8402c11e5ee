//! The first success, or all errors.

use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{errors::Errors, first::First, outcome::Outcome};

/// Runs all `children` at once, and returns the first value, or all errors.
///
/// The first success in time ends the job. All other children are dropped before its value is returned.
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
/// If children have a key ([`keyed`](crate::ChildExt::keyed)), the value and the errors come with theirs.
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
/// # Errors
///
/// If all children fail, returns all [`Errors`], in input order. Without children, these are empty.
///
/// # Performance
///
/// As [`gather`](crate::gather()).
pub fn first_ok<I>(children: I) -> FirstOk<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture<Output: Outcome>,
{
    FirstOk::from_iter(children)
}

/// The future returned by [`first_ok`].
///
/// It behaves as [`Gather`](crate::Gather) does. Of successes in the same poll, that of the lowest index
/// is returned.
///
/// ```
/// use std::future::{Ready, ready};
/// use gather::{FirstOk, first_ok};
///
/// fn job(second: Result<u8, String>) -> FirstOk<Ready<Result<u8, String>>> {
///     first_ok([ready(Err("no first".to_string())), ready(second)])
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
/// If a child panics, the panic propagates out of `poll`. Further polls run the other children; when these
/// are done and none has succeeded, `poll` panics with the index of the child.
///
/// If the drop of a sibling panics after a success, the panic propagates, and the next poll returns the value.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops all children and errors.
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
