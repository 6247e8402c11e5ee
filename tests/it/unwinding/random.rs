//! Random scripts for all combinators, in which anything may panic. After a panic the task is woken, and if
//! it polls only when it is woken, all children that can complete do, and no output is lost.

mod limited;
mod set;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{Stream, future::FusedFuture};
use gather::{Errors, LocalGroup, first_ok, gather, local_group, try_gather};
#[cfg(feature = "std")]
use gather::{Group, group};

use self::limited::Well;
use crate::support::{
    Random,
    panicky::{Output, PanickyTask, Record, Unmade, World},
    yield_now,
};

/// The result of a poll: outputs by their index.
enum Step {
    Gave(Vec<(usize, Output)>),
    /// There are no more.
    Ended(Vec<(usize, Output)>),
    /// The errors, or the success, that ended it, by their children.
    Stopped(Vec<usize>),
    /// It has ended with a panic of its own, as a child has no output. The other outputs, if they can be had.
    Lacks(Option<Vec<(usize, Output)>>),
    /// It is over after the panic of a child, or of a drop in the end.
    Over,
}

type Job = Box<dyn FnMut(&mut Context<'_>) -> Poll<Step>>;

fn index(result: Result<Output, Output>) -> (usize, Output) {
    let output = result.unwrap_or_else(|error| error);
    (output.index(), output)
}

fn numbered<T>(
    outputs: impl IntoIterator<Item = T>,
    of: impl Fn(T) -> Output,
) -> Vec<(usize, Output)> {
    let outputs = outputs.into_iter().enumerate();
    outputs.map(|(index, output)| (index, of(output))).collect()
}

/// Polls, and turns panics that are an end into a step.
fn step<J>(
    job: &mut J,
    is_over: impl FnOnce(&J) -> bool,
    poll: impl FnOnce(&mut J) -> Poll<Step>,
) -> Poll<Step> {
    match catch_unwind(AssertUnwindSafe(|| poll(job))) {
        Ok(polled) => polled,
        // Only panics of the crate have a message.
        Err(payload) => match payload.downcast::<String>() {
            Ok(message)
                if message.contains("has no output of child")
                    || message.contains("the source of its children panicked") =>
            {
                Poll::Ready(Step::Lacks(None))
            }
            Ok(message) => panic!("{message}"),
            Err(_) if is_over(job) => Poll::Ready(Step::Over),
            Err(payload) => resume_unwind(payload),
        },
    }
}

fn of_future<F>(mut job: F, mut step_of: impl FnMut(F::Output) -> Step + 'static) -> Job
where
    F: FusedFuture + Unpin + 'static,
{
    Box::new(move |cx| {
        step(&mut job, F::is_terminated, |job| {
            Pin::new(job).poll(cx).map(&mut step_of)
        })
    })
}

fn of_stream(
    mut stream: impl Stream<Item = (usize, Result<Output, Output>)> + Unpin + 'static,
) -> Job {
    Box::new(move |cx| {
        Pin::new(&mut stream).poll_next(cx).map(|item| match item {
            Some((index, output)) => Step::Gave(vec![(index, self::index(output).1)]),
            None => Step::Ended(vec![]),
        })
    })
}

/// Polled at random as a future and by an `until`, which at random stops.
fn until(world: World, children: Vec<Unmade>) -> Job {
    let mut job = Some(gather(children));
    Box::new(move |cx| {
        let polled = step(
            job.as_mut().unwrap(),
            |_| false,
            |job| {
                if world.below(2) == 0 {
                    return Pin::new(job)
                        .poll(cx)
                        .map(|all| Step::Ended(numbered(all, |one| index(one).1)));
                }
                let stop = |index, _: &_| {
                    world.with(|state| state.observed.push(index));
                    world.may_panic("until");
                    world.below(4) == 0
                };
                let stopped = ready!(Pin::new(&mut job.until(stop)).poll(cx));
                Poll::Ready(match stopped {
                    Some(_) => Step::Gave(vec![]),
                    None => Step::Lacks(None),
                })
            },
        );
        polled.map(|step| match step {
            Step::Lacks(None) => {
                let left = job.take().unwrap().into_partial();
                let left = left.into_iter().enumerate();
                Step::Lacks(Some(
                    left.filter_map(|(at, one)| Some((at, index(one?).1)))
                        .collect(),
                ))
            }
            step => step,
        })
    })
}

fn inspect(world: World, children: Vec<Unmade>) -> Job {
    let job = gather(children).inspect(move |index, _| {
        world.with(|state| state.observed.push(index));
        world.may_panic("inspect");
    });
    of_future(job, |all| Step::Ended(numbered(all, |one| index(one).1)))
}

fn result(result: Result<Vec<Output>, Output>) -> Step {
    match result {
        Ok(values) => Step::Ended(numbered(values, |value| value)),
        Err(error) => Step::Stopped(vec![error.index()]),
    }
}

fn won(result: Result<Output, Errors<Output>>) -> Step {
    match result {
        Ok(value) => Step::Stopped(vec![value.index()]),
        Err(errors) => Step::Ended(errors.into_iter().collect()),
    }
}

/// The body spawns the children, and gives the values of all.
macro_rules! of_group {
    ($group:ident, $handle:ident, $world:ident, $count:ident) => {
        of_future(
            $group(move |g: $handle<'static, Vec<Output>, Output>| async move {
                let mut handles = vec![];
                for spawned in 1..=$count {
                    handles.push(g.spawn($world.child(20).into_future()));
                    if spawned % 7 == 0 {
                        yield_now().await;
                    }
                }
                Ok(gather(handles).await)
            }),
            |ended| match ended {
                Ok(values) => Step::Ended(numbered(values, |value| value)),
                Err(errors) => {
                    let indices = |(&index, error): (&usize, &Output)| {
                        assert_eq!(index, error.index());
                        index
                    };
                    Step::Stopped(errors.iter().map(indices).collect())
                }
            },
        )
    };
}

fn job(of: &str, world: World, count: usize, well: &Well) -> Job {
    if let Some(of) = of.strip_prefix("at_most_") {
        return limited::job(of, world, count, well);
    }
    let children = |errors| (0..count).map(|_| world.child(errors)).collect::<Vec<_>>();
    let all = |all| Step::Ended(numbered(all, |one| index(one).1));
    match of {
        "gather" => of_future(gather(children(2)), all),
        "until" => until(world.clone(), children(2)),
        "inspect" => inspect(world.clone(), children(2)),
        "completions" => of_stream(gather(children(2)).completions()),
        "try_gather" => of_future(try_gather(children(20)), result),
        "first_ok" => of_future(first_ok(children(1)), won),
        #[cfg(feature = "std")]
        "group" => of_group!(group, Group, world, count),
        "set" => set::job(world, count),
        "local_group" => of_group!(local_group, LocalGroup, world, count),
        _ => unreachable!(),
    }
}

fn script(of: &str, seed: u64) {
    let world = World::new(Random(seed));
    let pick = |all: &[usize]| all[world.below(all.len())];
    let count = pick(&[1, 2, 3, 5, 31, 33, 40, 63, 64, 65, 100, 300]);
    let well = Well::default();
    let mut job = job(of, world.clone(), count, &well);
    world.arm(pick(&[3, 10, 50, 300]), pick(&[0, 1, 3, 12]));

    // A single child has the task waker, and may wake it at any time.
    let has_growing = ["at_most", "group", "set"];
    let is_only = count == 1 && !has_growing.iter().any(|one| of.contains(one));
    let (tasks, mut newest) = ([PanickyTask::new(&world), PanickyTask::new(&world)], 0);
    let (mut is_woken, mut is_ending, mut given) = (true, false, vec![]);
    // How often the source, which has the task waker, may have woken it.
    let mut fed = 0;
    let end = loop {
        let running = world.those(Record::is_running);
        let owed = world.those(|child| child.is_running() && child.is_woken);
        assert!(is_woken || owed.is_empty(), "the wake of {owed:?} is lost");
        let choice = world.below(8);
        if choice == 0 || choice < 5 && is_woken {
            if choice == 0 {
                newest = world.below(2);
            }
            fed = 0;
            tasks[1 - newest].forget();
            match tasks[newest].poll(&mut job) {
                Ok(Poll::Pending) => (is_woken, is_ending) = (false, false),
                Ok(Poll::Ready(Step::Gave(items))) => {
                    given.extend(items);
                    is_woken = true;
                }
                Ok(Poll::Ready(end)) => break end,
                Err(payload) => {
                    is_ending = true;
                    // Only an assertion has a message.
                    assert!(
                        !payload.is::<String>(),
                        "{:?}",
                        payload.downcast::<String>()
                    );
                    assert!(tasks[newest].is_woken(), "a panic, and it is not woken");
                }
            }
        } else if well.is_pending() && (running.is_empty() || choice == 6) {
            well.wake();
            fed += 1;
            assert!(
                is_woken || tasks[newest].is_woken(),
                "the source's wake is lost"
            );
            // If the newest task was woken before it polled the source, that had the waker of the older one.
            tasks[1 - newest].forget();
        } else if running.is_empty() {
            assert!(is_woken, "it is pending, and no wake is to come");
        } else if choice == 7 {
            // Perhaps a child that is over.
            world.wake(world.below(running[0] + running.len()));
        } else if choice % 2 == 0 {
            world.finish(pick(&running));
        } else {
            world.wake(pick(&running));
        }
        is_woken |= tasks[newest].is_woken();
        assert!(!tasks[1 - newest].is_woken(), "the older task is woken");
        // A group whose end panics may have parked before.
        let most = 1 + fed + usize::from(is_ending && of.contains("group"));
        assert!(is_only || tasks[newest].wakes() <= most, "woken twice");
    };
    world.arm(0, 0);
    check(of, &world, well.made(count), given, end);
    if !is_only {
        tasks.iter().for_each(PanickyTask::forget);
        world
            .those(|_| true)
            .into_iter()
            .for_each(|child| world.wake(child));
        assert!(!tasks.iter().any(PanickyTask::is_woken), "a late wake");
    }
    drop(job);
    world.check();
}

/// Asserts that the result is what the children did.
fn check(of: &str, world: &World, count: usize, mut given: Vec<(usize, Output)>, end: Step) {
    let sorted = |mut indices: Vec<usize>| {
        indices.sort_unstable();
        indices
    };
    let done = world.with(|state| state.done.clone());
    let panicked = world.those(|child| child.has_panicked);
    let is_all_over = sorted([&*done, &*panicked].concat())
        .into_iter()
        .eq(0..count);
    let is_observed = of.contains("inspect") && !matches!(end, Step::Lacks(_));
    let mut unobserved = vec![];
    match end {
        Step::Ended(outputs) => {
            given.extend(outputs);
            assert!(given.iter().all(|(index, output)| *index == output.index()));
            assert_eq!(
                sorted(given.iter().map(|one| one.0).collect()),
                sorted(done.clone())
            );
            assert!(is_all_over);
            let streams = ["completions", "ordered", "set"];
            assert!(panicked.is_empty() || streams.iter().any(|stream| of.contains(stream)));
        }
        Step::Lacks(left) => {
            assert!(is_all_over);
            assert!(!panicked.is_empty() || of == "until" || of.ends_with("fed"));
            if let Some(left) = left {
                assert!(left.iter().all(|(index, output)| *index == output.index()));
                assert!(left.iter().map(|one| one.0).eq(sorted(done.clone())));
            }
        }
        Step::Stopped(by) => {
            let stops = |child: &usize| {
                world.with(|state| state.children[*child].is_ok) == of.contains("first_ok")
            };
            let mut stops = done.iter().copied().filter(stops);
            if of.contains("group") {
                assert!(stops.eq(by));
            } else {
                assert_eq!(stops.next(), Some(by[0]));
                unobserved = by;
            }
        }
        Step::Over => assert!(of.contains("group")),
        Step::Gave(_) => unreachable!(),
    }
    let observed = sorted(world.with(|state| state.observed.clone()));
    assert!(
        observed.windows(2).all(|two| two[0] < two[1]),
        "observed twice"
    );
    if is_observed {
        assert_eq!(sorted([observed, unobserved].concat()), sorted(done));
    }
}

fn scripts(of: &str) {
    for seed in 0..150 {
        let run = catch_unwind(AssertUnwindSafe(|| script(of, seed)));
        run.unwrap_or_else(|_| panic!("`{of}`, seed {seed}"));
    }
}

macro_rules! tests {
    ($($(#[$cfg:meta])? $name:ident)+) => {
        $(
            #[test]
            $(#[$cfg])?
            fn $name() {
                scripts(stringify!($name));
            }
        )+
    };
}

mod what_can_complete_does_after_a_panic_in {
    use super::scripts;

    tests! {
        gather until inspect completions try_gather first_ok
        at_most_gather at_most_gather_fed at_most_until at_most_until_fed
        at_most_inspect at_most_inspect_fed at_most_completions at_most_completions_fed
        at_most_ordered at_most_ordered_fed at_most_unordered at_most_unordered_fed
        at_most_try_gather at_most_try_gather_fed at_most_try_until at_most_try_until_fed
        at_most_try_inspect at_most_try_inspect_fed at_most_first_ok at_most_first_ok_fed
        set local_group
        #[cfg(feature = "std")] group
    }
}
