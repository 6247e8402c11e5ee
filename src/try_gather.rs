//! All or the first error, which drops the others.

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{slots::Slots, table::Table};

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
/// Cost as for [`gather`](crate::gather()).
pub fn try_gather<I, T, E>(children: I) -> TryGather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture<Output = Result<T, E>>,
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
/// and panics at the end, naming the child, unless one of them fails.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct TryGather<F: Future> {
    table: Table<Slots<F>>,
    terminated: bool,
}

impl<F: Future> fmt::Debug for TryGather<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryGather").field(&self.table).finish()
    }
}

impl<X: IntoFuture> FromIterator<X> for TryGather<X::IntoFuture> {
    fn from_iter<I: IntoIterator<Item = X>>(children: I) -> Self {
        Self {
            table: Table::new(children),
            terminated: false,
        }
    }
}

impl<F, T, E> Future for TryGather<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.terminated, "`TryGather` polled after completion");
        let failed = ready!(self.table.poll_until(cx, |_, result| result.is_err()));
        let error = failed.and_then(|index| self.table.children.take(index)?.err());
        let Some(error) = error else {
            let outputs = self.table.take_outputs(cx, "TryGather", |result| {
                result.ok().expect("the first error ends it")
            });
            self.terminated = true;
            return Poll::Ready(Ok(outputs));
        };
        self.terminated = true;
        drop(self.table.take_children());
        Poll::Ready(Err(error))
    }
}

impl<F, T, E> FusedFuture for TryGather<F>
where
    F: Future<Output = Result<T, E>>,
{
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}
