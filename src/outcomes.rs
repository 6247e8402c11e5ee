//! Methods for many outcomes.

use alloc::vec::Vec;

use crate::{errors::Errors, memory::shrink, outcome::Outcome};

/// Methods for a `Vec` of outcomes: all values or all errors, or values and errors apart.
///
/// Import this trait to call them on
///
/// - `Vec<Result<T, E>>`, which [`gather`](crate::gather()) returns for children that may fail;
/// - `Vec<(K, Result<T, E>)>`, if the children have [a key](crate::ChildExt::keyed);
/// - `Vec<Option<..>>` of either, which a [`deadline`](crate::Gather::deadline) and
///   [`into_partial`](crate::Gather::into_partial) return.
///
/// ```
/// use gather::{Outcomes, gather};
///
/// # smol::block_on(async {
/// let jobs = ["8", "x", "13"].map(|text| async { text.parse::<u8>() });
/// let (numbers, errors) = gather(jobs).await.partition();
///
/// assert_eq!(numbers, [(0, 8), (2, 13)]);
/// for (index, error) in errors {
///     println!("input {index}: {error}");
/// }
/// # })
/// ```
///
/// This trait is sealed.
///
/// # "`Vec<..>` is not an iterator"
///
/// The compiler reports this for `partition` if `use gather::Outcomes;` is missing: it finds only the
/// `partition` of [`Iterator`]. Do not follow its advice to call `into_iter` first.
///
/// # Keys
///
/// ```
/// use gather::{ChildExt, Outcomes, gather};
///
/// # smol::block_on(async {
/// async fn fetch(path: &str) -> Result<u32, &'static str> {
///     if path == "/down" { Err("503") } else { Ok(200) }
/// }
///
/// let fetch_all = || gather(["/", "/down"].map(|path| fetch(path).keyed(path)));
/// let (pages, errors) = fetch_all().await.partition();
/// assert_eq!((pages, errors), (vec![("/", 200)], vec![("/down", "503")]));
///
/// let errors = fetch_all().await.all_ok().unwrap_err();
/// assert_eq!(errors.to_string(), "1 error\n└─ /down: 503");
/// # })
/// ```
///
/// # Missing outcomes
///
/// After a deadline, the outcome of an unfinished child is `None`. It is neither a value nor an error. Indices are
/// still those of the inputs. Do not `flatten` the `Vec` first, as that shifts them.
///
/// ```
/// use gather::{Outcomes, gather};
/// use std::{future::pending, task::{Context, Poll, Waker}};
///
/// async fn child(n: u32) -> Result<u32, &'static str> {
///     match n {
///         0 => pending().await,
///         3 => Err("three"),
///         n => Ok(n),
///     }
/// }
/// # fn until_the_deadline(job: &mut gather::Gather<impl Future>) {
/// #     use std::pin::Pin;
/// #     assert!(Pin::new(job).poll(&mut Context::from_waker(Waker::noop())).is_pending());
/// # }
///
/// let mut job = gather([0, 1, 3].map(child));
/// until_the_deadline(&mut job);
/// assert_eq!(job.into_partial().partition(), (vec![(1, 1)], vec![(2, "three")]));
///
/// let mut job = gather([1, 0, 2].map(child));
/// until_the_deadline(&mut job);
/// assert_eq!(job.into_partial().all_ok().unwrap(), [Some(1), None, Some(2)]);
/// ```
#[allow(clippy::type_complexity)] // The full types are in the docs.
pub trait Outcomes<O: Outcome>: Sealed<O> {
    /// An element that [`all_ok`](Self::all_ok) returns: `T`, or `(K, T)` with a key, or an `Option` of
    /// either.
    type Value;

    /// Returns all values, or all errors, in input order.
    ///
    /// ```
    /// use gather::{Outcomes, gather};
    ///
    /// # smol::block_on(async {
    /// let halve = |n: u32| async move { if n % 2 == 0 { Ok(n / 2) } else { Err("odd") } };
    /// assert_eq!(gather([2, 4].map(halve)).await.all_ok().unwrap(), [1, 2]);
    ///
    /// let errors = gather([1, 2, 3].map(halve)).await.all_ok().unwrap_err();
    /// assert_eq!(errors.into_iter().collect::<Vec<_>>(), [(0, "odd"), (2, "odd")]);
    /// # })
    /// ```
    ///
    /// In a `Vec<Option<..>>`, a `None` is no error. It keeps its place among the values, and shows which input
    /// to try again.
    ///
    /// # Errors
    ///
    /// If there is an error, returns all errors, each with its index or key, and drops the values. To keep both,
    /// use [`partition`](Self::partition).
    ///
    /// # Performance
    ///
    /// The values reuse the memory of the outcomes, unless a value has a lower alignment than an outcome. If more
    /// than half of that is spare, it is shrunk. Errors take an allocation of their own.
    fn all_ok(self) -> Result<Vec<Self::Value>, Errors<O::Error, O::Key>>;

    /// Returns the values and the errors, each with its index or key, in input order.
    ///
    /// ```
    /// use gather::{Outcomes, gather};
    ///
    /// # smol::block_on(async {
    /// let halve = |n: u32| async move { if n % 2 == 0 { Ok(n / 2) } else { Err("odd") } };
    /// let (values, errors) = gather([1, 2, 4].map(halve)).await.partition();
    /// assert_eq!(values, [(1, 1), (2, 2)]);
    /// assert_eq!(errors, [(0, "odd")]);
    /// # })
    /// ```
    ///
    /// Missing outcomes are in neither of the two.
    ///
    /// # Performance
    ///
    /// Makes at most one allocation for each of the two, of their exact size.
    fn partition(self) -> (Vec<(O::Key, O::Ok)>, Vec<(O::Key, O::Error)>);
}

impl<O: Outcome> Outcomes<O> for Vec<O> {
    type Value = O::Value;

    fn all_ok(self) -> Result<Vec<O::Value>, Errors<O::Error, O::Key>> {
        all_ok::<O, _, _>(self, O::into_result)
    }

    fn partition(self) -> (Vec<(O::Key, O::Ok)>, Vec<(O::Key, O::Error)>) {
        let failed = self.iter().filter(|outcome| !outcome.is_ok()).count();
        let sizes = (self.len() - failed, failed);
        partition(self.into_iter().enumerate(), sizes)
    }
}

impl<O: Outcome> Outcomes<O> for Vec<Option<O>> {
    type Value = Option<O::Value>;

    fn all_ok(self) -> Result<Vec<Option<O::Value>>, Errors<O::Error, O::Key>> {
        all_ok::<O, _, _>(self, |outcome| outcome.map(O::into_result).transpose())
    }

    fn partition(self) -> (Vec<(O::Key, O::Ok)>, Vec<(O::Key, O::Error)>) {
        let there = self.iter().flatten().count();
        let failed = self.iter().flatten().filter(|outcome| !outcome.is_ok());
        let failed = failed.count();
        let outcomes = self.into_iter().enumerate();
        let outcomes = outcomes.filter_map(|(index, outcome)| Some((index, outcome?)));
        partition(outcomes, (there - failed, failed))
    }
}

/// Returns the values of all outcomes `X`, or all errors; `result` converts an outcome.
fn all_ok<O: Outcome, X, V>(
    outcomes: Vec<X>,
    result: impl Fn(X) -> Result<V, O::Failure>,
) -> Result<Vec<V>, Errors<O::Error, O::Key>> {
    let mut errors = Vec::new();
    let value = |(index, outcome)| match result(outcome) {
        Ok(value) => Some(value),
        Err(failure) => {
            errors.push(O::key_error(index, failure));
            None
        }
    };
    // This reuses the memory of the outcomes, see "in place" in the docs of `Vec`.
    let values: Vec<V> = outcomes.into_iter().enumerate().filter_map(value).collect();
    if errors.is_empty() {
        Ok(shrink(values))
    } else {
        Err(Errors::new(errors))
    }
}

#[allow(clippy::type_complexity)] // As above.
fn partition<O: Outcome>(
    outcomes: impl Iterator<Item = (usize, O)>,
    (succeeded, failed): (usize, usize),
) -> (Vec<(O::Key, O::Ok)>, Vec<(O::Key, O::Error)>) {
    let mut values = Vec::with_capacity(succeeded);
    let mut errors = Vec::with_capacity(failed);
    for (index, outcome) in outcomes {
        match outcome.into_result() {
            Ok(value) => values.push(O::key_value(index, value)),
            Err(failure) => errors.push(O::key_error(index, failure)),
        }
    }
    (values, errors)
}

pub trait Sealed<O> {}

impl<O: Outcome> Sealed<O> for Vec<O> {}
impl<O: Outcome> Sealed<O> for Vec<Option<O>> {}
