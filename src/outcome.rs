//! What a child gives that may fail: a result, with a key or without.

/// The output of a child that may fail: a `Result<T, E>`, or with a key a `(K, Result<T, E>)`.
///
/// [`try_gather`](crate::try_gather()), [`first_ok`](crate::first_ok()) and [`Outcomes`](crate::Outcomes)
/// take both. A key, as [`keyed`](crate::ChildExt::keyed) gives it to a child, is in the result wherever
/// the index would be, and beside each value:
///
/// | | of `Result<T, E>` | of `(K, Result<T, E>)` |
/// |---|---|---|
/// | `try_gather` | `Result<Vec<T>, E>` | `Result<Vec<(K, T)>, (K, E)>` |
/// | `first_ok` | `Result<T, Errors<E>>` | `Result<(K, T), Errors<E, K>>` |
/// | `all_ok` | `Result<Vec<T>, Errors<E>>` | `Result<Vec<(K, T)>, Errors<E, K>>` |
/// | `partition` | `(Vec<(usize, T)>, Vec<(usize, E)>)` | `(Vec<(K, T)>, Vec<(K, E)>)` |
///
/// No key is ever lost or cloned. Nothing else can implement this, so that it can grow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the output of a child that may fail",
    label = "not a `Result<T, E>`, nor a `(K, Result<T, E>)`",
    note = "a child that cannot fail is for `gather`"
)]
pub trait Outcome: Sealed + Sized {
    /// What tells it from the others: `usize`, its index in the input, or `K`.
    type Key;
    /// `T`.
    type Ok;
    /// `E`.
    type Error;
    /// A success in full: `T`, or `(K, T)`.
    type Value;
    /// A failure in full: `E`, or `(K, E)`.
    type Failure;

    #[doc(hidden)]
    fn is_ok(&self) -> bool;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Value, Self::Failure>;

    #[doc(hidden)]
    fn key_value(index: usize, value: Self::Value) -> (Self::Key, Self::Ok);

    #[doc(hidden)]
    fn key_error(index: usize, failure: Self::Failure) -> (Self::Key, Self::Error);
}

impl<T, E> Outcome for Result<T, E> {
    type Key = usize;
    type Ok = T;
    type Error = E;
    type Value = T;
    type Failure = E;

    fn is_ok(&self) -> bool {
        self.is_ok()
    }

    fn into_result(self) -> Self {
        self
    }

    fn key_value(index: usize, value: T) -> (usize, T) {
        (index, value)
    }

    fn key_error(index: usize, error: E) -> (usize, E) {
        (index, error)
    }
}

impl<K, T, E> Outcome for (K, Result<T, E>) {
    type Key = K;
    type Ok = T;
    type Error = E;
    type Value = (K, T);
    type Failure = (K, E);

    fn is_ok(&self) -> bool {
        self.1.is_ok()
    }

    fn into_result(self) -> Result<(K, T), (K, E)> {
        let (key, result) = self;
        match result {
            Ok(value) => Ok((key, value)),
            Err(error) => Err((key, error)),
        }
    }

    fn key_value(_: usize, value: (K, T)) -> (K, T) {
        value
    }

    fn key_error(_: usize, failure: (K, E)) -> (K, E) {
        failure
    }
}

pub trait Sealed {}

impl<T, E> Sealed for Result<T, E> {}
impl<K, T, E> Sealed for (K, Result<T, E>) {}
