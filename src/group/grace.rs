//! A group with time to end: [`Grace`].

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

use super::{
    future::GroupFuture,
    kind::{Kind, Usual},
};
use crate::errors::Errors;

pin_project! {
    /// The future returned by [`GroupFuture::grace`].
    ///
    /// ```
    /// use std::future::{Ready, ready};
    /// use gather::{Grace, group};
    ///
    /// fn job() -> Grace<'static, u8, String, Ready<()>> {
    ///     group(async |_| Ok(1)).grace(ready(()))
    /// }
    ///
    /// # smol::block_on(async {
    /// assert_eq!(job().await.unwrap(), 1);
    /// # });
    /// ```
    ///
    /// It is `Unpin` if the deadline is.
    ///
    /// # Panics
    ///
    /// Panics if polled after completion. If a child, the body, the deadline, or the drop of one panics, see
    /// [`group()`](super::group()#panics).
    ///
    /// # Cancel safety
    ///
    /// It can be left unpolled, and polled again later. Dropping it drops the body and all children at once.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Grace<'env, R, E, D, K = Usual>
    where
        E: 'static,
        K: Kind,
    {
        pub(super) group: GroupFuture<'env, R, E, K>,
        #[pin]
        pub(super) deadline: D,
    }
}

impl<R, E, D, K: Kind> fmt::Debug for Grace<'_, R, E, D, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Grace").field(&self.group).finish()
    }
}

impl<R, E, D: Future, K: Kind> Future for Grace<'_, R, E, D, K> {
    type Output = Result<R, Errors<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let is_due = |cx: &mut Context<'_>| this.deadline.as_mut().poll(cx).is_ready();
        this.group.poll_until(cx, "Grace", is_due)
    }
}

impl<R, E, D: Future, K: Kind> FusedFuture for Grace<'_, R, E, D, K> {
    fn is_terminated(&self) -> bool {
        self.group.is_terminated()
    }
}
