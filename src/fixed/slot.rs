//! The slot of a child: the future while it runs, then its output.

use core::{
    fmt,
    future::{Future, IntoFuture},
    mem,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::rule::Rule;

pin_project! {
    #[project = SlotProj]
    #[project_replace = SlotOwned]
    pub enum Slot<F, T> {
        Running {
            #[pin]
            future: F,
        },
        Done {
            output: T,
        },
        // The output was taken, or the child has panicked.
        Empty,
    }
}

impl<F, T> Slot<F, T> {
    #[inline]
    pub(crate) fn new(child: impl IntoFuture<IntoFuture = F>) -> Self
    where
        F: Future,
    {
        Slot::Running {
            future: child.into_future(),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Slot::Done { .. })
    }

    /// Drops the content, in place.
    pub(crate) fn clear(mut self: Pin<&mut Self>) {
        self.set(Slot::Empty);
    }

    /// Moves the output out, if the child is done.
    #[inline]
    pub(crate) fn take(self: Pin<&mut Self>) -> Option<T> {
        match self.project_replace(Slot::Empty) {
            SlotOwned::Done { output } => Some(output),
            SlotOwned::Running { .. } | SlotOwned::Empty => None,
        }
    }
}

impl<F: Future, T> Slot<F, T> {
    /// Polls the child if it runs, and returns whether it still does. Breaks if its output ends the job. A child
    /// that is ready or panics is dropped before this returns or unwinds.
    #[inline]
    pub(crate) fn poll<R>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> ControlFlow<R::End, bool>
    where
        R: Rule<F::Output, Kept = T>,
    {
        let mut child = ClearOnPanic {
            slot: self.as_mut(),
        };
        let polled = match child.slot.as_mut().project() {
            SlotProj::Running { future } => Some(future.poll(cx)),
            SlotProj::Done { .. } | SlotProj::Empty => None,
        };
        mem::forget(child);
        match polled {
            Some(Poll::Pending) => ControlFlow::Continue(true),
            Some(Poll::Ready(output)) => self.complete::<R>(output),
            None => ControlFlow::Continue(false),
        }
    }

    // Not in `poll`: a slot is as large as the future, and debug builds would have one on the stack during
    // the child's poll.
    #[inline]
    fn complete<R>(mut self: Pin<&mut Self>, output: F::Output) -> ControlFlow<R::End, bool>
    where
        R: Rule<F::Output, Kept = T>,
    {
        match R::apply(output) {
            ControlFlow::Continue(output) => {
                // The output is stored even if the future's drop panics.
                self.set(Slot::Done { output });
                ControlFlow::Continue(false)
            }
            ControlFlow::Break(end) => {
                self.clear();
                ControlFlow::Break(end)
            }
        }
    }
}

/// Outputs need not be `Debug`, so they are not printed.
impl<F, T> fmt::Debug for Slot<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Slot::Running { .. } => "Running",
            Slot::Done { .. } => "Done",
            Slot::Empty => "Empty",
        })
    }
}

/// Drops a child whose `poll` unwinds.
struct ClearOnPanic<'a, F, T> {
    slot: Pin<&'a mut Slot<F, T>>,
}

impl<F, T> Drop for ClearOnPanic<'_, F, T> {
    fn drop(&mut self) {
        self.slot.as_mut().clear();
    }
}
