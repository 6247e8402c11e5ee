//! A stream that is fed from outside.

use std::{
    cell::RefCell,
    collections::VecDeque,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures::Stream;

/// Feeds a [`Fed`].
pub(crate) struct Feed<T>(Rc<RefCell<State<T>>>);

/// Gives the items that its [`Feed`] was given, and ends with it. It must not be polled after its end.
pub(crate) struct Fed<T>(Rc<RefCell<State<T>>>);

struct State<T> {
    items: VecDeque<T>,
    is_over: bool,
    has_ended: bool,
    /// The waker of the last poll, if that was pending.
    waker: Option<Waker>,
    polls: usize,
    drops: usize,
}

impl<T> Feed<T> {
    pub(crate) fn new() -> (Self, Fed<T>) {
        let state = Rc::new(RefCell::new(State {
            items: VecDeque::new(),
            is_over: false,
            has_ended: false,
            waker: None,
            polls: 0,
            drops: 0,
        }));
        (Self(state.clone()), Fed(state))
    }

    /// Adds an item, without a wake.
    pub(crate) fn put(&self, item: T) {
        self.0.borrow_mut().items.push_back(item);
    }

    /// Ends the stream, without a wake.
    pub(crate) fn end(&self) {
        self.0.borrow_mut().is_over = true;
    }

    /// Wakes the task of the last poll, if that was pending. Whether it was.
    pub(crate) fn wake(&self) -> bool {
        let waker = self.0.borrow_mut().waker.take();
        waker.map(Waker::wake).is_some()
    }

    pub(crate) fn give(&self, item: T) {
        self.put(item);
        self.wake();
    }

    pub(crate) fn polls(&self) -> usize {
        self.0.borrow().polls
    }

    pub(crate) fn drops(&self) -> usize {
        self.0.borrow().drops
    }
}

impl<T> Stream for Fed<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.borrow_mut();
        state.polls += 1;
        assert!(!state.has_ended, "polled after its end");
        let item = state.items.pop_front();
        if item.is_none() && !state.is_over {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.has_ended = item.is_none();
        Poll::Ready(item)
    }
}

impl<T> Drop for Fed<T> {
    fn drop(&mut self) {
        self.0.borrow_mut().drops += 1;
    }
}
