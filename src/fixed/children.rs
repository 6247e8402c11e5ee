//! Children whose number is known at compile time: [`Children`].

use core::{
    fmt,
    ops::{ControlFlow, Range},
    pin::Pin,
    task::Context,
};

/// Tuples and arrays of futures whose outputs follow the rule `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not children that can be gathered without allocation",
    note = "`gather!` and `try_gather!` take 1 to 12 children; `try_gather!` and `try_gather_array` take \
            children that return a `Result`, all with the same type of error"
)]
pub trait Children<R> {
    /// A [`Slot`](super::slot::Slot) for each child.
    type Slots: fmt::Debug;
    /// The tuple or array of what is kept of each child.
    type Outputs;
    /// What ends the job early.
    type End;

    const LEN: usize;
    /// The end of the name of the function or macro.
    const SUFFIX: &'static str;

    /// Polls the running children in `range`, in index order, and returns whether one is still running.
    fn poll(
        slots: Pin<&mut Self::Slots>,
        range: Range<usize>,
        cx: &mut Context<'_>,
    ) -> ControlFlow<Self::End, bool>;

    /// Drops the content of slot `index`, in place.
    fn clear(slots: Pin<&mut Self::Slots>, index: usize);

    /// Takes all outputs, or returns the index of the first child that has none.
    fn take(slots: Pin<&mut Self::Slots>) -> Result<Self::Outputs, usize>;
}
