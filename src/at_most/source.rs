//! Sources of children: iterators and streams.

use alloc::boxed::Box;
use core::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

/// Conversion into a [`Source`] of children, for [`at_most`](crate::at_most()).
///
/// Implemented for every [`IntoIterator`] of futures, and for a [`Stream`] of futures in [`from_stream`]. This
/// trait is sealed: it cannot be implemented for other types.
///
/// Use it as the bound of a function that takes children from its caller:
///
/// ```
/// # smol::block_on(async {
/// use std::future::ready;
/// use futures::stream;
/// use gather::{IntoSource, at_most, from_stream};
///
/// async fn total<S>(children: S) -> u32
/// where
///     S: IntoSource<Child: IntoFuture<Output = u32>>,
/// {
///     at_most(4).gather(children).await.into_iter().sum()
/// }
///
/// assert_eq!(total((1..=3).map(ready)).await, 6);
/// assert_eq!(total(from_stream(stream::iter([ready(1), ready(2)]))).await, 3);
/// # });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of children",
    note = "a source is an iterator of futures, or a stream of futures in `from_stream(..)`"
)]
pub trait IntoSource: sealed::IntoSource {
    /// The children: futures, or other types that can be awaited.
    type Child: IntoFuture;
    /// The source: the iterator, or the [`FromStream`].
    type Source: Source<Child = Self::Child>;

    /// Converts into a source.
    ///
    /// ```
    /// use std::future::ready;
    /// use gather::{IntoSource, Source};
    ///
    /// let source = [ready(1), ready(2)].into_source();
    /// assert_eq!(Source::size_hint(&source), (2, Some(2)));
    /// ```
    fn into_source(self) -> Self::Source;
}

/// A source of children: an [`Iterator`] of futures, or a [`FromStream`].
///
/// This trait is sealed: it cannot be implemented for other types. It names the type of a job in a signature:
///
/// ```
/// use std::future::Ready;
/// use gather::{AtMostGather, Source, at_most};
///
/// fn squares(n: u32) -> AtMostGather<impl Source<Child = Ready<u32>>, Ready<u32>> {
///     at_most(4).gather((0..n).map(|n| std::future::ready(n * n)))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(squares(4).await, [0, 1, 4, 9]);
/// # });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of children",
    note = "a source is an iterator of futures, or a stream of futures in `from_stream(..)`"
)]
pub trait Source: sealed::Source {
    /// The children: futures, or other types that can be awaited.
    type Child: IntoFuture;

    /// Pulls the next child. Returns `None` if there are no more.
    ///
    /// An iterator is always ready. A stream that is pending wakes the task of `cx`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::future::{poll_fn, ready};
    /// use gather::{IntoSource, Source};
    ///
    /// let mut source = [ready(1)].into_source();
    /// let child = poll_fn(|cx| source.poll_child(cx)).await;
    /// assert_eq!(child.unwrap().await, 1);
    /// assert!(poll_fn(|cx| source.poll_child(cx)).await.is_none());
    /// # });
    /// ```
    fn poll_child(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::Child>>;

    /// Returns the bounds on the number of children to come, as [`Iterator::size_hint`] does.
    ///
    /// The bounds are not trusted. Call it as below: an iterator has a method of the same name.
    ///
    /// ```
    /// use futures::{future::ready, stream};
    /// use gather::{Source, from_stream};
    ///
    /// let source = from_stream(stream::iter([ready(1), ready(2)]));
    /// assert_eq!(Source::size_hint(&source), (2, Some(2)));
    /// ```
    fn size_hint(&self) -> (usize, Option<usize>);

    /// Whether it ended early, by a panic.
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

/// Turns a stream of children into a source, for [`at_most`](crate::at_most()).
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
/// Each poll of the job polls the stream while there is room for a child, until it is pending. Children continue
/// to run meanwhile. The stream gets the task waker, and is dropped when it ends.
///
/// # Panics
///
/// If the stream panics, the panic propagates out of the `poll` of the job, and the stream is dropped. Further
/// polls run the children that were pulled. At the end, a job that returns all outputs panics, as some are
/// missing.
///
/// # Performance
///
/// Makes one allocation: the stream is moved into a box.
pub fn from_stream<S: Stream>(stream: S) -> FromStream<S> {
    FromStream(Some(Box::pin(stream)))
}

/// A stream of children as a source, returned by [`from_stream`].
///
/// ```
/// use std::future::Ready;
/// use futures::stream;
/// use gather::{AtMostGather, FromStream, at_most, from_stream};
///
/// type Children = stream::Iter<std::array::IntoIter<Ready<u8>, 2>>;
///
/// fn job(children: [Ready<u8>; 2]) -> AtMostGather<FromStream<Children>, Ready<u8>> {
///     at_most(2).gather(from_stream(stream::iter(children)))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(job([1, 2].map(std::future::ready)).await, [1, 2]);
/// # });
/// ```
#[must_use = "sources do nothing unless children are pulled from them"]
pub struct FromStream<S>(Option<Pin<Box<S>>>);

impl<S> FromStream<S> {
    /// Returns the rest of the stream, or `None` if it has panicked.
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
        // A stream that panics is dropped as this unwinds, and is not polled again.
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
