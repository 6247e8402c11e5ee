//! Panics under a limit: of the iterator, of a child, of its drop. No output is lost, and the siblings
//! go on.

mod chunks;

use std::{
    future::{self, Future, IntoFuture},
    iter,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    task::Poll,
};

use futures::{
    future::FusedFuture,
    stream::{FusedStream, Stream},
};
use gather::at_most;

use crate::support::{
    Holding, Log, PanicsOnDrop, Task, panic_of, poll_once,
    stock::{Item, Stock},
};

const LIMITS: [usize; 7] = [1, 2, 3, 32, 33, 64, usize::MAX];
/// Children of a job: more than two chunks hold.
const COUNT: usize = 70;

/// Polls to the end, also after panics, and completes a child whenever the job is pending. Returns what it
/// ended with, which may be the job's own panic, and the panics before that.
fn polled_on<T, E>(
    stock: &Stock<T>,
    output: impl Fn(usize) -> T,
    mut poll: impl FnMut() -> Poll<E>,
) -> (Result<E, String>, Vec<&'static str>) {
    let mut panics = vec![];
    let mut next = 0;
    loop {
        match catch_unwind(AssertUnwindSafe(&mut poll)) {
            Ok(Poll::Ready(end)) => return (Ok(end), panics),
            Ok(Poll::Pending) => {
                while !stock.is_alive(next) {
                    next += 1;
                    assert!(next < stock.made(), "it is pending, and no child is alive");
                }
                stock.finish(next, output(next));
            }
            Err(payload) => match payload.downcast::<String>() {
                Ok(message) => return (Err(*message), panics),
                Err(payload) => panics.push(*payload.downcast().unwrap()),
            },
        }
    }
}

/// Makes `COUNT` children, and panics before each of those in `at`, once.
fn panicking<T>(stock: &Stock<T>, at: Vec<usize>) -> impl Iterator<Item = Item<T>> {
    let mut at = at.into_iter().peekable();
    iter::from_fn(move || {
        if at.next_if_eq(&stock.made()).is_some() {
            panic_any("iterator");
        }
        (stock.made() < COUNT).then(|| stock.make())
    })
}

#[test]
fn an_iterator_that_panics_loses_no_output() {
    let everywhere = (0..=COUNT).collect();
    let once = (0..=COUNT).map(|at| vec![at]);
    for at in once.chain([everywhere]) {
        for limit in LIMITS {
            let expected: Vec<_> = (0..COUNT).collect();
            let task = Task::new();

            let stock = Stock::new();
            let mut job = at_most(limit).gather(panicking(&stock, at.clone()));
            let (outputs, panics) = polled_on(&stock, |index| index, || task.poll(&mut job));
            assert_eq!(
                outputs.as_ref(),
                Ok(&expected),
                "limit {limit}, panics {at:?}"
            );
            assert_eq!(panics, vec!["iterator"; at.len()]);
            assert_eq!(stock.most(), limit.min(COUNT));

            let stock = Stock::new();
            let mut stream = at_most(limit).completions(panicking(&stock, at.clone()));
            let mut seen = vec![];
            let all = || loop {
                match task.poll_next(&mut stream) {
                    Poll::Ready(Some((index, output))) => {
                        assert_eq!(index, output);
                        seen.push(index);
                    }
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            };
            let (end, panics) = polled_on(&stock, |index| index, all);
            seen.sort_unstable();
            assert_eq!((end, seen), (Ok(()), expected));
            assert_eq!(panics, vec!["iterator"; at.len()]);
            assert!(stock.most() <= limit && stock.all_dropped_once());
        }
    }
}

#[test]
fn a_panic_of_the_iterator_does_not_affect_the_running_children() {
    for limit in [2, 3, 64] {
        let stock = Stock::new();
        let mut stream = at_most(limit).completions(panicking(&stock, vec![limit]));
        let task = Task::new();
        assert!(task.poll_next(&mut stream).is_pending());
        stock.finish(0, 0);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some((0, 0))));
        catch_unwind(AssertUnwindSafe(|| task.poll_next(&mut stream))).unwrap_err();
        assert_eq!((stock.alive(), stock.made()), (limit - 1, limit));
        // They complete between the panic and the next poll.
        (1..limit).for_each(|index| stock.finish(index, index));
        let mut seen: Vec<_> = (1..limit)
            .map(|_| match task.poll_next(&mut stream) {
                Poll::Ready(Some(item)) => item,
                other => panic!("{other:?}"),
            })
            .collect();
        seen.sort_unstable();
        assert!(seen.into_iter().eq((1..limit).map(|index| (index, index))));
    }
}

/// Gives `Ready(output)`, or panics before there is a future at all.
struct Late(Result<usize, &'static str>);

impl IntoFuture for Late {
    type Output = usize;
    type IntoFuture = future::Ready<usize>;

    fn into_future(self) -> Self::IntoFuture {
        future::ready(self.0.unwrap_or_else(|message| panic_any(message)))
    }
}

#[test]
fn a_panic_of_into_future_loses_that_child_only() {
    for limit in LIMITS {
        for panicked in 0..COUNT {
            let outcome = |index| {
                if index == panicked {
                    Err("late")
                } else {
                    Ok(index)
                }
            };
            let children = || (0..COUNT).map(outcome).map(Late);
            let mut stream = at_most(limit).completions(children());
            let mut job = at_most(limit).gather(children());
            let task = Task::new();
            let mut seen = vec![];
            let all = || loop {
                match task.poll_next(&mut stream) {
                    Poll::Ready(Some(item)) => seen.push(item),
                    other => return other,
                }
            };
            let stock = Stock::<()>::new();
            let (end, panics) = polled_on(&stock, |_| (), all);
            assert_eq!((end, panics), (Ok(None), vec!["late"]));
            seen.sort_unstable();
            let others = (0..COUNT).filter(|&index| index != panicked);
            assert!(
                seen.iter().copied().eq(others.map(|index| (index, index))),
                "{seen:?}"
            );

            let (end, panics) = polled_on(&stock, |_| (), || task.poll(&mut job));
            let message = end.unwrap_err();
            assert!(message.contains(&format!("child {panicked},")), "{message}");
            assert_eq!(panics, ["late"]);
        }
    }
}

/// `Err` makes the child panic with that message.
type Outcome = Result<usize, &'static str>;

async fn or_panic(child: Item<Outcome>) -> usize {
    child.await.unwrap_or_else(|message| panic_any(message))
}

/// Children of which one panics, at its first poll or else when it is finished.
fn one_panics(
    stock: &Stock<Outcome>,
    panicked: usize,
    at_once: bool,
) -> impl Iterator<Item = impl Future<Output = usize>> {
    stock
        .children()
        .take(COUNT)
        .enumerate()
        .map(move |(index, child)| {
            if at_once && index == panicked {
                stock.remote(index).put(Err("ouch"));
            }
            or_panic(child)
        })
}

#[test]
fn a_child_that_panics_is_dropped_and_replaced_and_the_others_go_on() {
    for limit in LIMITS {
        for panicked in 0..COUNT {
            for at_once in [false, true] {
                let outcome = |index| {
                    if index == panicked {
                        Err("ouch")
                    } else {
                        Ok(index)
                    }
                };
                let task = Task::new();

                let stock = Stock::new();
                let children = one_panics(&stock, panicked, at_once);
                let mut job = at_most(limit).gather(children);
                let (end, panics) = polled_on(&stock, outcome, || task.poll(&mut job));
                let message = end.unwrap_err();
                assert!(message.contains(&format!("child {panicked},")), "{message}");
                assert_eq!(panics, ["ouch"]);
                // One that panics when it starts makes room for the next.
                let most = limit.min(COUNT - usize::from(at_once && panicked < COUNT - 1));
                assert_eq!((stock.made(), stock.most()), (COUNT, most));
                assert!(stock.all_dropped_once() && !job.is_terminated());
                assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), message);

                let stock = Stock::new();
                let children = one_panics(&stock, panicked, at_once);
                let mut stream = at_most(limit).completions(children);
                let mut seen = vec![];
                let all = || loop {
                    match task.poll_next(&mut stream) {
                        Poll::Ready(Some(item)) => seen.push(item),
                        other => return other,
                    }
                };
                let (end, panics) = polled_on(&stock, outcome, all);
                assert_eq!((end, panics), (Ok(None), vec!["ouch"]));
                seen.sort_unstable();
                let others = (0..COUNT).filter(|&index| index != panicked);
                assert!(seen.into_iter().eq(others.map(|index| (index, index))));
                assert!(stock.most() <= limit && stock.all_dropped_once());
                assert_eq!(stream.size_hint(), (0, Some(0)));
                assert!(stream.is_terminated());
            }
        }
    }
}

#[test]
fn an_error_wins_over_a_child_that_panicked_before() {
    for limit in LIMITS {
        let stock = Stock::new();
        let fallible = async |child| match or_panic(child).await {
            10 => Err("ten"),
            index => Ok(index),
        };
        let children = stock.children().take(COUNT).map(fallible);
        let mut job = at_most(limit).try_gather(children);
        let outcome = |index| if index == 5 { Err("ouch") } else { Ok(index) };
        let (end, panics) = polled_on(&stock, outcome, || poll_once(&mut job));
        assert_eq!((end, panics), (Ok(Err("ten")), vec!["ouch"]));
        assert!(stock.all_dropped_once());
    }
}

#[test]
fn a_child_whose_drop_panics_loses_no_output() {
    for limit in LIMITS {
        for at_once in [false, true] {
            let stock = Stock::new();
            let children = stock.children().take(COUNT).enumerate();
            let children = children.map(|(index, child)| {
                if at_once {
                    stock.remote(index).put(index);
                }
                Holding(child, PanicsOnDrop(true))
            });
            let mut job = at_most(limit).gather(children);
            let (outputs, panics) = polled_on(&stock, |index| index, || poll_once(&mut job));
            assert_eq!(outputs, Ok((0..COUNT).collect()));
            assert_eq!(panics, ["drop"; COUNT]);
            assert!(stock.most() <= limit && stock.all_dropped_once());
        }
    }
}

#[test]
fn a_stream_is_not_terminated_before_the_output_of_a_child_whose_drop_panics() {
    for limit in LIMITS {
        let children = (0..2).map(|index| Holding(future::ready(index), PanicsOnDrop(true)));
        let mut stream = at_most(limit).completions(children);
        let task = Task::new();
        let (mut panics, mut seen) = (0, vec![]);
        while seen.len() < 2 {
            assert!(!stream.is_terminated());
            let poll = || task.poll_next(&mut stream);
            match catch_unwind(AssertUnwindSafe(poll)) {
                Err(_) => panics += 1,
                Ok(polled) => match polled {
                    Poll::Ready(Some((index, output))) => seen.push((index, output)),
                    other => panic!("{other:?}, limit {limit}"),
                },
            }
            assert_eq!(stream.size_hint().1, Some(2 - seen.len()), "limit {limit}");
        }
        assert_eq!((panics, seen), (2, vec![(0, 0), (1, 1)]));
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(None));
        assert!(stream.is_terminated());
    }
}

#[test]
fn all_others_are_dropped_when_one_of_the_drops_panics() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        for panicking in 0..limit {
            for fails in [false, true] {
                let (log, stock) = (Log::default(), Stock::new());
                let children = stock.children().enumerate().map(|(index, child)| {
                    let alive = index.checked_sub(3);
                    Holding(child, PanicsOnDrop(alive == Some(panicking)))
                });
                let mut job = at_most(limit).try_gather(children);
                assert!(poll_once(&mut job).is_pending());
                for index in 0..3 {
                    stock.finish(index, Ok(log.on_drop(index)));
                    assert!(poll_once(&mut job).is_pending());
                }
                if fails {
                    // Another child, if there is one.
                    let failing = 3 + (panicking + 1) % limit;
                    stock.finish(failing, Err("failed"));
                    assert_eq!(panic_of(|| poll_once(&mut job).is_ready()), "drop");
                    assert!(stock.all_dropped_once());
                    drop(job);
                } else {
                    assert_eq!(panic_of(|| drop(job)), "drop");
                }
                assert!(stock.all_dropped_once());
                assert_eq!(log.take(), [0, 1, 2]);
            }
        }
    }
}
