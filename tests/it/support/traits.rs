//! Asserts which traits a type has, and which not, at compile time.

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
