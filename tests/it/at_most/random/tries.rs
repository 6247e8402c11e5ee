//! Random scripts for tries, which end by an outcome of one kind: each of their steps is one that is allowed.

use std::{collections::BTreeSet, iter, task::Poll};

use futures::{FutureExt, StreamExt, future::LocalBoxFuture};
use gather::{IntoSource, at_most, from_stream};

use super::{LIMITS, seeds};
use crate::support::{
    Random, Task,
    feed::Feed,
    stock::{Restless, Stock},
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    TryGather,
    /// Polled by an `until` at random.
    TryUntil,
    FirstOk,
}

const KINDS: [Kind; 3] = [Kind::TryGather, Kind::TryUntil, Kind::FirstOk];

/// Each outcome is its child's index. Here the outcome that ends a try is the `Err`, also of a `first_ok`.
type End = Result<Vec<usize>, usize>;

struct Script {
    kind: Kind,
    limit: usize,
    count: usize,
    /// Whether a child's outcome ends it, and how often it wakes itself before that.
    ends: Vec<bool>,
    times: Vec<usize>,
    stock: Stock<Result<usize, usize>>,
}

impl Script {
    fn outcome(&self, index: usize) -> Result<usize, usize> {
        if self.ends[index] == (self.kind == Kind::FirstOk) {
            Ok(index)
        } else {
            Err(index)
        }
    }

    fn run<S>(&self, mut random: Random, source: S, feed: Option<Feed<()>>, seed: u64)
    where
        S: IntoSource<Child = Restless<Result<usize, usize>>>,
        S::Source: 'static,
    {
        let context = format!("{:?}, limit {}, seed {seed}", self.kind, self.limit);
        let stock = &self.stock;
        let mut observed = vec![];
        let (tasks, mut coin) = ([Task::new(), Task::new()], Random(seed + 1));
        let mut tried = None;
        let mut first: Option<LocalBoxFuture<'static, End>> = None;
        if self.kind == Kind::FirstOk {
            let job = at_most(self.limit).first_ok(source);
            first = Some(Box::pin(job.map(|end| {
                match end {
                    Ok(won) => Err(won),
                    Err(errors) => Ok(errors
                        .into_iter()
                        .map(|(index, error)| {
                            assert_eq!(index, error);
                            error
                        })
                        .collect()),
                }
            })));
        } else {
            tried = Some(at_most(self.limit).try_gather(source));
        }
        let mut poll = |task: &Task| {
            let Some(job) = &mut tried else {
                return task.poll(first.as_mut().unwrap());
            };
            if self.kind == Kind::TryUntil && coin.below(2) == 0 {
                let until = task.poll(&mut job.until(|index, &value| {
                    assert!(index == value && !self.ends[index] && !stock.is_alive(index));
                    observed.push(index);
                    false
                }));
                match until {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(stopped) => assert_eq!((stopped, job.running()), (None, 0)),
                }
                let end = task.poll(job);
                assert!(end.is_ready());
                return end;
            }
            task.poll(job)
        };

        let mut polls: Vec<usize> = vec![];
        let (mut woken, mut finished) = (BTreeSet::new(), BTreeSet::new());
        let mut over = 0;
        let mut given = if feed.is_some() { 0 } else { self.count };
        let mut has_ended = feed.is_none();
        let end = loop {
            let turn = random.below(2);
            let polled = poll(&tasks[turn]);
            let is_ended = matches!(polled, Poll::Ready(Err(_)));
            for index in 0..stock.made() {
                if index == polls.len() {
                    polls.push(0);
                    woken.insert(index);
                }
                let now = stock.polls(index);
                if now > polls[index] {
                    assert!(now == polls[index] + 1 && woken.remove(&index), "{context}");
                }
                let is_polled = now > polls[index];
                polls[index] = now;
                if !stock.is_alive(index) {
                    woken.remove(&index);
                    let is_done = is_polled && finished.contains(&index);
                    over += usize::from(is_done);
                    let is_end = polled == Poll::Ready(Err(index));
                    assert_eq!(is_done && self.ends[index], is_end, "{context}");
                } else if is_polled && now <= self.times[index] {
                    woken.insert(index);
                }
            }
            let wakes = tasks[turn].woken();
            assert!(wakes <= 1, "{context}");
            if let Poll::Ready(end) = polled {
                assert!(stock.all_dropped_once(), "{context}");
                break end;
            }
            assert!(!is_ended && (wakes == 1 || woken.is_empty()), "{context}");
            assert_eq!(stock.alive(), self.limit.min(given - over), "{context}");
            assert!(stock.alive() > 0 || !has_ended, "{context}");

            let mut fed = 0;
            if let Some(feed) = feed.as_ref().filter(|_| random.below(2) == 0) {
                let more = random.below(self.limit + 2).min(self.count - given);
                (0..more).for_each(|_| feed.put(()));
                given += more;
                if given == self.count && random.below(2) == 0 {
                    feed.end();
                    has_ended = true;
                }
                fed = usize::from(feed.wake());
            }
            let alive: Vec<_> = (0..stock.made())
                .filter(|&index| stock.is_alive(index))
                .collect();
            for _ in 0..random.below(self.limit + 2) * alive.len().min(1) {
                let index = alive[random.below(alive.len())];
                if random.below(2) == 0 && finished.insert(index) {
                    stock.remote(index).put(self.outcome(index));
                }
                stock.remote(index).wake();
                woken.insert(index);
            }
            let expected = usize::from(!woken.is_empty()) + fed;
            assert_eq!(wakes + tasks[turn].woken(), expected, "{context}");
            assert_eq!(tasks[1 - turn].woken(), 0, "{context}: the older task");
        };
        match end {
            Ok(all) => assert!(all.into_iter().eq(0..self.count), "{context}"),
            Err(_) => assert!(over > 0, "{context}"),
        }
        observed.sort_unstable();
        assert!(observed.windows(2).all(|two| two[0] < two[1]), "{context}");
        // Late wakes wake no task.
        (0..stock.made())
            .filter(|&index| stock.polls(index) > 0)
            .for_each(|index| stock.remote(index).wake());
        assert_eq!(tasks.map(|task| task.woken()), [0, 0], "{context}");
    }
}

fn script(kind: Kind, limit: usize, is_fed: bool, restless: bool, seed: u64) {
    let mut random = Random(seed);
    let count = 2 + random.below(4 * limit);
    // Some end by an outcome, at any time, and some do not.
    let rate = count * [1, 4][random.below(2)];
    let ends: Vec<_> = (0..count).map(|_| random.below(rate) == 0).collect();
    let times = |_| usize::from(restless && random.below(5) == 0) * 2;
    let times: Vec<_> = (0..count).map(times).collect();
    let stock = Stock::new();
    let script = Script {
        kind,
        limit,
        count,
        ends,
        times,
        stock,
    };
    let (stock, times) = (script.stock.clone(), script.times.clone());
    let mut left = times.into_iter();
    let mut children = iter::from_fn(move || Some(Restless(stock.make(), left.next()?)));
    if is_fed {
        let (feed, fed) = Feed::new();
        let children = fed.map(move |()| children.next().expect("it was fed"));
        script.run(random, from_stream(children), Some(feed), seed);
    } else {
        script.run(random, children, None, seed);
    }
}

fn all_scripts(is_fed: bool) {
    for limit in LIMITS {
        for kind in KINDS {
            for restless in [false, true] {
                seeds(limit).for_each(|seed| script(kind, limit, is_fed, restless, seed));
            }
        }
    }
}

#[test]
fn a_try_does_what_a_naive_one_may() {
    all_scripts(false);
}

#[test]
fn a_try_does_what_a_naive_one_may_while_its_children_come_at_random() {
    all_scripts(true);
}
