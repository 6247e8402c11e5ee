//! Which of the many types of errors are errors, and may have one in them.

use alloc::boxed::Box;
use core::{any::Any, error::Error};

use super::{BoxError, Errors, Group};

/// A way to see an `E` as the error that it is.
pub(super) type AsError<E> = fn(&E) -> &(dyn Error + 'static);

impl<E: 'static, K> Errors<E, K> {
    /// `error`, one of these, if it is known to be an error.
    pub(super) fn as_error<'a>(&self, error: &'a E) -> Option<&'a (dyn Error + 'static)> {
        match self.as_error {
            Some(as_error) => Some(as_error(error)),
            None => known(error),
        }
    }
}

/// `error`, if it is of a type that is an error, or has one in it.
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

/// There is no `Arc` here.
#[cfg(not(target_has_atomic = "ptr"))]
fn known_arc(_: &dyn Any) -> Option<&(dyn Error + 'static)> {
    None
}
