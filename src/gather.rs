//! `gather()` and the table's face: [`Gather`], [`Until`], [`Inspect`].

use alloc::vec::Vec;
use core::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::FusedFuture;

use crate::{completions::Completions, table::Table};

/// TODO
pub fn gather<I>(children: I) -> Gather<<I::Item as IntoFuture>::IntoFuture>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    children.into_iter().collect()
}

/// TODO
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Gather<F: Future> {
    table: Table<F>,
    terminated: bool,
}

impl<F: Future> Gather<F> {
    /// TODO
    pub fn len(&self) -> usize {
        self.table.slots.len()
    }

    /// TODO
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// TODO
    pub fn running(&self) -> usize {
        self.table.slots.running()
    }

    /// TODO
    pub fn get(&self, index: usize) -> Option<&F::Output> {
        self.table.slots.get(index)
    }

    /// TODO
    pub fn iter(&self) -> impl Iterator<Item = Option<&F::Output>> {
        self.table.slots.iter()
    }

    /// TODO
    pub fn until<P>(&mut self, stop: P) -> Until<'_, F, P>
    where
        P: FnMut(usize, &F::Output) -> bool,
    {
        Until {
            gather: self,
            stop,
            terminated: false,
        }
    }

    /// TODO
    pub fn inspect<C>(mut self, callback: C) -> Inspect<F, C>
    where
        C: FnMut(usize, &F::Output),
    {
        self.table.slots.unshow_all();
        Inspect {
            gather: self,
            callback,
        }
    }

    /// TODO
    pub fn completions(self) -> Completions<F> {
        Completions::new(self.table)
    }

    /// TODO
    pub fn into_partial(mut self) -> Vec<Option<F::Output>> {
        self.table.take_slots().into_vec(|output| output)
    }

    fn outputs(&mut self) -> Vec<F::Output> {
        let outputs = self.table.take_outputs("Gather", |output| output);
        self.terminated = true;
        outputs
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
        let children = children.into_iter().map(IntoFuture::into_future);
        Self {
            table: Table::new(children),
            terminated: false,
        }
    }
}

impl<F: Future> Future for Gather<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.terminated, "`Gather` polled after completion");
        ready!(self.table.poll(cx));
        Poll::Ready(self.outputs())
    }
}

impl<F: Future> FusedFuture for Gather<F> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

/// TODO
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Until<'a, F: Future, P> {
    gather: &'a mut Gather<F>,
    stop: P,
    terminated: bool,
}

// `stop` is called, never pinned.
impl<F: Future, P> Unpin for Until<'_, F, P> {}

impl<F: Future, P> fmt::Debug for Until<'_, F, P>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Until").field(&self.gather.table).finish()
    }
}

impl<F: Future, P> Future for Until<'_, F, P>
where
    P: FnMut(usize, &F::Output) -> bool,
{
    type Output = Option<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.terminated, "`Until` polled after completion");
        let Self { gather, stop, .. } = &mut *self;
        let stopped = ready!(gather.table.poll_until(cx, stop));
        self.terminated = true;
        Poll::Ready(stopped)
    }
}

impl<F: Future, P> FusedFuture for Until<'_, F, P>
where
    P: FnMut(usize, &F::Output) -> bool,
{
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

/// TODO
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Inspect<F: Future, C> {
    gather: Gather<F>,
    callback: C,
}

// `callback` is called, never pinned.
impl<F: Future, C> Unpin for Inspect<F, C> {}

impl<F: Future, C> fmt::Debug for Inspect<F, C>
where
    F::Output: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inspect").field(&self.gather.table).finish()
    }
}

impl<F: Future, C> Future for Inspect<F, C>
where
    C: FnMut(usize, &F::Output),
{
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.gather.terminated, "`Inspect` polled after completion");
        let Self { gather, callback } = &mut *self;
        let all = gather.table.poll_until(cx, |index, output| {
            callback(index, output);
            false
        });
        all.map(|_| self.gather.outputs())
    }
}

impl<F: Future, C> FusedFuture for Inspect<F, C>
where
    C: FnMut(usize, &F::Output),
{
    fn is_terminated(&self) -> bool {
        self.gather.terminated
    }
}
