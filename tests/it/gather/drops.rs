//! When children and outputs are dropped, in which order, and that it is once.

use std::{future, task::Poll};

use gather::{Gather, gather, try_gather};

use crate::support::{
    Child, Holding, Log, Noted, Remote, SIZES, Task, panic_of, poll_once, total_polls,
};

/// The number noted for an output is that of its child plus this.
const OUTPUT: usize = 10_000;

type Remotes = Vec<Remote<Noted>>;
type Job = Gather<Holding<Child<Noted>, Noted>>;

/// Child `index` notes its index when it is dropped.
fn job(log: &Log, n: usize) -> (Remotes, Job) {
    let (remotes, children) = Remote::many(n);
    let children = children.into_iter().enumerate();
    let job = gather(children.map(|(index, child)| Holding(child, log.on_drop(index))));
    (remotes, job)
}

/// A polled job of which every third child is done. The outputs of the others are complete, and not observed.
fn third_done(log: &Log, n: usize) -> (Remotes, Job) {
    let (remotes, mut job) = job(log, n);
    let give = |index: usize| remotes[index].put(log.on_drop(OUTPUT + index));
    (0..n).step_by(3).for_each(give);
    assert_eq!(poll_once(&mut job).is_ready(), n < 2);
    (remotes, job)
}

fn each_once(mut dropped: Vec<usize>, expected: impl IntoIterator<Item = usize>) {
    let mut expected: Vec<_> = expected.into_iter().collect();
    expected.sort_unstable();
    dropped.sort_unstable();
    assert_eq!(dropped, expected);
}

#[test]
fn a_child_that_is_ready_at_once_is_dropped_before_its_output_is_observed() {
    let seen_after_drop: fn(usize) -> Vec<usize> =
        |n| (0..n).flat_map(|index| [index, OUTPUT + index]).collect();
    for n in SIZES {
        let log = Log::default();
        let children = || {
            let ready = |index| Holding(future::ready(index), log.on_drop(index));
            (0..n).map(ready).collect::<Vec<_>>()
        };
        let see = |index, _: &usize| log.note(OUTPUT + index);

        assert!(poll_once(gather(children()).inspect(see)).is_ready());
        assert_eq!(log.take(), seen_after_drop(n), "inspect");

        let mut job = gather(children());
        let until = job.until(|index, output| {
            see(index, output);
            false
        });
        assert_eq!(poll_once(until), Poll::Ready(None));
        assert_eq!(log.take(), seen_after_drop(n), "until");

        let (task, mut stream) = (Task::new(), gather(children()).completions());
        while let Poll::Ready(Some((index, output))) = task.poll_next(&mut stream) {
            see(index, &output);
        }
        assert_eq!(log.take(), seen_after_drop(n), "completions");
    }
}

#[test]
fn a_child_that_completes_later_is_dropped_before_its_output_is_observed() {
    for n in SIZES.into_iter().filter(|&n| n > 1) {
        let log = Log::default();
        let (remotes, job) = job(&log, n);
        let task = Task::new();
        let mut job = job.inspect(|index, output| log.note(index + output.number));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(log.take(), []);
        remotes[n / 2].finish(log.on_drop(OUTPUT));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(log.take(), [n / 2, OUTPUT + n / 2]);
    }
}

#[test]
fn a_finished_child_is_dropped_while_the_others_run() {
    for n in SIZES.into_iter().filter(|&n| n > 1) {
        let log = Log::default();
        let (_remotes, job) = third_done(&log, n);
        assert_eq!(log.take(), (0..n).step_by(3).collect::<Vec<_>>());
        for index in 0..n {
            let number = job.get(index).map(|output| output.number);
            assert_eq!(number, (index % 3 == 0).then_some(OUTPUT + index));
        }
    }
}

#[test]
fn a_job_that_is_dropped_drops_all_in_input_order_at_any_stage() {
    for n in SIZES {
        let log = Log::default();
        let (_remotes, fresh) = job(&log, n);
        drop(fresh);
        assert_eq!(log.take(), (0..n).collect::<Vec<_>>());

        let (_remotes, running) = third_done(&log, n);
        if n > 1 {
            log.take();
            drop(running);
            let slot = |index| {
                if index % 3 == 0 {
                    OUTPUT + index
                } else {
                    index
                }
            };
            assert_eq!(log.take(), (0..n).map(slot).collect::<Vec<_>>());
        }

        let (remotes, mut done) = job(&log, n);
        for (index, remote) in remotes.iter().enumerate() {
            remote.put(log.on_drop(OUTPUT + index));
        }
        assert!(poll_once(done.until(|_, _| false)).is_ready());
        log.take();
        drop(done);
        assert_eq!(log.take(), (OUTPUT..OUTPUT + n).collect::<Vec<_>>());
    }
}

#[test]
fn a_finished_job_has_nothing_left_to_drop() {
    let log = Log::default();
    let (remotes, mut job) = job(&log, 3);
    for (index, remote) in remotes.iter().enumerate() {
        remote.put(log.on_drop(OUTPUT + index));
    }
    let Poll::Ready(outputs) = poll_once(&mut job) else {
        panic!("all are done");
    };
    assert_eq!(log.take(), [0, 1, 2]);
    drop(job);
    assert_eq!(log.take(), []);
    drop(outputs);
    assert_eq!(log.take(), [OUTPUT, OUTPUT + 1, OUTPUT + 2]);
}

#[test]
fn no_view_of_a_job_leaks_or_drops_twice_if_dropped_half_way() {
    for n in [2, 3, 65, 130] {
        let log = Log::default();
        let slots = |index| {
            [index, OUTPUT + index]
                .into_iter()
                .take(1 + usize::from(index % 3 == 0))
        };
        let all = || (0..n).flat_map(slots);

        let (_remotes, job) = third_done(&log, n);
        let mut inspect = job.inspect(|_, _| {});
        assert!(poll_once(&mut inspect).is_pending());
        drop(inspect);
        each_once(log.take(), all());

        let (_remotes, job) = third_done(&log, n);
        let mut stream = job.completions();
        let first = Task::new().poll_next(&mut stream);
        drop(stream);
        drop(first);
        each_once(log.take(), all());

        let (_remotes, mut job) = third_done(&log, n);
        let mut until = job.until(|_, _| false);
        assert!(poll_once(&mut until).is_pending());
        drop(until);
        drop(job);
        each_once(log.take(), all());

        let (_remotes, job) = third_done(&log, n);
        drop(job.into_partial());
        each_once(log.take(), all());
    }
}

#[test]
fn into_partial_drops_the_running_in_input_order_and_keeps_the_outputs() {
    for n in [2, 3, 65, 130] {
        let log = Log::default();
        let (_remotes, job) = third_done(&log, n);
        log.take();
        let partial = job.into_partial();
        assert_eq!(
            log.take(),
            (0..n).filter(|index| index % 3 > 0).collect::<Vec<_>>()
        );
        drop(partial);
        let outputs = (0..n).step_by(3).map(|index| OUTPUT + index);
        assert_eq!(log.take(), outputs.collect::<Vec<_>>());
    }
}

#[test]
fn a_drop_that_panics_stops_no_other() {
    for n in [1, 2, 3, 64, 65, 130] {
        for panicking in 0..n {
            let log = Log::default();
            let noted = |index| {
                if index == panicking {
                    log.panics_on_drop(index)
                } else {
                    log.on_drop(index)
                }
            };
            let children = || (0..n).map(|index| Holding(future::pending::<()>(), noted(index)));
            let in_order: Vec<_> = (0..n).collect();

            let fresh = gather(children());
            assert_eq!(panic_of(|| drop(fresh)), format!("drop of {panicking}"));
            assert_eq!(log.take(), in_order, "fresh");

            let mut running = gather(children());
            assert!(poll_once(&mut running).is_pending());
            assert_eq!(panic_of(|| drop(running)), format!("drop of {panicking}"));
            assert_eq!(log.take(), in_order, "running");

            let mut ended = gather(children());
            assert!(poll_once(&mut ended).is_pending());
            assert_eq!(
                panic_of(|| ended.into_partial()),
                format!("drop of {panicking}")
            );
            assert_eq!(log.take(), in_order, "into_partial");

            let mut done = gather((0..n).map(|index| future::ready(noted(index))));
            assert!(poll_once(done.until(|_, _| false)).is_ready());
            assert_eq!(panic_of(|| drop(done)), format!("drop of {panicking}"));
            assert_eq!(log.take(), in_order, "outputs");
        }
    }
}

#[test]
fn an_error_drops_all_siblings_though_the_drop_of_one_panics() {
    for n in [3, 65] {
        let log = Log::default();
        let children = (0..n).map(|index| {
            let held = if index == 1 {
                log.panics_on_drop(index)
            } else {
                log.on_drop(index)
            };
            let failed = (index == n - 1).then(|| Err::<(), _>(log.on_drop(OUTPUT)));
            let (remote, child) = Remote::new();
            failed.into_iter().for_each(|failed| remote.put(failed));
            Holding(child, held)
        });
        let mut job = try_gather(children);
        assert_eq!(panic_of(|| poll_once(&mut job)), "drop of 1");
        each_once(log.take(), 0..n);
        drop(job);
        assert_eq!(log.take(), [OUTPUT]);
    }
}

/// Wakes these children when it is dropped.
struct WakeOnDrop(Vec<Remote<()>>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(Remote::wake);
    }
}

type Waking = Gather<Holding<Child<()>, WakeOnDrop>>;

/// A polled job. Child `index` wakes the children `wakes(index)` when it is dropped.
fn waking_in_drop(
    task: &Task,
    n: usize,
    wakes: impl Fn(usize) -> Vec<usize>,
) -> (Vec<Remote<()>>, Waking) {
    let (remotes, children) = Remote::many(n);
    let held = |index| {
        WakeOnDrop(
            wakes(index)
                .into_iter()
                .map(|i| remotes[i].clone())
                .collect(),
        )
    };
    let children = children.into_iter().enumerate();
    let mut job = gather(children.map(|(index, child)| Holding(child, held(index))));
    assert!(task.poll(&mut job).is_pending());
    (remotes, job)
}

#[test]
fn children_that_wake_each_other_as_the_job_is_dropped_do_not_wake_the_task() {
    for n in [2, 3, 65, 130] {
        let task = Task::new();
        let all = |_| (0..n).collect();
        let (_remotes, job) = waking_in_drop(&task, n, all);
        drop(job);
        assert_eq!((task.woken(), task.clones()), (0, 0));

        let (_remotes, job) = waking_in_drop(&task, n, all);
        drop(job.into_partial());
        assert_eq!((task.woken(), task.clones()), (0, 0));
    }
}

#[test]
fn a_completed_child_that_wakes_itself_in_its_drop_does_not_wake_the_task() {
    for n in [2, 3, 65, 130] {
        let task = Task::new();
        let (remotes, mut job) = waking_in_drop(&task, n, |index| vec![index]);
        for remote in &remotes[1..] {
            remote.finish(());
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(task.woken(), 0);
        }
        assert_eq!(total_polls(&remotes), n + n - 1);
    }
}

#[test]
fn a_sibling_that_a_completed_child_wakes_in_its_drop_is_polled() {
    for n in [2, 3, 65, 130] {
        for from in 0..n {
            let to = (from + 1) % n;
            let task = Task::new();
            let next = |index| if index == from { vec![to] } else { vec![] };
            let (remotes, mut job) = waking_in_drop(&task, n, next);
            remotes[from].finish(());
            assert_eq!(task.woken(), 1);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((remotes[to].polls(), task.woken()), (1, 1));
            assert!(task.poll(&mut job).is_pending());
            assert_eq!((remotes[to].polls(), task.woken()), (2, 0));
            assert_eq!(total_polls(&remotes), n + 2);
        }
    }
}

#[test]
fn a_waker_keeps_no_child_alive() {
    for n in [2, 65] {
        let log = Log::default();
        let (remotes, mut job) = job(&log, n);
        assert!(poll_once(&mut job).is_pending());
        let wakers: Vec<_> = remotes.iter().map(Remote::waker).collect();
        drop(job);
        assert_eq!(log.take(), (0..n).collect::<Vec<_>>());
        drop(wakers);
        assert_eq!(log.take(), []);
    }
}
