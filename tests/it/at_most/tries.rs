//! What can be read of a `try_gather` with a limit while it runs, and how it is ended early.

use std::{
    future::{Future, pending, ready},
    panic::panic_any,
    task::Poll,
};

use futures::future::FusedFuture;
use gather::{AtMostTryGather, ChildExt, at_most};

use crate::support::{
    Log, Remote, Task, panic_of, poll_once,
    stock::{Item, LIMITS, Stock},
};

type Outcome<T> = Result<T, &'static str>;
type Children<T> = Box<dyn Iterator<Item = Item<Outcome<T>>>>;
type Job<T> = AtMostTryGather<Children<T>, Item<Outcome<T>>>;

/// A job that was polled once.
fn job<T: 'static>(limit: usize, count: usize) -> (Stock<Outcome<T>>, Task, Job<T>) {
    let (stock, task) = (Stock::new(), Task::new());
    let children: Children<T> = Box::new(stock.children().take(count));
    let mut job = at_most(limit).try_gather(children);
    assert_eq!((job.running(), job.iter().count()), (0, 0));
    assert!(task.poll(&mut job).is_pending());
    (stock, task, job)
}

fn values<T: Copy + PartialEq + 'static>(job: &Job<T>) -> Vec<Option<T>> {
    let values: Vec<_> = job.iter().map(|value| value.copied()).collect();
    let by_index = (0..=values.len()).map(|index| job.get(index).copied());
    assert!(by_index.eq(values.iter().copied().chain([None])));
    values
}

#[test]
fn what_can_be_read_of_a_running_try() {
    for fails in [false, true] {
        let (stock, task, mut job) = job(2, 4);
        assert_eq!((job.running(), values(&job)), (2, vec![None; 2]));
        stock.finish(1, Ok('b'));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(
            (job.running(), values(&job)),
            (2, vec![None, Some('b'), None])
        );
        let all = if fails {
            stock.finish(0, Err("failed"));
            Err("failed")
        } else {
            stock.finish(0, Ok('a'));
            assert!(task.poll(&mut job).is_pending());
            stock.finish(2, Ok('c'));
            stock.finish(3, Ok('d'));
            Ok(vec!['a', 'b', 'c', 'd'])
        };
        assert_eq!(task.poll(&mut job), Poll::Ready(all));
        // It has returned its values, or its error.
        assert_eq!((job.running(), values(&job)), (0, vec![]));
        assert_eq!(poll_once(job.until(|_, _| true)), Poll::Ready(None));
        assert!(job.is_terminated());
        let (values, rest) = job.into_partial().unwrap();
        assert_eq!((values, rest.is_none()), (vec![], true));
    }
}

#[test]
fn does_a_failure_end_an_until_and_is_the_error_left_to_the_job() {
    for limit in LIMITS {
        for failing in [0, 1, 70] {
            let (stock, task, mut job) = job(limit, 200);
            for index in 0..failing {
                stock.finish(index, Ok(index));
                assert!(task.poll(&mut job.until(|_, _| false)).is_pending());
            }
            let made = stock.made();
            task.woken();
            stock.finish(failing, Err("failed"));
            assert_eq!(task.woken(), 1);
            assert_eq!(
                task.poll(&mut job.until(|_, _| panic_any("observed"))),
                Poll::Ready(None)
            );
            // The others are dropped, and no more are made; values are still there.
            assert_eq!((stock.made(), job.running()), (made, 0));
            assert!(stock.all_dropped_once() && !job.is_terminated());
            let expected = (0..made).map(|index| (index < failing).then_some(index));
            assert!(values(&job).into_iter().eq(expected));
            assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(None));
            assert_eq!(task.poll(&mut job), Poll::Ready(Err("failed")));
            assert!(job.is_terminated());
            let message = panic_of(|| task.poll(&mut job).is_ready());
            assert_eq!(message, "`AtMostTryGather` polled after completion");
        }
    }
}

#[test]
fn does_an_until_observe_each_value_once() {
    for limit in LIMITS {
        let (stock, task, mut job) = job(limit, 150);
        let mut seen = vec![];
        for index in 0..150 {
            if !stock.is_alive(index) {
                assert!(task.poll(&mut job).is_pending());
            }
            stock.finish(index, Ok(index));
            // Some finish by a plain poll, and some while an `until` observes.
            if index % 3 > 0 && index < 149 {
                assert!(task.poll(&mut job).is_pending());
                continue;
            }
            let stop = |at, &value: &usize| {
                assert_eq!((at, stock.is_alive(at)), (value, false));
                seen.push(at);
                at == index
            };
            assert_eq!(task.poll(&mut job.until(stop)), Poll::Ready(Some(index)));
        }
        assert!(seen.into_iter().eq(0..150));
        assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(None));
        assert_eq!(task.poll(&mut job), Poll::Ready(Ok((0..150).collect())));
    }
}

#[test]
fn does_an_inspect_observe_every_value_and_no_error() {
    for limit in LIMITS {
        for fails in [false, true] {
            let (stock, task, mut job) = job(limit, 100);
            stock.finish(0, Ok(0));
            assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(Some(0)));
            let mut seen = vec![];
            let mut job = job.inspect(|index, &value| {
                assert_eq!(index, value);
                seen.push(index);
            });
            for index in 1..99 {
                assert!(task.poll(&mut job).is_pending());
                stock.finish(index, Ok(index));
            }
            assert!(task.poll(&mut job).is_pending());
            stock.finish(99, if fails { Err("failed") } else { Ok(99) });
            let end = if fails {
                Err("failed")
            } else {
                Ok((0..100).collect())
            };
            assert_eq!(task.poll(&mut job), Poll::Ready(end));
            assert!(job.is_terminated());
            let message = panic_of(|| task.poll(&mut job).is_ready());
            assert_eq!(message, "`Inspect` polled after completion");
            drop(job);
            assert!(seen.into_iter().eq(0..if fails { 99 } else { 100 }));
        }
    }
}

#[test]
fn is_a_value_kept_after_its_callback_panics() {
    let (stock, task, job) = job(2, 3);
    let mut seen = vec![];
    let mut job = job.inspect(|index, _| {
        seen.push(index);
        if index == 1 {
            panic_any("callback")
        }
    });
    stock.finish(0, Ok(0));
    stock.finish(1, Ok(1));
    task.woken();
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "callback");
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut job).is_pending());
    stock.finish(2, Ok(2));
    assert_eq!(task.poll(&mut job), Poll::Ready(Ok(vec![0, 1, 2])));
    drop(job);
    assert_eq!(seen, [0, 1, 2]);
}

#[test]
fn what_does_into_partial_return() {
    for limit in LIMITS {
        for finished in [0, 1, 50] {
            let (log, (stock, task, mut job)) = (Log::default(), job(limit, 100));
            for index in 0..finished {
                stock.finish(index, Ok(log.on_drop(index)));
                assert!(task.poll(&mut job).is_pending());
            }
            let pulled = limit.saturating_add(finished).min(100);
            assert_eq!(stock.made(), pulled);
            // An `inspect` gives it too.
            let partial = if finished == 1 {
                job.inspect(|_, _| {}).into_partial()
            } else {
                job.into_partial()
            };
            let (values, rest) = partial.map_err(drop).unwrap();
            assert_eq!((values.len(), stock.alive()), (pulled, 0));
            let there = values
                .iter()
                .map(|value| value.as_ref().map(|value| value.number));
            assert!(there.eq((0..pulled).map(|index| (index < finished).then_some(index))));
            assert_eq!(log.take(), []);
            assert_eq!(rest.into_iter().flatten().count(), 100 - pulled);
            drop(values);
            assert!(log.take().into_iter().eq(0..finished));
        }
    }
}

#[test]
fn is_the_partial_of_a_failed_try_the_error() {
    let (log, (stock, task, mut job)) = (Log::default(), job(2, 9));
    stock.finish(0, Ok(log.on_drop(0)));
    stock.finish(1, Err("failed"));
    let mut seen = 0;
    let until = task.poll(&mut job.until(|_, _| {
        seen += 1;
        false
    }));
    assert_eq!((until, seen), (Poll::Ready(None), 1));
    assert_eq!(log.take(), []);
    assert_eq!(job.into_partial().err(), Some("failed"));
    assert!(stock.all_dropped_once());
    assert_eq!(log.take(), [0]);
}

#[test]
fn are_all_values_there_if_all_succeed_before_the_deadline() {
    for limit in LIMITS {
        let children = (0..70).map(|index| ready(Ok::<_, ()>(index)));
        let job = at_most(limit).try_gather(children);
        let Poll::Ready(Ok((values, rest))) = poll_once(job.deadline(pending::<()>())) else {
            panic!("all are ready");
        };
        assert!(values.into_iter().eq((0..70).map(Some)));
        assert!(rest.is_none());
    }
}

#[test]
fn are_values_and_the_rest_of_the_source_returned_at_the_deadline() {
    for limit in LIMITS.into_iter().filter(|&limit| limit <= 65) {
        for fails in [false, true] {
            let (stock, task, job) = job(limit, 200);
            let (timer, deadline) = Remote::new();
            let mut seen = vec![];
            let job = job.inspect(|index, _| seen.push(index));
            let mut job = job.deadline(deadline);
            for index in 0..70 {
                assert!(task.poll(&mut job).is_pending());
                stock.finish(index, Ok(index));
            }
            if fails {
                // What is ready by then is an error.
                assert!(task.poll(&mut job).is_pending());
                stock.finish(70, Err("failed"));
            }
            timer.finish(());
            let Poll::Ready(partial) = task.poll(&mut job) else {
                panic!("it is late");
            };
            assert_eq!((stock.made(), stock.alive()), (70 + limit, 0));
            match partial {
                Ok((values, rest)) => {
                    let expected = (0..70 + limit).map(|index| (index < 70).then_some(index));
                    assert!(!fails && values.into_iter().eq(expected));
                    assert_eq!(rest.unwrap().count(), 130 - limit);
                }
                Err(error) => assert!(fails && error == "failed"),
            }
            assert!(job.is_terminated());
            drop(job);
            assert!(seen.into_iter().eq(0..70));
        }
    }
}

#[test]
fn does_a_failure_before_the_deadline_end_it() {
    let (stock, task, job) = job::<()>(3, 9);
    let mut job = job.deadline(pending::<()>());
    assert!(task.poll(&mut job).is_pending());
    stock.finish(2, Err("failed"));
    let Poll::Ready(Err("failed")) = task.poll(&mut job) else {
        panic!("it has failed");
    };
    assert!(stock.all_dropped_once() && job.is_terminated());
}

#[test]
fn what_do_keyed_children_give_under_a_limit() {
    type Keyed = (&'static str, Result<usize, String>);

    fn fetch(name: &'static str) -> impl Future<Output = Keyed> {
        let fetched = async move {
            match name {
                "late" => pending().await,
                "down" => Err(String::from("503")),
                _ => Ok(name.len()),
            }
        };
        fetched.keyed(name)
    }

    for limit in [1, 2, 64] {
        let job = |names: &'static [&str]| {
            at_most(limit).try_gather(names.iter().map(|name| Box::pin(fetch(name))))
        };
        let (a, bb) = (("a", 1), ("bb", 2));
        assert_eq!(poll_once(job(&["a", "bb"])), Poll::Ready(Ok(vec![a, bb])));
        let error = ("down", String::from("503"));
        assert_eq!(
            poll_once(job(&["a", "down", "bb"])),
            Poll::Ready(Err(error))
        );
        let mut seen = vec![];
        let tried = job(&["a", "bb", "late"]).inspect(|_, &value| seen.push(value));
        let Poll::Ready(Ok((values, _))) = poll_once(tried.deadline(ready(()))) else {
            panic!("it is late");
        };
        assert_eq!(values, [Some(a), Some(bb), None]);
        assert_eq!(seen, [a, bb]);

        let first = |names: &'static [&str]| {
            at_most(limit).first_ok(names.iter().map(|name| Box::pin(fetch(name))))
        };
        assert!(matches!(
            poll_once(first(&["down", "bb"])),
            Poll::Ready(Ok(("bb", 2)))
        ));
        let Poll::Ready(Err(errors)) = poll_once(first(&["down", "down"])) else {
            panic!("both are down");
        };
        assert_eq!(errors.to_string(), "2 errors\n├─ down: 503\n└─ down: 503");
    }
}

#[test]
fn may_the_errors_of_a_first_ok_borrow() {
    let names = [String::from("a"), String::from("b")];
    let job = at_most(1).first_ok(names.iter().map(async |name| Err::<(), &str>(name)));
    let Poll::Ready(Err(errors)) = poll_once(std::pin::pin!(job)) else {
        panic!("none succeeds");
    };
    assert!(errors.into_iter().eq([(0, "a"), (1, "b")]));
}
