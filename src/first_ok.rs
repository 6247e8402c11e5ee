//! The first success, or all errors.

use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{errors::Errors, slots::Slots, table::Table};

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
/// Cost as for [`gather`](crate::gather()).
pub fn first_ok<I, T, E>(children: I) -> FirstOk<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture<Output = Result<T, E>>,
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
/// and panics at the end, naming the child, unless one of them succeeds.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct FirstOk<F: Future> {
    table: Table<Slots<F>>,
    terminated: bool,
}

impl<F: Future> fmt::Debug for FirstOk<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FirstOk").field(&self.table).finish()
    }
}

impl<X: IntoFuture> FromIterator<X> for FirstOk<X::IntoFuture> {
    fn from_iter<I: IntoIterator<Item = X>>(children: I) -> Self {
        Self {
            table: Table::new(children),
            terminated: false,
        }
    }
}

impl<F, T, E> Future for FirstOk<F>
where
    F: Future<Output = Result<T, E>>,
    E: 'static,
{
    type Output = Result<T, Errors<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.terminated, "`FirstOk` polled after completion");
        let won = ready!(self.table.poll_until(cx, |_, result| result.is_ok()));
        let value = won.and_then(|index| self.table.children.take(index)?.ok());
        let Some(value) = value else {
            let errors = self.table.take_outputs(cx, "FirstOk", Result::err);
            self.terminated = true;
            let errors = errors.into_iter().enumerate();
            return Poll::Ready(Err(errors
                .filter_map(|(index, error)| Some((index, error?)))
                .collect()));
        };
        self.terminated = true;
        drop(self.table.take_children());
        Poll::Ready(Ok(value))
    }
}

impl<F, T, E> FusedFuture for FirstOk<F>
where
    F: Future<Output = Result<T, E>>,
    E: 'static,
{
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}
