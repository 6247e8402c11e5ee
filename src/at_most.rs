//! Many children, made as they are needed, so many at a time.

mod completions;
mod limited;

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    mem,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::memory::{believable, shrink, try_reserve};

pub use self::completions::AtMostCompletions;
use self::limited::Limited;

/// At most `limit` children at once: the counterpart of a semaphore around each of them.
///
/// ```
/// # smol::block_on(async {
/// use gather::at_most;
///
/// async fn fetch(id: u32) -> u32 {
///     id * 2
/// }
///
/// // A million children, of which 64 are alive at any moment.
/// let outputs = at_most(64).gather((0..1_000_000).map(fetch)).await;
/// assert_eq!(outputs[999_999], 1_999_998);
/// # });
/// ```
///
/// The iterator is pulled in order, and only when there is room for a child. Memory is for `limit`
/// children, or for fewer as the size hint says, and the outputs; nothing is allocated for each child.
///
/// # Panics
///
/// If `limit` is 0.
#[track_caller]
pub fn at_most(limit: usize) -> AtMost {
    assert!(limit > 0, "`at_most(0)` would never start a child");
    AtMost { limit }
}

/// A limit on how many children are alive at once. See [`at_most`].
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing before `gather`, `try_gather` or `completions`"]
pub struct AtMost {
    limit: usize,
}

impl AtMost {
    /// As [`gather`](crate::gather()): all outputs, in input order.
    pub fn gather<I>(
        self,
        children: I,
    ) -> AtMostGather<I::IntoIter, <I::Item as IntoFuture>::IntoFuture>
    where
        I: IntoIterator,
        I::Item: IntoFuture,
    {
        let children = children.into_iter();
        AtMostGather {
            outputs: Outputs::new(children.size_hint().0),
            limited: Limited::new(self.limit, children),
        }
    }

    /// As [`try_gather`](crate::try_gather()): all values, or the first error, after which no child
    /// is made, and those alive are dropped.
    ///
    /// ```
    /// # smol::block_on(async {
    /// let made = std::cell::Cell::new(0);
    /// let children = (0..).map(|id| {
    ///     made.set(id);
    ///     async move { if id == 5 { Err("five") } else { Ok(id) } }
    /// });
    /// assert_eq!(gather::at_most(2).try_gather(children).await, Err("five"));
    /// assert_eq!(made.get(), 5);
    /// # });
    /// ```
    pub fn try_gather<I, T, E>(
        self,
        children: I,
    ) -> AtMostTryGather<I::IntoIter, <I::Item as IntoFuture>::IntoFuture, T, E>
    where
        I: IntoIterator,
        I::Item: IntoFuture<Output = Result<T, E>>,
    {
        let children = children.into_iter();
        AtMostTryGather {
            values: Outputs::new(children.size_hint().0),
            failed: None,
            limited: Limited::new(self.limit, children),
        }
    }

    /// As [`Gather::completions`](crate::Gather::completions): a stream of each child's index in the
    /// input and its output, as they finish. The iterator may be endless.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    ///
    /// let squares = gather::at_most(8).completions((0u64..).map(async |n| n * n));
    /// let ten: Vec<_> = squares.take(10).collect().await;
    /// assert_eq!(ten[9], (9, 81));
    /// # });
    /// ```
    pub fn completions<I>(
        self,
        children: I,
    ) -> AtMostCompletions<I::IntoIter, <I::Item as IntoFuture>::IntoFuture>
    where
        I: IntoIterator,
        I::Item: IntoFuture,
    {
        AtMostCompletions::new(Limited::new(self.limit, children.into_iter()))
    }
}

/// The future of [`AtMost::gather`]: all outputs, in input order.
///
/// Panic and cancellation as for [`Gather`](crate::Gather), laziness and cost as for
/// [`AtMostCompletions`]. Dropped, it drops the children that run, then the outputs. For a look at
/// what is done, for progress or for a deadline, use [`AtMost::completions`].
///
/// # Panics
///
/// When polled after completion. When a child or the iterator panics, with its panic; polled on, it
/// goes on, and panics at the end, naming the child that has no output.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostGather<I, F: Future> {
    limited: Limited<I, F>,
    outputs: Outputs<F::Output>,
}

// Children are pinned in their slots, and nothing else is ever pinned.
impl<I, F: Future> Unpin for AtMostGather<I, F> {}

impl<I, F: Future> fmt::Debug for AtMostGather<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostGather").field(&self.limited).finish()
    }
}

impl<I, F> Future for AtMostGather<I, F>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { limited, outputs } = &mut *self;
        outputs.check("AtMostGather");
        let _ = ready!(limited.poll(cx, |index, output| {
            outputs.put(index, output);
            ControlFlow::Continue(())
        }));
        Poll::Ready(outputs.take("AtMostGather", limited.pulled))
    }
}

impl<I, F> FusedFuture for AtMostGather<I, F>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    fn is_terminated(&self) -> bool {
        self.outputs.terminated
    }
}

/// The future of [`AtMost::try_gather`]: all values, in input order, or the first error.
///
/// At an error no further child is made, and those alive are dropped before it is returned. All else
/// as for [`AtMostGather`].
///
/// # Panics
///
/// As [`AtMostGather`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct AtMostTryGather<I, F, T, E> {
    limited: Limited<I, F>,
    values: Outputs<T>,
    /// Until the children that run have been dropped.
    failed: Option<E>,
}

// As for `AtMostGather`.
impl<I, F, T, E> Unpin for AtMostTryGather<I, F, T, E> {}

impl<I, F, T, E> fmt::Debug for AtMostTryGather<I, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostTryGather")
            .field(&self.limited)
            .finish()
    }
}

impl<I, F, T, E> Future for AtMostTryGather<I, F, T, E>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            limited,
            values,
            failed,
        } = &mut *self;
        values.check("AtMostTryGather");
        if failed.is_none() {
            let _ = ready!(limited.poll(cx, |index, output| match output {
                Ok(value) => {
                    values.put(index, value);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    *failed = Some(error);
                    ControlFlow::Break(())
                }
            }));
        }
        let Some(error) = failed.take() else {
            return Poll::Ready(Ok(values.take("AtMostTryGather", limited.pulled)));
        };
        values.terminated = true;
        limited.end();
        values.slots.clear();
        Poll::Ready(Err(error))
    }
}

impl<I, F, T, E> FusedFuture for AtMostTryGather<I, F, T, E>
where
    I: Iterator,
    I::Item: IntoFuture<IntoFuture = F, Output = Result<T, E>>,
    F: Future<Output = Result<T, E>>,
{
    fn is_terminated(&self) -> bool {
        self.values.terminated
    }
}

/// Outputs on their way to be a vector in input order.
struct Outputs<T> {
    slots: Vec<Option<T>>,
    /// How many there are.
    filled: usize,
    /// The size hint, which may be far off in either direction.
    hint: usize,
    terminated: bool,
}

impl<T> Outputs<T> {
    fn new(hint: usize) -> Self {
        Self {
            slots: Vec::new(),
            filled: 0,
            hint,
            terminated: false,
        }
    }

    fn check(&self, of: &str) {
        assert!(!self.terminated, "`{of}` polled after completion");
    }

    #[inline]
    fn put(&mut self, index: usize, output: T) {
        self.filled += 1;
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Some(output);
            return;
        }
        if index >= self.slots.capacity() {
            self.reserve();
        }
        // Those before it are still running.
        self.slots.resize_with(index, || None);
        self.slots.push(Some(output));
    }

    /// Makes room as hinted; beyond what is believable, for no more than four times what is there.
    #[cold]
    fn reserve(&mut self) {
        let len = self.slots.len();
        let first = believable::<Option<T>>(self.hint);
        let room = first.max(self.hint.min(len.saturating_mul(4)));
        try_reserve(&mut self.slots, room.saturating_sub(len));
    }

    /// All of them: those of the first `len` inputs.
    fn take(&mut self, of: &str, len: usize) -> Vec<T> {
        if self.filled < len {
            self.lacks_outputs(of);
        }
        self.terminated = true;
        let slots = mem::take(&mut self.slots).into_iter();
        shrink(slots.map(|slot| slot.expect("none is missing")).collect())
    }

    #[cold]
    fn lacks_outputs(&self, of: &str) -> ! {
        let index = self.slots.iter().position(Option::is_none);
        let index = index.unwrap_or(self.slots.len());
        panic!("`{of}` has no output of child {index}, which panicked");
    }
}
