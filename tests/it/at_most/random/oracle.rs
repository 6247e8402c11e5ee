//! What a naive `at_most` would do.

use std::{
    collections::BTreeSet,
    future::Future,
    iter, mem,
    pin::Pin,
    task::{Context, Poll},
};

use crate::support::{
    Random,
    stock::{Restless, Stock},
};

/// What a naive `at_most` would do: it keeps sets, and looks at all of them in each poll.
pub(super) struct Oracle {
    pub(super) limit: usize,
    pub(super) count: usize,
    pub(super) made: usize,
    /// How many children its source was given, whether these are all, and how often it was asked.
    fed: usize,
    pub(super) is_fed: bool,
    pub(super) asked: usize,
    has_ended: bool,
    pub(super) alive: BTreeSet<usize>,
    /// The children to be polled, and those of them that are then ready.
    pub(super) woken: BTreeSet<usize>,
    pub(super) finished: BTreeSet<usize>,
    pub(super) polls: Vec<usize>,
    /// The children that are ready at their first poll, and how often the others wake themselves.
    ready_at_once: BTreeSet<usize>,
    pub(super) restless: Vec<usize>,
}

impl Oracle {
    pub(super) fn new(limit: usize, count: usize, random: &mut Random, restless: bool) -> Self {
        let ready_at_once: BTreeSet<_> = (0..count).filter(|_| random.below(3) == 0).collect();
        // So few that no pass ends early.
        let times = |_| usize::from(restless && random.below(5) == 0) * 2;
        let restless = (0..count).map(times).collect();
        Self {
            limit,
            count,
            made: 0,
            fed: count,
            is_fed: true,
            asked: 0,
            has_ended: false,
            alive: BTreeSet::new(),
            woken: BTreeSet::new(),
            finished: ready_at_once.clone(),
            polls: vec![0; count],
            ready_at_once,
            restless,
        }
    }

    /// One poll of a `gather`: each woken child is polled, each finished one replaced.
    pub(super) fn poll(&mut self) {
        let mut queue = mem::take(&mut self.woken);
        let mut is_pending = false;
        loop {
            while self.alive.len() < self.limit && !is_pending && !self.has_ended {
                self.asked += 1;
                if self.made == self.fed {
                    self.has_ended = self.is_fed;
                    is_pending = true;
                    break;
                }
                self.alive.insert(self.made);
                queue.insert(self.made);
                self.made += 1;
            }
            let Some(index) = queue.pop_first() else {
                return;
            };
            self.polls[index] += 1;
            if self.finished.contains(&index) {
                self.alive.remove(&index);
            } else if self.restless[index] > 0 {
                self.restless[index] -= 1;
                self.woken.insert(index);
            }
        }
    }

    /// Whether all children are over, and there will be no more.
    pub(super) fn is_over(&self) -> bool {
        self.alive.is_empty() && self.has_ended
    }

    /// Whether its source was given all children.
    pub(super) fn is_all_fed(&self) -> bool {
        self.fed == self.count
    }

    /// Its source is one that is fed, and has nothing yet.
    pub(super) fn starve(&mut self) {
        (self.fed, self.is_fed) = (0, false);
    }

    /// Its source is given up to `count` children; how many there were.
    pub(super) fn feed(&mut self, count: usize) -> usize {
        let fed = count.min(self.count - self.fed);
        self.fed += fed;
        fed
    }

    /// The children, and an iterator that does not tell how many there are.
    pub(super) fn children<const PADDING: usize>(
        &self,
        stock: &Stock<usize>,
    ) -> impl Iterator<Item = Padded<PADDING>> + use<PADDING> {
        let (stock, ready, times) = (
            stock.clone(),
            self.ready_at_once.clone(),
            self.restless.clone(),
        );
        let mut indices = 0..self.count;
        iter::from_fn(move || {
            let index = indices.next()?;
            let child = stock.make();
            if ready.contains(&index) {
                stock.remote(index).put(index);
            }
            Some(Padded(Restless(child, times[index]), [0; PADDING]))
        })
    }
}

/// A child that takes some memory.
pub(super) struct Padded<const PADDING: usize>(Restless<usize>, #[allow(dead_code)] [u64; PADDING]);

impl<const PADDING: usize> Future for Padded<PADDING> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        Pin::new(&mut self.0).poll(cx)
    }
}
