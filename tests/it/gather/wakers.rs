//! The wakers that children get: which child they have polled, how often they wake the task.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};

use futures::future::Either;
use gather::gather;

use crate::support::{Random, Remote, Task, polled, polls, sizes, total_polls};

#[test]
fn a_wake_polls_that_child_and_no_other() {
    for n in sizes() {
        let (task, remotes, mut job) = polled(n);
        for (index, remote) in remotes.iter().enumerate() {
            remote.wake();
            assert_eq!((task.woken(), remote.polls()), (1, 1));
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((task.woken(), remote.polls()), (0, 2));
            assert_eq!(total_polls(&remotes), n + 1 + index);
        }
    }
}

#[test]
fn a_spurious_poll_polls_no_child() {
    for n in sizes() {
        let (task, remotes, mut job) = polled(n);
        for _ in 0..3 {
            assert!(task.poll(&mut job).is_pending());
            assert!(Task::new().poll(&mut job).is_pending());
        }
        assert_eq!((polls(&remotes), task.woken()), (vec![1; n], 0));
    }
}

#[test]
fn many_wakes_of_one_child_are_one_poll_and_one_wake_of_the_task() {
    for n in sizes() {
        let (task, remotes, mut job) = polled(n);
        let child = &remotes[n / 2];
        for round in 1..4 {
            for _ in 0..5 {
                child.waker().wake_by_ref();
                child.wake();
            }
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_pending());
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((child.polls(), task.woken()), (1 + round, 0));
        }
        assert_eq!(total_polls(&remotes), n + 3);
    }
}

#[test]
fn many_children_woken_in_any_order_are_one_wake_of_the_task_and_one_poll_each() {
    // From 4033 on there is a second level of nodes.
    for n in sizes().chain([4033]) {
        let (task, remotes, mut job) = polled(n);
        let mut expected = vec![1; n];
        let mut random = Random(n as u64);
        for round in 0..20 {
            let mut woken = random.shuffled(n);
            woken.truncate(1 + random.below(n.min(1 << (round / 2))));
            for &index in &woken {
                remotes[index].wake();
                expected[index] += 1;
            }
            assert_eq!(task.woken(), 1);
            // A poll ends early when it has polled 256 in vain.
            assert!(task.settle(&mut job).is_pending());
            assert!(polls(&remotes) == expected, "{woken:?} of {n}");
        }
    }
}

#[test]
fn a_child_that_wakes_itself_is_polled_once_a_poll() {
    for n in sizes() {
        for position in [0, n / 2, n - 1] {
            let task = Task::new();
            let (remotes, children) = Remote::<()>::many(n);
            let remote = &remotes[position];
            let mut job = gather(children.into_iter().enumerate().map(|(index, mut child)| {
                poll_fn(move |cx| {
                    let polled = pin!(&mut child).poll(cx);
                    if index == position && polled.is_pending() {
                        // In each way to wake.
                        cx.waker().wake_by_ref();
                        let clone = cx.waker().clone();
                        clone.wake();
                        remote.waker().wake_by_ref();
                    }
                    polled
                })
            }));
            for round in 1..5 {
                assert!(task.poll(&mut job).is_pending());
                assert_eq!(
                    (remote.polls(), task.woken()),
                    (round, 1),
                    "{position} of {n}"
                );
            }
            assert_eq!(total_polls(&remotes), n + 3);
        }
    }
}

#[test]
fn a_child_that_wakes_itself_without_an_owned_waker_is_polled_again() {
    // Only by reference: it never clones its waker.
    for n in sizes() {
        for position in [0, n / 2, n - 1] {
            let task = Task::new();
            let mut count = vec![0; n];
            let children = count.iter_mut().enumerate().map(|(index, polls)| {
                poll_fn(move |cx| {
                    *polls += 1;
                    if index == position && *polls < 3 {
                        cx.waker().wake_by_ref();
                    }
                    if index == position && *polls == 3 {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
            });
            let mut job = gather(children);
            for woken in [1, 1, 0, 0] {
                assert!(task.poll(&mut job).is_pending());
                assert_eq!(task.woken(), woken);
            }
            assert_eq!((job.running(), job.get(position)), (n - 1, Some(&())));
            drop(job);
            assert_eq!(count.iter().sum::<usize>(), n + 2);
        }
    }
}

#[test]
fn a_child_that_wakes_itself_at_the_first_poll_is_polled_again_at_the_next() {
    // All siblings are ready at once, or all before it.
    for n in sizes() {
        for position in [0, 1, n / 2, n - 1] {
            for others_ready in [n, position] {
                let task = Task::new();
                let polls = Cell::new(0);
                let polls = &polls;
                let mut job = gather((0..n).map(|index| {
                    poll_fn(move |cx| {
                        if index != position {
                            let ready = index < others_ready;
                            return if ready {
                                Poll::Ready(())
                            } else {
                                Poll::Pending
                            };
                        }
                        polls.set(polls.get() + 1);
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    })
                }));
                for round in 1..4 {
                    assert!(task.poll(&mut job).is_pending());
                    assert_eq!((polls.get(), task.woken()), (round, 1), "{position} of {n}");
                }
            }
        }
    }
}

#[test]
fn a_child_may_wake_a_sibling_while_it_is_polled() {
    for n in sizes() {
        for (from, to) in [(0, n - 1), (n - 1, 0), (0, 1), (1, 0), (n / 2, n - 1)] {
            if from == to {
                continue;
            }
            let (remotes, children) = Remote::<()>::many(n);
            let task = Task::new();
            let (waking, woken) = (&remotes[from], &remotes[to]);
            let mut job = gather(children.into_iter().enumerate().map(|(index, mut child)| {
                poll_fn(move |cx| {
                    let polled = pin!(&mut child).poll(cx);
                    if index == from && waking.polls() == 2 {
                        woken.wake();
                    }
                    polled
                })
            }));
            assert!(task.poll(&mut job).is_pending());
            waking.wake();
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((waking.polls(), woken.polls(), task.woken()), (2, 1, 1));
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((waking.polls(), woken.polls(), task.woken()), (2, 2, 0));
            assert_eq!(total_polls(&remotes), n + 2);
        }
    }
}

#[test]
fn a_child_that_finishes_at_the_first_poll_may_wake_an_earlier_sibling() {
    for n in sizes() {
        let (remote, child) = Remote::<()>::new();
        let task = Task::new();
        let waking = |_| {
            Either::Right(poll_fn(|_| {
                remote.wake();
                Poll::Ready(())
            }))
        };
        let mut job = gather([Either::Left(child)].into_iter().chain((1..n).map(waking)));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((job.running(), remote.polls(), task.woken()), (1, 1, 1));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!((job.running(), remote.polls(), task.woken()), (1, 2, 0));
    }
}

#[test]
fn will_wake_holds_from_the_first_clone_on() {
    for n in sizes() {
        let task = Task::new();
        let kept: RefCell<Vec<Waker>> = RefCell::default();
        let keep = &kept;
        let mut job = gather((0..n).map(|index| {
            poll_fn(move |cx: &mut Context<'_>| {
                let fresh = cx.waker().clone();
                assert!(fresh.will_wake(&cx.waker().clone()));
                let mut keep = keep.borrow_mut();
                if let Some(kept) = keep.get(index) {
                    assert!(kept.will_wake(cx.waker()) && cx.waker().will_wake(kept));
                    assert!(kept.will_wake(&fresh));
                    return Poll::Ready(());
                }
                assert!(keep.iter().all(|other| !other.will_wake(&fresh)));
                keep.push(fresh);
                Poll::Pending
            })
        }));
        assert!(task.poll(&mut job).is_pending());
        kept.borrow().iter().for_each(Waker::wake_by_ref);
        assert!(task.poll(&mut job).is_ready());
    }
}

#[test]
fn a_child_that_keeps_no_waker_is_not_polled_again() {
    let mut polls = [0; 70];
    let mut job = gather(polls.iter_mut().map(|polls| {
        poll_fn(move |_| {
            *polls += 1;
            Poll::<()>::Pending
        })
    }));
    let task = Task::new();
    for _ in 0..5 {
        assert!(task.poll(&mut job).is_pending());
    }
    drop(job);
    assert_eq!((polls, task.woken()), ([1; 70], 0));
}

#[test]
fn a_single_child_gets_the_task_waker() {
    let task = Task::new();
    let (remote, child) = Remote::new();
    let mut job = gather([child]);
    for polls in 1..4 {
        // As without a job around it: each poll of the task polls it.
        assert!(task.poll(&mut job).is_pending());
        assert!(remote.waker().will_wake(task.waker()));
        assert_eq!((remote.polls(), task.woken(), task.clones()), (polls, 0, 1));
    }
    remote.wake();
    remote.wake();
    assert_eq!(task.woken(), 2);
    let other = Task::new();
    assert!(other.poll(&mut job).is_pending());
    assert!(remote.waker().will_wake(other.waker()));
    assert_eq!(task.clones(), 0);
    remote.finish("done");
    assert_eq!(other.woken(), 1);
    assert_eq!(other.poll(&mut job), Poll::Ready(vec!["done"]));
    drop(remote.take_waker());
    assert_eq!(other.clones(), 0);
}
