//! The error or the value that ended a try is not lost when the drop of a sibling panics.

use std::{future::pending, task::Poll};

use futures::future::{FusedFuture, FutureExt};
use gather::{at_most, first_ok, try_gather};

use crate::support::{Child, Holding, Log, Noted, Remote, Task, panic_of};

/// The number noted for an output is that of its child plus this.
const OUTPUT: usize = 10_000;

type Outcome = Result<Noted, Noted>;
type Children = Vec<Holding<Child<Outcome>, Noted>>;

/// Ends a job by its last child, while one of the drops panics. `start` makes the job, whose output is the
/// outcome that ended it, made by `kind`. The outcome that it keeps until then is of the other kind.
fn ends<F>(kind: fn(Noted) -> Outcome, start: impl Fn(Children) -> F)
where
    F: FusedFuture<Output = Noted> + Unpin,
{
    for n in [3, 4, 65] {
        // The output that is kept, and the children: the last one is dropped before the others are cancelled.
        for panicking in [OUTPUT, 1, n - 2, n - 1] {
            let (log, task) = (Log::default(), Task::new());
            let (remotes, children) = Remote::many(n);
            let children = children.into_iter().enumerate();
            let held = |index| log.noted(index, index == panicking);
            let children = children.map(|(index, child)| Holding(child, held(index)));
            let mut job = start(children.collect());
            assert!(task.poll(&mut job).is_pending());
            let kept = match kind(log.noted(OUTPUT, panicking == OUTPUT)) {
                Ok(kept) => Err(kept),
                Err(kept) => Ok(kept),
            };
            remotes[0].finish(kept);
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(log.take(), [0]);
            remotes[n - 1].finish(kind(log.on_drop(OUTPUT + n - 1)));
            task.woken();

            let message = panic_of(|| task.poll(&mut job).is_ready());
            assert_eq!(message, format!("drop of {panicking}"));
            assert_eq!((task.woken(), job.is_terminated()), (1, false), "{n}");
            let Poll::Ready(end) = task.poll(&mut job) else {
                panic!("it has ended");
            };
            assert_eq!((end.number, job.is_terminated()), (OUTPUT + n - 1, true));
            // The siblings and the kept outcome are dropped.
            let mut dropped = log.take();
            dropped.sort_unstable();
            assert!(dropped.into_iter().eq((1..n).chain([OUTPUT])));
            remotes.iter().for_each(Remote::wake);
            assert_eq!(task.woken(), 0);
            drop((end, job));
            assert_eq!(log.take(), [OUTPUT + n - 1]);
        }
    }
}

fn error<T>(result: Result<T, Noted>) -> Noted {
    result.err().expect("it has failed")
}

#[test]
fn is_the_error_of_a_try_gather_returned_after_a_drop_that_panics() {
    ends(Err, |children| try_gather(children).map(error));
}

#[test]
fn is_the_value_of_a_first_ok_returned_after_a_drop_that_panics() {
    ends(Ok, |children| {
        first_ok(children).map(|won| won.ok().expect("it has won"))
    });
}

#[test]
fn are_error_and_value_returned_under_a_limit_after_a_drop_that_panics() {
    for limit in [65, 100] {
        ends(Err, |children| {
            at_most(limit).try_gather(children).map(error)
        });
        ends(Ok, |children| {
            let job = at_most(limit).first_ok(children);
            job.map(|won| won.ok().expect("it has won"))
        });
    }
}

#[test]
fn is_the_error_returned_by_an_inspect_or_a_deadline() {
    ends(Err, |children| {
        let job = at_most(65).try_gather(children);
        job.inspect(|_, _| {}).map(error)
    });
    ends(Err, |children| {
        let job = at_most(65).try_gather(children);
        job.deadline(pending::<()>()).map(error)
    });
    ends(Err, |children| {
        let job = at_most(65).try_gather(children).inspect(|_, _| {});
        job.deadline(pending::<()>()).map(error)
    });
}

#[test]
fn are_all_dropped_if_two_drops_would_panic() {
    let (log, task) = (Log::default(), Task::new());
    let (remotes, children) = Remote::<Result<Noted, ()>>::many(4);
    let children = children.into_iter().enumerate();
    let children = children.map(|(index, child)| Holding(child, log.noted(index, index == 1)));
    let mut job = at_most(4).try_gather(children);
    assert!(task.poll(&mut job).is_pending());
    // A child, then an output.
    remotes[0].finish(Ok(log.panics_on_drop(OUTPUT)));
    assert!(task.poll(&mut job).is_pending());
    remotes[3].finish(Err(()));
    task.woken();
    for message in ["drop of 1", "drop of 10000"] {
        assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), message);
        assert_eq!(task.woken(), 1);
    }
    assert!(matches!(task.poll(&mut job), Poll::Ready(Err(()))));
    assert_eq!(log.take(), [0, 3, 1, 2, OUTPUT]);
}

/// Panics when it is dropped, whatever else panics.
#[cfg(feature = "std")]
struct Bomb(usize);

#[cfg(feature = "std")]
impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new(format!("drop of {}", self.0)));
    }
}

#[cfg(feature = "std")]
#[test]
fn is_the_error_given_after_drops_of_all_siblings_that_panic() {
    let task = Task::new();
    let (remotes, children) = Remote::<Result<(), u8>>::many(4);
    let children = children.into_iter().enumerate();
    let children = children.map(|(index, child)| Holding(child, (index < 3).then(|| Bomb(index))));
    let mut job = try_gather(children);
    assert!(task.poll(&mut job).is_pending());
    remotes[3].finish(Err(7));
    assert_eq!(panic_of(|| task.poll(&mut job).is_ready()), "drop of 0");
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
    assert_eq!(task.poll(&mut job), Poll::Ready(Err(7)));
}
