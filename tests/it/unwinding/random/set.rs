//! A set that is changed between polls.

use std::{
    collections::HashMap,
    future::{Future, IntoFuture},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures::Stream;
use gather::{GatherSet, Id};

use super::{Job, Step, index};
use crate::support::panicky::{Child, Output, World};

struct Changing {
    world: World,
    set: GatherSet<Child>,
    /// The child of each, and the same the other way round.
    children: HashMap<Id, usize>,
    ids: Vec<Id>,
    /// How many are yet to be pushed.
    left: usize,
}

/// Polled at random as a stream and by `next_with_id`. Children are pushed, cancelled and cleared after a poll,
/// so they may be woken before the next one, which starts the new ones.
pub(super) fn job(world: World, count: usize) -> Job {
    let mut this = Changing {
        world,
        set: GatherSet::new(),
        children: HashMap::new(),
        ids: vec![],
        left: count,
    };
    Box::new(move |cx| {
        let done = this.world.with(|state| state.done.len());
        let polled = catch_unwind(AssertUnwindSafe(|| this.poll(cx)));
        let polled = polled.unwrap_or_else(|payload| {
            // The drop of a finished child, perhaps, with which its output is lost.
            let lost = this.world.with(|state| state.done.split_off(done));
            assert!(lost.len() <= 1);
            lost.into_iter().for_each(|child| this.gives_nothing(child));
            resume_unwind(payload)
        });
        let is_changed = this.change();
        this.check();
        match polled {
            Poll::Ready(Some(item)) => Poll::Ready(Step::Gave(vec![item])),
            // It is to be polled.
            _ if is_changed => Poll::Ready(Step::Gave(vec![])),
            Poll::Ready(None) if this.left > 0 => Poll::Ready(Step::Gave(vec![])),
            Poll::Ready(None) => Poll::Ready(Step::Ended(vec![])),
            Poll::Pending => Poll::Pending,
        }
    })
}

impl Changing {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, Output)>> {
        if self.world.below(2) == 0 {
            let next = Pin::new(&mut self.set).poll_next(cx);
            return next.map(|output| output.map(index));
        }
        let next = Pin::new(&mut self.set.next_with_id()).poll(cx);
        next.map(|next| next.map(|(id, output)| (self.children[&id], index(output).1)))
    }

    /// Whether it did anything.
    fn change(&mut self) -> bool {
        let pushed = self.world.below(20).min(self.left);
        self.left -= pushed;
        (0..pushed).for_each(|_| self.push());
        let is_cancelled = self.world.below(4) == 0 && self.cancel();
        let is_cleared = self.world.below(100) == 0;
        if is_cleared {
            // Its children are dropped, and perhaps a task waker.
            let _ = catch_unwind(AssertUnwindSafe(|| self.set.clear()));
            self.children
                .values()
                .for_each(|&child| self.gives_nothing(child));
        }
        pushed > 0 || is_cancelled || is_cleared
    }

    fn push(&mut self) {
        let child = self.world.child(2);
        let number = self.world.with(|state| state.children.len() - 1);
        if let Ok(child) = catch_unwind(AssertUnwindSafe(|| child.into_future())) {
            let id = self.set.push(child);
            assert_eq!(self.children.insert(id, number), None);
            self.ids.push(id);
        }
    }

    /// Perhaps one that is over.
    fn cancel(&mut self) -> bool {
        if self.ids.is_empty() {
            return false;
        }
        let id = self.ids[self.world.below(self.ids.len())];
        let was_there = self.is_there(&id);
        if let Ok(is_cancelled) = catch_unwind(AssertUnwindSafe(|| self.set.cancel(id))) {
            assert_eq!(is_cancelled, was_there);
        }
        self.gives_nothing(self.children[&id]);
        was_there
    }

    fn is_there(&self, id: &Id) -> bool {
        let child = self.children[id];
        !self.world.with(|state| state.children[child].is_over)
    }

    /// Notes that a child has not given an output, and will not.
    fn gives_nothing(&self, child: usize) {
        self.world.with(|state| {
            state.children[child].has_panicked |= !state.done.contains(&child);
        });
    }

    /// It knows which children are there.
    fn check(&mut self) {
        let there = self.ids.clone().into_iter().filter(|id| self.is_there(id));
        let there: Vec<_> = there.collect();
        assert_eq!(self.set.len(), there.len());
        for &id in &self.ids {
            let is_there = there.contains(&id);
            assert_eq!(self.set.get_mut(id).is_some(), is_there);
        }
    }
}
