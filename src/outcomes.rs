//! What to do with many results.

use alloc::vec::Vec;

use crate::{errors::Errors, memory::shrink};

/// What to do with many results: all or nothing, or each to its own kind.
///
/// This is for what [`gather`](crate::gather()) gives for children that may fail, or for any other
/// `Vec<Result<T, E>>`. Nothing else can implement it, so that it can grow.
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
pub trait Outcomes<T, E>: Sealed {
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
    /// # Errors
    ///
    /// If there is one at least: all of them, in order, each with its index. The values are then
    /// dropped. An error that borrows is not for [`Errors`]; there is [`partition`](Self::partition).
    ///
    /// # Cost
    ///
    /// The values stay in the memory of the results, whose spare part is given back where it is
    /// more than half. Only errors take an allocation, as does a `T` aligned to less than a result.
    fn all_ok(self) -> Result<Vec<T>, Errors<E>>
    where
        E: 'static;

    /// The values and the errors, each with its index, both in order.
    ///
    /// Takes at most one allocation for each of the two, of just their size.
    #[allow(clippy::type_complexity)] // It is said in full what it is.
    fn partition(self) -> (Vec<(usize, T)>, Vec<(usize, E)>);
}

impl<T, E> Outcomes<T, E> for Vec<Result<T, E>> {
    fn all_ok(self) -> Result<Vec<T>, Errors<E>>
    where
        E: 'static,
    {
        let mut errors = Vec::new();
        let value = |(index, outcome)| match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                errors.push((index, error));
                None
            }
        };
        // This reuses the memory of the results, see "in place" in the docs of `Vec`.
        let values: Vec<T> = self.into_iter().enumerate().filter_map(value).collect();
        if !errors.is_empty() {
            return Err(Errors::new(errors));
        }
        Ok(shrink(values))
    }

    fn partition(self) -> (Vec<(usize, T)>, Vec<(usize, E)>) {
        let failed = self.iter().filter(|outcome| outcome.is_err()).count();
        let mut values = Vec::with_capacity(self.len() - failed);
        let mut errors = Vec::with_capacity(failed);
        for (index, outcome) in self.into_iter().enumerate() {
            match outcome {
                Ok(value) => values.push((index, value)),
                Err(error) => errors.push((index, error)),
            }
        }
        (values, errors)
    }
}

pub trait Sealed {}

impl<T, E> Sealed for Vec<Result<T, E>> {}
