//! Children of one type that are added while others run: [`GatherSet`].

mod id;
mod next;
mod stream;

use alloc::collections::VecDeque;
use core::{fmt, future::Future, pin::Pin};

pub use self::{
    id::Id,
    next::{Next, NextWithId},
};
use crate::{chunks::Chunks, table::Table};

/// A set of futures of one type: a stream of their outputs, in completion order.
///
/// Futures can be added between two polls. This is the counterpart of `FuturesUnordered`, and of `JoinSet` without
/// tasks.
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
/// The main loop of a server awaits it beside other sources of work:
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
/// # Behaviour
///
/// - **Start.** [`push`](Self::push) polls nothing and wakes no task: a child starts in the next poll of the set.
/// - **Order.** Outputs that are ready in the same poll come in the order in which the children are polled: new
///   children in the order of pushing, then woken children in the order of their slots. That is the order of pushing
///   until slots are reused. After 32 outputs in a row of new children, woken children are polled first until one
///   of them finishes.
/// - **Drop.** A child is dropped as soon as it finishes, before its output is returned. Dropping the set drops
///   all children.
/// - **End.** An empty set yields `None`. It yields outputs again after the next `push`.
/// - **Wakers.** The task is woken at most once each time the set is parked, however large the set becomes. The
///   waker of a finished child does nothing until another child is in its slot. Then it causes one needless poll
///   of that child.
///
/// # Panics
///
/// If a child panics, the panic propagates out of `poll_next`, the child is dropped, and the task is woken. Further
/// polls run the other children. If the drop of a finished child panics, its output is lost.
///
/// # Cancel safety
///
/// The set can be left unpolled, and polled again later. Children make no progress meanwhile.
///
/// # Performance
///
/// Makes no allocation for each child. Slots grow by doubling and are reused, so memory depends on how many
/// children were alive at once. The time of a poll depends on the number of new and woken children.
#[must_use = "streams do nothing unless polled"]
pub struct GatherSet<F> {
    table: Table<Chunks<F>>,
    /// New children, and some that are over already.
    queue: VecDeque<Id>,
    /// The number of the next child.
    next: u64,
}

/// The queue can always hold twice this many, however few children there are.
const SPARE: usize = 16;

fn is_there<F>(children: &mut Chunks<F>, id: Id) -> bool {
    children.get_mut(id.slot, id.child).is_some()
}

impl<F> GatherSet<F> {
    /// Returns an empty set. Makes no allocation.
    ///
    /// ```
    /// use std::future::Ready;
    /// use gather::GatherSet;
    ///
    /// let set = GatherSet::<Ready<u8>>::new();
    /// assert!(set.is_empty());
    /// ```
    pub fn new() -> Self {
        Self {
            table: Table::growing(usize::MAX),
            queue: VecDeque::new(),
            next: 0,
        }
    }

    /// Adds a child, which starts in the next poll of the set.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::GatherSet;
    ///
    /// let mut set = GatherSet::new();
    /// let id = set.push(async { 1 });
    /// assert_eq!(set.next_with_id().await, Some((id, 1)));
    /// # });
    /// ```
    ///
    /// # Performance
    ///
    /// Moves the child into a slot. If all slots are in use, allocates more, and moves no other child.
    pub fn push(&mut self, child: F) -> Id {
        let id = Id {
            child: self.next,
            slot: self.table.children.insert(self.next, child),
        };
        self.next += 1;
        self.queue.push_back(id);
        id
    }

    /// Returns the number of children.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::GatherSet;
    ///
    /// let mut set: GatherSet<_> = [1, 2].map(std::future::ready).into_iter().collect();
    /// assert_eq!(set.len(), 2);
    /// set.next().await;
    /// assert_eq!(set.len(), 1);
    /// # });
    /// ```
    pub fn len(&self) -> usize {
        self.table.children.len()
    }

    /// Returns `true` if there are no children.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use gather::GatherSet;
    ///
    /// let mut set = GatherSet::from_iter([std::future::ready(1)]);
    /// assert!(!set.is_empty());
    /// set.next().await;
    /// assert!(set.is_empty());
    /// # });
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops a child. Returns `true` if it was running: it had neither finished nor been cancelled.
    ///
    /// This wakes no task, and neither do the wakers of the child from now on. If the set is now empty, the next poll
    /// returns `None`.
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
            self.table.remove(id.slot);
            self.trim();
        }
        is_there
    }

    /// Removes children from the queue that were cancelled before their first poll, if they are many.
    fn trim(&mut self) {
        if self.queue.len() > 2 * self.len().max(SPARE) {
            let children = &mut self.table.children;
            self.queue.retain(|&id| is_there(children, id));
        }
    }

    /// Returns a mutable reference to a child, or `None` if it has finished or was cancelled.
    ///
    /// A change of the child does not cause a poll of it. The child is polled when its waker is woken.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use futures::future::{AbortHandle, Abortable, Aborted, pending};
    /// use gather::GatherSet;
    ///
    /// let mut set = GatherSet::new();
    /// let (handle, registration) = AbortHandle::new_pair();
    /// let id = set.push(Abortable::new(pending::<()>(), registration));
    ///
    /// assert!(!set.get_mut(id).unwrap().is_aborted());
    /// handle.abort();
    /// assert!(set.get_mut(id).unwrap().is_aborted());
    ///
    /// assert_eq!(set.next().await, Some(Err(Aborted)));
    /// assert!(set.get_mut(id).is_none());
    /// # });
    /// ```
    pub fn get_mut(&mut self, id: Id) -> Option<Pin<&mut F>> {
        self.table.children.get_mut(id.slot, id.child)
    }

    /// Drops all children, in the order of their slots, and frees their memory.
    ///
    /// An `Id` from before stays unused.
    ///
    /// ```
    /// use gather::GatherSet;
    ///
    /// let mut set = GatherSet::new();
    /// let id = set.push(async { 1 });
    /// set.clear();
    /// assert!(set.is_empty());
    /// assert!(!set.cancel(id));
    /// ```
    pub fn clear(&mut self) {
        self.queue = VecDeque::new();
        // The new table is in place even if a drop panics.
        self.table = Table::growing(usize::MAX);
    }
}

impl<F: Future> GatherSet<F> {
    /// Returns the output of the next child that finishes, or `None` if the set is empty.
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
    /// Dropping the future loses no output.
    #[allow(clippy::should_implement_trait)] // Named as the method of `StreamExt`.
    pub fn next(&mut self) -> Next<'_, F> {
        Next::new(self)
    }

    /// Returns the `Id` and the output of the next child that finishes, or `None` if the set is empty.
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
    /// Dropping the future loses no output.
    pub fn next_with_id(&mut self) -> NextWithId<'_, F> {
        NextWithId::new(self)
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
