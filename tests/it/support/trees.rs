//! Groups of errors as plain trees.

use std::error::Error;

use gather::Errors;

use super::failures::{BoxError, Even, Odd, leaf};

pub(crate) fn number(error: &(dyn Error + 'static)) -> u32 {
    let even = error.downcast_ref().map(|Even(number)| *number);
    let odd = || error.downcast_ref().map(|Odd(number)| *number);
    even.or_else(odd).expect("a leaf")
}

/// A group, for an oracle that uses plain recursion.
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
