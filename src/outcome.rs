//! The output of a child that may fail: a `Result`, with a key or without.

/// The output of a child that may fail: a `Result<T, E>`, or a `(K, Result<T, E>)` with a key.
///
/// [`try_gather`](crate::try_gather()), [`first_ok`](crate::first_ok()) and [`Outcomes`](crate::Outcomes)
/// accept both. [`keyed`](crate::ChildExt::keyed) makes a child that returns a key. The key then takes the place
/// of the index, and is beside each value:
///
/// | | with `Result<T, E>` | with `(K, Result<T, E>)` |
/// |---|---|---|
/// | `try_gather` | `Result<Vec<T>, E>` | `Result<Vec<(K, T)>, (K, E)>` |
/// | `first_ok` | `Result<T, Errors<E>>` | `Result<(K, T), Errors<E, K>>` |
/// | `all_ok` | `Result<Vec<T>, Errors<E>>` | `Result<Vec<(K, T)>, Errors<E, K>>` |
/// | `partition` | `(Vec<(usize, T)>, Vec<(usize, E)>)` | `(Vec<(K, T)>, Vec<(K, E)>)` |
///
/// ```
/// use gather::{ChildExt, try_gather};
///
/// async fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// # smol::block_on(async {
/// assert_eq!(try_gather(["1", "2"].map(parse)).await.unwrap(), [1, 2]);
///
/// let (key, _error) = try_gather(["1", "x"].map(|text| parse(text).keyed(text))).await.unwrap_err();
/// assert_eq!(key, "x");
/// # });
/// ```
///
/// Keys are moved, never cloned. This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "the children must return a `Result`, not `{Self}`",
    label = "expected `Result<T, E>` or `(K, Result<T, E>)`",
    note = "use `gather` for children that cannot fail"
)]
pub trait Outcome: Sealed + Sized {
    /// What identifies the child: `usize`, for its index in the input, or `K`.
    type Key;
    /// The value: `T`.
    type Ok;
    /// The error: `E`.
    type Error;
    /// The value with its key: `T`, or `(K, T)`.
    type Value;
    /// The error with its key: `E`, or `(K, E)`.
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
