//! A number of children known at compile time, without allocation: [`GatherFixed`], [`TryGatherFixed`].

pub(crate) mod children;
mod pass;
pub(crate) mod rule;
pub(crate) mod slot;

use core::{
    convert::Infallible,
    fmt,
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

use self::{
    children::Children,
    rule::{FirstError, KeepAll},
};

pin_project! {
    /// The future returned by [`gather!`](crate::gather!) and [`gather_array`](crate::gather_array).
    ///
    /// `C` is a tuple of 1 to 12 futures, or an array of futures. The output is the tuple or array of their
    /// outputs.
    ///
    /// ```
    /// use std::future::Ready;
    ///
    /// use gather::{GatherFixed, gather, gather_array};
    ///
    /// fn pair() -> GatherFixed<(Ready<u8>, Ready<char>)> {
    ///     gather!(std::future::ready(1), std::future::ready('a'))
    /// }
    ///
    /// fn all<F: Future, const N: usize>(children: [F; N]) -> GatherFixed<[F; N]> {
    ///     gather_array(children)
    /// }
    ///
    /// # smol::block_on(async {
    /// assert_eq!(pair().await, (1, 'a'));
    /// assert_eq!(all([pair()]).await, [(1, 'a')]);
    /// # });
    /// ```
    ///
    /// # Behaviour
    ///
    /// - **Order.** Outputs are in input order. The first poll polls the children in index order. Each later
    ///   poll starts one child further on, so that no child is starved.
    /// - **Wakers.** Children get the task waker itself. Each poll polls all running children.
    /// - **Drop.** A child is dropped in place as soon as it is ready. Dropping the `GatherFixed` drops running
    ///   children and outputs in input order, even if one of the drops panics.
    /// - **Pinning.** The children are stored in the future: it is `Unpin` if they all are.
    ///
    /// # Panics
    ///
    /// Panics if polled after completion. `FusedFuture::is_terminated` returns whether it has completed.
    ///
    /// If a child panics, the panic propagates out of `poll`. That child is dropped, and the task is woken.
    /// Further polls run the other children; when these are done, `poll` panics with the index of the child
    /// that has no output. If the drop of a ready child panics, its output is kept.
    ///
    /// # Performance
    ///
    /// Makes no allocation. As the children are in the future, they are moved when it is: a debug build takes some eight
    /// times their size of stack. Box large children.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct GatherFixed<C>
    where
        C: Children<KeepAll>,
    {
        #[pin]
        slots: C::Slots,
        // The child at which the next poll starts.
        next: usize,
    }
}

impl<C: Children<KeepAll>> GatherFixed<C> {
    #[inline]
    pub(crate) fn new(slots: C::Slots) -> Self {
        Self { slots, next: 0 }
    }
}

impl<C: Children<KeepAll>> fmt::Debug for GatherFixed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GatherFixed").field(&self.slots).finish()
    }
}

impl<C: Children<KeepAll, End = Infallible>> Future for GatherFixed<C> {
    type Output = C::Outputs;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        pass::poll::<KeepAll, C>(this.slots, this.next, cx, "gather").map(|end| match end {
            ControlFlow::Continue(outputs) => outputs,
            ControlFlow::Break(never) => match never {},
        })
    }
}

impl<C: Children<KeepAll, End = Infallible>> FusedFuture for GatherFixed<C> {
    fn is_terminated(&self) -> bool {
        self.next == pass::OVER
    }
}

pin_project! {
    /// The future returned by [`try_gather!`](crate::try_gather!) and
    /// [`try_gather_array`](crate::try_gather_array).
    ///
    /// `C` is a tuple of 1 to 12 futures, or an array of futures, whose outputs are `Result`s of one error type.
    /// The output is `Ok` with the tuple or array of their values, or the first error in time; of errors in the
    /// same poll, that of the child which is polled first. Otherwise it behaves as [`GatherFixed`].
    ///
    /// ```
    /// use std::future::Ready;
    ///
    /// use gather::{TryGatherFixed, try_gather};
    ///
    /// type Parsed<T> = Ready<Result<T, String>>;
    ///
    /// fn pair(number: Result<u8, String>) -> TryGatherFixed<(Parsed<u8>, Parsed<char>)> {
    ///     try_gather!(std::future::ready(number), std::future::ready(Ok('a')))
    /// }
    ///
    /// # smol::block_on(async {
    /// assert_eq!(pair(Ok(1)).await, Ok((1, 'a')));
    /// assert_eq!(pair(Err("no digit".into())).await, Err("no digit".into()));
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if polled after completion. `FusedFuture::is_terminated` returns whether it has completed.
    ///
    /// If a child panics, the panic propagates out of `poll`. That child is dropped, and the task is woken.
    /// Further polls run the other children; when these are done and none has failed, `poll` panics with the
    /// index of the child that has no value. If a child fails and its drop panics, its error is lost.
    ///
    /// If the drop of another child panics after an error, the remaining children are still dropped. The error is
    /// lost, and the job is over.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct TryGatherFixed<C>
    where
        C: Children<FirstError>,
    {
        #[pin]
        slots: C::Slots,
        // The child at which the next poll starts.
        next: usize,
    }
}

impl<C: Children<FirstError>> TryGatherFixed<C> {
    #[inline]
    pub(crate) fn new(slots: C::Slots) -> Self {
        Self { slots, next: 0 }
    }
}

impl<C: Children<FirstError>> fmt::Debug for TryGatherFixed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryGatherFixed").field(&self.slots).finish()
    }
}

impl<C: Children<FirstError>> Future for TryGatherFixed<C> {
    type Output = Result<C::Outputs, C::End>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        pass::poll::<FirstError, C>(this.slots, this.next, cx, "try_gather").map(|end| match end {
            ControlFlow::Continue(values) => Ok(values),
            ControlFlow::Break(error) => Err(error),
        })
    }
}

impl<C: Children<FirstError>> FusedFuture for TryGatherFixed<C> {
    fn is_terminated(&self) -> bool {
        self.next == pass::OVER
    }
}
