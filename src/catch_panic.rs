//! Panics as outcomes: [`CatchPanic`], [`Panic`].

use std::{
    any::Any,
    error::Error,
    fmt,
    future::Future,
    mem,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    sync::{Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
};

use futures_core::FusedFuture;
use pin_project_lite::pin_project;

pin_project! {
    /// The future returned by [`ChildExt::catch_panic`](crate::ChildExt::catch_panic).
    ///
    /// ```
    /// use std::future::{Ready, ready};
    /// use gather::{CatchPanic, ChildExt};
    ///
    /// fn answer() -> CatchPanic<Ready<u8>> {
    ///     ready(42).catch_panic()
    /// }
    ///
    /// # smol::block_on(async {
    /// assert_eq!(answer().await.unwrap(), 42);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if polled after completion.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct CatchPanic<F> {
        // Until it is done, or has panicked.
        #[pin]
        future: Option<F>,
    }
}

impl<F> CatchPanic<F> {
    pub(crate) fn new(future: F) -> Self {
        Self {
            future: Some(future),
        }
    }
}

impl<F> fmt::Debug for CatchPanic<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanic")
            .field("terminated", &self.future.is_none())
            .finish_non_exhaustive()
    }
}

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.project().future;
        let Some(future) = slot.as_mut().as_pin_mut() else {
            panic!("`CatchPanic` polled after completion");
        };
        let outcome = match catch(|| future.poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(panic),
        };
        // This leaves `None` even if the future's drop panics.
        let dropped = catch(|| slot.set(None));
        Poll::Ready(match (outcome, dropped) {
            (outcome, Ok(())) => outcome,
            (Ok(output), Err(panic)) => {
                catch(|| drop(output)).unwrap_or_else(forget);
                Err(panic)
            }
            (Err(panic), Err(second)) => {
                forget(second);
                Err(panic)
            }
        })
    }
}

impl<F: Future> FusedFuture for CatchPanic<F> {
    fn is_terminated(&self) -> bool {
        self.future.is_none()
    }
}

fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Panic> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(Panic::new)
}

/// Leaks a second panic: only the first one is reported, and dropping this one could panic again.
fn forget(panic: Panic) {
    mem::forget(panic);
}

/// A caught panic, as an error.
///
/// ```
/// use gather::ChildExt;
///
/// # smol::block_on(async {
/// let panic = async { panic!("no luck") }.catch_panic().await.unwrap_err();
/// assert_eq!(panic.to_string(), "no luck");
///
/// let panic = async { std::panic::panic_any(404_u16) }.catch_panic().await.unwrap_err();
/// assert_eq!(panic.downcast_ref(), Some(&404_u16));
/// # })
/// ```
///
/// [`Display`](fmt::Display) prints the message of `panic!`, or `a panic without a message`, for example after
/// `panic_any`. The location is known to the panic hook only.
pub struct Panic {
    // The payload need not be `Sync`, but `Panic` is: no reference to it is handed out from here.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
    // The payload moves here when a caller names its type, which is `Sync`.
    shared: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Panic {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        Self {
            payload: Mutex::new(Some(payload)),
            shared: OnceLock::new(),
        }
    }

    /// Resumes the panic, without calling the panic hook again.
    ///
    /// ```should_panic
    /// # use gather::ChildExt;
    /// # smol::block_on(async {
    /// let outcome = async { panic!("no luck") }.catch_panic().await;
    /// outcome.unwrap_or_else(|panic| panic.resume())
    /// # })
    /// ```
    pub fn resume(self) -> ! {
        panic::resume_unwind(self.into_inner())
    }

    /// Returns the payload of the panic. That of `panic!` is a `&'static str` or a `String`.
    ///
    /// ```
    /// # use gather::ChildExt;
    /// # smol::block_on(async {
    /// let panic = async { panic!("no luck") }.catch_panic().await.unwrap_err();
    /// assert_eq!(panic.into_inner().downcast_ref(), Some(&"no luck"));
    /// # })
    /// ```
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        if let Some(payload) = self.shared.into_inner() {
            return payload;
        }
        let payload = self.payload.into_inner();
        let payload = payload.unwrap_or_else(PoisonError::into_inner);
        payload.expect("it is in one of the two places")
    }

    /// Returns a reference to the payload if it is a `T`.
    ///
    /// ```
    /// # use gather::ChildExt;
    /// # smol::block_on(async {
    /// let panic = async { std::panic::panic_any(404_u16) }.catch_panic().await.unwrap_err();
    /// assert_eq!(panic.downcast_ref(), Some(&404_u16));
    /// # })
    /// ```
    ///
    /// `T` must be `Sync`, as a `Panic` is. [`into_inner`](Self::into_inner) returns payloads of all types.
    pub fn downcast_ref<T: Any + Send + Sync>(&self) -> Option<&T> {
        // Locked to the end, so that it is always found in one of the two places.
        let mut payload = self.payload.lock().unwrap_or_else(PoisonError::into_inner);
        match payload.take().map(|payload| payload.downcast::<T>()) {
            Some(Ok(known)) => return self.shared.get_or_init(|| known).downcast_ref(),
            Some(Err(unknown)) => *payload = Some(unknown),
            None => {}
        }
        self.shared.get()?.downcast_ref()
    }

    /// Returns the message, if there is one.
    ///
    /// ```
    /// # use gather::ChildExt;
    /// # smol::block_on(async {
    /// let panic = async { panic!("no luck") }.catch_panic().await.unwrap_err();
    /// assert_eq!(panic.message(), Some("no luck"));
    /// # })
    /// ```
    pub fn message(&self) -> Option<&str> {
        let text = self.downcast_ref::<&'static str>().copied();
        text.or_else(|| self.downcast_ref::<String>().map(String::as_str))
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut panic = f.debug_tuple("Panic");
        match self.message() {
            Some(message) => panic.field(&message).finish(),
            None => panic.finish_non_exhaustive(),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().unwrap_or("a panic without a message"))
    }
}

impl Error for Panic {}
