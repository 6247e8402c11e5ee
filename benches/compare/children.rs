//! Children written by hand, as small as can be.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::kind::Named;
use crate::stage::{Stage, output};

/// Children that wait for their channel.
pub(crate) enum Leaves {}

impl Named for Leaves {
    type Child<'a> = Leaf<'a>;

    fn child(stage: &Stage, index: usize) -> Leaf<'_> {
        Leaf { stage, index }
    }
}

/// The receiving half of a oneshot channel: two words.
pub(crate) struct Leaf<'a> {
    stage: &'a Stage,
    index: usize,
}

impl Future for Leaf<'_> {
    type Output = u64;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        self.stage.receive(self.index, cx)
    }
}

/// Children that wait for their channel, and may be dropped before it fires.
pub(crate) enum Receivers {}

impl Named for Receivers {
    type Child<'a> = Receiver<'a>;

    fn child(stage: &Stage, index: usize) -> Receiver<'_> {
        Receiver(Leaves::child(stage, index))
    }
}

/// A leaf that leaves no waker behind, and is counted when it is dropped.
pub(crate) struct Receiver<'a>(Leaf<'a>);

impl Future for Receiver<'_> {
    type Output = u64;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Drop for Receiver<'_> {
    fn drop(&mut self) {
        let Leaf { stage, index } = self.0;
        stage.dropped(index);
    }
}

/// Children that wait for their channel, which fires only once they do.
pub(crate) enum Waiters {}

impl Named for Waiters {
    type Child<'a> = Waiter<'a>;

    fn child(stage: &Stage, index: usize) -> Waiter<'_> {
        Waiter {
            leaf: Leaves::child(stage, index),
            waits: false,
        }
    }
}

/// A leaf that registers that it waits.
pub(crate) struct Waiter<'a> {
    leaf: Leaf<'a>,
    waits: bool,
}

impl Future for Waiter<'_> {
    type Output = u64;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let polled = Pin::new(&mut self.leaf).poll(cx);
        if polled.is_pending() && !self.waits {
            self.waits = true;
            let Leaf { stage, index } = self.leaf;
            stage.waits(index);
        }
        polled
    }
}

/// Children that yield: they wake themselves and are pending three times.
pub(crate) enum Yields {}

impl Named for Yields {
    type Child<'a> = Yield;

    fn child(_: &Stage, index: usize) -> Yield {
        Self::owned(index)
    }
}

impl Yields {
    /// A child that borrows nothing, also by its type.
    pub(crate) fn owned(index: usize) -> Yield {
        Yield { index, left: 3 }
    }
}

/// A future that yields `left` times.
pub(crate) struct Yield {
    index: usize,
    left: usize,
}

impl Future for Yield {
    type Output = u64;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        if self.left == 0 {
            return Poll::Ready(output(self.index));
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
