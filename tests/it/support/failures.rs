//! What the tests of `Errors` share: errors to test with, and groups of them that are plain trees.

use std::{error::Error, fmt, iter};

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

/// A message and what it comes from.
#[derive(Debug)]
pub(crate) struct Because(&'static str, BoxError);
impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.1)
    }
}

pub(crate) fn because(message: &'static str, cause: impl Into<BoxError>) -> Because {
    Because(message, cause.into())
}

/// As `anyhow::Error` is: no `Error`, but printed in `{:#}` it shows its causes.
#[derive(Debug)]
pub(crate) struct Report(pub(crate) Because);
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        if f.alternate() {
            let causes = iter::successors(self.0.source(), |&error| error.source());
            causes
                .into_iter()
                .try_for_each(|cause| write!(f, ": {cause}"))?;
        }
        Ok(())
    }
}

pub(crate) fn errors<E>(errors: impl IntoIterator<Item = E>) -> Errors<E> {
    errors.into_iter().enumerate().collect()
}

pub(crate) fn group(members: impl IntoIterator<Item = BoxError>) -> BoxError {
    errors(members).into()
}

pub(crate) fn number(error: &(dyn Error + 'static)) -> u32 {
    let even = error.downcast_ref().map(|Even(number)| *number);
    let odd = || error.downcast_ref().map(|Odd(number)| *number);
    even.or_else(odd).expect("a leaf")
}

/// A group, for an oracle that knows nothing of stacks and boxes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Leaf(u32),
    Group(Vec<(usize, Tree)>),
}

impl Tree {
    pub(crate) fn random(random: &mut impl FnMut(u32) -> u32, depth: u32) -> Self {
        if depth == 0 || (depth < 6 && random(3) > 0) {
            return Self::Leaf(random(1000));
        }
        let mut index = 0;
        let mut member = |random: &mut _| {
            index += 1 + Self::below(random, 3);
            (index, Self::random(random, depth - 1))
        };
        Self::Group(
            (0..Self::below(random, 5))
                .map(|_| member(random))
                .collect(),
        )
    }

    fn below(random: &mut impl FnMut(u32) -> u32, limit: u32) -> usize {
        random(limit) as usize
    }

    pub(crate) fn members(&self) -> &[(usize, Self)] {
        match self {
            Self::Leaf(_) => panic!("a leaf"),
            Self::Group(members) => members,
        }
    }

    pub(crate) fn build(&self) -> Errors<BoxError> {
        let build = |(index, tree): &(usize, Self)| match tree {
            Self::Leaf(number) => (*index, leaf(*number)),
            Self::Group(_) => (*index, tree.build().into()),
        };
        self.members().iter().map(build).collect()
    }

    pub(crate) fn leaves(&self) -> Vec<u32> {
        match self {
            Self::Leaf(number) => vec![*number],
            Self::Group(members) => members.iter().flat_map(|(_, tree)| tree.leaves()).collect(),
        }
    }
}

/// xorshift: the same trees at each run.
pub(crate) fn random(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % below
    }
}

pub(crate) fn random_trees() -> impl Iterator<Item = Tree> {
    (0..2000).map(|seed| Tree::random(&mut random(seed), 6))
}
