//! Asserts which traits a type has, and which not, at compile time.

use std::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    sync::MutexGuard,
    task::{Context, Poll},
};

pub(crate) type OnlySend = Cell<u8>;
pub(crate) type OnlySync = MutexGuard<'static, u8>;
pub(crate) type Neither = Rc<u8>;

/// A future that has the traits of `P`, whatever its output is.
pub(crate) struct Fut<P, T>(PhantomData<(P, fn() -> T)>);

impl<P, T> Future for Fut<P, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        Poll::Pending
    }
}

/// Asserts that a type has these traits.
macro_rules! assert_impl {
    ($type:ty: $($trait:ident),+) => {
        const _: () = {
            $({
                const fn has<T: $trait>() {}
                has::<$type>();
            })+
        };
    };
}

/// Asserts that a type has none of these traits: if it had one, `_` could be either of two types.
macro_rules! assert_not_impl {
    ($type:ty: $($trait:ident),+) => {
        $(
            const _: () = {
                trait Ambiguous<A> {
                    const FINE: () = ();
                }
                impl<T> Ambiguous<()> for T {}
                impl<T: $trait> Ambiguous<u8> for T {}
                <$type as Ambiguous<_>>::FINE
            };
        )+
    };
}

pub(crate) use assert_impl;
pub(crate) use assert_not_impl;
