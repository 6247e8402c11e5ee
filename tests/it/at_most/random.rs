//! Random scripts: a job with a limit beside a naive oracle.

mod oracle;
mod streams;
mod tries;

use std::{collections::BTreeSet, task::Poll};

use futures::StreamExt;
use gather::{IntoSource, at_most, from_stream};

use self::oracle::{Oracle, Padded};
use crate::support::{Random, Task, feed::Feed, stock::Stock};

/// Limits at which children have wakers of their own.
const LIMITS: [usize; 6] = [2, 3, 32, 33, 64, 65];

/// So large that there is no room for all at first: there are then several chunks.
const LARGE: usize = 512;

/// Seeds, fewer where a script is long. In a JavaScript engine the scripts take their time.
fn seeds(limit: usize) -> impl Iterator<Item = u64> {
    let steps: usize = if cfg!(target_family = "wasm") {
        100
    } else {
        1000
    };
    0..steps.div_ceil(limit) as u64
}

/// A random script of finishes, wakes and polls, of which each is what the oracle says. The source is an
/// iterator.
fn gather_script<const PADDING: usize>(limit: usize, restless: bool, seed: u64) {
    let mut random = Random(seed);
    // A single child has the task waker.
    let count = 2 + random.below(4 * limit);
    let oracle = Oracle::new(limit, count, &mut random, restless);
    let stock = Stock::new();
    let children = oracle.children::<PADDING>(&stock);
    run(oracle, random, stock, children, None);
}

/// As `gather_script`, but the source is a stream that gives children at random.
fn fed_script<const PADDING: usize>(limit: usize, restless: bool, seed: u64) {
    let mut random = Random(seed);
    let count = 2 + random.below(4 * limit);
    let mut oracle = Oracle::new(limit, count, &mut random, restless);
    oracle.starve();
    let stock = Stock::new();
    let (feed, fed) = Feed::new();
    let mut children = oracle.children::<PADDING>(&stock);
    let children = fed.map(move |()| children.next().expect("it was fed"));
    run(oracle, random, stock, from_stream(children), Some(feed));
}

fn run<const PADDING: usize>(
    mut oracle: Oracle,
    mut random: Random,
    stock: Stock<usize>,
    source: impl IntoSource<Child = Padded<PADDING>>,
    feed: Option<Feed<()>>,
) {
    let (limit, count, seed) = (oracle.limit, oracle.count, random.0);
    let mut job = at_most(limit).gather(source);
    // The task that polled last is the one to be woken.
    let tasks = [Task::new(), Task::new()];
    let mut observed = BTreeSet::new();
    loop {
        let task = &tasks[random.below(2)];
        oracle.poll();
        let observes = random.below(2) == 0;
        let polled = if observes {
            let polled = task.poll(&mut job.until(|index, &output| {
                assert_eq!((index, stock.is_alive(index)), (output, false));
                assert!(observed.insert(index), "observed twice");
                false
            }));
            assert_eq!(observed.len(), oracle.made - oracle.alive.len());
            polled.map(|stopped| assert_eq!(stopped, None))
        } else if oracle.is_over() {
            let outputs = Poll::Ready((0..count).collect());
            assert_eq!(task.poll(&mut job), outputs);
            Poll::Ready(())
        } else {
            task.poll(&mut job).map(|outputs| panic!("{outputs:?}"))
        };
        let polls: Vec<_> = (0..count)
            .map(|index| {
                if index < stock.made() {
                    stock.polls(index)
                } else {
                    0
                }
            })
            .collect();
        assert_eq!(polls, oracle.polls, "limit {limit}, seed {seed}");
        let alive = (0..count).filter(|&index| stock.is_alive(index));
        assert_eq!(
            (alive.collect(), stock.made()),
            (oracle.alive.clone(), oracle.made)
        );
        if let Some(feed) = &feed {
            assert_eq!(feed.polls(), oracle.asked, "limit {limit}, seed {seed}");
        }
        assert_eq!(polled.is_ready(), oracle.is_over());
        if polled.is_ready() {
            if observes {
                assert_eq!(task.poll(&mut job), Poll::Ready((0..count).collect()));
            }
            return;
        }
        assert_eq!(job.running(), oracle.alive.len());
        let mut fed = 0;
        if let Some(feed) = feed.as_ref().filter(|_| random.below(2) == 0) {
            (0..oracle.feed(random.below(limit + 2))).for_each(|_| feed.put(()));
            if oracle.is_all_fed() && random.below(2) == 0 {
                feed.end();
                oracle.is_fed = true;
            }
            fed = usize::from(feed.wake());
            assert!(fed == 0 || oracle.alive.len() < limit, "there was no room");
        }
        let alive: Vec<_> = oracle.alive.iter().copied().collect();
        for _ in 0..random.below(limit + 2) * alive.len().min(1) {
            let index = alive[random.below(alive.len())];
            if random.below(2) == 0 && oracle.finished.insert(index) {
                stock.remote(index).put(index);
            }
            stock.remote(index).wake();
            oracle.woken.insert(index);
        }
        let expected = usize::from(!oracle.woken.is_empty()) + fed;
        assert_eq!(task.woken(), expected, "limit {limit}, seed {seed}");
        assert!(tasks.iter().all(|task| task.woken() == 0));
    }
}

#[test]
fn a_gather_does_what_a_naive_one_would() {
    for limit in LIMITS {
        seeds(limit).for_each(|seed| {
            gather_script::<0>(limit, false, seed);
            gather_script::<LARGE>(limit, false, seed);
        });
    }
}

#[test]
fn a_gather_does_what_a_naive_one_would_with_children_that_wake_themselves() {
    for limit in LIMITS {
        seeds(limit).for_each(|seed| {
            gather_script::<0>(limit, true, seed);
            gather_script::<LARGE>(limit, true, seed);
        });
    }
}

#[test]
fn a_gather_does_what_a_naive_one_would_while_its_children_come_at_random() {
    for limit in LIMITS {
        for restless in [false, true] {
            seeds(limit).for_each(|seed| {
                fed_script::<0>(limit, restless, seed);
                fed_script::<LARGE>(limit, restless, seed);
            });
        }
    }
}
