//! Children of one type that are added while the set is waited on.

mod next;

use alloc::collections::VecDeque;
use core::{
    fmt,
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

pub use self::next::{Next, NextWithId};
use crate::{chunks::Chunks, table::Table};

/// A set of futures of one type, to which more can be added while it is waited on: a stream of their
/// outputs, as they finish.
///
/// ```
/// # smol::block_on(async {
/// use gather::GatherSet;
///
/// async fn fetch(page: u32) -> (u32, Option<u32>) {
///     // A page, and the one that it links to.
///     (page, (page < 3).then_some(page + 1))
/// }
///
/// let mut fetches = GatherSet::new();
/// fetches.push(fetch(1));
/// let mut seen = Vec::new();
/// while let Some((page, link)) = fetches.next().await {
///     seen.push(page);
///     fetches.extend(link.map(fetch));
/// }
/// assert_eq!(seen, [1, 2, 3]);
/// # });
/// ```
///
/// It is what a server's main loop waits on, beside its other sources of work:
///
/// ```
/// # smol::block_on(async {
/// use futures::{StreamExt, channel::mpsc, select};
/// use gather::GatherSet;
///
/// async fn answer(request: u32) -> u32 {
///     smol::future::yield_now().await;
///     request * 2
/// }
///
/// let (sender, receiver) = mpsc::unbounded();
/// let mut requests = receiver.fuse();
/// let mut calls = GatherSet::new();
/// let mut answers = Vec::new();
/// for request in 1..=3 {
///     sender.unbounded_send(request).unwrap();
/// }
/// drop(sender);
/// loop {
///     select! {
///         request = requests.select_next_some() => {
///             calls.push(answer(request));
///         }
///         answer = calls.select_next_some() => answers.push(answer),
///         complete => break,
///     }
/// }
/// answers.sort();
/// assert_eq!(answers, [2, 4, 6]);
/// # });
/// ```
///
/// - **Order.** Children are polled first in the order in which they were pushed, after that when they are
///   woken. Outputs come as children finish.
/// - **Start.** To push polls nothing: a child is polled first in a poll of the set, which whoever pushed it
///   awaits or polls next. A finished child is dropped at once, before its output is given.
/// - **End.** An empty set gives `None`. It goes on when something is pushed.
/// - **Wakers.** A child that is over wakes nothing, until another child is in its slot: that one its waker
///   wakes, for one poll in vain. However large the set becomes, the task is woken once a parking.
///
/// # Panics
///
/// When a child panics, `poll_next` does, and the child is dropped. The task is woken, and the set goes on
/// with the others. If the drop of a child that has finished panics, its output is lost.
///
/// # Performance
///
/// Memory is for as many children as were in it at once: slots are used again, and nothing is allocated for
/// a child. A poll takes time for the children that are new or were woken.
#[must_use = "streams do nothing unless polled"]
pub struct GatherSet<F> {
    table: Table<Chunks<F>>,
    /// Those that were never polled, and if it `has_cancelled`, some that were cancelled before.
    queue: VecDeque<Id>,
    has_cancelled: bool,
    /// The number of the next child.
    next: u64,
}

/// A child of a [`GatherSet`].
///
/// None is used twice in a set. The one of the child that was pushed first is the lesser one. It says nothing in
/// another set, where it may be that of some child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    // First: in the order in which they were pushed.
    child: u64,
    slot: usize,
}

/// So many may be in the queue whatever the number of children.
const SPARE: usize = 16;

fn is_there<F>(children: &mut Chunks<F>, id: Id) -> bool {
    children.get_mut(id.slot, id.child).is_some()
}

impl<F> GatherSet<F> {
    /// Makes an empty set, which allocates nothing.
    pub fn new() -> Self {
        Self {
            table: Table::growing(usize::MAX),
            queue: VecDeque::new(),
            has_cancelled: false,
            next: 0,
        }
    }

    /// Adds a child, which is polled first in the next poll of the set.
    pub fn push(&mut self, child: F) -> Id {
        let id = Id {
            child: self.next,
            slot: self.table.children.insert(self.next, child),
        };
        self.next += 1;
        self.queue.push_back(id);
        id
    }

    /// How many children there are.
    pub fn len(&self) -> usize {
        self.table.children.len()
    }

    /// Whether there are no children.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops a child. Whether it was still there: it had neither finished nor been cancelled.
    ///
    /// Its wakers do nothing from now on, not even in its drop. No task is woken, not even if the set is now
    /// empty: whoever cancels awaits or polls it next.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::GatherSet;
    /// use std::future::{Ready, ready};
    ///
    /// let mut set: GatherSet<Ready<u8>> = GatherSet::new();
    /// let (first, second) = (set.push(ready(1)), set.push(ready(2)));
    /// assert!(set.cancel(first));
    /// assert!(!set.cancel(first));
    /// assert_eq!(set.next_with_id().await, Some((second, 2)));
    /// assert!(!set.cancel(second));
    /// # });
    /// ```
    pub fn cancel(&mut self, id: Id) -> bool {
        let is_there = is_there(&mut self.table.children, id);
        if is_there {
            self.has_cancelled = true;
            self.table.remove(id.slot);
            self.trim();
        }
        is_there
    }

    /// Keeps children that were cancelled before their first poll from piling up in the queue.
    fn trim(&mut self) {
        if self.queue.len() > 2 * self.len().max(SPARE) {
            let children = &mut self.table.children;
            self.queue.retain(|&id| is_there(children, id));
        }
    }

    /// Gives access to a child that is still there.
    ///
    /// A child that is changed is not polled for that: it has to wake itself, as from anywhere else.
    pub fn get_mut(&mut self, id: Id) -> Option<Pin<&mut F>> {
        self.table.children.get_mut(id.slot, id.child)
    }

    /// Drops all children, in the order of their slots, and gives their memory back.
    ///
    /// No `Id` is used again after that, either.
    pub fn clear(&mut self) {
        self.queue = VecDeque::new();
        // It is there even if a drop panics.
        self.table = Table::growing(usize::MAX);
    }
}

impl<F: Future> GatherSet<F> {
    /// Waits for the next child to finish, and gives its output; `None` if the set is empty.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::GatherSet;
    ///
    /// let mut set: GatherSet<_> = [1, 2].map(std::future::ready).into_iter().collect();
    /// assert_eq!(set.next().await, Some(1));
    /// assert_eq!(set.next().await, Some(2));
    /// assert_eq!(set.next().await, None);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no output is lost.
    #[allow(clippy::should_implement_trait)] // As that of `StreamExt`.
    pub fn next(&mut self) -> Next<'_, F> {
        Next::new(self)
    }

    /// Waits for the next child to finish, and gives its output and which one it was; `None` if the set is
    /// empty.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::GatherSet;
    /// use std::collections::HashMap;
    ///
    /// let (mut set, mut names) = (GatherSet::new(), HashMap::new());
    /// for name in ["one", "three"] {
    ///     names.insert(set.push(async move { name.len() }), name);
    /// }
    /// while let Some((id, len)) = set.next_with_id().await {
    ///     assert_eq!(names.remove(&id).unwrap().len(), len);
    /// }
    /// assert!(names.is_empty());
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no output is lost.
    pub fn next_with_id(&mut self) -> NextWithId<'_, F> {
        NextWithId::new(self)
    }

    fn poll_next_with_id(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Id, F::Output)>> {
        let Self {
            table,
            queue,
            has_cancelled,
            ..
        } = self;
        // An empty set may still be parked for children that were cancelled.
        let is_new = !queue.is_empty() || table.children.len() == 0;
        let new = |children: &mut Chunks<F>, _: &_| {
            let mut queued = core::iter::from_fn(|| queue.pop_front());
            let next = queued.find(|&id| !*has_cancelled || is_there(children, id));
            *has_cancelled &= next.is_some();
            Some(next?.slot)
        };
        let mut next = None;
        let done = |children: &mut Chunks<F>, slot, output| {
            // Its output is given once it is dropped.
            children.complete(slot, |child| next = Some((Id { child, slot }, output)));
            ControlFlow::Break(())
        };
        if ready!(table.poll_children(cx, is_new, new, done)).is_none() {
            table.close(cx);
        }
        Poll::Ready(next)
    }
}

impl<F> fmt::Debug for GatherSet<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatherSet")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<F> Default for GatherSet<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> Extend<F> for GatherSet<F> {
    fn extend<I: IntoIterator<Item = F>>(&mut self, children: I) {
        for child in children {
            self.push(child);
        }
    }
}

impl<F> FromIterator<F> for GatherSet<F> {
    fn from_iter<I: IntoIterator<Item = F>>(children: I) -> Self {
        let mut set = Self::new();
        set.extend(children);
        set
    }
}

impl<F: Future> Stream for GatherSet<F> {
    type Item = F::Output;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let next = ready!(self.poll_next_with_id(cx));
        Poll::Ready(next.map(|(_, output)| output))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<F: Future> FusedStream for GatherSet<F> {
    fn is_terminated(&self) -> bool {
        self.is_empty()
    }
}
