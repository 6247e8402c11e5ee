//! `try_gather`: all outputs, or the first error, which drops the others.

use std::{future, task::Poll};

use gather::{TryGather, try_gather};

use crate::support::{
    Child, Holding, Log, Noted, Random, Remote, SIZES, Task, poll_once, polls, total_polls,
    yielding,
};

type Outcome = Result<usize, usize>;

fn job(n: usize) -> (Vec<Remote<Outcome>>, TryGather<Child<Outcome>>) {
    let (remotes, children) = Remote::many(n);
    (remotes, try_gather(children))
}

#[test]
fn all_outputs_come_in_input_order() {
    for n in SIZES {
        let ready = try_gather((0..n).map(|index| future::ready(Ok::<_, ()>(index))));
        assert_eq!(poll_once(ready), Poll::Ready(Ok((0..n).collect())));

        let yields = |index| (n - index) % 5;
        let later = (0..n).map(|index| yielding(yields(index), Ok::<_, ()>(index)));
        assert_eq!(Task::new().run(try_gather(later)).0, Ok((0..n).collect()));

        let (remotes, mut job) = job(n);
        let task = Task::new();
        for index in Random(n as u64).shuffled(n) {
            assert!(task.poll(&mut job).is_pending());
            remotes[index].finish(Ok(index));
            assert_eq!(task.woken(), 1);
        }
        assert_eq!(task.poll(&mut job), Poll::Ready(Ok((0..n).collect())));
    }
}

#[test]
fn outputs_and_errors_may_differ_in_size() {
    for n in SIZES {
        let big = try_gather((0..n).map(|index| future::ready(Ok::<_, [u8; 200]>(index as u8))));
        assert_eq!(
            poll_once(big),
            Poll::Ready(Ok((0..n).map(|index| index as u8).collect()))
        );
        let none = try_gather((0..n).map(|_| future::ready(Ok::<(), String>(()))));
        assert_eq!(poll_once(none), Poll::Ready(Ok(vec![(); n])));
    }
}

#[test]
fn the_first_error_in_time_wins() {
    for n in SIZES.into_iter().filter(|&n| n > 1) {
        let (remotes, mut job) = job(n);
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());
        remotes[n - 1].finish(Err(n - 1));
        assert_eq!(task.poll(&mut job), Poll::Ready(Err(n - 1)));
        // Later errors are ignored.
        remotes[0].finish(Err(0));
        assert_eq!(remotes[0].polls(), 1);
    }
}

#[test]
fn of_errors_at_the_first_poll_the_first_wins_and_later_children_never_start() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let (remotes, mut job) = job(n);
        let failing = n / 3;
        for (index, remote) in remotes.iter().enumerate() {
            remote.put(if index < failing {
                Ok(index)
            } else {
                Err(index)
            });
        }
        assert_eq!(poll_once(&mut job), Poll::Ready(Err(failing)));
        let started = |index| usize::from(index <= failing);
        assert_eq!(polls(&remotes), (0..n).map(started).collect::<Vec<_>>());
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}

#[test]
fn an_error_is_returned_while_an_earlier_child_is_pending() {
    // futures-rs#2866: above 30 children, `try_join_all` waits for the earlier ones.
    for n in [2, 29, 30, 31, 32, 64, 65, 1000] {
        for failing in 1..n.min(70) {
            let (remotes, mut job) = job(n);
            let task = Task::new();
            assert!(task.poll(&mut job).is_pending());
            for (index, remote) in remotes.iter().enumerate().skip(1) {
                if index != failing && index % 2 == 0 {
                    remote.finish(Ok(index));
                }
            }
            assert!(task.settle(&mut job).is_pending());
            remotes[failing].finish(Err(failing));
            assert_eq!(task.woken(), 1);
            assert_eq!(task.poll(&mut job), Poll::Ready(Err(failing)));
        }
    }
}

#[test]
fn an_error_drops_the_siblings_in_input_order_before_it_is_returned() {
    const OUTPUT: usize = 10_000;
    for n in SIZES.into_iter().filter(|&n| n > 1) {
        let log = Log::default();
        let (remotes, children) = Remote::<Result<Noted, usize>>::many(n);
        let children = children.into_iter().enumerate();
        let hold = |(index, child)| Holding(child, log.on_drop(index));
        let mut job = try_gather(children.map(hold));
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());

        let (done, failing) = (n / 2, n - 1);
        if done != failing {
            remotes[done].finish(Ok(log.on_drop(OUTPUT)));
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(log.take(), [done]);
        }
        remotes[failing].finish(Err(7));
        assert!(matches!(task.poll(&mut job), Poll::Ready(Err(7))));
        let others = (0..n - 1).map(|index| if index == done { OUTPUT } else { index });
        let expected: Vec<_> = [failing].into_iter().chain(others).collect();
        assert_eq!(log.take(), expected);
        drop(job);
        assert_eq!(log.take(), []);
    }
}

#[test]
fn siblings_woken_in_the_same_pass_are_dropped_unpolled_after_an_error() {
    let n = 64;
    let (remotes, mut job) = job(n);
    let task = Task::new();
    assert!(task.poll(&mut job).is_pending());
    for (index, remote) in remotes.iter().enumerate() {
        remote.finish(Err(index));
    }
    assert_eq!(task.woken(), 1);
    let Poll::Ready(Err(failed)) = task.poll(&mut job) else {
        panic!("all have failed");
    };
    assert_eq!(total_polls(&remotes), n + 1);
    assert_eq!(remotes[failed].polls(), 2);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn only_the_woken_are_polled() {
    for n in SIZES.into_iter().filter(|&n| n > 1) {
        let (remotes, mut job) = job(n);
        let task = Task::new();
        assert!(task.poll(&mut job).is_pending());
        remotes[n / 2].wake();
        for _ in 0..3 {
            assert!(task.poll(&mut job).is_pending());
        }
        assert_eq!((total_polls(&remotes), task.woken()), (n + 1, 1));
    }
}

#[test]
fn it_works_with_the_question_mark() {
    let job: TryGather<_> = (0..3)
        .map(|index| future::ready(Ok::<_, String>(index)))
        .collect();
    assert_eq!(poll_once(job), Poll::Ready(Ok(vec![0, 1, 2])));

    let outer = async {
        let first = try_gather([yielding(1, Ok(1)), yielding(0, Ok(2))]).await?;
        try_gather([yielding(0, Ok(first)), yielding(2, Err("broke"))]).await
    };
    assert_eq!(pollster::block_on(outer), Err("broke"));
}
