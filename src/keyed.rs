//! Adapters for children: a key, and panics as outcomes.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

#[cfg(feature = "std")]
use crate::catch_panic::CatchPanic;

/// Adapters for any future: a key beside its output, and its panic as an outcome.
///
/// ```
/// use std::future::ready;
/// use gather::ChildExt;
///
/// # smol::block_on(async {
/// assert_eq!(ready(42).keyed("answer").await, ("answer", 42));
/// # });
/// ```
pub trait ChildExt: Future {
    /// Catches a panic of the future, and returns it as a [`Panic`](crate::Panic).
    ///
    /// ```
    /// use gather::{ChildExt, gather};
    ///
    /// # smol::block_on(async {
    /// let divide = |by: u32| async move { 12 / by };
    /// let outcomes = gather([3, 0, 4].map(|by| divide(by).catch_panic())).await;
    ///
    /// assert_eq!(outcomes[0].as_ref().unwrap(), &4);
    /// assert_eq!(outcomes[1].as_ref().unwrap_err().to_string(), "attempt to divide by zero");
    /// assert_eq!(outcomes[2].as_ref().unwrap(), &3);
    /// # })
    /// ```
    ///
    /// If the future returns a `Result`, `catch_panic().await?` in an `async` block merges the two.
    ///
    /// # Errors
    ///
    /// Returns the panic of `poll`, or of the drop of the future that follows when it is done. If the drop
    /// panics, the output is lost. If both panic, the first panic is returned. A panic of a future that is
    /// dropped before it is done is not caught.
    ///
    /// The panic hook has run by then, and usually has printed the message. With `panic = "abort"`, a panic
    /// still aborts.
    ///
    /// # Unwind safety
    ///
    /// The future is not required to be [`UnwindSafe`](std::panic::UnwindSafe). It is never polled again
    /// after a panic, but data that it shares may be left half changed. Locks that poison, such as
    /// [`Mutex`](std::sync::Mutex), show that.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    fn catch_panic(self) -> CatchPanic<Self>
    where
        Self: Sized,
    {
        CatchPanic::new(self)
    }

    /// Returns `key` beside the output, as `(key, output)`.
    ///
    /// ```
    /// use gather::ChildExt;
    /// # #[cfg(feature = "alloc")]
    /// use gather::gather;
    ///
    /// # #[cfg(feature = "alloc")]
    /// # smol::block_on(async {
    /// let length = |name: &'static str| async move { name.len() }.keyed(name);
    /// let lengths = gather(["ant", "zebra"].map(length)).await;
    /// assert_eq!(lengths, [("ant", 3), ("zebra", 5)]);
    /// # });
    /// ```
    ///
    /// If the children return `Result`s, `try_gather`, `first_ok`, `all_ok` and `partition` return the key in
    /// place of the index, and `Errors` prints it:
    ///
    /// ```
    /// # #[cfg(feature = "alloc")]
    /// # smol::block_on(async {
    /// use gather::{ChildExt, Outcomes, gather};
    ///
    /// async fn fetch(url: &str) -> Result<usize, &'static str> {
    ///     if url == "/down" { Err("503") } else { Ok(url.len()) }
    /// }
    ///
    /// let outcomes = gather(["/users", "/down"].map(|url| fetch(url).keyed(url))).await;
    /// let errors = outcomes.all_ok().unwrap_err();
    /// assert_eq!(errors.to_string(), "1 error\n└─ /down: 503");
    /// # });
    /// ```
    ///
    /// `keyed` makes no allocation, and does not clone the key.
    fn keyed<K>(self, key: K) -> Keyed<K, Self>
    where
        Self: Sized,
    {
        Keyed {
            future: self,
            key: Some(key),
        }
    }
}

impl<F: Future + ?Sized> ChildExt for F {}

pin_project! {
    /// The future returned by [`ChildExt::keyed`].
    ///
    /// ```
    /// use std::future::{Ready, ready};
    /// use gather::{ChildExt, Keyed};
    ///
    /// fn answer() -> Keyed<&'static str, Ready<u8>> {
    ///     ready(42).keyed("answer")
    /// }
    ///
    /// # smol::block_on(async {
    /// assert_eq!(answer().await, ("answer", 42));
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if polled after completion.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Keyed<K, F> {
        #[pin]
        future: F,
        // `None` once it was returned.
        key: Option<K>,
    }
}

impl<K: fmt::Debug, F> fmt::Debug for Keyed<K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl<K, F: Future> Future for Keyed<K, F> {
    type Output = (K, F::Output);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        assert!(this.key.is_some(), "`Keyed` polled after completion");
        let output = ready!(this.future.poll(cx));
        let key = this.key.take().expect("it was there before the poll");
        Poll::Ready((key, output))
    }
}

impl<K, F: Future> FusedFuture for Keyed<K, F> {
    fn is_terminated(&self) -> bool {
        self.key.is_none()
    }
}
