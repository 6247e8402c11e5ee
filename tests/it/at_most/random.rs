//! Random scripts: a job with a limit beside a naive oracle.

use std::{
    collections::BTreeSet,
    future::Future,
    iter, mem,
    pin::Pin,
    task::{Context, Poll},
};

use gather::at_most;

use crate::support::{
    Random, Task,
    stock::{Restless, Stock},
};

/// Limits at which children have wakers of their own.
const LIMITS: [usize; 6] = [2, 3, 5, 63, 64, 65];

/// What a naive `at_most` would do: it keeps sets, and looks at all of them in each poll.
struct Oracle {
    limit: usize,
    count: usize,
    made: usize,
    alive: BTreeSet<usize>,
    /// Those to be polled, and of these those that are then ready.
    woken: BTreeSet<usize>,
    finished: BTreeSet<usize>,
    polls: Vec<usize>,
    /// Those that are ready at their first poll, and how often the others wake themselves.
    ready_at_once: BTreeSet<usize>,
    restless: Vec<usize>,
}

impl Oracle {
    fn new(limit: usize, count: usize, random: &mut Random, restless: bool) -> Self {
        let ready_at_once: BTreeSet<_> = (0..count).filter(|_| random.below(3) == 0).collect();
        // So few that no pass ends early.
        let times = |_| usize::from(restless && random.below(5) == 0) * 2;
        let restless = (0..count).map(times).collect();
        Self {
            limit,
            count,
            made: 0,
            alive: BTreeSet::new(),
            woken: BTreeSet::new(),
            finished: ready_at_once.clone(),
            polls: vec![0; count],
            ready_at_once,
            restless,
        }
    }

    /// One poll of a `gather`: each woken child is polled, each finished one replaced.
    fn poll(&mut self) {
        let mut queue = mem::take(&mut self.woken);
        loop {
            while self.alive.len() < self.limit && self.made < self.count {
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

    /// The children, and an iterator that does not tell how many there are.
    fn children<const PADDING: usize>(
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
struct Padded<const PADDING: usize>(Restless<usize>, #[allow(dead_code)] [u64; PADDING]);

impl<const PADDING: usize> Future for Padded<PADDING> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// So large that there is no room for all at first: there are then several chunks.
const LARGE: usize = 512;

/// A random script of finishes, wakes and polls, of which each is what the oracle says.
fn gather_script<const PADDING: usize>(limit: usize, restless: bool, seed: u64) {
    let mut random = Random(seed);
    // An only child has the task waker.
    let count = 2 + random.below(4 * limit);
    let mut oracle = Oracle::new(limit, count, &mut random, restless);
    let stock = Stock::new();
    let mut job = at_most(limit).gather(oracle.children::<PADDING>(&stock));
    // The newest that polled is the one to be woken.
    let tasks = [Task::new(), Task::new()];
    loop {
        let task = &tasks[random.below(2)];
        oracle.poll();
        let polled = task.poll(&mut job);
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
        if oracle.alive.is_empty() {
            assert_eq!(polled, Poll::Ready((0..count).collect()));
            return;
        }
        assert!(polled.is_pending());
        let alive: Vec<_> = oracle.alive.iter().copied().collect();
        for _ in 0..random.below(limit + 2) {
            let index = alive[random.below(alive.len())];
            if random.below(2) == 0 && oracle.finished.insert(index) {
                stock.remote(index).put(index);
            }
            stock.remote(index).wake();
            oracle.woken.insert(index);
        }
        let expected = usize::from(!oracle.woken.is_empty());
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

/// The same for a stream, which chooses whom to poll first: each of its steps is one that it may do.
fn stream_script<const PADDING: usize>(limit: usize, restless: bool, late: bool, seed: u64) {
    let mut random = Random(seed);
    let count = 2 + random.below(4 * limit);
    let oracle = Oracle::new(limit, count, &mut random, restless);
    let (times, mut finished) = (oracle.restless.clone(), oracle.finished.clone());
    let stock = Stock::new();
    let mut stream = at_most(limit).completions(oracle.children::<PADDING>(&stock));
    let tasks = [Task::new(), Task::new()];
    // Those that it has to poll, or else to wake its task for.
    let mut woken = BTreeSet::new();
    let mut polls = vec![];
    let mut yielded = BTreeSet::new();
    // Wakers of children that are no more, and how many polls there may be for nothing.
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
        }
        match polled {
            Poll::Ready(None) => {
                assert_eq!(
                    (yielded.len(), stock.made(), stock.alive()),
                    (count, count, 0)
                );
                return;
            }
            Poll::Ready(Some((index, output))) => {
                assert!(finished.contains(&index) && yielded.insert(index));
                assert_eq!((output, stock.is_alive(index)), (index, false));
                woken.remove(&index);
                stale.push(stock.waker(index));
            }
            Poll::Pending => assert_eq!(stock.alive(), limit.min(count - yielded.len())),
        }
        let wakes = tasks[turn].woken();
        assert!(
            polled.is_ready() || wakes > 0 || woken.is_empty(),
            "never to be polled"
        );

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
        assert!(wakes <= 1, "{wakes} wakes for one poll");
        if polled.is_pending() {
            assert_eq!(tasks[1 - turn].woken(), 0, "of the older task");
            assert!(wakes > 0 || woken.is_empty(), "a wake was lost");
        }
        tasks[1 - turn].woken();
    }
}

/// Seeds, fewer where a script is long.
fn seeds(limit: usize) -> impl Iterator<Item = u64> {
    0..(1000 / limit) as u64
}

#[test]
fn a_stream_does_what_a_naive_one_may() {
    for limit in LIMITS {
        seeds(limit).for_each(|seed| {
            stream_script::<0>(limit, false, false, seed);
            stream_script::<LARGE>(limit, false, false, seed);
        });
    }
}

#[test]
fn a_stream_does_what_a_naive_one_may_while_wakers_of_earlier_children_are_woken() {
    for limit in LIMITS {
        seeds(limit).for_each(|seed| {
            stream_script::<0>(limit, false, true, seed);
            stream_script::<LARGE>(limit, false, true, seed);
        });
    }
}

#[test]
fn a_stream_does_what_a_naive_one_may_with_children_that_wake_themselves() {
    for limit in LIMITS {
        seeds(limit).for_each(|seed| {
            stream_script::<0>(limit, true, true, seed);
            stream_script::<LARGE>(limit, true, true, seed);
        });
    }
}
