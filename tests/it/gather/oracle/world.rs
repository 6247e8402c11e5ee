//! Children that follow a random plan, and the oracle that knows what the plans result in.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    thread,
};

use crate::support::{Random, poll_once};

/// What a child does, poll by poll. Then it is ready, or panics.
struct Plan {
    pending: Vec<Step>,
    panics: bool,
    /// Which children it wakes in its last poll, and as it is dropped.
    last: Vec<usize>,
    in_drop: Vec<usize>,
}

struct Step {
    /// Whether it keeps a clone of its waker.
    keeps: bool,
    /// Which children it wakes, maybe itself.
    wakes: Vec<usize>,
}

/// A panic that is not one of ours.
#[derive(PartialEq)]
pub(crate) enum Planned {
    InChild,
    InCallback,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) polls: usize,
    /// How often it was woken, and whether that was since its last poll.
    wakes: usize,
    pub(crate) woken: bool,
    /// In which poll of the task it was polled last.
    last_poll: usize,
    pub(crate) kept: Vec<Waker>,
    pub(crate) ended: bool,
    pub(crate) drops: usize,
    pub(crate) outputs_alive: usize,
}

pub(crate) struct World {
    plans: Vec<Plan>,
    pub(crate) states: RefCell<Vec<State>>,
    /// Whether the oracle runs it.
    naive: bool,
    /// Polls of the task, and wakes of children that were still to be polled.
    pub(crate) polls: Cell<usize>,
    pub(crate) wakes: Cell<usize>,
}

pub(crate) struct Child(Rc<World>, usize);

pub(crate) struct Output(Rc<World>, usize);

impl World {
    pub(crate) fn new(seed: u64, naive: bool) -> Rc<Self> {
        let mut random = Random(seed);
        let n = [1, 2, 2, 3, 5, 31, 63, 64, 65, 130][random.below(10)];
        let panicking = [1, 1, 4, 20][random.below(4)];
        let yielding = random.below(3);
        let plans: Vec<_> = (0..n)
            .map(|index| Plan {
                pending: (0..[0, 1, 1, 2, 4][random.below(5)])
                    .map(|_| {
                        let mut wakes = some(&mut random, n, 3);
                        wakes.extend((random.below(3) < yielding).then_some(index));
                        // A child that keeps no waker must wake itself.
                        let keeps = random.below(2) == 0 || n == 1 || !wakes.contains(&index);
                        Step { keeps, wakes }
                    })
                    .collect(),
                panics: panicking > 1 && random.below(panicking) == 0,
                last: some(&mut random, n, 4),
                in_drop: some(&mut random, n, 4),
            })
            .collect();
        Rc::new(Self {
            states: RefCell::new(plans.iter().map(|_| State::default()).collect()),
            plans,
            naive,
            polls: Cell::new(0),
            wakes: Cell::new(0),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.plans.len()
    }

    pub(crate) fn children(self: &Rc<Self>) -> impl Iterator<Item = Child> + use<'_> {
        (0..self.len()).map(|index| Child(self.clone(), index))
    }

    /// Wakes a child, if there is a waker of it, with the one that `choice` says.
    pub(crate) fn wake(&self, index: usize, choice: usize) {
        let mut states = self.states.borrow_mut();
        let kept = &states[index].kept;
        let waker = match kept.len() {
            0 => return,
            // A single child has the task waker, of which only the newest counts.
            count if self.len() == 1 => kept[count - 1].clone(),
            count => kept[choice % count].clone(),
        };
        self.note_wake(&mut states[index]);
        drop(states);
        waker.wake();
    }

    fn note_wake(&self, state: &mut State) {
        if !state.ended {
            state.woken = true;
            state.wakes += 1;
            self.wakes.set(self.wakes.get() + 1);
        }
    }

    /// What the plans result in: polls all children until nothing is left to do.
    pub(crate) fn outputs(self: &Rc<Self>) -> Vec<Option<usize>> {
        assert!(self.naive);
        let mut outputs = vec![None; self.len()];
        let mut children: Vec<_> = self.children().map(Some).collect();
        while children.iter().any(Option::is_some) {
            for (slot, output) in children.iter_mut().zip(&mut outputs) {
                let Some(child) = slot else { continue };
                match catch_unwind(AssertUnwindSafe(|| poll_once(child))) {
                    Ok(Poll::Pending) => continue,
                    Ok(Poll::Ready(ready)) => *output = Some(ready.value()),
                    Err(_) => {}
                }
                *slot = None;
            }
        }
        outputs
    }
}

/// Some of `n` children, maybe none, maybe one twice.
fn some(random: &mut Random, n: usize, chance: usize) -> Vec<usize> {
    let mut some = vec![];
    while random.below(chance) == 0 {
        some.push(random.below(n));
    }
    some
}

impl Future for Child {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let Self(world, index) = &*self;
        let plan = &world.plans[*index];
        let mut states = world.states.borrow_mut();
        let state = &mut states[*index];
        assert!(!state.ended && state.drops == 0, "polled after its end");
        if !world.naive {
            assert_ne!(
                state.last_poll,
                world.polls.get(),
                "polled twice in a poll of the task"
            );
            if world.len() > 1 {
                assert!(state.polls <= state.wakes, "polled for nothing");
            }
        }
        state.last_poll = world.polls.get();
        state.polls += 1;
        state.woken = false;
        let step = plan.pending.get(state.polls - 1);
        if step.is_some_and(|step| step.keeps) {
            state.kept.push(cx.waker().clone());
        }
        drop(states);

        for &target in step.map_or(&plan.last, |step| &step.wakes) {
            if target == *index {
                world.note_wake(&mut world.states.borrow_mut()[target]);
                cx.waker().wake_by_ref();
            } else {
                world.wake(target, *index);
            }
        }
        if step.is_some() {
            return Poll::Pending;
        }
        let mut states = world.states.borrow_mut();
        let state = &mut states[*index];
        (state.ended, state.woken) = (true, false);
        if plan.panics {
            resume_unwind(Box::new(Planned::InChild));
        }
        state.outputs_alive += 1;
        Poll::Ready(Output(world.clone(), *index))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let Self(world, index) = self;
        {
            let state = &mut world.states.borrow_mut()[*index];
            state.drops += 1;
            (state.ended, state.woken) = (true, false);
        }
        if !thread::panicking() {
            for &target in &world.plans[*index].in_drop {
                world.wake(target, *index);
            }
        }
    }
}

impl Output {
    pub(crate) fn value(&self) -> usize {
        let polls = self.0.plans[self.1].pending.len() + 1;
        assert_eq!(self.0.states.borrow()[self.1].polls, polls);
        1000 * self.1 + polls
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.states.borrow_mut()[self.1].outputs_alive -= 1;
    }
}
