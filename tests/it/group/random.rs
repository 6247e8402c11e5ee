//! Random scripts: a group beside a naive oracle, which looks at all children in each poll.

mod world;

use std::{
    collections::BTreeSet,
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use gather::{Errors, group};
use world::{Act, BODY, LAST, Outcome, World, plan};

use crate::support::{Random, Remote, Task};

type Job = Pin<Box<dyn Future<Output = Result<usize, Errors<usize>>>>>;

/// What the oracle knows of a child.
#[derive(Clone, Default)]
struct Known {
    started: bool,
    ended: bool,
    woken: bool,
    cancelled: bool,
    value: bool,
    outcome: Option<Outcome>,
    /// Polls that it had, and may have had on top: for wakes of one that had its slot before.
    polls: usize,
}

#[derive(Default)]
struct Oracle {
    seed: u64,
    graceful: bool,
    kids: Vec<Known>,
    started: usize,
    body: Option<Outcome>,
    body_polls: usize,
    body_woken: bool,
    body_value: bool,
    body_ended: bool,
    cancelled: bool,
    due: bool,
    errors: BTreeSet<usize>,
    /// What it may have been finished with, and whether that is for good.
    values: BTreeSet<usize>,
    sealed: bool,
    /// Wakes of children that are over, each of which may poll the next one in the slot.
    stale: usize,
    /// Whether there was such a wake in this poll.
    late_wake: bool,
}

impl Oracle {
    fn finish(&mut self, value: usize) {
        if !self.sealed {
            self.values.insert(value);
        }
        self.cancelled = true;
    }

    fn seal(&mut self) {
        self.sealed = !self.values.is_empty();
    }

    /// One poll; whether the group is then over.
    fn poll(&mut self) -> bool {
        self.late_wake = false;
        if self.cancelled && !self.graceful {
            return true;
        }
        let woken: Vec<_> = (0..self.kids.len())
            .filter(|&number| self.kids[number].woken)
            .collect();
        woken
            .iter()
            .for_each(|&number| self.kids[number].woken = false);
        woken.into_iter().for_each(|number| self.poll_kid(number));
        if mem::take(&mut self.body_woken) {
            self.body_polls += 1;
            if let Some(outcome) = self.body.take() {
                self.body_ended = true;
                self.body_value = outcome.is_ok();
                self.cancelled |= outcome.is_err();
                self.errors.extend(outcome.err());
            }
        }
        self.seal();
        while self.started < self.kids.len() && (self.graceful || !self.cancelled) {
            let mail = self.started..self.kids.len();
            self.started = mail.end;
            for number in mail {
                self.kids[number].started = true;
                self.poll_kid(number);
            }
            self.seal();
        }
        let over = self.body_ended && self.kids.iter().all(|kid| kid.ended || !kid.started);
        let due = self.cancelled && (!self.graceful || self.due);
        // The body awaits no cancellation.
        let alone = self.cancelled && self.kids.iter().all(|kid| kid.ended || !kid.started);
        due || alone || over && (self.cancelled || self.body_value)
    }

    fn poll_kid(&mut self, number: usize) {
        let plan = plan(self.seed, number);
        let kid = &mut self.kids[number];
        if kid.cancelled {
            kid.ended = true;
            return;
        }
        kid.polls += 1;
        let first = kid.polls == 1;
        let outcome = plan.at_once.filter(|_| first).or(kid.outcome.take());
        kid.woken = outcome.is_none() && kid.polls <= plan.restless;
        kid.ended = outcome.is_some();
        kid.value = outcome.is_some_and(|outcome| outcome.is_ok());
        let mut spawns = if first { plan.spawns } else { 0 };
        if let Some(outcome) = outcome {
            match plan.act {
                Act::Nothing => {}
                Act::WakeItself => {
                    self.stale += 1;
                    self.late_wake = true;
                }
                Act::Finish => self.finish(number),
                Act::Spawn => spawns += 1,
            }
            self.cancelled |= outcome.is_err();
            self.errors.extend(outcome.err());
        }
        let len = self.kids.len();
        self.kids.resize(len + spawns, Known::default());
    }

    fn is_woken(&self) -> bool {
        self.body_woken || self.kids.iter().any(|kid| kid.woken)
    }
}

fn script(graceful: bool, seed: u64) {
    let mut random = Random(seed);
    let mut oracle = Oracle {
        seed,
        graceful,
        body_woken: true,
        ..Oracle::default()
    };
    let ((body, body_child), (deadline, timer)) = (Remote::<Outcome>::new(), Remote::<()>::new());
    let mut handle = None;
    let job = group(|g| {
        handle = Some(g);
        body_child
    });
    let mut job: Job = if graceful {
        Box::pin(job.grace(timer))
    } else {
        Box::pin(job)
    };
    let world = Arc::new(World {
        seed,
        g: handle.unwrap(),
        kids: Mutex::default(),
        handles: Mutex::default(),
    });
    let tasks = [Task::new(), Task::new()];
    let mut turn = 0;
    let (mut rounds, mut awake) = (0, true);
    let result = loop {
        rounds += 1;
        let in_use = awake || random.below(3) == 0;
        if in_use {
            turn = random.below(2);
            let _ = tasks.each_ref().map(Task::woken);
            let before: Vec<_> = (0..world.count())
                .map(|number| world.kid(number).lock().unwrap().polls)
                .collect();
            let known = oracle.kids.clone();
            let over = oracle.poll();
            let polled = tasks[turn].poll(&mut job);
            assert_eq!(
                (world.count(), polled.is_ready()),
                (oracle.kids.len(), over),
                "seed {seed}"
            );
            assert_eq!(body.polls(), oracle.body_polls, "seed {seed}");
            for (number, now) in oracle.kids.iter_mut().enumerate() {
                let kid = world.kid(number);
                let kid = kid.lock().unwrap();
                let polls = kid.polls - before.get(number).unwrap_or(&0);
                let expected = now.polls - known.get(number).map_or(0, |known| known.polls);
                assert!((expected..=1).contains(&polls), "{number} of seed {seed}");
                // An earlier child of the slot was woken.
                oracle.stale = oracle
                    .stale
                    .checked_sub(polls - expected)
                    .expect("a poll for nothing");
                now.polls += polls - expected;
                assert_eq!(
                    kid.drops,
                    usize::from(over || now.ended),
                    "{number} of seed {seed}"
                );
            }
            match polled {
                Poll::Ready(result) => break result,
                Poll::Pending => {
                    let (must, may) = (oracle.is_woken(), oracle.late_wake);
                    let woken = tasks[turn].woken() > 0;
                    assert!(woken >= must && (!woken || must || may), "seed {seed}");
                    awake = woken;
                }
            }
        }
        let mut must = false;
        for _ in 0..random.below(4) {
            let count = world.count();
            let number = random.below(count + 1);
            match random.below(10) {
                0 | 1 if count < LAST => {
                    world.spawn();
                    oracle.kids.push(Known::default());
                    must |= oracle.graceful || !oracle.cancelled;
                }
                2 if number < count => {
                    let handle = world.handles.lock().unwrap()[number].take();
                    if let Some(handle) = handle {
                        let kid = &mut oracle.kids[number];
                        if random.below(2) == 0 {
                            handle.cancel();
                            kid.cancelled = true;
                            kid.woken |= kid.started && !kid.ended;
                            must |= kid.started && !kid.ended;
                        }
                    }
                }
                3 if rounds > 20 && random.below(30) == 0 => {
                    world.g.finish(BODY + 1);
                    must |= !oracle.cancelled || oracle.values.is_empty();
                    oracle.finish(BODY + 1);
                    oracle.seal();
                }
                4 if rounds > 10
                    && body.polls() > 0
                    && !oracle.body_ended
                    && oracle.body.is_none() =>
                {
                    let outcome = if random.below(4) == 0 {
                        Err(BODY)
                    } else {
                        Ok(BODY)
                    };
                    oracle.body = Some(outcome);
                    oracle.body_woken = true;
                    must = true;
                    body.finish(outcome);
                }
                5 if oracle.cancelled && random.below(4) == 0 && deadline.polls() > 0 => {
                    oracle.due = true;
                    must = true;
                    deadline.finish(());
                }
                _ if number < count
                    && oracle.kids[number].started
                    && !oracle.kids[number].ended =>
                {
                    let kid = &mut oracle.kids[number];
                    if let (None, 0 | 1) = (kid.outcome, random.below(3)) {
                        let outcome = if random.below(40) == 0 {
                            Err(number)
                        } else {
                            Ok(number)
                        };
                        kid.outcome = Some(outcome);
                        world.kid(number).lock().unwrap().outcome = kid.outcome;
                    }
                    let waker = world.kid(number).lock().unwrap().waker.clone();
                    // One that was cancelled before its first poll has none.
                    if let Some(waker) = waker {
                        waker.wake();
                        kid.woken = true;
                        must = true;
                    }
                }
                _ => {}
            }
        }
        if turn < 2 && body.polls() > 0 {
            assert_eq!(tasks[1 - turn].woken(), 0, "of the older task, seed {seed}");
            let woken = tasks[turn].woken() > 0;
            assert!(woken || awake || !must, "a wake is lost, seed {seed}");
            awake |= woken;
        }
        assert!(rounds < 5000, "seed {seed}");
    };

    let errors: BTreeSet<_> = match &result {
        Ok(value) if oracle.values.is_empty() => {
            assert_eq!(*value, BODY, "seed {seed}");
            BTreeSet::new()
        }
        Ok(value) => {
            assert!(oracle.values.contains(value), "seed {seed}");
            BTreeSet::new()
        }
        Err(errors) => {
            if !graceful {
                assert!(
                    errors
                        .iter()
                        .all(|(&index, &error)| index == error || error == BODY)
                );
            }
            errors.iter().map(|(_, &error)| error).collect()
        }
    };
    assert_eq!(errors, oracle.errors, "seed {seed}");
    assert_eq!(tasks.each_ref().map(Task::woken)[1 - turn], 0);
    let handles = mem::take(&mut *world.handles.lock().unwrap());
    for (number, mut handle) in handles.into_iter().enumerate() {
        if let Some(handle) = &mut handle {
            let polled = tasks[0].poll(handle);
            assert_eq!(
                polled == Poll::Ready(number),
                oracle.kids[number].value,
                "seed {seed}"
            );
        }
    }
    drop((job, body.take_waker(), deadline.take_waker()));
    assert_eq!(tasks.each_ref().map(Task::clones), [0, 0], "seed {seed}");
}

#[test]
fn a_group_does_what_a_naive_one_would() {
    (0..1000).for_each(|seed| script(false, seed));
}

#[test]
fn a_group_with_grace_does_what_a_naive_one_would() {
    (0..1000).for_each(|seed| script(true, seed));
}
