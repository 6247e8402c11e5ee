//! Wakers used on other threads: no wake is lost, and none counts twice.

use std::{
    future::poll_fn,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Poll, Waker},
    thread,
};

use gather::gather;

use crate::support::{Random, Remote, Task, polled, total_polls};

const THREADS: usize = 4;

#[test]
fn children_finished_by_other_threads_are_all_gathered() {
    for round in 0..50 {
        for n in [1, 2, 3, 63, 64, 65, 200] {
            let (remotes, children) = Remote::many(n);
            // Some finish before the first poll, some in it, some after.
            let outputs = thread::scope(|scope| {
                for worker in 0..THREADS {
                    let remotes = &remotes;
                    scope.spawn(move || {
                        let mine = Random(round).shuffled(n);
                        for index in mine.into_iter().filter(|index| index % THREADS == worker) {
                            remotes[index].put(index);
                            if let Some(waker) = remotes[index].take_waker() {
                                waker.wake();
                            }
                        }
                    });
                }
                pollster::block_on(gather(children))
            });
            assert!(outputs.into_iter().eq(0..n));
        }
    }
}

#[test]
fn a_wake_that_races_with_a_poll_is_observed_by_it_or_wakes_the_newest_task() {
    for n in [2, 3, 64, 65] {
        let (mut last, remotes, mut job) = polled(n);
        let barrier = Barrier::new(2);
        let (rounds, child) = (2000, &remotes[n - 1]);
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..rounds {
                    barrier.wait();
                    child.wake();
                    barrier.wait();
                }
            });
            for _ in 0..rounds {
                let before = child.polls();
                let task = Task::new();
                barrier.wait();
                assert!(task.poll(&mut job).is_pending());
                barrier.wait();
                // The newest task was woken once, unless the poll has observed the wake.
                let (old, new) = (last.woken(), task.woken());
                assert!(old <= 1 && new <= 1);
                assert!(child.polls() == before + 1 || new == 1, "the wake was lost");
                assert!(task.poll(&mut job).is_pending());
                assert_eq!((child.polls(), last.woken()), (before + 1, 0));
                // In the race, the new task may have been woken instead of the old.
                assert!(task.woken() <= 1);
                last = task;
            }
        });
        assert_eq!(total_polls(&remotes), n + rounds);
    }
}

#[test]
fn wakes_from_many_threads_at_once_are_one_wake_of_the_task_and_one_poll_each() {
    for n in [2, 3, 63, 64, 65, 200] {
        let (task, remotes, mut job) = polled(n);
        let barrier = Barrier::new(THREADS);
        for round in 1..50 {
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        barrier.wait();
                        // Each thread wakes all children.
                        remotes.iter().for_each(Remote::wake);
                    });
                }
            });
            assert_eq!(task.woken(), 1);
            assert!(task.settle(&mut job).is_pending());
            assert_eq!(total_polls(&remotes), n + n * round);
        }
    }
}

#[test]
fn threads_may_use_a_childs_waker_during_its_first_poll() {
    for n in [1, 2, 3, 64, 65] {
        for position in [0, n / 2, n - 1] {
            for _ in 0..20 {
                let task = Task::new();
                let polls = AtomicUsize::new(0);
                let polls = &polls;
                let mut job = gather((0..n).map(|index| {
                    poll_fn(move |cx| {
                        if index != position || polls.fetch_add(1, SeqCst) == 1 {
                            return Poll::Ready(index);
                        }
                        let borrowed = cx.waker();
                        let clones = Mutex::new(vec![]);
                        let barrier = Barrier::new(THREADS);
                        thread::scope(|scope| {
                            for worker in 0..THREADS {
                                let (clones, barrier) = (&clones, &barrier);
                                scope.spawn(move || {
                                    barrier.wait();
                                    // Its first call is either a clone or a wake.
                                    if worker % 2 == 0 {
                                        borrowed.wake_by_ref();
                                    }
                                    let clone = borrowed.clone();
                                    let another = clone.clone();
                                    another.wake();
                                    clones.lock().unwrap().push(clone);
                                });
                            }
                        });
                        let clones = clones.into_inner().unwrap();
                        assert!(clones.iter().all(|clone| clone.will_wake(&clones[0])));
                        Poll::Pending
                    })
                }));
                assert!(task.poll(&mut job).is_pending());
                assert_eq!(polls.load(SeqCst), 1);
                let woken = task.woken();
                assert!(woken == 1 || n == 1 && woken > 1);
                assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
                assert_eq!((task.woken(), task.clones()), (0, 0));
            }
        }
    }
}

#[test]
fn wakers_may_be_used_and_dropped_while_the_job_is_dropped() {
    for n in [2, 65] {
        for round in 0..200 {
            let (task, remotes, job) = polled(n);
            let barrier = Barrier::new(THREADS + 1);
            let wakers: Vec<Waker> = remotes.iter().map(Remote::waker).collect();
            thread::scope(|scope| {
                for worker in 0..THREADS {
                    let mine = wakers.clone();
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        for (index, waker) in mine.into_iter().enumerate() {
                            match (index + worker + round) % 3 {
                                0 => waker.wake(),
                                1 => waker.wake_by_ref(),
                                _ => drop(waker.clone()),
                            }
                        }
                    });
                }
                barrier.wait();
                drop(job);
                // A wake that began before the drop may arrive; none begins later.
                wakers.iter().for_each(Waker::wake_by_ref);
            });
            assert!(task.woken() <= 1);
            assert_eq!(task.clones(), 0);
            assert!(remotes.iter().all(|remote| remote.drops() == 1));
        }
    }
}

#[test]
fn a_job_may_be_polled_by_one_thread_after_another() {
    let n = 130;
    let (remotes, children) = Remote::many(n);
    let mut job = gather(children);
    for round in 0..n {
        let task = Task::new();
        let (job, remotes) = (&mut job, &remotes);
        thread::scope(|scope| {
            scope.spawn(move || {
                assert!(task.poll(job).is_pending());
                remotes[round].finish(round);
                assert_eq!(task.woken(), 1);
            });
        });
    }
    let ended = thread::spawn(move || Task::new().poll(&mut job));
    assert_eq!(ended.join().unwrap(), Poll::Ready((0..n).collect()));
    assert_eq!(total_polls(&remotes), 2 * n);
}

#[test]
fn messages_between_threads_and_children_arrive() {
    // Each child waits for the one before it, by way of another thread.
    let n = 100;
    let (remotes, children) = Remote::<usize>::many(n);
    let (sender, receiver) = mpsc::channel::<usize>();
    thread::scope(|scope| {
        scope.spawn(|| {
            for index in receiver {
                // Before its first poll a child has no waker, and finds its output then.
                remotes[index].put(index);
                if let Some(waker) = remotes[index].take_waker() {
                    waker.wake();
                }
            }
        });
        sender.send(0).unwrap();
        let children = children.into_iter().map(|child| {
            let sender = sender.clone();
            async move {
                let index = child.await;
                if index + 1 < n {
                    sender.send(index + 1).unwrap();
                }
                index
            }
        });
        let job = gather(children.collect::<Vec<_>>());
        drop(sender);
        assert!(pollster::block_on(job).into_iter().eq(0..n));
    });
}
