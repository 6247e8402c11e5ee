//! The jobs with a limit, whose sources may panic and be pending too.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Poll, Waker, ready},
};

use futures::{
    Stream, StreamExt,
    future::FusedFuture,
    stream::{self},
};
use gather::{at_most, from_stream};

use super::{Job, Step, index, numbered, of_future, of_stream, result, step, won};
use crate::support::panicky::{Output, Unmade, World};

/// What a pending source waits for.
#[derive(Clone, Default)]
pub(super) struct Well(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waker: Option<Waker>,
    /// How many children it has given, if it is asked for more than it may.
    made: Option<usize>,
}

impl Well {
    pub(super) fn is_pending(&self) -> bool {
        self.0.lock().unwrap().waker.is_some()
    }

    pub(super) fn wake(&self) {
        let waker = self.0.lock().unwrap().waker.take();
        let _ = catch_unwind(AssertUnwindSafe(|| waker.map(Waker::wake)));
    }

    fn set(&self, waker: Option<Waker>) {
        let before = std::mem::replace(&mut self.0.lock().unwrap().waker, waker);
        drop(before);
    }

    /// How many children there were, of `count` at most.
    pub(super) fn made(&self, count: usize) -> usize {
        self.0.lock().unwrap().made.unwrap_or(count)
    }
}

fn iter(world: World, count: usize, errors: usize) -> impl Iterator<Item = Unmade> {
    let mut made = 0;
    std::iter::from_fn(move || {
        world.may_panic("next");
        made += 1;
        (made <= count).then(|| world.child(errors))
    })
}

/// It is pending at random, before its end too, and over when it panics.
fn fed(world: World, count: usize, errors: usize, well: Well) -> impl Stream<Item = Unmade> {
    let mut made = 0;
    well.0.lock().unwrap().made = Some(0);
    stream::poll_fn(move |cx| {
        well.set(None);
        world.may_panic("source");
        if world.below(3) == 0 {
            well.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        assert!(made <= count, "polled after its end");
        made += 1;
        if made > count {
            return Poll::Ready(None);
        }
        well.0.lock().unwrap().made = Some(made);
        Poll::Ready(Some(world.child(errors)))
    })
}

/// Polled at random as a future and by an `until`, which at random stops.
macro_rules! until {
    ($world:ident, $job:expr, $step_of:expr) => {{
        let mut job = $job;
        Box::new(move |cx| {
            step(&mut job, FusedFuture::is_terminated, |job| {
                if $world.below(2) == 0 {
                    let stop = |index, _: &_| {
                        $world.with(|state| state.observed.push(index));
                        $world.may_panic("until");
                        $world.below(4) == 0
                    };
                    if ready!(Pin::new(&mut job.until(stop)).poll(cx)).is_some() {
                        return Poll::Ready(Step::Gave(vec![]));
                    }
                    let end = Pin::new(job).poll(cx);
                    assert!(end.is_ready(), "an `until` has seen the end");
                    return end.map($step_of);
                }
                Pin::new(job).poll(cx).map($step_of)
            })
        })
    }};
}

macro_rules! job {
    ($of:ident, $world:ident, $source:expr) => {{
        let limits = [1, 2, 3, 31, 33, 64, 100, 258, usize::MAX];
        let limit = at_most(limits[$world.below(limits.len())]);
        let all = |all| Step::Ended(numbered(all, |one| index(one).1));
        let observe = {
            let world = $world.clone();
            move |index| {
                world.with(|state| state.observed.push(index));
                world.may_panic("inspect");
            }
        };
        match $of {
            "gather" => of_future(limit.gather($source(2)), all),
            "until" => until!($world, limit.gather($source(2)), all),
            "inspect" => {
                let job = limit.gather($source(2));
                of_future(job.inspect(move |index, _| observe(index)), all)
            }
            "completions" => of_stream(limit.completions($source(2))),
            "ordered" => {
                let mut next = 0;
                of_stream(limit.ordered($source(2)).map(move |output| {
                    let (at, output) = index(output);
                    assert!(at >= next, "out of order");
                    next = at + 1;
                    (at, Ok::<_, Output>(output))
                }))
            }
            "unordered" => {
                let outputs = limit.unordered($source(2));
                of_stream(outputs.map(|output| {
                    let (at, output) = index(output);
                    (at, Ok(output))
                }))
            }
            "try_gather" => of_future(limit.try_gather($source(200)), result),
            "try_until" => until!($world, limit.try_gather($source(200)), result),
            "try_inspect" => {
                let job = limit.try_gather($source(200));
                of_future(job.inspect(move |index, _| observe(index)), result)
            }
            // One in a hundred succeeds at most.
            "first_ok" => of_future(limit.first_ok($source(1)), won),
            _ => unreachable!("{}", $of),
        }
    }};
}

/// The job of this name, fed by an iterator, or by a stream if the name ends with `_fed`.
pub(super) fn job(of: &str, world: World, count: usize, well: &Well) -> Job {
    if let Some(of) = of.strip_suffix("_fed") {
        let source = |errors| from_stream(fed(world.clone(), count, errors, well.clone()));
        job!(of, world, source)
    } else {
        let source = |errors| iter(world.clone(), count, errors);
        job!(of, world, source)
    }
}
