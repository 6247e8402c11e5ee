//! Where the children come from: an iterator or a stream of them.

use alloc::boxed::Box;
use core::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

/// What [`at_most`](crate::at_most()) takes its children from: any [`IntoIterator`] of them, or a
/// [`Stream`] of them in [`from_stream`].
///
/// This trait is sealed: there are no other sources.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of children",
    note = "a source is an iterator of futures, or a stream of futures in `from_stream(..)`"
)]
pub trait IntoSource: sealed::IntoSource {
    /// What it gives: a future, or what can be awaited.
    type Child: IntoFuture;
    /// What the children are pulled from: the iterator, or the [`FromStream`].
    type Source: Source<Child = Self::Child>;

    /// Makes it what children are pulled from.
    fn into_source(self) -> Self::Source;
}

/// What children are pulled from: an [`Iterator`] of them, or a [`FromStream`]. Made by [`IntoSource`].
///
/// This trait is sealed: there are no other sources.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of children",
    note = "a source is an iterator of futures, or a stream of futures in `from_stream(..)`"
)]
pub trait Source: sealed::Source {
    /// What it gives: a future, or what can be awaited.
    type Child: IntoFuture;

    /// Pulls the next child; `None` when there are no more.
    fn poll_child(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::Child>>;

    /// How many children there are to come, as far as is known, which may be wrong.
    fn size_hint(&self) -> (usize, Option<usize>);

    /// Whether it has ended before its time, by a panic.
    #[doc(hidden)]
    fn has_panicked(&self) -> bool {
        false
    }
}

mod sealed {
    pub trait IntoSource {}
    pub trait Source {}
}

impl<I: IntoIterator> sealed::IntoSource for I where I::Item: IntoFuture {}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator> IntoSource for I
where
    I::Item: IntoFuture,
{
    type Child = I::Item;
    type Source = I::IntoIter;

    fn into_source(self) -> I::IntoIter {
        self.into_iter()
    }
}

impl<I: Iterator> sealed::Source for I where I::Item: IntoFuture {}

#[diagnostic::do_not_recommend]
impl<I: Iterator> Source for I
where
    I::Item: IntoFuture,
{
    type Child = I::Item;

    #[inline]
    fn poll_child(&mut self, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        Iterator::size_hint(self)
    }
}

/// Makes a stream of children a source of them, for [`at_most`](crate::at_most()).
///
/// ```
/// # smol::block_on(async {
/// use futures::{StreamExt, channel::mpsc};
/// use gather::{at_most, from_stream};
///
/// async fn fetch(id: u32) -> u32 {
///     id * 10
/// }
///
/// let (ids, received) = mpsc::unbounded();
/// std::thread::spawn(move || (0..100).for_each(|id| ids.unbounded_send(id).unwrap()));
///
/// let outputs = at_most(16).gather(from_stream(received.map(fetch))).await;
/// assert_eq!(outputs[99], 990);
/// # });
/// ```
///
/// The stream is polled when the job is and there is room for a child, at most once after it was pending, and
/// never after its end, when it is dropped. Children run on while it is pending. What it wakes is the task.
///
/// # Panics
///
/// A panic of the stream goes through the job's `poll`, and drops the stream. The children that run can be polled
/// on; at the end, where the job was to give the outputs of all, it panics, as some are missing.
///
/// # Performance
///
/// The stream is moved into a box: one allocation.
pub fn from_stream<S: Stream>(stream: S) -> FromStream<S> {
    FromStream(Some(Box::pin(stream)))
}

/// A stream of children as a source. See [`from_stream`].
#[must_use = "sources do nothing unless children are pulled from them"]
pub struct FromStream<S>(Option<Pin<Box<S>>>);

impl<S> FromStream<S> {
    /// Returns the stream, with what was not yet pulled from it; `None` if it has ended or panicked.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::future::ready;
    /// use futures::{StreamExt, stream};
    /// use gather::{at_most, from_stream};
    ///
    /// let children = stream::iter(1..=5).map(async |n| n);
    /// let mut job = at_most(1).gather(from_stream(children));
    /// job.until(|_, &n| n == 3).await;
    /// let (outputs, rest) = job.into_partial();
    /// assert_eq!(outputs.len(), 3);
    ///
    /// let rest = rest.and_then(|source| source.into_inner());
    /// assert_eq!(rest.unwrap().count().await, 2);
    /// # });
    /// ```
    pub fn into_inner(self) -> Option<Pin<Box<S>>> {
        self.0
    }
}

impl<S> fmt::Debug for FromStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromStream").finish_non_exhaustive()
    }
}

impl<S: Stream> sealed::IntoSource for FromStream<S> where S::Item: IntoFuture {}

impl<S: Stream> IntoSource for FromStream<S>
where
    S::Item: IntoFuture,
{
    type Child = S::Item;
    type Source = Self;

    fn into_source(self) -> Self {
        self
    }
}

impl<S: Stream> sealed::Source for FromStream<S> where S::Item: IntoFuture {}

impl<S: Stream> Source for FromStream<S>
where
    S::Item: IntoFuture,
{
    type Child = S::Item;

    fn poll_child(&mut self, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        // A stream that panics is dropped as this unwinds, and is over, as a child is.
        let Some(mut stream) = self.0.take() else {
            return Poll::Ready(None);
        };
        let child = stream.as_mut().poll_next(cx);
        self.0 = Some(stream);
        child
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0
            .as_ref()
            .map_or((0, Some(0)), |stream| stream.size_hint())
    }

    fn has_panicked(&self) -> bool {
        self.0.is_none()
    }
}
