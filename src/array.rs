//! Children of one type, in an array: [`gather_array`], [`try_gather_array`].

use core::{
    array,
    future::{Future, IntoFuture},
    ops::{ControlFlow, Range},
    pin::Pin,
    task::Context,
};

use crate::fixed::{GatherFixed, TryGatherFixed, children::Children, rule::Rule, slot::Slot};

/// Runs all children of an array at once, and returns the array of their outputs, in input order.
///
/// ```
/// # smol::block_on(async {
/// use gather::gather_array;
///
/// async fn double(n: u32) -> u32 {
///     n * 2
/// }
///
/// let [a, b, c] = gather_array([1, 2, 3].map(double)).await;
/// assert_eq!((a, b, c), (2, 4, 6));
/// # });
/// ```
///
/// Where the children's output is a `Result`, an error is a value like any other; see
/// [`try_gather_array`]. An array of no children is ready at its first poll, with `[]`.
///
/// # Panics
///
/// See [`GatherFixed`].
///
/// # Cancel safety
///
/// To drop the future drops the children that run, and the outputs of those that are done. If the children are
/// `Unpin`, so is the future: it can be polled by `&mut`, and later polled on.
///
/// # Performance
///
/// Takes no allocation: the children are part of the future, each with its output in the same place.
/// Children that are not ready are polled at each poll, as they have the task waker and no wakers of their own.
/// For many children that are woken one by one [`gather`](crate::gather()) is faster.
#[inline]
pub fn gather_array<I, const N: usize>(children: [I; N]) -> GatherFixed<[I::IntoFuture; N]>
where
    I: IntoFuture,
{
    GatherFixed::new(children.map(Slot::new))
}

/// Runs all children of an array at once, and returns the array of their values, in input order, or the
/// first error.
///
/// ```
/// # smol::block_on(async {
/// use gather::try_gather_array;
///
/// async fn even(n: u32) -> Result<u32, String> {
///     if n % 2 == 0 { Ok(n) } else { Err(format!("{n} is odd")) }
/// }
///
/// assert_eq!(try_gather_array([2, 4].map(even)).await, Ok([2, 4]));
/// assert_eq!(try_gather_array([2, 3, 5].map(even)).await, Err("3 is odd".to_string()));
/// # });
/// ```
///
/// # Errors
///
/// The error that comes first in time is returned. The siblings are dropped before: those that run, and the
/// values of those that are done, in input order.
///
/// # Panics
///
/// See [`TryGatherFixed`].
///
/// # Cancel safety
///
/// As that of [`gather_array`].
///
/// # Performance
///
/// As that of [`gather_array`].
#[inline]
pub fn try_gather_array<I, T, E, const N: usize>(
    children: [I; N],
) -> TryGatherFixed<[I::IntoFuture; N]>
where
    I: IntoFuture<Output = Result<T, E>>,
{
    TryGatherFixed::new(children.map(Slot::new))
}

impl<R, F, const N: usize> Children<R> for [F; N]
where
    F: Future,
    R: Rule<F::Output>,
{
    type Slots = [Slot<F, R::Kept>; N];
    type Outputs = [R::Kept; N];
    type End = R::End;

    const LEN: usize = N;
    const SUFFIX: &'static str = "_array";

    #[inline]
    fn poll(
        mut slots: Pin<&mut Self::Slots>,
        range: Range<usize>,
        cx: &mut Context<'_>,
    ) -> ControlFlow<R::End, bool> {
        let mut running = false;
        for index in range {
            running |= at(slots.as_mut(), index).poll::<R>(cx)?;
        }
        ControlFlow::Continue(running)
    }

    fn clear(slots: Pin<&mut Self::Slots>, index: usize) {
        at(slots, index).clear();
    }

    #[inline]
    fn take(mut slots: Pin<&mut Self::Slots>) -> Result<Self::Outputs, usize> {
        if let Some(index) = slots.iter().position(|slot| !slot.is_done()) {
            return Err(index);
        }
        Ok(array::from_fn(|index| {
            at(slots.as_mut(), index)
                .take()
                .expect("every child is done")
        }))
    }
}

#[inline]
fn at<F, T, const N: usize>(
    slots: Pin<&mut [Slot<F, T>; N]>,
    index: usize,
) -> Pin<&mut Slot<F, T>> {
    // SAFETY: a slot is part of the pinned array, and a slot that is `Running` is only ever dropped in place:
    // here no one gets a `&mut` to the array, or moves it.
    unsafe { slots.map_unchecked_mut(|slots| &mut slots[index]) }
}
