//! What to do with many outcomes.

use alloc::vec::Vec;

use crate::{errors::Errors, memory::shrink, outcome::Outcome};

/// What to do with many outcomes: all or nothing, or each to its own kind.
///
/// This is for what [`gather`](crate::gather()) gives for children that may fail, or for any other
/// `Vec<Result<T, E>>`; with keys, `Vec<(K, Result<T, E>)>`, see [`Outcome`]. And for either with some
/// missing, `Vec<Option<..>>`, as [`into_partial`](crate::Gather::into_partial) gives it at a deadline.
/// Nothing else can implement it, so that it can grow.
///
/// ```
/// use gather::{Outcomes, gather};
///
/// # pollster::block_on(async {
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
/// # If the compiler says that `Vec` is not an iterator
///
/// Then `use gather::Outcomes;` is missing. Without it, the only `partition` in scope is that of
/// [`Iterator`], so the compiler does not say that there is no such method, but that
/// "`Vec<Result<..>>` is not an iterator". Do not follow its advice to call `into_iter` first.
///
/// # Keys
///
/// ```
/// use gather::{ChildExt, Outcomes, gather};
///
/// # pollster::block_on(async {
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
/// # Some are missing
///
/// A child that was not done in time is no failure, and is never mistaken for another one: the indices
/// are those of the inputs. (`flatten` first, and they would be shifted.)
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
#[allow(clippy::type_complexity)] // It is said in full what they give.
pub trait Outcomes<O: Outcome>: Sealed<O> {
    /// What [`all_ok`](Self::all_ok) gives for each: `T`, with a key `(K, T)`, or an `Option` of that.
    type Value;

    /// Every value, in order, or every error: finish all, then fail with all that failed.
    ///
    /// ```
    /// use gather::{Outcomes, gather};
    ///
    /// # pollster::block_on(async {
    /// let halve = |n: u32| async move { if n % 2 == 0 { Ok(n / 2) } else { Err("odd") } };
    /// assert_eq!(gather([2, 4].map(halve)).await.all_ok().unwrap(), [1, 2]);
    ///
    /// let errors = gather([1, 2, 3].map(halve)).await.all_ok().unwrap_err();
    /// assert_eq!(errors.into_iter().collect::<Vec<_>>(), [(0, "odd"), (2, "odd")]);
    /// # })
    /// ```
    ///
    /// Where outcomes may be missing, the values are `Option`s: a `None` is no error, and keeps its
    /// place, so that it tells which inputs to try again.
    ///
    /// # Errors
    ///
    /// If there is one at least: all of them, in order, each with its index or key. The values are then
    /// dropped.
    ///
    /// # Cost
    ///
    /// The values stay in the memory of the outcomes, whose spare part is given back where it is
    /// more than half. Only errors take an allocation, as does a value aligned to less than an outcome.
    fn all_ok(self) -> Result<Vec<Self::Value>, Errors<O::Error, O::Key>>;

    /// The values and the errors, each with its index or key, both in order. What is missing is in
    /// neither.
    ///
    /// Takes at most one allocation for each of the two, of just their size.
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

/// All outcomes `X` as values, or the errors of type `O::Failure` that `result` tells.
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
