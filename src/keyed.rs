//! What any child can be given: a key, or an end to its panics.

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

/// What any future can do once this is in scope, as a child or on its own.
pub trait ChildExt: Future {
    /// Makes a panic of this future its outcome: `Ok` with its output, or `Err` with the
    /// [`Panic`](crate::Panic).
    ///
    /// ```
    /// use gather::{ChildExt, gather};
    ///
    /// # pollster::block_on(async {
    /// let divide = |by: u32| async move { 12 / by };
    /// let outcomes = gather([3, 0, 4].map(|by| divide(by).catch_panic())).await;
    ///
    /// assert_eq!(outcomes[0].as_ref().unwrap(), &4);
    /// assert_eq!(outcomes[1].as_ref().unwrap_err().to_string(), "attempt to divide by zero");
    /// assert_eq!(outcomes[2].as_ref().unwrap(), &3);
    /// # })
    /// ```
    ///
    /// Where the future gives a `Result` itself, `catch_panic().await?` in an `async` block of its
    /// own makes the two one.
    ///
    /// # Panics of what
    ///
    /// Of `poll`, and of the future's drop, which follows at once when it is done or has panicked.
    /// If its drop panics when it is done, that is the outcome and the output is dropped; if both
    /// panic, the first one is. A future dropped earlier drops as it would without this.
    ///
    /// The panic hook has run by then, and printed the message unless told otherwise. Where panics
    /// abort (`panic = "abort"`), they still do.
    ///
    /// # Unwind safety
    ///
    /// Is taken for granted. The future itself is not seen again after its panic, but what it
    /// shares with others may be half changed, unless it is as a `Mutex` is and tells.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    fn catch_panic(self) -> CatchPanic<Self>
    where
        Self: Sized,
    {
        CatchPanic::new(self)
    }

    /// Gives `key` along with the output, as `(key, output)`.
    ///
    /// ```
    /// use gather::ChildExt;
    /// # #[cfg(feature = "alloc")]
    /// use gather::gather;
    ///
    /// # #[cfg(feature = "alloc")]
    /// # pollster::block_on(async {
    /// let length = |name: &'static str| async move { name.len() }.keyed(name);
    /// let lengths = gather(["ant", "zebra"].map(length)).await;
    /// assert_eq!(lengths, [("ant", 3), ("zebra", 5)]);
    /// # });
    /// ```
    ///
    /// A job's outputs are in input order without keys too; they tell where that is lost, as in
    /// what a `HashMap` is made of, or in errors: of children that may fail, `try_gather`, `first_ok`,
    /// `all_ok` and `partition` give the key in place of the index, and `Errors` prints it. Takes no
    /// allocation.
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
    /// The future that [`ChildExt::keyed`] makes.
    ///
    /// # Panics
    ///
    /// If it is polled after completion.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Keyed<K, F> {
        #[pin]
        future: F,
        // Until it is handed out.
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
