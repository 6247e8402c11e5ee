//! `gather()` and the table's face: [`Gather`].

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{
    completions::Completions,
    deadline::Deadline,
    job::{Job, Observable},
    observe::{Inspect, Until},
    slots::Slots,
    table::Children as _,
    table::Table,
};

/// Runs all `children` at once, and gives every output, in input order.
///
/// The counterpart of `asyncio.gather(*aws, return_exceptions=True)`: where the children's output
/// is a `Result`, an error is a value like any other, and costs no other child's outcome.
///
/// ```
/// # smol::block_on(async {
/// use gather::gather;
///
/// async fn fetch(id: u32) -> Result<u32, String> {
///     if id == 2 { Err(format!("no {id}")) } else { Ok(id * 10) }
/// }
///
/// let outcomes = gather([1, 2, 3].map(fetch)).await;
/// assert_eq!(outcomes, [Ok(10), Err("no 2".to_string()), Ok(30)]);
/// # });
/// ```
///
/// `children` is any iterator, of anything that can be awaited. It is used up now; nothing is
/// polled before the [`Gather`] is. For children made lazily, so many at a time, see
/// [`at_most`](crate::at_most()).
///
/// # Cost
///
/// One allocation for the table of children, which becomes the vector of outputs; a second one for the
/// wakers, of 176 bytes and above 63 children one byte a child more, if a child is not ready at its first
/// poll. A single child needs no second one, and no children need none.
pub fn gather<I>(children: I) -> Gather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    Gather::from_iter(children)
}

/// The future of [`gather`]: a table with a slot for each child.
///
/// Awaited, it resolves to all outputs. It can also be polled by reference and then looked into,
/// waited for [up to some point](Self::until), turned into [a stream](Self::completions), or
/// [ended](Self::into_partial): whatever has finished is in its slot. It is `Unpin`, so
/// `&mut gather` is a future too:
///
/// ```
/// # smol::block_on(async {
/// use futures::future::{Either, pending, ready, select};
/// use gather::gather;
///
/// let children = [Either::Left(ready("now")), Either::Right(pending())];
/// let mut job = gather(children);
/// // Until all are done, or the other future is: a timer, say.
/// select(job.until(|_, _| false), ready(())).await;
///
/// assert_eq!(job.running(), 1);
/// assert_eq!(job.into_partial(), [Some("now"), None]);
/// # });
/// ```
///
/// # Behaviour
///
/// - **Order.** Outputs are in input order, whichever child finishes first. The first poll polls all
///   children in input order; a later one only those that were woken, each at most once.
/// - **Drop.** A finished child is dropped at once, before its output can be seen. To drop the
///   `Gather` drops the children that run and the outputs that were stored, in input order.
/// - **Panic.** A child's panic goes through `poll`, and drops that child. The task is woken, and the other
///   children can be polled on; when they are done, `poll` panics again, naming the child that has no
///   output, while [`into_partial`](Self::into_partial) has all the others'. See `catch_panic` for children
///   whose panics are to be outcomes.
/// - **Cancellation.** It may be left unpolled or dropped at any point. Children make no progress
///   while it is not polled. Once it is dropped their wakers do nothing, however long they are kept.
/// - **Fairness.** A child that wakes itself waits for the next poll. A poll ends early, and wakes the task,
///   once it has polled 256 woken children in vain, as happens when a cooperative budget has run out.
/// - **The task waker** is cloned when the job parks, and that clone is woken, by value and at most once, when
///   the first child is woken. Children's wakers do not keep it alive.
/// - **A single child** is polled with the task waker itself, and whenever the job is.
///
/// # Panics
///
/// When polled after it gave its outputs; `FusedFuture::is_terminated` tells.
///
/// # Cost
///
/// A poll takes time for the children that were woken, not for all. To wake a child takes one atomic
/// operation, and one more for each level of a tree with 64 branches if it is the first there; it never takes
/// a lock.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Gather<F: Future> {
    table: Table<Slots<F>>,
    terminated: bool,
}

impl<F: Future> Gather<F> {
    /// The number of children: that of the slots. 0 once the outputs were given.
    pub fn len(&self) -> usize {
        self.table.children.len()
    }

    /// Whether there are no children.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of children that have not finished.
    pub fn running(&self) -> usize {
        self.table.children.running()
    }

    /// The output of child `index`, left in its slot; `None` while it runs, if it panicked, or if there
    /// is no such child.
    pub fn get(&self, index: usize) -> Option<&F::Output> {
        self.table.children.get(index)
    }

    /// Slot by slot, the outputs that are there.
    ///
    /// ```
    /// # smol::block_on(async {
    /// let mut job = gather::gather([1, 2].map(async |n| n));
    /// assert_eq!(job.iter().flatten().count(), 0);
    /// job.until(|_, _| false).await;
    /// assert_eq!(job.iter().collect::<Vec<_>>(), [Some(&1), Some(&2)]);
    /// # });
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Option<&F::Output>> {
        self.table.children.iter()
    }

    /// Runs the children until `stop` is true for one that finishes, and gives that one's index;
    /// `None` if all finish before. All outputs stay in their slots, and the others can run on.
    ///
    /// The counterpart of `asyncio.wait(.., FIRST_EXCEPTION)` and the like, and of a `gather` in
    /// which the first error returns while its siblings go on:
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::gather;
    ///
    /// let mut job = gather((0..1000).map(async |id| if id == 7 { Err(id) } else { Ok(id) }));
    /// let failed = job.until(|_, outcome| outcome.is_err()).await;
    /// assert_eq!(failed, Some(7));
    /// assert_eq!(job.running(), 992);
    ///
    /// let outcomes = job.await;
    /// assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 999);
    /// # });
    /// ```
    ///
    /// Each output is observed by one `stop`, once: first those that no `until` has observed, in input
    /// order, then the others as they come. If `stop` panics, that output counts as observed.
    /// To drop the `Until` leaves the job as it is, to be polled on. Of several that finish together
    /// it ends at one; the next `until` observes the others.
    pub fn until<P>(&mut self, stop: P) -> Until<'_, Self, P>
    where
        P: FnMut(usize, &F::Output) -> bool,
    {
        Until::new(self, stop)
    }

    /// Calls `callback` with each child's index and output when it finishes, once a child. The
    /// result is that of the `Gather`, in input order.
    ///
    /// The counterpart of `add_done_callback`; for logs and progress bars.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::gather;
    ///
    /// let children = [3, 1].map(async |steps| {
    ///     for _ in 0..steps {
    ///         smol::future::yield_now().await;
    ///     }
    ///     steps
    /// });
    /// let mut log = Vec::new();
    /// let outputs = gather(children).inspect(|index, steps| log.push((index, *steps))).await;
    /// assert_eq!(log, [(1, 1), (0, 3)]);
    /// assert_eq!(outputs, [3, 1]);
    /// # });
    /// ```
    ///
    /// What had finished before is observed at the next poll, in input order. If `callback` panics, the
    /// output is in its slot already, and counts as observed.
    pub fn inspect<C>(mut self, callback: C) -> Inspect<Self, C>
    where
        C: FnMut(usize, &F::Output),
    {
        self.table.children.unobserve_all();
        Inspect::new(self, callback)
    }

    /// A stream of each child's index and output, as they finish.
    ///
    /// The counterpart of `asyncio.as_completed`, and of `wait(.., FIRST_COMPLETED)`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::{Stream, StreamExt};
    /// use gather::gather;
    ///
    /// let mut done = gather(["a", "b"].map(async |name| name)).completions();
    /// assert_eq!(done.size_hint(), (2, Some(2)));
    /// while let Some((index, output)) = done.next().await {
    ///     println!("{index}: {output}");
    /// }
    /// # });
    /// ```
    ///
    /// All outputs that are in the slots come first, in input order, also those that an
    /// [`until`](Self::until) has observed: the stream has every output there is.
    pub fn completions(self) -> Completions<F> {
        Completions::new(self.table)
    }

    /// Gives the children the task waker itself, and polls all that run in each poll.
    ///
    /// For leaf futures that insist on their executor's own waker, as those of `embassy-time` do with its
    /// integrated timers.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::gather;
    /// use std::{future::poll_fn, task::Poll};
    ///
    /// let task = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    /// let children = [0, 1].map(|index| {
    ///     let task = &task;
    ///     poll_fn(move |cx| Poll::Ready((index, cx.waker().will_wake(task))))
    /// });
    /// let outputs = gather(children).with_task_waker().await;
    /// assert_eq!(outputs, [(0, true), (1, true)]);
    /// # });
    /// ```
    ///
    /// # Performance
    ///
    /// A poll takes time for all children that run, and no second allocation is made. With many children of
    /// which few are woken at a time that is quadratic.
    pub fn with_task_waker(mut self) -> Self {
        self.table.bypass_ready_set();
        self
    }

    /// Ends it now: the outputs of the children that have finished, and `None` for each other, which
    /// is dropped first. For partial results at a deadline.
    ///
    /// It polls no child, so what would be ready by now, but was not polled, is `None`. A job that was
    /// awaited to its end has given its outputs and has none left: to wait for it and keep them
    /// here, await [`until(|_, _| false)`](Self::until).
    pub fn into_partial(mut self) -> Vec<Option<F::Output>> {
        self.table.take_children().into_vec(|output| output)
    }

    /// Ends the job when `timer` is ready: the outputs of the children that have finished by then, and `None`
    /// for each other, which is dropped. If all finish in time, all are `Some`.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::{future::pending, time::Duration};
    /// use gather::gather;
    ///
    /// let children = || [1, 2].map(async |n| n);
    /// let timer = || smol::Timer::after(Duration::from_millis(10));
    /// assert_eq!(gather(children()).deadline(timer()).await, [Some(1), Some(2)]);
    ///
    /// let children = [1, 2].map(async |n| if n == 2 { pending().await } else { n });
    /// assert_eq!(gather(children).deadline(timer()).await, [Some(1), None]);
    /// # });
    /// ```
    ///
    /// Anything that can be awaited is a timer: a sleep of any runtime, a channel, a token. In each poll it
    /// is polled first. When it is ready, the job is polled once more, so that what is ready by then is taken.
    pub fn deadline<T: IntoFuture>(self, timer: T) -> Deadline<Self, T::IntoFuture> {
        Deadline::new(self, timer.into_future())
    }
}

impl<F: Future> fmt::Debug for Gather<F>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gather").field(&self.table).finish()
    }
}

impl<X: IntoFuture> FromIterator<X> for Gather<X::IntoFuture> {
    fn from_iter<I: IntoIterator<Item = X>>(children: I) -> Self {
        Self {
            table: Table::new(children),
            terminated: false,
        }
    }
}

impl<F: Future> Future for Gather<F> {
    type Output = Vec<F::Output>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.terminated, "`Gather` polled after completion");
        ready!(self.table.poll(cx));
        Poll::Ready(self.take_outputs(cx, "Gather"))
    }
}

impl<F: Future> Job for Gather<F> {
    type Partial = Vec<Option<F::Output>>;

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.table.poll(cx)
    }

    fn cancel(&mut self) {
        self.table.cancel();
    }

    fn into_partial(self) -> Self::Partial {
        self.into_partial()
    }
}

impl<F: Future> Observable for Gather<F> {
    type Item = F::Output;
    type Outputs = Vec<F::Output>;

    fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        stop: impl FnMut(usize, &F::Output) -> bool,
    ) -> Poll<Option<usize>> {
        self.table.poll_until(cx, stop)
    }

    fn take_outputs(&mut self, cx: &mut Context<'_>, of: &str) -> Vec<F::Output> {
        let outputs = self.table.take_outputs(cx, of, |output| output);
        self.terminated = true;
        outputs
    }

    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<F: Future> FusedFuture for Gather<F> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}
