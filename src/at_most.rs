//! Many children, made as they are needed, so many at a time.

mod collect;
mod completions;
mod first_ok;
mod gather;
mod kept;
mod limited;
mod ordered;
mod source;
mod try_gather;

use core::future::IntoFuture;

use self::limited::Limited;
pub use self::{
    completions::AtMostCompletions,
    first_ok::AtMostFirstOk,
    gather::AtMostGather,
    ordered::AtMostOrdered,
    source::{FromStream, IntoSource, Source, from_stream},
    try_gather::AtMostTryGather,
};
use crate::{outcome::Outcome, outputs::Outputs};

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
/// The children come from a *source*: anything that is [`IntoIterator`], or a stream in [`from_stream`]. It is
/// pulled in order, and only when there is room for a child. It is over when it first gives `None`: an iterator
/// that is empty for a moment, as a channel's `try_iter` is, ends the job. Memory is for `limit` children, or for fewer as
/// the size hint says, and the outputs; nothing is allocated for each child.
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
#[must_use = "it does nothing before `gather` or another method"]
pub struct AtMost {
    limit: usize,
}

/// The future that a source's children are.
type ChildOf<S> = <<S as IntoSource>::Child as IntoFuture>::IntoFuture;

impl AtMost {
    /// Runs all children. Gives all outputs, in input order, as [`gather`](crate::gather()) does.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// let names = ["a", "b", "c"];
    /// let outputs = at_most(2).gather(names.iter().map(async |name| name.to_uppercase())).await;
    /// assert_eq!(outputs, ["A", "B", "C"]);
    /// # });
    /// ```
    pub fn gather<S: IntoSource>(self, source: S) -> AtMostGather<S::Source, ChildOf<S>> {
        let source = source.into_source();
        let hint = source.size_hint().0;
        AtMostGather::new(self.limited(source), hint)
    }

    /// Runs children until one fails, as [`try_gather`](crate::try_gather()) does. Gives all values, in input
    /// order, or the first error, after which no child is made, and those alive are dropped.
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
    ///
    /// Children that were given a key ([`keyed`](crate::ChildExt::keyed)) keep it, also in the error:
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{ChildExt, at_most};
    ///
    /// async fn even(n: u32) -> Result<u32, String> {
    ///     if n % 2 == 0 { Ok(n) } else { Err(format!("{n} is odd")) }
    /// }
    ///
    /// let children = |numbers: [_; 2]| numbers.map(|(name, n)| even(n).keyed(name));
    /// let values = at_most(1).try_gather(children([("a", 2), ("b", 4)])).await;
    /// assert_eq!(values, Ok(vec![("a", 2), ("b", 4)]));
    /// let values = at_most(1).try_gather(children([("a", 2), ("b", 3)])).await;
    /// assert_eq!(values, Err(("b", "3 is odd".to_string())));
    /// # });
    /// ```
    ///
    /// Of errors that are ready in the same poll, the first to be polled is given.
    ///
    /// # Errors
    ///
    /// With the first error.
    pub fn try_gather<S>(self, source: S) -> AtMostTryGather<S::Source, ChildOf<S>>
    where
        S: IntoSource,
        S::Child: IntoFuture<Output: Outcome>,
    {
        let source = source.into_source();
        let hint = source.size_hint().0;
        AtMostTryGather::new(self.limited(source), hint)
    }

    /// Runs children until one succeeds, as [`first_ok`](crate::first_ok()) does. Gives its value, after which
    /// no child is made, and those alive are dropped.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::at_most;
    ///
    /// async fn ask(mirror: &str) -> Result<String, String> {
    ///     if mirror == "b" { Ok(format!("from {mirror}")) } else { Err(format!("{mirror} is down")) }
    /// }
    ///
    /// // `c` is never asked.
    /// assert_eq!(at_most(1).first_ok(["a", "b", "c"].map(ask)).await.unwrap(), "from b");
    ///
    /// let errors = at_most(1).first_ok(["a", "c"].map(ask)).await.unwrap_err();
    /// assert_eq!(errors.to_string(), "2 errors\n├─ 0: a is down\n└─ 1: c is down");
    /// # });
    /// ```
    ///
    /// Children that were given a key ([`keyed`](crate::ChildExt::keyed)) keep it:
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::{ChildExt, at_most};
    ///
    /// # async fn ask(mirror: &str) -> Result<String, String> {
    /// #     if mirror == "b" { Ok(format!("from {mirror}")) } else { Err(format!("{mirror} is down")) }
    /// # }
    /// let ask = |mirror| ask(mirror).keyed(mirror);
    /// let won = at_most(1).first_ok(["a", "b", "c"].map(ask)).await;
    /// assert_eq!(won.unwrap(), ("b", "from b".to_string()));
    ///
    /// let errors = at_most(1).first_ok(["a", "c"].map(ask)).await.unwrap_err();
    /// assert_eq!(errors["c"], "c is down");
    /// # });
    /// ```
    ///
    /// Of successes that are ready in the same poll, the first to be polled is given.
    ///
    /// # Errors
    ///
    /// If all children fail, with all errors, in input order. If there are no children, they are empty.
    pub fn first_ok<S>(self, source: S) -> AtMostFirstOk<S::Source, ChildOf<S>>
    where
        S: IntoSource,
        S::Child: IntoFuture<Output: Outcome>,
    {
        AtMostFirstOk::new(self.limited(source.into_source()), 0)
    }

    /// Makes a stream of each child's index in the input and its output, as they finish, as
    /// [`Gather::completions`](crate::Gather::completions) does. The source may be endless.
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
    pub fn completions<S: IntoSource>(self, source: S) -> AtMostCompletions<S::Source, ChildOf<S>> {
        AtMostCompletions::new(self.limited(source.into_source()))
    }

    /// Makes a stream of the outputs in input order. At most `limit` children run or have finished and wait for
    /// those before them. The source may be endless.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    /// use gather::at_most;
    ///
    /// let children = [3, 1, 2].map(async |steps| {
    ///     for _ in 0..steps {
    ///         smol::future::yield_now().await;
    ///     }
    ///     steps
    /// });
    /// assert_eq!(at_most(2).ordered(children).collect::<Vec<_>>().await, [3, 1, 2]);
    /// # });
    /// ```
    ///
    /// Counterpart of `StreamExt::buffered`.
    pub fn ordered<S: IntoSource>(self, source: S) -> AtMostOrdered<S::Source, ChildOf<S>> {
        AtMostOrdered::new(self.limited(source.into_source()))
    }

    /// Makes a stream of the outputs as they finish. The source may be endless.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::StreamExt;
    /// use gather::at_most;
    ///
    /// let children = [3, 1, 2].map(async |steps| {
    ///     for _ in 0..steps {
    ///         smol::future::yield_now().await;
    ///     }
    ///     steps
    /// });
    /// assert_eq!(at_most(3).unordered(children).collect::<Vec<_>>().await, [1, 2, 3]);
    /// # });
    /// ```
    ///
    /// Counterpart of `StreamExt::buffer_unordered`.
    pub fn unordered<S: IntoSource>(
        self,
        source: S,
    ) -> Outputs<AtMostCompletions<S::Source, ChildOf<S>>> {
        self.completions(source).outputs()
    }

    fn limited<S, F>(self, source: S) -> Limited<S, F> {
        Limited::new(self.limit, source)
    }
}
