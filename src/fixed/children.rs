//! What a pass needs of children whose number is known to the compiler.

use core::{
    fmt,
    ops::{ControlFlow, Range},
    pin::Pin,
    task::Context,
};

/// Tuples and arrays of futures whose outputs `R` is a rule for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not children that can be gathered without allocation",
    note = "`gather!` and `try_gather!` take 1 to 12 children; `try_gather!` and `try_gather_array` take \
            children that give a `Result`, all with the same type of error"
)]
pub trait Children<R> {
    /// A [`Slot`](super::slot::Slot) for each child.
    type Slots: fmt::Debug;
    /// The tuple or array of what is kept of each child.
    type Outputs;
    /// What ends the job early.
    type End;

    const LEN: usize;
    /// What the name of the function or macro ends in.
    const SUFFIX: &'static str;

    /// Polls those of the children in `range` that run, in index order, and returns whether one still does.
    fn poll(
        slots: Pin<&mut Self::Slots>,
        range: Range<usize>,
        cx: &mut Context<'_>,
    ) -> ControlFlow<Self::End, bool>;

    /// Drops what is in slot `index`, in place.
    fn clear(slots: Pin<&mut Self::Slots>, index: usize);

    /// Moves all outputs out, unless one is not there: then returns the index of the first such child.
    fn take(slots: Pin<&mut Self::Slots>) -> Result<Self::Outputs, usize>;
}
