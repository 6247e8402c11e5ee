//! A stream of outputs in input order, of children that are made as they are needed.

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

/// The stream of [`AtMost::ordered`](super::AtMost::ordered): outputs in input order.
///
/// - **Laziness.** A child is pulled when fewer than `limit` run or wait for their turn, at the poll after an
///   output was yielded, and polled at once. A finished child is dropped at once; its output waits until all
///   before it were yielded.
/// - **Cost.** As for [`AtMostCompletions`](super::AtMostCompletions), and room for up to `limit` outputs, made
///   as it is needed.
///
/// # Panics
///
/// A child's panic goes through `poll_next`, and drops that child; the task is woken, and the stream goes on with
/// the others, in input order. So it does after a panic of the source.
///
/// # Cancel safety
///
/// It may be polled on at any time later. Dropped, it drops the children that run, then the outputs that wait.
#[must_use = "streams do nothing unless polled"]
pub struct AtMostOrdered<S, F: Future> {
    limited: Limited<S, F>,
    /// What has become of the children from `next` on, up to the last one that is over.
    turns: VecDeque<Turn<F::Output>>,
    /// How many of `turns` are over, and how many of these by a panic.
    over: usize,
    panicked: usize,
    /// The index of the child whose output is the next to be yielded.
    next: usize,
}

enum Turn<T> {
    Running,
    Done(T),
    /// Yielded by no turn.
    Panicked,
}

impl<S, F: Future> AtMostOrdered<S, F> {
    pub(super) fn new(limited: Limited<S, F>) -> Self {
        Self {
            limited,
            turns: VecDeque::new(),
            over: 0,
            panicked: 0,
            next: 0,
        }
    }

    /// Returns the number of children that run: at most the limit, less the outputs that wait for their turn.
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
    /// // The output of child 2 waits.
    /// assert_eq!(stream.running(), 2);
    /// # });
    /// ```
    pub fn running(&self) -> usize {
        self.limited.running()
    }

    /// How many of the children that were pulled are yet to be yielded.
    fn left(&self) -> usize {
        self.limited.pulled - self.next - self.panicked
    }

    /// Takes the next output, if it is there.
    fn take_next(&mut self) -> Option<F::Output> {
        loop {
            if let Turn::Running = self.turns.front()? {
                return None;
            }
            self.next += 1;
            self.over -= 1;
            match self.turns.pop_front()? {
                Turn::Done(output) => return Some(output),
                Turn::Panicked | Turn::Running => self.panicked -= 1,
            }
        }
    }

    /// If children have panicked in the last poll, finds out which.
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
        self.turns.resize_with(pulled, || Turn::Running);
        for (turn, runs) in self.turns.iter_mut().zip(runs) {
            if matches!(turn, Turn::Running) && !runs {
                *turn = Turn::Panicked;
                self.over += 1;
                self.panicked += 1;
            }
        }
    }
}

// Children are pinned in their slots, and nothing else is ever pinned.
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
        // One is there if it was waiting, or if the drop of its child has panicked.
        if let Some(output) = this.take_next() {
            return Poll::Ready(Some(output));
        }
        let Self {
            limited,
            turns,
            over,
            next,
            ..
        } = this;
        let count = next.saturating_add(limited.limit());
        let _ = ready!(limited.poll(cx, count, |index, output| {
            let turn = index - *next;
            if turn >= turns.len() {
                turns.resize_with(turn + 1, || Turn::Running);
            }
            turns[turn] = Turn::Done(output);
            *over += 1;
            if turn == 0 {
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
