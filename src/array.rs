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
/// If the children return `Result`s, an error is a value like any other. To stop at the first error, use
/// [`try_gather_array`].
///
/// # Panics
///
/// See [`GatherFixed`].
///
/// # Cancel safety
///
/// Dropping the future drops running children and outputs. If the children are `Unpin`, so is the future: it can
/// be polled by `&mut`, and resumed.
///
/// # Performance
///
/// Makes no allocation: children and outputs are stored in the future. Children get the task waker, not wakers of
/// their own, so each poll polls all running children.
/// For many children that are woken one by one, [`gather`](crate::gather()) is faster.
#[inline]
pub fn gather_array<I, const N: usize>(children: [I; N]) -> GatherFixed<[I::IntoFuture; N]>
where
    I: IntoFuture,
{
    GatherFixed::new(children.map(Slot::new))
}

/// Runs all children of an array at once, and returns the array of their values, or the first error.
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
/// Returns the first error in time. Running children and values are dropped first, in input order.
///
/// # Panics
///
/// See [`TryGatherFixed`].
///
/// # Cancel safety
///
/// As [`gather_array`].
///
/// # Performance
///
/// As [`gather_array`].
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
    // nothing gets a `&mut` to the array, or moves it.
    unsafe { slots.map_unchecked_mut(|slots| &mut slots[index]) }
}
