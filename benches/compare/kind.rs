//! What a kind of children is.

use std::future::Future;

use crate::stage::Stage;

/// A kind of children.
pub(crate) trait Kind {
    type Output: Clone;

    /// The placeholder of an output that is not there yet.
    const EMPTY: Self::Output;

    /// The children of a job. They are made as the contender pulls them, and that is
    /// measured, for all alike.
    fn children(stage: &Stage)
    -> impl ExactSizeIterator<Item = impl Future<Output = Self::Output>>;
}

/// A kind whose children have a named type that is `Unpin`, for contenders that poll them by hand.
pub(crate) trait Named {
    type Child<'a>: Future<Output = u64> + Unpin;

    fn child(stage: &Stage, index: usize) -> Self::Child<'_>;

    /// As [`Kind::children`].
    fn named(stage: &Stage) -> impl ExactSizeIterator<Item = Self::Child<'_>> {
        (0..stage.len()).map(|index| Self::child(stage, index))
    }
}

impl<N: Named> Kind for N {
    type Output = u64;

    const EMPTY: u64 = 0;

    fn children(stage: &Stage) -> impl ExactSizeIterator<Item = impl Future<Output = u64>> {
        N::named(stage)
    }
}
