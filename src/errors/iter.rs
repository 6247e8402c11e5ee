//! Errors from an iterator, and as one.

use alloc::vec;
use core::{iter, mem, slice};

use super::{Errors, drop::drop_error};

impl<E: 'static, K> FromIterator<(K, E)> for Errors<E, K> {
    /// Keeps the order, and the indices or keys.
    fn from_iter<I: IntoIterator<Item = (K, E)>>(errors: I) -> Self {
        Self {
            errors: errors.into_iter().collect(),
            as_error: None,
            drop_error: drop_error(),
        }
    }
}

impl<E, K> IntoIterator for Errors<E, K> {
    type Item = (K, E);
    type IntoIter = vec::IntoIter<(K, E)>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut self.errors).into_iter()
    }
}

/// A type of std, so that there is no other one to document.
type Iter<'a, E, K> = iter::Map<slice::Iter<'a, (K, E)>, fn(&(K, E)) -> (&K, &E)>;

impl<'a, E, K> IntoIterator for &'a Errors<E, K> {
    type Item = (&'a K, &'a E);
    type IntoIter = Iter<'a, E, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter().map(|(key, error)| (key, error))
    }
}
