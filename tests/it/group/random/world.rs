//! The children of a random script, which do what their number says.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use gather::{Child, ChildOutcome, Group};

use crate::support::{Random, Task};

pub(crate) type Outcome = Result<usize, usize>;

/// The body's value and error.
pub(crate) const BODY: usize = 1_000_000;
/// Children with a number from here on spawn no others.
pub(crate) const LAST: usize = 60;

/// What a child does as it ends.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Act {
    Nothing,
    WakeItself,
    Finish,
    Spawn,
}

/// What a child does, by its number: so the group may start children in another order than the oracle.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) at_once: Option<Outcome>,
    /// How often it wakes itself.
    pub(crate) restless: usize,
    /// How many it spawns in its first poll.
    pub(crate) spawns: usize,
    pub(crate) act: Act,
}

pub(crate) fn plan(seed: u64, number: usize) -> Plan {
    let mut random = Random(seed.wrapping_mul(1000) + number as u64);
    let mut one_in = |n| random.below(n) == 0;
    let outcome = if one_in(20) { Err(number) } else { Ok(number) };
    Plan {
        at_once: one_in(4).then_some(outcome),
        restless: if one_in(4) { 2 } else { 0 },
        spawns: if number < LAST && one_in(3) { 2 } else { 0 },
        act: match () {
            () if one_in(4) => Act::WakeItself,
            () if number < LAST && one_in(4) => Act::Spawn,
            () if one_in(60) => Act::Finish,
            () => Act::Nothing,
        },
    }
}

/// The children as they are.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) g: Group<'static, usize, usize>,
    pub(crate) kids: Mutex<Vec<Arc<Mutex<Kid>>>>,
    pub(crate) handles: Mutex<Vec<Option<Child<usize>>>>,
}

#[derive(Default)]
pub(crate) struct Kid {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) waker: Option<Waker>,
    pub(crate) polls: usize,
    pub(crate) drops: usize,
}

impl World {
    pub(crate) fn spawn(self: &Arc<Self>) {
        let kid = Arc::<Mutex<Kid>>::default();
        let mut kids = self.kids.lock().unwrap();
        let child = Spawned(self.clone(), kids.len(), kid.clone());
        kids.push(kid);
        drop(kids);
        let handle = self.g.spawn(child);
        self.handles.lock().unwrap().push(Some(handle));
    }

    pub(crate) fn count(&self) -> usize {
        self.kids.lock().unwrap().len()
    }

    pub(crate) fn kid(&self, number: usize) -> Arc<Mutex<Kid>> {
        self.kids.lock().unwrap()[number].clone()
    }
}

pub(crate) struct Spawned(Arc<World>, usize, Arc<Mutex<Kid>>);

impl Future for Spawned {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let Self(world, number, kid) = &*self;
        let plan = plan(world.seed, *number);
        let (polls, outcome) = {
            let mut kid = kid.lock().unwrap();
            kid.polls += 1;
            kid.waker = Some(cx.waker().clone());
            let at_once = plan.at_once.filter(|_| kid.polls == 1);
            (kid.polls, at_once.or(kid.outcome.take()))
        };
        if polls == 1 {
            (0..plan.spawns).for_each(|_| world.spawn());
        }
        if let Some(outcome) = outcome {
            match plan.act {
                Act::Nothing => {}
                Act::WakeItself => cx.waker().wake_by_ref(),
                Act::Finish => world.g.finish(*number),
                Act::Spawn => world.spawn(),
            }
            return Poll::Ready(outcome);
        }
        if polls <= plan.restless {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.2.lock().unwrap().drops += 1;
    }
}

/// A body that is completed from outside, and may have called `cancelled()`.
pub(crate) struct Body<T, C> {
    pub(crate) cancelled: Option<T>,
    pub(crate) child: C,
}

impl<T: Unpin, C: Unpin> Unpin for Body<T, C> {}

impl<T, C> Future for Body<T, C>
where
    T: Future + Unpin,
    C: Future<Output = Outcome> + Unpin,
{
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(mut cancelled) = self.cancelled.take() {
            // It does not await that, so that it is woken by nothing else.
            let _ = Pin::new(&mut cancelled).poll(cx);
        }
        Pin::new(&mut self.child).poll(cx)
    }
}

/// Outcomes that tasks wait for, one each.
#[derive(Default)]
pub(crate) struct Outcomes(Vec<(usize, ChildOutcome<usize>, Task)>);

impl Outcomes {
    /// Whether there is a value is known if the child is over.
    pub(crate) fn add(&mut self, number: usize, mut of: ChildOutcome<usize>, over: Option<bool>) {
        let task = Task::new();
        let polled = task.poll(&mut of);
        assert_eq!(polled, expected(number, over));
        if over.is_none() {
            self.0.push((number, of, task));
        }
    }

    /// Each outcome whose child is over was woken once, and is known; no other was woken.
    pub(crate) fn check(&mut self, over: impl Fn(usize) -> Option<bool>) {
        self.0.retain_mut(|(number, outcome, task)| {
            let over = over(*number);
            assert_eq!(task.woken(), usize::from(over.is_some()));
            assert_eq!(task.poll(outcome), expected(*number, over));
            assert_eq!(task.clones(), usize::from(over.is_none()));
            over.is_none()
        });
    }

    pub(crate) fn are_all_known(&self) -> bool {
        self.0.is_empty()
    }
}

fn expected(number: usize, over: Option<bool>) -> Poll<Option<usize>> {
    match over {
        Some(has_value) => Poll::Ready(has_value.then_some(number)),
        None => Poll::Pending,
    }
}
