//! A stream of outputs in input order, with a limit: [`AtMostOrdered`].

use alloc::collections::VecDeque;
use core::{
    fmt,
    future::{Future, IntoFuture},
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::{limited::Limited, source::Source};

/// The stream returned by [`AtMost::ordered`](super::AtMost::ordered): outputs in input order.
///
/// Children run only while the stream is polled, so a slow loop body stalls them. After its end, the stream
/// yields `None` again.
///
/// ```
/// use std::future::{Ready, ready};
/// use futures::StreamExt;
/// use gather::{AtMostOrdered, Source, at_most};
///
/// fn stream() -> AtMostOrdered<impl Source<Child = Ready<char>>, Ready<char>> {
///     at_most(8).ordered(['a', 'b'].map(ready))
/// }
///
/// # smol::block_on(async {
/// assert_eq!(stream().collect::<String>().await, "ab");
/// # });
/// ```
///
/// # Behaviour
///
/// - **Laziness.** A child is pulled while fewer than `limit` children run or have an output that waits, and each
///   is polled before the next one is pulled.
/// - **Order.** A child is dropped as soon as it finishes. Its output waits until those of all earlier children
///   were yielded.
///
/// # Panics
///
/// If a child panics, the panic propagates out of `poll_next`, the child is dropped, and the task is woken.
/// Further polls yield the outputs of all other children, in input order. If the source panics, further polls run
/// the children, and pull from an iterator again; a stream that panicked has ended.
///
/// # Cancel safety
///
/// It can be left unpolled, and polled again later. Dropping it drops running children, then the outputs that
/// wait.
///
/// # Performance
///
/// As [`AtMostCompletions`](super::AtMostCompletions#performance), with a queue of up to `limit` outputs.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostOrdered<S, F: Future> {
    limited: Limited<S, F>,
    /// The states of children from index `next` on, up to the last one that has ended.
    entries: VecDeque<Entry<F::Output>>,
    /// The number of `entries` that have ended.
    over: usize,
    /// The number of `entries` that have panicked.
    panicked: usize,
    /// The index of the child whose output is to be yielded next.
    next: usize,
}

enum Entry<T> {
    Running,
    Done(T),
    /// Has no output, and is passed over.
    Panicked,
}

impl<S, F: Future> AtMostOrdered<S, F> {
    pub(super) fn new(limited: Limited<S, F>) -> Self {
        Self {
            limited,
            entries: VecDeque::new(),
            over: 0,
            panicked: 0,
            next: 0,
        }
    }

    /// Reentries the number of running children.
    ///
    /// It is at most the limit minus the number of outputs that wait.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use std::future::{pending, ready};
    /// use futures::{StreamExt, future::select};
    /// use gather::at_most;
    ///
    /// let children = (0..5).map(async |n| if n == 2 { n } else { pending().await });
    /// let mut stream = at_most(3).ordered(children);
    /// select(stream.next(), ready(())).await;
    /// // The output of child 2 waits for those of 0 and 1.
    /// assert_eq!(stream.running(), 2);
    /// # });
    /// ```
    pub fn running(&self) -> usize {
        self.limited.running()
    }

    /// The number of outputs to come of the children that were pulled.
    fn left(&self) -> usize {
        self.limited.pulled - self.next - self.panicked
    }

    /// Takes the next output in input order, if it is ready.
    fn take_next(&mut self) -> Option<F::Output> {
        loop {
            if let Entry::Running = self.entries.front()? {
                return None;
            }
            self.next += 1;
            self.over -= 1;
            match self.entries.pop_front()? {
                Entry::Done(output) => return Some(output),
                Entry::Panicked | Entry::Running => self.panicked -= 1,
            }
        }
    }

    /// If children have panicked in the last poll, marks them.
    fn find_panicked(&mut self) {
        if self.limited.pulled - self.next > self.over + self.limited.running() {
            self.find_panicked_cold();
        }
    }

    #[cold]
    fn find_panicked_cold(&mut self) {
        let pulled = self.limited.pulled - self.next;
        let mut runs = alloc::vec![false; pulled];
        for index in self.limited.running_children() {
            runs[index - self.next] = true;
        }
        self.entries.resize_with(pulled, || Entry::Running);
        for (entry, runs) in self.entries.iter_mut().zip(runs) {
            if matches!(entry, Entry::Running) && !runs {
                *entry = Entry::Panicked;
                self.over += 1;
                self.panicked += 1;
            }
        }
    }
}

// Children are pinned in their slots, and nothing else is pinned.
impl<S, F: Future> Unpin for AtMostOrdered<S, F> {}

impl<S, F: Future> fmt::Debug for AtMostOrdered<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtMostOrdered").field(&self.limited).finish()
    }
}

impl<S, F> Stream for AtMostOrdered<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    type Item = F::Output;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let this = &mut *self;
        this.find_panicked();
        // There is one already if it waited, or if the drop of its child has panicked.
        if let Some(output) = this.take_next() {
            return Poll::Ready(Some(output));
        }
        let Self {
            limited,
            entries,
            over,
            next,
            ..
        } = this;
        let count = next.saturating_add(limited.limit());
        let _ = ready!(limited.poll(cx, count, |index, output| {
            let entry = index - *next;
            if entry >= entries.len() {
                entries.resize_with(entry + 1, || Entry::Running);
            }
            entries[entry] = Entry::Done(output);
            *over += 1;
            if entry == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }));
        Poll::Ready(this.take_next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.limited.size_hint(self.left())
    }
}

impl<S, F> FusedStream for AtMostOrdered<S, F>
where
    S: Source,
    S::Child: IntoFuture<IntoFuture = F, Output = F::Output>,
    F: Future,
{
    fn is_terminated(&self) -> bool {
        self.limited.is_source_over() && self.left() == 0
    }
}
