//! Which values come back, in which order, and what can be read of a running job.

use std::{future, task::Poll};

use gather::{gather, try_gather};

use crate::support::{Child, Random, Remote, SIZES, Task, poll_once, polls, yielding};

#[test]
fn outputs_come_in_input_order_when_all_are_ready_at_once() {
    for n in SIZES {
        let job = gather((0..n).map(future::ready));
        assert_eq!(poll_once(job), Poll::Ready((0..n).collect()));
    }
}

#[test]
fn outputs_come_in_input_order_whichever_child_completes_first() {
    for n in SIZES {
        for seed in 0..4 {
            let order = match seed {
                0 => (0..n).collect(),
                1 => (0..n).rev().collect(),
                seed => Random(seed).shuffled(n),
            };
            finish_one_by_one(&order);
        }
    }
}

/// Completes one child between two polls, and reads the state of the job after each.
fn finish_one_by_one(order: &[usize]) {
    let n = order.len();
    let (remotes, children) = Remote::many(n);
    let task = Task::new();
    let mut job = gather(children);
    let mut done = vec![None; n];

    for (finished, &index) in order.iter().enumerate() {
        assert_eq!(task.poll(&mut job), Poll::Pending);
        assert_eq!((job.len(), job.running()), (n, n - finished));
        assert_eq!(job.get(index), None);
        remotes[index].finish(format!("output {index}"));
        assert_eq!(task.woken(), 1);
        if finished > 0 {
            let last = order[finished - 1];
            done[last] = Some(format!("output {last}"));
            assert_eq!(job.get(last), done[last].as_ref());
        }
        // All slots of 1000 are read only after some of the steps, to save time.
        if n < 200 || finished % 100 == 0 {
            assert!(job.iter().eq(done.iter().map(Option::as_ref)));
        }
    }

    let outputs = (0..n).map(|index| format!("output {index}"));
    assert_eq!(task.poll(&mut job), Poll::Ready(outputs.collect()));
    if n > 1 {
        // The first poll, and the one after the wake.
        assert_eq!(polls(&remotes), vec![2; n]);
    }
    assert_eq!(task.woken(), 0);
}

#[test]
fn outputs_come_in_input_order_when_all_finish_between_two_polls() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let (remotes, children) = Remote::many(n);
        let task = Task::new();
        let mut job = gather(children);
        assert_eq!(task.poll(&mut job), Poll::Pending);
        for index in Random(n as u64).shuffled(n) {
            remotes[index].finish(index);
        }
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut job), Poll::Ready((0..n).collect()));
        assert_eq!(polls(&remotes), vec![2; n]);
    }
}

#[test]
fn children_may_be_ready_at_once_or_later() {
    for n in SIZES {
        for every in [2, 3, 64] {
            let yields = |index: usize| if index % every == 0 { index % 5 } else { 0 };
            let job = gather((0..n).map(|index| yielding(yields(index), index)));
            assert_eq!(Task::new().run(job).0, (0..n).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_job_without_children_is_ready_at_the_first_poll() {
    let mut job = gather(Vec::<Child<u8>>::new());
    assert!(job.is_empty());
    assert_eq!((job.len(), job.running(), job.iter().count()), (0, 0, 0));
    let task = Task::new();
    assert_eq!(task.poll(&mut job), Poll::Ready(vec![]));
    assert_eq!((task.woken(), task.clones()), (0, 0));
}

#[test]
fn slots_can_be_read_before_the_first_poll_and_out_of_range() {
    for n in SIZES {
        let (remotes, children) = Remote::<u8>::many(n);
        let job = gather(children);
        assert_eq!((job.len(), job.running()), (n, n));
        assert_eq!(job.is_empty(), n == 0);
        assert_eq!(job.iter().collect::<Vec<_>>(), vec![None; n]);
        assert_eq!(job.get(0), None);
        assert_eq!(job.get(n), None);
        assert_eq!(job.get(usize::MAX), None);
        assert_eq!(polls(&remotes), vec![0; n]);
    }
}

#[test]
fn the_outputs_leave_the_job_empty() {
    for n in SIZES {
        let mut job = gather((0..n).map(future::ready));
        assert!(poll_once(&mut job).is_ready());
        assert_eq!((job.len(), job.running()), (0, 0));
        assert!(job.is_empty());
        assert_eq!(job.iter().count(), 0);
        assert_eq!(job.get(0), None);
        assert_eq!(job.into_partial(), []);
    }
}

#[test]
fn into_partial_gives_completed_outputs_and_none_for_the_others() {
    for n in SIZES {
        let (remotes, children) = Remote::many(n);
        let task = Task::new();
        let mut job = gather(children);
        if n > 0 {
            assert_eq!(task.poll(&mut job), Poll::Pending);
        }
        let even = |index: usize| (index % 2 == 0).then_some(index);
        for index in (0..n).filter_map(even) {
            remotes[index].finish(index);
        }
        if n > 1 {
            assert_eq!(task.poll(&mut job), Poll::Pending);
        }
        // A job of one child would be ready, so it was not polled again.
        let done = |index: usize| even(index).filter(|_| n > 1);
        assert_eq!(job.into_partial(), (0..n).map(done).collect::<Vec<_>>());
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
}

#[test]
fn into_partial_polls_no_child() {
    let (remotes, children) = Remote::<u8>::many(3);
    assert_eq!(gather(children).into_partial(), [None, None, None]);
    assert_eq!(polls(&remotes), [0; 3]);

    let (remotes, children) = Remote::many(3);
    let mut job = gather(children);
    assert!(poll_once(&mut job).is_pending());
    remotes[1].finish("missed");
    assert_eq!(job.into_partial(), [None, None, None]);
    assert_eq!(polls(&remotes), [1; 3]);
}

#[test]
fn into_partial_of_a_finished_job_gives_all() {
    let mut job = gather((0..70).map(future::ready));
    assert_eq!(poll_once(job.until(|_, _| false)), Poll::Ready(None));
    assert_eq!((job.len(), job.running()), (70, 0));
    assert_eq!(job.into_partial(), (0..70).map(Some).collect::<Vec<_>>());
}

#[test]
fn debug_shows_the_state_of_each_slot() {
    let children = || [yielding(0, "a"), yielding(1, "b"), yielding(0, "c")];
    let half_done = || {
        let mut job = gather(children());
        assert!(poll_once(&mut job).is_pending());
        job
    };
    let slots = r#"[Done("a"), Running, Done("c")]"#;

    let fresh = gather(children());
    assert_eq!(format!("{fresh:?}"), "Gather([Running, Running, Running])");
    let mut job = half_done();
    assert_eq!(format!("{job:?}"), format!("Gather({slots})"));
    let until = job.until(|_, _| true);
    assert_eq!(format!("{until:?}"), format!("Until(Gather({slots}))"));
    let inspect = half_done().inspect(|_, _| {});
    assert_eq!(format!("{inspect:?}"), format!("Inspect(Gather({slots}))"));
    let mut stream = half_done().completions();
    assert_eq!(format!("{stream:?}"), format!("Completions({slots})"));
    assert_eq!(
        Task::new().poll_next(&mut stream),
        Poll::Ready(Some((0, "a")))
    );
    let slots = slots.replace(r#"Done("a")"#, "Empty");
    assert_eq!(format!("{stream:?}"), format!("Completions({slots})"));
    let mut job = try_gather([yielding(0, Ok::<_, ()>(1)), yielding(1, Ok(2))]);
    assert!(poll_once(&mut job).is_pending());
    assert_eq!(format!("{job:?}"), "TryGather([Done(Ok(1)), Running])");
    let mut done = gather([yielding(0, 1)]);
    assert!(poll_once(&mut done).is_ready());
    assert_eq!(format!("{done:?}"), "Gather([])");
}
