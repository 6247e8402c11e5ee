//! `gather()`, and its future: [`Gather`].

mod observe;

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
    job::Observable,
    observe::{Inspect, Until},
    slots::Slots,
    table::Children as _,
    table::Table,
};

/// Runs all `children` at once, and returns their outputs in input order.
///
/// This is the counterpart of `asyncio.gather(*aws, return_exceptions=True)`. If the children return
/// `Result`s, an error is a value like any other: it does not affect the other children.
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
/// `children` is any iterator over futures, or over other types that can be awaited. `gather` consumes it
/// at once, but polls no child: children start when the [`Gather`] is first polled. To limit how many
/// children run at a time, use [`at_most`](crate::at_most()). For children of different types, use
/// [`gather!`](macro@crate::gather).
///
/// # Performance
///
/// Makes one allocation for the children, which becomes the `Vec` of outputs. If a child is pending at its
/// first poll, a second one follows for the wakers: 176 bytes, and above 63 children one more byte for
/// each. A single child needs no second allocation, and zero children need none.
pub fn gather<I>(children: I) -> Gather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    Gather::from_iter(children)
}

/// The future returned by [`gather`]: a table with a slot for each child.
///
/// Await it for all outputs. Outputs stay in their slots until then, so a job can also be run
/// [up to some point](Self::until), [read](Self::get), and resumed, turned into
/// [a stream](Self::completions), or [ended](Self::into_partial). It is `Unpin`: `&mut job` is a future, too.
///
/// ```
/// # smol::block_on(async {
/// use futures::future::{Either, pending, ready, select};
/// use gather::gather;
///
/// let children = [Either::Left(ready("now")), Either::Right(pending())];
/// let mut job = gather(children);
/// // Runs until all are done, or the other future is ready. Usually that is a timer.
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
///   children in input order; a later poll polls the woken children, each at most once.
/// - **Drop.** A child is dropped as soon as it finishes, before its output is visible. Dropping the
///   `Gather` drops running children and stored outputs, in input order.
/// - **Fairness.** A child that wakes itself is polled again in the next poll. A poll ends early and wakes the
///   task when it has polled 256 woken children that are still pending. That happens when the cooperative
///   budget of an executor has run out.
/// - **Wakers.** The job clones the task waker when it parks, and wakes that clone at most once, when the
///   first child is woken. The wakers of children do not keep the task waker alive. A single child gets the
///   task waker itself, and is polled whenever the job is.
///
/// # Panics
///
/// Panics if polled after completion. `FusedFuture::is_terminated` returns whether it has completed.
///
/// If a child panics, the panic propagates out of `poll`. That child is dropped, and the task is woken. Further
/// polls run the other children; when these are done, `poll` panics with the index of the child that has no
/// output. [`into_partial`](Self::into_partial) returns all other outputs. To get a panic as an outcome, use
/// [`catch_panic`](crate::ChildExt::catch_panic).
///
/// # Cancel safety
///
/// The job can be left unpolled, and polled again later. Children make no progress meanwhile. After the
/// job is dropped, the wakers of its children do nothing.
///
/// # Performance
///
/// The time of a poll depends on the number of woken children, not on the number of all. Waking a child
/// takes one atomic operation, and another one for each level of a tree with 64 branches if it is the first
/// one there. It takes no lock.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Gather<F: Future> {
    table: Table<Slots<F>>,
    terminated: bool,
}

impl<F: Future> Gather<F> {
    /// Returns the number of children, finished or not; 0 after the outputs were returned.
    ///
    /// ```
    /// let job = gather::gather([1, 2].map(async |n| n));
    /// assert_eq!(job.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.table.children.len()
    }

    /// Returns `true` if there are no children.
    ///
    /// ```
    /// let job = gather::gather([std::future::ready(1); 0]);
    /// assert!(job.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of children that have not finished.
    ///
    /// ```
    /// # smol::block_on(async {
    /// let mut job = gather::gather([1, 2].map(async |n| n));
    /// assert_eq!(job.running(), 2);
    /// job.until(|_, _| false).await;
    /// assert_eq!(job.running(), 0);
    /// # });
    /// ```
    pub fn running(&self) -> usize {
        self.table.children.running()
    }

    /// Returns a reference to the output of child `index`.
    ///
    /// Returns `None` if the child is running or has panicked, or if there is no such child.
    ///
    /// ```
    /// # smol::block_on(async {
    /// let mut job = gather::gather([1, 2].map(async |n| n));
    /// assert_eq!(job.get(1), None);
    /// job.until(|_, _| false).await;
    /// assert_eq!(job.get(1), Some(&2));
    /// # });
    /// ```
    pub fn get(&self, index: usize) -> Option<&F::Output> {
        self.table.children.get(index)
    }

    /// Iterates over the slots: a reference to each output, or `None`.
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

    /// Runs the children until `stop` returns `true` for an output, and returns the index of that child.
    ///
    /// Returns `None` if all children finish first. Outputs stay in their slots, and the other children can
    /// be resumed. This is the counterpart of `asyncio.wait(.., FIRST_EXCEPTION)`, and of an
    /// `asyncio.gather` that returns the first error while the siblings go on:
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
    /// Each output is passed to `stop` once: first the outputs that no `until` has observed yet, in input
    /// order, then the others when they are ready. If several children finish in one poll, outputs after the
    /// one that stopped the job are passed to the next `until`. If `stop` panics, that output counts as
    /// observed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the `Until` leaves the job as it is.
    pub fn until<P>(&mut self, stop: P) -> Until<'_, Self, P>
    where
        P: FnMut(usize, &F::Output) -> bool,
    {
        Until::new(self, stop)
    }

    /// Calls `callback` with the index and the output of each child when it finishes.
    ///
    /// The future still returns all outputs, in input order. This is the counterpart of `add_done_callback`,
    /// for logs and progress bars. To use it with a [`deadline`](Self::deadline), call `inspect` first.
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
    /// Outputs that are in their slots already are passed to `callback` at the next poll, in input order. If
    /// `callback` panics, the output stays in its slot, and counts as observed.
    pub fn inspect<C>(mut self, callback: C) -> Inspect<Self, C>
    where
        C: FnMut(usize, &F::Output),
    {
        self.table.children.unobserve_all();
        Inspect::new(self, callback)
    }

    /// Turns the job into a stream of the index and the output of each child, in completion order.
    ///
    /// This is the counterpart of `asyncio.as_completed`, and of `wait(.., FIRST_COMPLETED)`.
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
    /// The stream yields every output. Those that are in their slots already come first, in input order,
    /// including those that an [`until`](Self::until) has observed.
    pub fn completions(self) -> Completions<F> {
        Completions::new(self.table)
    }

    /// Passes the task waker itself to the children, and polls all running children in each poll.
    ///
    /// Use it for leaf futures that need the waker of their executor, such as those of `embassy-time` with
    /// its integrated timers.
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
    /// Makes no second allocation. A poll takes time for all running children, which is quadratic
    /// if there are many children and each poll finds few of them woken.
    pub fn with_task_waker(mut self) -> Self {
        self.table.bypass_ready_set();
        self
    }

    /// Ends the job, and returns the outputs of finished children, and `None` for each other child.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::future::pending;
    /// use gather::gather;
    ///
    /// let mut job = gather([1, 2].map(async |n| if n == 2 { pending().await } else { n }));
    /// job.until(|index, _| index == 0).await;
    /// assert_eq!(job.into_partial(), [Some(1), None]);
    /// # });
    /// ```
    ///
    /// Running children are dropped, and not polled before. A job that was awaited to its end has
    /// returned its outputs, and this returns an empty `Vec`. To keep the outputs in the job, run it with
    /// [`until(|_, _| false)`](Self::until).
    pub fn into_partial(mut self) -> Vec<Option<F::Output>> {
        self.table.take_children().into_vec(|output| output)
    }

    /// Ends the job when `timer` is ready.
    ///
    /// Returns the outputs of finished children, and `None` for each other child, which is dropped. If all
    /// children finish in time, all are `Some`.
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
    /// `timer` can be anything that can be awaited: the sleep of any runtime, a channel, a cancellation token.
    /// It is not a `Duration`, as this crate has no clock. Each poll polls the timer first. When it is ready,
    /// the job is polled once more, so outputs that are ready by then are not lost.
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

impl<F: Future> FusedFuture for Gather<F> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}
