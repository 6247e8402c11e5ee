//! Children that are made as they are needed, with a limit on how many run at once: [`at_most`].

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

/// Limits how many children are alive at once: `at_most(64).gather(children)`.
///
/// This is the counterpart of a semaphore around each child.
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
/// The children come from a *source*: any [`IntoIterator`], or a stream in [`from_stream`]. Children are pulled
/// from it in order, while fewer than `limit` are alive. The source ends when it first returns `None`: an
/// iterator that is empty for a moment, such as the `try_iter` of a channel, ends the job.
///
/// # Panics
///
/// Panics if `limit` is 0.
///
/// # Performance
///
/// Makes no allocation for each child. Slots for children grow by doubling, up to `limit`, and are reused. Size
/// hints only reserve memory for outputs, and can be wrong.
#[track_caller]
pub fn at_most(limit: usize) -> AtMost {
    assert!(limit > 0, "`at_most(0)` would never start a child");
    AtMost { limit }
}

/// A limit on how many children are alive at once, returned by [`at_most`].
///
/// It is `Copy`: one limit can be used for several jobs, each of which then has its own `limit` children.
///
/// ```
/// # smol::block_on(async {
/// use gather::{AtMost, at_most};
///
/// const LIMIT: usize = 2;
///
/// let limit: AtMost = at_most(LIMIT);
/// let lengths = limit.gather(["a", "bc"].map(async |name| name.len())).await;
/// let doubled = limit.gather(lengths.into_iter().map(async |len| len * 2)).await;
/// assert_eq!(doubled, [2, 4]);
/// # });
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing before `gather` or another method"]
pub struct AtMost {
    limit: usize,
}

/// The type of the futures that a source yields.
type ChildOf<S> = <<S as IntoSource>::Child as IntoFuture>::IntoFuture;

impl AtMost {
    /// Runs all children, and returns their outputs in input order.
    ///
    /// Counterpart of [`gather`](crate::gather()) with a limit. The returned future can be read, stopped, resumed
    /// and ended, as a [`Gather`](crate::Gather) can.
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

    /// Runs all children, and returns their values in input order, or the first error.
    ///
    /// Counterpart of [`try_gather`](crate::try_gather()) with a limit. After an error, no further child is pulled,
    /// and running children are dropped before it is returned.
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
    /// If children have a key ([`keyed`](crate::ChildExt::keyed)), values and error come with theirs:
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
    /// # Errors
    ///
    /// Returns the first error in time; of errors in the same poll, that of the child which is
    /// [polled first](AtMostCompletions#behaviour).
    pub fn try_gather<S>(self, source: S) -> AtMostTryGather<S::Source, ChildOf<S>>
    where
        S: IntoSource,
        S::Child: IntoFuture<Output: Outcome>,
    {
        let source = source.into_source();
        let hint = source.size_hint().0;
        AtMostTryGather::new(self.limited(source), hint)
    }

    /// Runs children until one succeeds, and returns its value, or all errors.
    ///
    /// Counterpart of [`first_ok`](crate::first_ok()) with a limit. After a success, no further child is pulled, and
    /// running children are dropped before its value is returned. Of successes in the same poll, that of the child
    /// which is [polled first](AtMostCompletions#behaviour) is returned.
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
    /// If children have a key ([`keyed`](crate::ChildExt::keyed)), the value and the errors come with theirs:
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
    /// # Errors
    ///
    /// If all children fail, returns all [`Errors`](crate::Errors), in input order. Without children, these are
    /// empty.
    pub fn first_ok<S>(self, source: S) -> AtMostFirstOk<S::Source, ChildOf<S>>
    where
        S: IntoSource,
        S::Child: IntoFuture<Output: Outcome>,
    {
        AtMostFirstOk::new(self.limited(source.into_source()), 0)
    }

    /// Returns a stream of the index and the output of each child, in completion order.
    ///
    /// Counterpart of [`Gather::completions`](crate::Gather::completions) with a limit. The source can be endless.
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

    /// Returns a stream of the outputs in input order.
    ///
    /// Counterpart of `StreamExt::buffered`. The limit includes finished children whose outputs wait for those of
    /// earlier children. The source can be endless.
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
    pub fn ordered<S: IntoSource>(self, source: S) -> AtMostOrdered<S::Source, ChildOf<S>> {
        AtMostOrdered::new(self.limited(source.into_source()))
    }

    /// Returns a stream of the outputs in completion order.
    ///
    /// Counterpart of `StreamExt::buffer_unordered`. The source can be endless.
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
