//! Children of different types: [`gather!`](crate::gather!), [`try_gather!`](crate::try_gather!).

use core::{
    fmt,
    future::Future,
    ops::{ControlFlow, Range},
    pin::Pin,
    task::Context,
};

use pin_project_lite::pin_project;

use crate::fixed::{
    GatherFixed, TryGatherFixed,
    children::Children,
    rule::{FirstError, KeepAll, Rule},
    slot::Slot,
};

/// Runs 1 to 12 children of different types at once, and returns the tuple of their outputs.
///
/// ```
/// # smol::block_on(async {
/// use gather::gather;
///
/// async fn user(id: u32) -> String {
///     format!("user {id}")
/// }
///
/// async fn price() -> Result<u32, &'static str> {
///     Err("503")
/// }
///
/// let (user, price) = gather!(user(7), price()).await;
/// assert_eq!(user, "user 7");
/// assert_eq!(price, Err("503"));
/// # });
/// ```
///
/// A child is any expression whose type implements `IntoFuture`. The macro takes the children by value, and
/// returns a future, [`GatherFixed`](crate::GatherFixed). Children start when it is first polled. Children that
/// are `Unpin` or pinned can also be passed by reference:
///
/// ```
/// # smol::block_on(async {
/// use std::{future::ready, pin::pin};
///
/// use gather::gather;
///
/// let mut number = ready(1);
/// let name = pin!(async { "one" });
/// assert_eq!(gather!(&mut number, name).await, (1, "one"));
/// # });
/// ```
///
/// For children of one type, use [`gather_array`](crate::gather_array) or [`gather`](crate::gather()). To stop at the
/// first error, use [`try_gather!`](crate::try_gather!).
///
/// # Panics
///
/// See [`GatherFixed`](crate::GatherFixed).
///
/// # Cancel safety
///
/// Dropping the future drops running children and outputs. If the children are `Unpin`, so is the future: it can
/// be polled by `&mut`, for example in a `select`, and resumed.
///
/// # Performance
///
/// Makes no allocation: children and outputs are stored in the future. Children get the task waker, not wakers of
/// their own, so each poll polls all running children.
#[macro_export]
macro_rules! gather {
    ($($child:expr),+ $(,)?) => {
        $crate::GatherFixed::of_tuple(($($crate::__private::IntoFuture::into_future($child),)+))
    };
    () => {
        $crate::__private::compile_error!("`gather!` takes 1 to 12 children")
    };
}

/// Runs 1 to 12 children of different types at once, and returns the tuple of their values, or the first error.
///
/// ```
/// # smol::block_on(async {
/// use gather::try_gather;
///
/// async fn number(text: &str) -> Result<u8, String> {
///     text.parse().map_err(|_| format!("no number: {text}"))
/// }
///
/// async fn name() -> Result<&'static str, String> {
///     Ok("a name")
/// }
///
/// assert_eq!(try_gather!(number("7"), name()).await, Ok((7, "a name")));
/// assert_eq!(try_gather!(number("x"), name()).await, Err("no number: x".to_string()));
/// # });
/// ```
///
/// A child is any expression whose type implements `IntoFuture` and whose output is a `Result`. All children have
/// the same error type. The macro returns a future, [`TryGatherFixed`](crate::TryGatherFixed).
///
/// # Errors
///
/// Returns the first error in time. Running children and values are dropped first, in input order.
///
/// # Panics
///
/// See [`TryGatherFixed`](crate::TryGatherFixed).
///
/// # Cancel safety
///
/// As [`gather!`](crate::gather!).
///
/// # Performance
///
/// As [`gather!`](crate::gather!).
#[macro_export]
macro_rules! try_gather {
    ($($child:expr),+ $(,)?) => {
        $crate::TryGatherFixed::of_tuple(($($crate::__private::IntoFuture::into_future($child),)+))
    };
    () => {
        $crate::__private::compile_error!("`try_gather!` takes 1 to 12 children")
    };
}

/// Children that are in a tuple.
pub trait Tuple<R>: Children<R> {
    fn into_slots(self) -> Self::Slots;
}

impl<C: Tuple<KeepAll>> GatherFixed<C> {
    #[doc(hidden)]
    #[inline]
    pub fn of_tuple(children: C) -> Self {
        Self::new(children.into_slots())
    }
}

impl<C: Tuple<FirstError>> TryGatherFixed<C> {
    #[doc(hidden)]
    #[inline]
    pub fn of_tuple(children: C) -> Self {
        Self::new(children.into_slots())
    }
}

/// A tuple that can be pinned part by part, and is the slots of a tuple of children.
macro_rules! tuples {
    ($($Pinned:ident: $($part:ident $F:ident $index:literal),+;)+) => {$(
        pin_project! {
            pub struct $Pinned<$($F),+> {
                $(#[pin] $part: $F,)+
            }
        }

        impl<$($F: fmt::Debug),+> fmt::Debug for $Pinned<$($F),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list()$(.entry(&self.$part))+.finish()
            }
        }

        impl<R, E, $($F: Future),+> Children<R> for ($($F,)+)
        where
            $(R: Rule<$F::Output, End = E>,)+
        {
            type Slots = $Pinned<$(Slot<$F, <R as Rule<$F::Output>>::Kept>),+>;
            type Outputs = ($(<R as Rule<$F::Output>>::Kept,)+);
            type End = E;

            const LEN: usize = [$($index),+].len();
            const SUFFIX: &'static str = "!";

            #[inline]
            fn poll(
                slots: Pin<&mut Self::Slots>,
                range: Range<usize>,
                cx: &mut Context<'_>,
            ) -> ControlFlow<E, bool> {
                let slots = slots.project();
                let mut running = false;
                $(
                    if range.contains(&$index) {
                        running |= slots.$part.poll::<R>(cx)?;
                    }
                )+
                ControlFlow::Continue(running)
            }

            fn clear(slots: Pin<&mut Self::Slots>, index: usize) {
                let slots = slots.project();
                match index {
                    $($index => slots.$part.clear(),)+
                    _ => unreachable!("a slot for each child"),
                }
            }

            #[inline]
            fn take(slots: Pin<&mut Self::Slots>) -> Result<Self::Outputs, usize> {
                let slots = slots.project();
                $(
                    if !slots.$part.is_done() {
                        return Err($index);
                    }
                )+
                Ok(($(slots.$part.take().expect("every child is done"),)+))
            }
        }

        impl<R, E, $($F: Future),+> Tuple<R> for ($($F,)+)
        where
            $(R: Rule<$F::Output, End = E>,)+
        {
            #[inline]
            fn into_slots(self) -> Self::Slots {
                let ($($part,)+) = self;
                $Pinned { $($part: Slot::Running { future: $part }),+ }
            }
        }
    )+};
}

tuples! {
    Pinned1: a A 0;
    Pinned2: a A 0, b B 1;
    Pinned3: a A 0, b B 1, c C 2;
    Pinned4: a A 0, b B 1, c C 2, d D 3;
    Pinned5: a A 0, b B 1, c C 2, d D 3, e F 4;
    Pinned6: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5;
    Pinned7: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5, g H 6;
    Pinned8: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5, g H 6, h I 7;
    Pinned9: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5, g H 6, h I 7, i J 8;
    Pinned10: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5, g H 6, h I 7, i J 8, j K 9;
    Pinned11: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5, g H 6, h I 7, i J 8, j K 9, k L 10;
    Pinned12: a A 0, b B 1, c C 2, d D 3, e F 4, f G 5, g H 6, h I 7, i J 8, j K 9, k L 10, l M 11;
}

/// Zero children are refused:
///
/// ```compile_fail
/// gather::gather!();
/// ```
///
/// 13 children are refused, as there are no slots for them:
///
/// ```compile_fail,E0277
/// let _ = gather::gather!(
///     async {}, async {}, async {}, async {}, async {}, async {}, async {},
///     async {}, async {}, async {}, async {}, async {}, async {},
/// );
/// ```
///
/// A child that is not a future is refused:
///
/// ```compile_fail,E0277
/// let _ = gather::gather!(async {}, 7);
/// ```
///
/// `try_gather!` refuses a child that returns no `Result`:
///
/// ```compile_fail,E0277
/// let _ = gather::try_gather!(async { Ok::<u8, ()>(1) }, async { 2 });
/// ```
///
/// `try_gather!` refuses two error types:
///
/// ```compile_fail,E0271
/// let _ = gather::try_gather!(async { Ok::<u8, ()>(1) }, async { Err::<u8, u8>(2) });
/// ```
#[cfg(doctest)]
pub struct Refused;
