//! `until`: stops at an output, leaves all outputs in their slots, and can be continued.

use std::{
    cell::RefCell,
    future::{self, poll_fn},
    task::{Poll, Waker},
};

use futures::future::{Either, select};
use gather::gather;

use crate::support::{
    Random, Remote, SIZES, Task, job, job_of, panic_of, poll_once, polls, total_polls,
    with_four_finished,
};

type Outcome = Result<usize, usize>;

#[test]
fn the_first_error_stops_and_the_other_999_go_on() {
    let n = 1000;
    for failing in [0, 1, 500, 999] {
        let (remotes, mut job) = job_of::<Outcome>(n);
        let task = Task::new();
        let mut until = job.until(|_, outcome| outcome.is_err());
        assert!(task.poll(&mut until).is_pending());
        remotes[failing].finish(Err(failing));
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut until), Poll::Ready(Some(failing)));
        assert_eq!(job.get(failing), Some(&Err(failing)));
        assert_eq!((job.len(), job.running()), (n, n - 1));
        assert_eq!(total_polls(&remotes), n + 1);

        for index in Random(7)
            .shuffled(n)
            .into_iter()
            .filter(|&index| index != failing)
        {
            remotes[index].finish(Ok(index));
        }
        let expected = |index| {
            if index == failing {
                Err(index)
            } else {
                Ok(index)
            }
        };
        assert_eq!(
            task.poll(&mut job),
            Poll::Ready((0..n).map(expected).collect())
        );
        assert_eq!(polls(&remotes), vec![2; n]);
    }
}

#[test]
fn a_stop_in_the_first_poll_leaves_the_rest_for_later() {
    for n in SIZES {
        for stop in [0, n / 2, n.saturating_sub(1)]
            .into_iter()
            .filter(|_| n > 0)
        {
            let (remotes, mut job) = job(n);
            remotes
                .iter()
                .enumerate()
                .for_each(|(index, remote)| remote.put(index));
            let until = job.until(|index, output| {
                assert_eq!(index, *output);
                index == stop
            });
            assert_eq!(poll_once(until), Poll::Ready(Some(stop)));
            assert_eq!(
                (total_polls(&remotes), job.running()),
                (stop + 1, n - stop - 1)
            );
            assert_eq!(poll_once(&mut job), Poll::Ready((0..n).collect()));
            assert_eq!(total_polls(&remotes), n);
        }
    }
}

#[test]
fn several_untils_observe_each_output_once() {
    for n in SIZES {
        let (remotes, mut job) = job(n);
        remotes
            .iter()
            .enumerate()
            .for_each(|(index, remote)| remote.put(index));
        for index in 0..n {
            assert_eq!(poll_once(job.until(|_, _| true)), Poll::Ready(Some(index)));
        }
        for _ in 0..2 {
            let none = poll_once(job.until(|_, _| panic!("all were observed before")));
            assert_eq!(none, Poll::Ready(None));
        }
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
    }
}

#[test]
fn each_later_output_is_observed_once_in_any_order_of_completion() {
    for n in SIZES {
        let (remotes, mut job) = job(n);
        let task = Task::new();
        let mut observed = vec![];
        let order = Random(n as u64).shuffled(n);
        for chunk in order.chunks(7) {
            // A new `until` each time, and some stop half way.
            let mut until = job.until(|index, _| {
                observed.push(index);
                index % 5 == 0
            });
            if task.poll(&mut until).is_pending() {
                chunk.iter().for_each(|&index| remotes[index].finish(index));
                let _ = task.poll(&mut until);
            } else {
                chunk.iter().for_each(|&index| remotes[index].finish(index));
            }
        }
        let mut rest = |index, _: &usize| {
            observed.push(index);
            index % 5 == 0
        };
        while let Poll::Ready(Some(_)) = task.settle(&mut job.until(&mut rest)) {}
        observed.sort_unstable();
        assert!(observed.into_iter().eq(0..n));
        assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
    }
}

#[test]
fn outputs_not_yet_observed_come_first_in_input_order() {
    for n in [4, 65, 130] {
        let (_task, _remotes, mut job) = with_four_finished(n);
        let mut observed = vec![];
        let until = job.until(|index, _| {
            observed.push(index);
            false
        });
        assert_eq!(poll_once(until).is_ready(), n == 4);
        assert_eq!(observed, [0, 2, n - 1, 1]);
    }
}

#[test]
fn outputs_completed_between_two_untils_are_observed_by_the_second() {
    for n in [3, 64, 65, 130] {
        for index in [0, 1, n / 2, n - 2] {
            let (remotes, mut job) = job(n);
            let task = Task::new();
            assert!(task.poll(&mut job.until(|_, _| true)).is_pending());
            remotes[n - 1].finish(n - 1);
            assert_eq!(
                task.poll(&mut job.until(|_, _| true)),
                Poll::Ready(Some(n - 1))
            );
            assert!(task.poll(&mut job).is_pending());
            remotes[index].finish(index);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(job.get(index), Some(&index));
            assert_eq!(
                task.poll(&mut job.until(|_, _| true)),
                Poll::Ready(Some(index))
            );
            assert!(task.poll(&mut job.until(|_, _| true)).is_pending());
        }
    }
}

#[test]
fn outputs_completed_before_a_child_panicked_are_observed() {
    for n in [3, 64, 65, 130] {
        for keeps_waker in [false, true] {
            let kept: RefCell<Vec<Waker>> = RefCell::default();
            let keep = &kept;
            let mut job = gather((0..n).map(|index| {
                poll_fn(move |cx| {
                    if keeps_waker {
                        keep.borrow_mut().push(cx.waker().clone());
                    }
                    assert_ne!(index, n - 1, "ouch");
                    Poll::Ready(())
                })
            }));
            let task = Task::new();
            assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(Some(0)));
            assert!(panic_of(|| task.poll(&mut job)).contains("ouch"));
            for index in 1..n - 1 {
                assert_eq!(
                    task.poll(&mut job.until(|_, _| true)),
                    Poll::Ready(Some(index))
                );
            }
            assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(None));
        }
    }
}

#[test]
fn an_output_completed_before_stops_it_without_a_poll_of_any_child() {
    let (remotes, mut job) = job(3);
    remotes[1].put(1);
    assert!(poll_once(&mut job).is_pending());
    remotes[0].finish(0);
    assert_eq!(poll_once(job.until(|_, _| true)), Poll::Ready(Some(1)));
    assert_eq!(polls(&remotes), [1, 1, 1]);
    assert_eq!(poll_once(job.until(|_, _| true)), Poll::Ready(Some(0)));
    assert_eq!(polls(&remotes), [2, 1, 1]);
}

#[test]
fn none_says_that_all_are_done() {
    for n in SIZES {
        let mut job = gather((0..n).map(future::ready));
        assert_eq!(poll_once(job.until(|_, _| false)), Poll::Ready(None));
        assert_eq!((job.len(), job.running()), (n, 0));
        assert!(job.iter().flatten().copied().eq(0..n));
    }
}

#[test]
fn the_last_output_stops_it_too() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let mut job = gather((0..n).map(future::ready));
        let until = job.until(|index, _| index == n - 1);
        assert_eq!(poll_once(until), Poll::Ready(Some(n - 1)));
        assert_eq!(poll_once(job.until(|_, _| true)), Poll::Ready(None));
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
    }
}

#[test]
fn a_pending_until_that_is_dropped_loses_no_output() {
    let (remotes, mut job) = job(3);
    let task = Task::new();
    assert!(task.poll(&mut job.until(|_, _| true)).is_pending());
    remotes[1].finish(1);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll(&mut job.until(|_, _| true)), Poll::Ready(Some(1)));
}

#[test]
fn a_predicate_that_panics_has_observed_its_output_and_nothing_is_lost() {
    for n in [1, 2, 3, 63, 64, 65] {
        for panicking in [0, n / 2, n - 1] {
            for in_slots_before in [false, true] {
                // The last child stays pending.
                let (remotes, mut job) = job(n + 1);
                let task = Task::new();
                for (index, remote) in remotes[..n].iter().enumerate() {
                    remote.put(index);
                }
                if in_slots_before {
                    assert!(task.poll(&mut job).is_pending());
                }
                let mut observed = vec![];
                let mut until = job.until(|index, _| {
                    observed.push(index);
                    assert_ne!(index, panicking, "no more");
                    false
                });
                assert!(panic_of(|| task.poll(&mut until)).contains("no more"));
                assert!(task.poll(&mut until).is_pending());
                task.woken();
                assert!(task.settle(&mut until).is_pending());
                assert!(observed.into_iter().eq(0..n), "each once");
                assert_eq!(job.get(panicking), Some(&panicking));
                remotes[n].finish(n);
                assert_eq!(task.woken(), 1);
                assert_eq!(task.poll(&mut job), Poll::Ready((0..=n).collect()));
                assert_eq!(total_polls(&remotes), n + 2);
            }
        }
    }
}

#[test]
fn a_job_can_be_selected_against_a_timer_and_go_on_after_it() {
    let (remotes, mut job) = job(3);
    let (timer, deadline) = Remote::new();
    let task = Task::new();

    let mut first = select(&mut job, deadline);
    assert!(task.poll(&mut first).is_pending());
    remotes[2].finish(2);
    assert_eq!(task.woken(), 1);
    assert!(task.poll(&mut first).is_pending());
    timer.finish(());
    assert_eq!(task.woken(), 1);
    assert!(matches!(
        task.poll(&mut first),
        Poll::Ready(Either::Right(((), _)))
    ));
    drop(first);
    assert!(job.iter().eq([None, None, Some(&2)]));

    let (_, deadline) = Remote::<()>::new();
    let mut second = select(&mut job, deadline);
    assert!(task.poll(&mut second).is_pending());
    remotes[0].finish(0);
    remotes[1].finish(1);
    assert_eq!(task.woken(), 1);
    let Poll::Ready(Either::Left((outputs, _))) = task.poll(&mut second) else {
        panic!("the deadline has not come");
    };
    assert_eq!(outputs, [0, 1, 2]);
    assert_eq!(polls(&remotes), [2; 3]);
}

#[test]
fn until_can_be_selected_against_a_timer_and_leaves_a_partial_job() {
    let (remotes, mut job) = job_of::<Outcome>(4);
    let (timer, deadline) = Remote::new();
    let task = Task::new();
    let mut either = select(job.until(|_, outcome| outcome.is_err()), deadline);
    assert!(task.poll(&mut either).is_pending());
    remotes[3].finish(Ok(3));
    assert!(task.poll(&mut either).is_pending());
    timer.finish(());
    assert!(matches!(
        task.poll(&mut either),
        Poll::Ready(Either::Right(_))
    ));
    drop(either);
    assert_eq!(job.into_partial(), [None, None, None, Some(Ok(3))]);
}
