//! A child that is no future yet.

use std::future::{IntoFuture, Ready, ready};

/// Becomes a future that is ready with its value.
pub(crate) struct IntoReady<T>(pub(crate) T);

impl<T> IntoFuture for IntoReady<T> {
    type Output = T;
    type IntoFuture = Ready<T>;

    fn into_future(self) -> Ready<T> {
        ready(self.0)
    }
}
