//! Finds an error by its key.

use core::{borrow::Borrow, ops::Index};

use super::Errors;

/// What a key of type `K` is looked up by: an index by value, any other key by reference, as in a `HashMap`.
pub trait Lookup<K>: Copy {
    #[doc(hidden)]
    fn is(self, key: &K) -> bool;
}

impl Lookup<usize> for usize {
    fn is(self, key: &usize) -> bool {
        self == *key
    }
}

impl<K: Borrow<Q>, Q: Eq + ?Sized> Lookup<K> for &Q {
    fn is(self, key: &K) -> bool {
        self == key.borrow()
    }
}

impl<E, K> Errors<E, K> {
    /// Returns the first error with this index or key.
    ///
    /// An index is passed by value, any other key by reference, as in a `HashMap`. The search is linear.
    ///
    /// ```
    /// use gather::Errors;
    ///
    /// let errors: Errors<u16> = [(0, 503), (2, 404)].into_iter().collect();
    /// assert_eq!(errors.get(2), Some(&404));
    /// assert_eq!(errors.get(1), None);
    ///
    /// let errors: Errors<u16, String> = [("/down".to_owned(), 503)].into_iter().collect();
    /// assert_eq!(errors.get("/down"), Some(&503));
    /// ```
    pub fn get<Q: Lookup<K>>(&self, key: Q) -> Option<&E> {
        self.iter()
            .find_map(|(child, error)| key.is(child).then_some(error))
    }
}

/// Returns an error by index or key, as [`get`](Errors::get) does: `errors[2]`, `errors["/down"]`.
///
/// # Panics
///
/// Panics if there is no such error.
impl<E, K, Q: Lookup<K>> Index<Q> for Errors<E, K> {
    type Output = E;

    #[track_caller]
    fn index(&self, key: Q) -> &E {
        self.get(key).expect("the child with this key has no error")
    }
}
