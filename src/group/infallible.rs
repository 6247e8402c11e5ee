//! Children that cannot fail.

use core::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pin_project! {
    /// Returns the output of the future as `Ok`.
    pub(super) struct Infallible<F, E> {
        #[pin]
        future: F,
        error: PhantomData<fn() -> E>,
    }
}

impl<F, E> Infallible<F, E> {
    pub(super) fn new(future: F) -> Self {
        Self {
            future,
            error: PhantomData,
        }
    }
}

impl<F: Future, E> Future for Infallible<F, E> {
    type Output = Result<F::Output, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(Ok)
    }
}
