//! Finds out whether an `E` is an error, or holds one.

use alloc::boxed::Box;
use core::{any::Any, error::Error};

use super::{BoxError, Errors, Group};

/// A way to see an `E` as the error that it is.
pub(super) type AsError<E> = fn(&E) -> &(dyn Error + 'static);

impl<E: 'static, K> Errors<E, K> {
    /// Returns `error` as an [`Error`], if its type is known to be one.
    pub(super) fn as_error<'a>(&self, error: &'a E) -> Option<&'a (dyn Error + 'static)> {
        match self.as_error {
            Some(as_error) => Some(as_error(error)),
            None => known(error),
        }
    }
}

/// Returns the error that `error` is or holds, for the types that are known here.
fn known<E: 'static>(error: &E) -> Option<&(dyn Error + 'static)> {
    let error: &dyn Any = error;
    if let Some(error) = error.downcast_ref::<BoxError>() {
        Some(&**error)
    } else if let Some(error) = error.downcast_ref::<Group>() {
        Some(error)
    } else if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
        Some(&**error)
    } else if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
        Some(&**error)
    } else {
        known_arc(error)
    }
}

#[cfg(target_has_atomic = "ptr")]
fn known_arc(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    let error = error.downcast_ref::<alloc::sync::Arc<dyn Error + Send + Sync>>()?;
    Some(&**error)
}

/// Without atomics there is no `Arc`.
#[cfg(not(target_has_atomic = "ptr"))]
fn known_arc(_: &dyn Any) -> Option<&(dyn Error + 'static)> {
    None
}
