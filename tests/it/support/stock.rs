//! What the tests of `at_most` share: children that are made as they are pulled, and a record of
//! what was made, polled and dropped.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{Child, Remote};

/// Around every size at which something changes: one, the first chunk and the root, the next chunk and node.
pub(crate) const LIMITS: [usize; 8] = [1, 2, 3, 32, 33, 64, 65, usize::MAX];

/// Numbers of children around a limit: none, fewer, as many, more, and many times as many.
pub(crate) fn counts(limit: usize) -> impl Iterator<Item = usize> {
    let around = [limit.saturating_sub(1), limit, limit.saturating_add(1)];
    let all = [0, 1, 2].into_iter().chain(around).chain([200]);
    all.filter(|&count| count <= 200)
}

/// The children made so far.
pub(crate) struct Stock<T>(Rc<Inner<T>>);

struct Inner<T> {
    remotes: RefCell<Vec<Remote<T>>>,
    events: RefCell<Vec<Event>>,
    alive: Cell<usize>,
    most: Cell<usize>,
}

/// What happened to the child of this index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    Made(usize),
    Polled(usize),
    Dropped(usize),
}

/// A child of the stock: finished from outside.
pub(crate) struct Item<T> {
    child: Child<T>,
    index: usize,
    stock: Stock<T>,
}

impl<T> Clone for Stock<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Stock<T> {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Inner {
            remotes: RefCell::default(),
            events: RefCell::default(),
            alive: Cell::new(0),
            most: Cell::new(0),
        }))
    }

    /// An endless iterator that makes one more child each time.
    pub(crate) fn children(&self) -> impl Iterator<Item = Item<T>> + use<T> {
        let stock = self.clone();
        (0..).map(move |_| stock.make())
    }

    pub(crate) fn make(&self) -> Item<T> {
        let inner = &*self.0;
        let (remote, child) = Remote::new();
        let index = self.made();
        inner.remotes.borrow_mut().push(remote);
        inner.events.borrow_mut().push(Event::Made(index));
        inner.alive.set(self.alive() + 1);
        inner.most.set(self.most().max(self.alive()));
        let stock = self.clone();
        Item {
            child,
            index,
            stock,
        }
    }

    pub(crate) fn made(&self) -> usize {
        self.0.remotes.borrow().len()
    }

    pub(crate) fn alive(&self) -> usize {
        self.0.alive.get()
    }

    /// The most that were ever alive at once.
    pub(crate) fn most(&self) -> usize {
        self.0.most.get()
    }

    /// What happened since this was last asked.
    pub(crate) fn events(&self) -> Vec<Event> {
        mem::take(&mut *self.0.events.borrow_mut())
    }

    pub(crate) fn remote(&self, index: usize) -> Remote<T> {
        self.0.remotes.borrow()[index].clone()
    }

    pub(crate) fn finish(&self, index: usize, output: T) {
        self.remote(index).finish(output);
    }

    pub(crate) fn waker(&self, index: usize) -> Waker {
        self.remote(index).waker()
    }

    pub(crate) fn polls(&self, index: usize) -> usize {
        self.remote(index).polls()
    }

    pub(crate) fn is_alive(&self, index: usize) -> bool {
        index < self.made() && self.remote(index).drops() == 0
    }

    /// Whether all made so far are gone, each dropped once.
    pub(crate) fn all_dropped_once(&self) -> bool {
        let remotes = self.0.remotes.borrow();
        self.alive() == 0 && remotes.iter().all(|remote| remote.drops() == 1)
    }
}

impl<T> Future for Item<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.stock
            .0
            .events
            .borrow_mut()
            .push(Event::Polled(self.index));
        Pin::new(&mut self.child).poll(cx)
    }
}

impl<T> Drop for Item<T> {
    fn drop(&mut self) {
        let inner = &*self.stock.0;
        inner.events.borrow_mut().push(Event::Dropped(self.index));
        inner.alive.set(inner.alive.get() - 1);
    }
}

/// Wakes itself as often as this says when it is pending.
pub(crate) struct Restless<T>(pub(crate) Item<T>, pub(crate) usize);

impl<T> Future for Restless<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let polled = Pin::new(&mut self.0).poll(cx);
        if polled.is_pending() && self.1 > 0 {
            self.1 -= 1;
            cx.waker().wake_by_ref();
        }
        polled
    }
}
