//! A number of children that the compiler knows, without allocation: [`GatherFixed`], [`TryGatherFixed`].

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
    /// The future of [`gather!`](crate::gather!) and [`gather_array`](crate::gather_array): the children
    /// themselves, and their outputs.
    ///
    /// `C` is a tuple of 1 to 12 futures, or an array of futures. The output is the tuple, or the array, of
    /// their outputs.
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
    /// - **Order.** Outputs are in input order. The first poll polls the children in index order, and each
    ///   later one starts at the child after the one that the last poll started at, so that no child is
    ///   starved.
    /// - **Wakers.** Children get the task waker itself. They are polled at each poll, until they are ready.
    /// - **Drop.** A child that is ready is dropped at once, in place. To drop the `GatherFixed` drops the
    ///   children that run and the outputs, in input order, each once, also if one of the drops panics.
    /// - **Pinning.** The children are part of the future: it is `Unpin` if they all are.
    ///
    /// # Panics
    ///
    /// If polled after completion; `FusedFuture::is_terminated` tells.
    ///
    /// If a child panics. That child is dropped, the task is woken, and the siblings can be polled on. When they
    /// are done it panics again, with the index of the child that has no output. If the drop of a child that
    /// was ready panics, its output is kept.
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
    /// The future of [`try_gather!`](crate::try_gather!) and [`try_gather_array`](crate::try_gather_array): the
    /// children themselves, and their values.
    ///
    /// `C` is a tuple of 1 to 12 futures, or an array of futures, which give `Result`s with one type of error.
    /// The output is `Ok` with the tuple, or the array, of their values, or the first error in time. Of
    /// children that fail in the same poll, the one polled first is the first.
    ///
    /// It behaves as a [`GatherFixed`] in all else.
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
    /// If polled after completion; `FusedFuture::is_terminated` tells.
    ///
    /// If a child panics, or the drop of one that failed, with which the error is lost. That child is dropped,
    /// the task is woken, and the siblings can be polled on. When they are done it panics again, with the index
    /// of the child that has no value, unless one of them fails.
    ///
    /// If the drop of a sibling panics after an error. The other siblings are dropped all the same, the error
    /// is lost, and the job is over.
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
