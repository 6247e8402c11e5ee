//! Errors to test with, and groups of them.

use std::{error::Error, fmt};

use gather::Errors;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

macro_rules! display {
    ($error:ident, $($write:tt)*) => {
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $($write)*, self.0)
            }
        }
    };
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Even(pub(crate) u32);
display!(Even, "even {}");
impl Error for Even {}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Odd(pub(crate) u32);
display!(Odd, "odd {}");
impl Error for Odd {}

pub(crate) fn leaf(number: u32) -> BoxError {
    if number % 2 == 0 {
        Even(number).into()
    } else {
        Odd(number).into()
    }
}

pub(crate) fn errors<E: 'static>(errors: impl IntoIterator<Item = E>) -> Errors<E> {
    errors.into_iter().enumerate().collect()
}

pub(crate) fn group(members: impl IntoIterator<Item = BoxError>) -> BoxError {
    errors(members).into()
}
