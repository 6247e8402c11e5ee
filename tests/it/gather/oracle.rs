//! Random jobs, step by step beside a naive oracle that polls all children all the time: the same
//! outputs, each value dropped once, no wake lost, and none too many.

mod world;

use std::{
    any::Any,
    cell::RefCell,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    task::Poll,
    thread,
};

use gather::{Completions, Gather, Inspect, gather};
use world::{Child, Output, Planned, World};

use crate::support::{Random, Task};

type Callback = Box<dyn FnMut(usize, &Output)>;

enum Job {
    Plain(Gather<Child>),
    Inspect(Inspect<Gather<Child>, Callback>),
    Stream(Completions<Child>),
}

enum Polled {
    Pending,
    /// There is more, and the task is to poll again.
    Stopped,
    Finished(Vec<Option<usize>>),
}

/// A job, its tasks, and everything that happens to them.
struct Run {
    random: Random,
    world: Rc<World>,
    expected: Vec<Option<usize>>,
    job: Option<Job>,
    tasks: [Task; 3],
    newest: usize,
    /// Whether the task is going to poll anyway.
    owed: bool,
    /// How often the newest task was woken since it polled, and all of them ever.
    woken: usize,
    total_woken: usize,
    /// How often a poll ended in the middle.
    stops: usize,
    /// What readers observed, and what a stream gave.
    observed: Rc<RefCell<Vec<usize>>>,
    given: Vec<Option<usize>>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let world = World::new(seed, false);
        Self {
            random: Random(!seed),
            expected: World::new(seed, true).outputs(),
            job: Some(Job::Plain(gather(world.children()))),
            tasks: [Task::new(), Task::new(), Task::new()],
            newest: 0,
            owed: true,
            woken: 0,
            total_woken: 0,
            stops: 0,
            observed: Rc::default(),
            given: vec![None; world.len()],
            world,
        }
    }

    fn run(mut self) {
        let n = self.world.len();
        for _ in 0..self.random.below(4 * n + 10) {
            match self.random.below(40) {
                0 => self.change_view(),
                1 if self.random.below(4) == 0 => self.end(),
                1..4 => {
                    // All of a child's wakers but the newest.
                    let kept = &mut self.world.states.borrow_mut()[self.random.below(n)].kept;
                    kept.drain(..kept.len().saturating_sub(1));
                }
                4..24 => self.wake(),
                _ => self.poll(),
            }
        }
        // From here on the task polls only when it is woken.
        for steps in 0.. {
            if self.job.is_none() {
                break;
            }
            assert!(steps < 1_000_000, "no end in sight");
            match self.owed || self.woken > 0 {
                true => self.poll(),
                false => self.wake(),
            }
        }
        self.nothing_is_left();
    }

    fn wake(&mut self) {
        let index = self.random.below(self.world.len());
        self.world.wake(index, self.random.below(100));
        self.check();
    }

    fn poll(&mut self) {
        let Some(mut job) = self.job.take() else {
            return;
        };
        if self.random.below(3) == 0 {
            self.newest = self.random.below(3);
        }
        (self.woken, self.owed) = (0, false);
        self.world.polls.set(self.world.polls.get() + 1);
        let polled = catch_unwind(AssertUnwindSafe(|| self.poll_job(&mut job)));
        let polled = polled.unwrap_or_else(|panic| self.panicked(panic, &mut job));
        match polled {
            Polled::Finished(outputs) => {
                assert_eq!(outputs, self.expected);
                if let Job::Inspect(_) = job {
                    self.all_were_observed();
                }
                self.check();
                return;
            }
            Polled::Pending => {}
            Polled::Stopped => {
                self.owed = true;
                self.stops += 1;
            }
        }
        self.job = Some(job);
        self.check();
    }

    fn poll_job(&mut self, job: &mut Job) -> Polled {
        let all =
            |outputs: Vec<Output>| outputs.iter().map(|output| Some(output.value())).collect();
        let until = (self.random.below(3) == 0).then(|| self.callback());
        let task = &self.tasks[self.newest];
        let polled = match (job, until) {
            (Job::Plain(job), Some(until)) => {
                let polled = task.poll(&mut job.until(until));
                if polled == Poll::Ready(None) {
                    self.all_were_observed();
                }
                return match polled {
                    Poll::Pending => Polled::Pending,
                    Poll::Ready(_) => Polled::Stopped,
                };
            }
            (Job::Plain(job), None) => task.poll(job).map(all),
            (Job::Inspect(job), _) => task.poll(job).map(all),
            (Job::Stream(stream), _) => match task.poll_next(stream) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(mem::take(&mut self.given)),
                Poll::Ready(Some((index, output))) => {
                    let before = self.given[index].replace(output.value());
                    assert_eq!(before, None, "given twice");
                    return Polled::Stopped;
                }
            },
        };
        match polled {
            Poll::Pending => Polled::Pending,
            Poll::Ready(outputs) => Polled::Finished(outputs),
        }
    }

    /// For `until` and `inspect`: notes what it observes, stops at random, or panics.
    fn callback(&mut self) -> impl FnMut(usize, &Output) -> bool + use<> {
        let n = self.world.len();
        let (stop, panic) = (self.random.below(2 * n), self.random.below(9 * n));
        let observed = self.observed.clone();
        move |index, output| {
            output.value();
            observed.borrow_mut().push(index);
            if index == panic {
                resume_unwind(Box::new(Planned::InCallback));
            }
            index == stop
        }
    }

    /// A planned panic interrupts a poll. A panic of the job itself ends it.
    fn panicked(&mut self, panic: Box<dyn Any + Send>, job: &mut Job) -> Polled {
        if let Some(planned) = panic.downcast_ref::<Planned>() {
            self.stops += 1;
            // The task is not woken if all are over, nor for a callback before any poll.
            let over = self.world.states.borrow().iter().all(|state| state.ended);
            self.owed = over || *planned == Planned::InCallback;
            return Polled::Pending;
        }
        let first = self.expected.iter().position(Option::is_none);
        let named = first.map(|first| format!("child {first},"));
        match (panic.downcast_ref::<String>(), named) {
            (Some(message), Some(named)) if message.contains(&named) => {}
            _ => resume_unwind(panic),
        }
        assert!(self.world.states.borrow().iter().all(|state| state.ended));
        match mem::replace(job, Job::Plain(Gather::from_iter(None::<Child>))) {
            Job::Plain(job) => Polled::Finished(partial(job)),
            // It has observed all outputs that were complete before.
            inspect @ Job::Inspect(_) => {
                *job = inspect;
                Polled::Finished(self.expected.clone())
            }
            Job::Stream(_) => unreachable!("a stream just ends"),
        }
    }

    fn change_view(&mut self) {
        self.job = match self.job.take() {
            Some(Job::Plain(job)) => {
                // These observe all outputs, also those that an `until` has.
                self.each_was_observed_once();
                self.observed.borrow_mut().clear();
                Some(match self.random.below(2) {
                    0 => Job::Stream(job.completions()),
                    _ => {
                        let mut callback = self.callback();
                        Job::Inspect(job.inspect(Box::new(move |index, output| {
                            callback(index, output);
                        })))
                    }
                })
            }
            other => other,
        };
    }

    fn end(&mut self) {
        if let (Some(Job::Plain(job)), 0) = (self.job.take(), self.random.below(2)) {
            for (output, expected) in partial(job).into_iter().zip(&self.expected) {
                assert!(output.is_none() || output == *expected);
            }
        }
        self.check();
    }

    fn check(&mut self) {
        for (index, task) in self.tasks.iter().enumerate() {
            let woken = task.woken();
            self.total_woken += woken;
            if index == self.newest {
                self.woken += woken;
            } else if self.world.len() > 1 && !self.owed {
                assert_eq!(woken, 0, "an old task was woken");
            }
        }
        if self.world.len() > 1 {
            assert!(self.woken <= 1, "the task was woken twice");
            assert!(self.total_woken <= self.world.wakes.get() + self.stops);
        }
        let states = self.world.states.borrow();
        let waiting = |index: usize| {
            let state = &states[index];
            !state.ended && (state.woken || state.polls == 0)
        };
        if self.job.is_some() && !self.owed && self.woken == 0 {
            assert_eq!(
                (0..states.len()).find(|&index| waiting(index)),
                None,
                "a lost wake"
            );
        }
    }

    fn each_was_observed_once(&self) {
        let mut observed = self.observed.borrow().clone();
        observed.sort_unstable();
        assert!(observed.is_sorted_by(|a, b| a < b), "observed twice");
    }

    fn all_were_observed(&self) {
        self.each_was_observed_once();
        let all = self.expected.iter().flatten().count();
        assert_eq!(self.observed.borrow().len(), all, "not observed");
    }

    fn nothing_is_left(&mut self) {
        self.each_was_observed_once();
        for state in &mut *self.world.states.borrow_mut() {
            assert_eq!((state.drops, state.outputs_alive), (1, 0));
            if self.expected.len() == 1 {
                state.kept.clear();
            }
            state.kept.iter().for_each(std::task::Waker::wake_by_ref);
        }
        for task in &self.tasks {
            assert_eq!((task.woken(), task.clones()), (0, 0));
        }
    }
}

fn partial(job: Gather<Child>) -> Vec<Option<usize>> {
    let outputs = job.into_partial().into_iter();
    outputs
        .map(|output| output.map(|output| output.value()))
        .collect()
}

/// Prints the seed of a script that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("seed {} of {}", self.0, World::new(self.0, true).len());
        }
    }
}

#[test]
fn random_jobs_do_what_the_oracle_says() {
    for seed in 0..5000 {
        let _seed = Seed(seed);
        Run::new(seed).run();
    }
}
