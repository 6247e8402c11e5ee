//! Random scripts: a group beside a naive oracle, which looks at all children in each poll.

mod oracle;
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
use oracle::{Kind, Known, Oracle};
use world::{BODY, Body, LAST, Outcome, Outcomes, World};

use crate::support::{Random, Remote, Task};

type Job = Pin<Box<dyn Future<Output = Result<usize, Errors<usize>>>>>;

fn script(kind: Kind, seed: u64) {
    let graceful = kind.graceful;
    let mut random = Random(seed);
    let mut oracle = Oracle::new(seed, kind);
    let ((body, body_child), (deadline, timer)) = (Remote::<Outcome>::new(), Remote::<()>::new());
    let mut handle = None;
    let job = group(|g| {
        let cancelled = kind.listens.then(|| g.cancelled());
        handle = Some(g);
        Body {
            cancelled,
            child: body_child,
        }
    });
    let job = job.at_most(kind.limit);
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
    let mut outcomes = Outcomes::default();
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
                    .expect("polled without a wake");
                now.polls += polls - expected;
                assert_eq!(
                    kid.drops,
                    usize::from(over || now.ended),
                    "{number} of seed {seed}"
                );
            }
            for (number, handle) in world.handles.lock().unwrap().iter().enumerate() {
                let is_over = over || oracle.kids[number].ended;
                if let Some(handle) = handle {
                    assert_eq!(handle.is_finished(), is_over, "{number} of seed {seed}");
                    // The body's failure takes an index, so a child spawned after it has one more.
                    let body_failed = oracle.body_ended && !oracle.body_value;
                    let after = handle.index() - number;
                    assert!(after <= usize::from(body_failed), "seed {seed}");
                }
            }
            outcomes.check(|number| {
                let kid = &oracle.kids[number];
                (over || kid.ended).then_some(kid.value)
            });
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
                    must |= oracle.is_accepting() && oracle.alive() < kind.limit;
                }
                2 if number < count => {
                    let mut handles = world.handles.lock().unwrap();
                    let (cancels, keeps) = (random.below(2) == 0, random.below(3));
                    let kid = &mut oracle.kids[number];
                    if let Some(handle) = handles[number].as_ref().filter(|_| cancels) {
                        handle.cancel();
                        // Woken only once for that.
                        let is_first = !mem::replace(&mut kid.cancelled, true);
                        kid.woken |= is_first && kid.started && !kid.ended;
                        must |= is_first && kid.started && !kid.ended;
                    }
                    if keeps > 0 {
                        if let Some(handle) = handles[number].take().filter(|_| keeps == 1) {
                            let is_over = kid.ended.then_some(kid.value);
                            outcomes.add(number, handle.outcome(), is_over);
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
    assert!(outcomes.are_all_known(), "seed {seed}");
    drop((job, body.take_waker(), deadline.take_waker()));
    assert_eq!(tasks.each_ref().map(Task::clones), [0, 0], "seed {seed}");
}

const PLAIN: Kind = Kind {
    graceful: false,
    listens: false,
    limit: usize::MAX,
};

#[test]
fn a_group_does_what_a_naive_one_would() {
    (0..1000).for_each(|seed| script(PLAIN, seed));
}

#[test]
fn a_group_with_grace_does_what_a_naive_one_would() {
    for seed in 0..1000 {
        let kind = Kind {
            graceful: true,
            listens: seed % 3 == 0,
            ..PLAIN
        };
        script(kind, seed);
    }
}

#[test]
fn a_group_with_a_limit_does_what_a_naive_one_would() {
    for seed in 0..2000 {
        let kind = Kind {
            graceful: seed % 2 == 0,
            listens: seed % 4 == 0,
            limit: [1, 2, 3, 7][seed as usize / 4 % 4],
        };
        script(kind, seed);
    }
}
