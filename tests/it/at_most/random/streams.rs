//! Random scripts for a stream, which may choose the order of polls: each of its steps is one that is allowed.

use std::{collections::BTreeSet, task::Poll};

use futures::{Stream, StreamExt};
use gather::{IntoSource, at_most, from_stream};

use super::{LARGE, LIMITS, Oracle, oracle::Padded, seeds};
use crate::support::{Random, Task, feed::Feed, stock::Stock};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Completions,
    Unordered,
    Ordered,
}

const KINDS: [Kind; 3] = [Kind::Completions, Kind::Unordered, Kind::Ordered];

fn stream<const PADDING: usize>(
    kind: Kind,
    limit: usize,
    source: impl IntoSource<Child = Padded<PADDING>, Source: 'static>,
) -> Box<dyn Stream<Item = usize> + Unpin> {
    let limit = at_most(limit);
    match kind {
        Kind::Completions => Box::new(limit.completions(source).map(|(index, output)| {
            assert_eq!(index, output);
            output
        })),
        Kind::Unordered => Box::new(limit.unordered(source)),
        Kind::Ordered => Box::new(limit.ordered(source)),
    }
}

/// Each output is its child's index. The source is an iterator, or a stream that gives children at random.
fn stream_script<const PADDING: usize>(
    kind: Kind,
    limit: usize,
    restless: bool,
    late: bool,
    is_fed: bool,
    seed: u64,
) {
    let mut random = Random(seed);
    let count = 2 + random.below(4 * limit);
    let oracle = Oracle::new(limit, count, &mut random, restless);
    let (times, mut finished) = (oracle.restless.clone(), oracle.finished.clone());
    let stock = Stock::new();
    let children = oracle.children::<PADDING>(&stock);
    let mut feed = None;
    let mut stream = if is_fed {
        let (put, fed) = Feed::new();
        feed = Some(put);
        let mut children = children;
        let children = fed.map(move |()| children.next().expect("it was fed"));
        stream(kind, limit, from_stream(children))
    } else {
        stream(kind, limit, children)
    };
    // How many children the source was given room for.
    let mut given = if is_fed { 0 } else { count };
    let tasks = [Task::new(), Task::new()];
    // Children that it has to poll, or else to wake its task for.
    let mut woken = BTreeSet::new();
    let mut polls = vec![];
    let mut yielded = BTreeSet::new();
    // Wakers of children that are over, and how many spurious polls there may be.
    let mut over = BTreeSet::new();
    let (mut stale, mut spurious) = (vec![], 0);
    loop {
        let turn = random.below(2);
        let polled = tasks[turn].poll_next(&mut stream);
        for index in 0..stock.made() {
            if index == polls.len() {
                polls.push(0);
                woken.insert(index);
            }
            let now = stock.polls(index);
            for _ in polls[index]..now {
                if !woken.remove(&index) {
                    spurious = usize::checked_sub(spurious, 1).expect("polled without a wake");
                }
            }
            if (polls[index] + 1..=times[index]).contains(&now) && stock.is_alive(index) {
                woken.insert(index);
            }
            polls[index] = now;
            if !stock.is_alive(index) && over.insert(index) {
                assert!(finished.contains(&index));
                woken.remove(&index);
                stale.push(stock.waker(index));
            }
        }
        match polled {
            Poll::Ready(None) => {
                assert_eq!(
                    (yielded.len(), stock.made(), stock.alive()),
                    (count, count, 0)
                );
                return;
            }
            Poll::Ready(Some(index)) => {
                assert!(over.contains(&index) && yielded.insert(index));
                assert!(kind != Kind::Ordered || index == yielded.len() - 1);
            }
            Poll::Pending if kind == Kind::Ordered => {
                assert!(!over.contains(&yielded.len()));
                assert_eq!(stock.made(), given.min(yielded.len() + limit));
            }
            Poll::Pending => assert_eq!(stock.alive(), limit.min(given - yielded.len())),
        }
        let waits = if kind == Kind::Ordered {
            over.len() - yielded.len()
        } else {
            0
        };
        assert!(stock.alive() + waits <= limit);
        let wakes = tasks[turn].woken();
        assert!(
            polled.is_ready() || wakes > 0 || woken.is_empty(),
            "never to be polled"
        );

        let mut fed = 0;
        if let Some(feed) = feed.as_ref().filter(|_| random.below(2) == 0) {
            let more = random.below(limit + 2).min(count - given);
            (0..more).for_each(|_| feed.put(()));
            given += more;
            if given == count && random.below(2) == 0 {
                feed.end();
            }
            fed = usize::from(feed.wake());
        }
        let alive: Vec<_> = (0..stock.made())
            .filter(|&index| stock.is_alive(index) && stock.polls(index) > 0)
            .collect();
        for _ in 0..random.below(2) * random.below(limit + 2) {
            if late && !stale.is_empty() && random.below(4) == 0 {
                stale[random.below(stale.len())].wake_by_ref();
                spurious += 1;
            } else if !alive.is_empty() {
                let index = alive[random.below(alive.len())];
                if random.below(2) == 0 && finished.insert(index) {
                    stock.remote(index).put(index);
                }
                stock.remote(index).wake();
                // The second wake may count for the next pass, be it of the slot's next child.
                spurious += usize::from(!woken.insert(index));
            }
        }
        let wakes = wakes + tasks[turn].woken();
        assert!(wakes <= 1 + fed, "{wakes} wakes for one poll");
        if polled.is_pending() {
            assert!(wakes >= fed, "a wake of the source was lost");
            let wakes = wakes - fed;
            assert_eq!(tasks[1 - turn].woken(), 0, "of the older task");
            assert!(wakes > 0 || woken.is_empty(), "a wake was lost");
        }
        tasks[1 - turn].woken();
    }
}

fn all_scripts(restless: bool, late: bool, is_fed: bool) {
    for limit in LIMITS {
        for kind in KINDS {
            seeds(limit).for_each(|seed| {
                stream_script::<0>(kind, limit, restless, late, is_fed, seed);
                stream_script::<LARGE>(kind, limit, restless, late, is_fed, seed);
            });
        }
    }
}

#[test]
fn a_stream_does_what_a_naive_one_may() {
    all_scripts(false, false, false);
}

#[test]
fn a_stream_does_what_a_naive_one_may_while_wakers_of_earlier_children_are_woken() {
    all_scripts(false, true, false);
}

#[test]
fn a_stream_does_what_a_naive_one_may_with_children_that_wake_themselves() {
    all_scripts(true, true, false);
}

#[test]
fn a_stream_does_what_a_naive_one_may_while_its_children_come_at_random() {
    all_scripts(true, true, true);
}
