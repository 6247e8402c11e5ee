//! `gather_array` and `try_gather_array`: children of one type, without allocation.

use std::{
    array,
    cell::RefCell,
    future::{Future, Ready, pending, poll_fn, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use crate::support::{
    Child, Holding, IntoReady, Log, Random, Remote, Still, Task, panic_of, poll_once, polls,
    yielding,
};
use futures::{
    executor::block_on,
    future::{Either, FusedFuture, select},
};
use gather::{gather_array, try_gather_array};

fn children<T, const N: usize>() -> (Vec<Remote<T>>, [Child<T>; N]) {
    let (remotes, children) = Remote::many(N);
    (remotes, <[_; N]>::try_from(children).ok().unwrap())
}

#[test]
fn no_children_are_ready_at_once() {
    let task = Task::new();
    let mut job = gather_array([(); 0].map(ready));
    assert_eq!(task.poll(&mut job), Poll::Ready([]));
    assert!(job.is_terminated());
    assert_eq!(
        panic_of(|| task.poll(&mut job)),
        "`gather_array` polled after completion"
    );
    let none: [Ready<Result<u8, ()>>; 0] = [];
    assert_eq!(poll_once(try_gather_array(none)), Poll::Ready(Ok([])));
}

#[test]
fn outputs_come_in_input_order() {
    fn check<const N: usize>() {
        let expected = array::from_fn(|index| index);
        assert_eq!(
            poll_once(gather_array(expected.map(ready))),
            Poll::Ready(expected)
        );
        let fallible = expected.map(|index| yielding((N - index) % 5, Ok::<_, ()>(index)));
        assert_eq!(block_on(try_gather_array(fallible)), Ok(expected));

        let (remotes, children) = children::<usize, N>();
        let (task, mut job) = (Task::new(), gather_array(children));
        for (finished, index) in Random(N as u64).shuffled(N).into_iter().enumerate() {
            assert!(task.poll(&mut job).is_pending());
            remotes[index].finish(index);
            assert_eq!(task.woken(), 1);
            assert_eq!(remotes[index].polls(), finished + 1);
        }
        assert_eq!(task.poll(&mut job), Poll::Ready(expected));
        assert!(remotes.iter().all(|remote| remote.drops() == 1));
    }
    check::<1>();
    check::<2>();
    check::<3>();
    check::<12>();
    check::<13>();
    check::<64>();
    check::<100>();
}

#[test]
fn children_may_be_any_into_future() {
    assert_eq!(
        poll_once(gather_array([1, 2].map(|n| IntoReady(Ok::<_, ()>(n))))),
        Poll::Ready([Ok(1), Ok(2)])
    );
    assert_eq!(
        poll_once(try_gather_array([1, 2].map(|n| IntoReady(Ok::<_, ()>(n))))),
        Poll::Ready(Ok([1, 2]))
    );
}

#[test]
fn children_and_outputs_may_borrow_and_be_bound_to_a_thread() {
    let words = [String::from("a"), String::from("b")];
    let seen = Rc::new(RefCell::new(0));
    let job = gather_array(words.each_ref().map(async |padded| {
        *seen.borrow_mut() += 1;
        yielding(1, padded).await.as_str()
    }));
    assert_eq!(block_on(job), ["a", "b"]);
    assert_eq!(*seen.borrow(), 2);
}

#[test]
fn generic_code_can_gather_any_number_of_children() {
    async fn sum<F: Future<Output = u32>, const N: usize>(children: [F; N]) -> u32 {
        gather_array(children).await.into_iter().sum()
    }
    async fn all<T, E, F: Future<Output = Result<T, E>>, const N: usize>(
        children: [F; N],
    ) -> Result<[T; N], E> {
        try_gather_array(children).await
    }
    assert_eq!(block_on(sum([1, 2, 3].map(ready))), 6);
    assert_eq!(
        block_on(all([1, 2].map(|n| ready(Ok::<_, ()>(n))))),
        Ok([1, 2])
    );
}

#[test]
fn a_job_can_be_a_child() {
    let inner = |n| gather_array([n, n + 1].map(|n| yielding(n, n)));
    assert_eq!(
        block_on(gather_array([inner(0), inner(2)])),
        [[0, 1], [2, 3]]
    );
    assert_eq!(block_on(gather_array([gather_array([ready(1)])])), [[1]]);
}

#[test]
fn a_job_of_unpin_children_can_be_polled_by_reference_in_a_select() {
    let (remotes, children) = children::<_, 2>();
    let task = Task::new();
    let mut job = gather_array(children);
    assert!(matches!(
        task.poll(&mut select(&mut job, ready(()))),
        Poll::Ready(Either::Right(_))
    ));
    remotes[0].finish(0);
    remotes[1].finish(1);
    assert_eq!(task.poll(&mut job), Poll::Ready([0, 1]));
}

#[test]
fn children_get_the_task_waker_itself() {
    let task = Task::new();
    let same = |cx: &mut Context<'_>| cx.waker().data() == task.waker().data();
    let job = [(); 3].map(|()| poll_fn(|cx| Poll::Ready(same(cx))));
    assert_eq!(task.poll(&mut gather_array(job)), Poll::Ready([true; 3]));
    assert_eq!((task.clones(), task.woken()), (0, 0));
}

#[test]
fn the_first_poll_is_in_index_order_and_each_later_one_starts_one_further() {
    let (log, task) = (Log::default(), Task::new());
    let mut job = gather_array([0, 1, 2].map(|index| {
        let log = &log;
        poll_fn(move |_| {
            log.note(index);
            Poll::<()>::Pending
        })
    }));
    for _ in 0..3 {
        for expected in [[0, 1, 2], [1, 2, 0], [2, 0, 1]] {
            assert!(task.poll(&mut job).is_pending());
            assert_eq!(log.take(), expected);
        }
    }
}

#[test]
fn a_child_that_is_ready_is_dropped_at_once_and_not_polled_again() {
    let task = Task::new();
    let (remotes, children) = children::<_, 3>();
    let mut job = gather_array(children);
    remotes[1].put(1);
    for round in 1..4 {
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(polls(&remotes), [round, 1, round]);
        assert_eq!((remotes[0].drops(), remotes[1].drops()), (0, 1));
    }
    remotes[0].put(0);
    remotes[2].put(2);
    assert_eq!(task.poll(&mut job), Poll::Ready([0, 1, 2]));
    assert_eq!(polls(&remotes), [4, 1, 4]);
}

#[test]
fn a_child_that_cannot_be_moved_stays_where_it_is() {
    let task = Task::new();
    let mut job = Box::pin(gather_array([1, 3, 2].map(Still::new)));
    assert!(task.poll(&mut job).is_pending());
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(task.poll(&mut job), Poll::Ready([(); 3]));
}

#[test]
fn the_first_error_is_returned_after_the_siblings_are_dropped_in_order() {
    let (log, task) = (Log::default(), Task::new());
    let (remotes, children) = children::<Result<_, &str>, 4>();
    let mut index = 0..;
    let mut job =
        try_gather_array(children.map(|child| Holding(child, log.on_drop(index.next().unwrap()))));
    remotes[1].put(Ok(log.on_drop(10)));
    assert!(task.poll(&mut job).is_pending());
    assert_eq!(log.take(), [1]);
    remotes[2].finish(Err("no"));
    remotes[3].put(Err("later"));
    assert!(matches!(task.poll(&mut job), Poll::Ready(Err("no"))));
    assert_eq!(log.take(), [2, 0, 10, 3]);
    assert_eq!(polls(&remotes), [1, 1, 2, 1]);
    assert!(job.is_terminated());
    assert_eq!(
        panic_of(|| task.poll(&mut job).is_ready()),
        "`try_gather_array` polled after completion"
    );
    drop(job);
    assert_eq!(log.take(), []);
}

#[test]
fn a_sibling_whose_drop_panics_after_an_error_stops_no_other_drop() {
    for panicking in 0..3 {
        let (log, task) = (Log::default(), Task::new());
        let mut job = try_gather_array([0, 1, 2, 3].map(|index| {
            let child = if index == 3 {
                Either::Left(ready(Err::<(), ()>(())))
            } else {
                Either::Right(pending())
            };
            Holding(child, log.noted(index, index == panicking))
        }));
        assert_eq!(
            panic_of(|| task.poll(&mut job)),
            format!("drop of {panicking}")
        );
        assert_eq!(log.take(), [3, 0, 1, 2]);
        assert_eq!(task.woken(), 0, "the job is over");
        assert!(job.is_terminated());
    }
}

#[test]
fn a_drop_drops_children_and_outputs_in_input_order_though_one_panics() {
    for panicking in 0..4 {
        let (log, task) = (Log::default(), Task::new());
        let (remotes, children) = children::<_, 4>();
        let mut index = 0..;
        let mut job = gather_array(children.map(|child| {
            let index = index.next().unwrap();
            Holding(child, log.noted(index, index == panicking && index != 2))
        }));
        remotes[2].put(log.noted(12, panicking == 2));
        assert!(task.poll(&mut job).is_pending());
        assert_eq!(log.take(), [2]);
        assert_eq!(
            panic_of(|| drop(job)),
            format!("drop of {}", if panicking == 2 { 12 } else { panicking })
        );
        assert_eq!(log.take(), [0, 1, 12, 3]);
    }
}

#[test]
fn after_a_panic_the_siblings_run_on_and_then_the_child_is_named() {
    for bad in 0..3 {
        let (log, task) = (Log::default(), Task::new());
        let (remotes, children) = children::<bool, 3>();
        let mut index = 0..;
        let mut job = gather_array(children.map(|mut child| {
            let note = log.on_drop(index.next().unwrap());
            let child = poll_fn(move |cx| {
                Pin::new(&mut child)
                    .poll(cx)
                    .map(|fine| assert!(fine, "ouch"))
            });
            Holding(child, note)
        }));
        remotes[bad].put(false);
        assert_eq!(panic_of(|| task.poll(&mut job)), "ouch");
        assert_eq!(log.take(), [bad]);
        assert_eq!(task.woken(), 1);
        assert!(task.poll(&mut job).is_pending());
        let later = (0..3).filter(|&index| index != bad);
        later.for_each(|index| remotes[index].finish(true));
        for _ in 0..2 {
            let message = panic_of(|| task.poll(&mut job));
            assert_eq!(
                message,
                format!("`gather_array` has no output of child {bad}, which panicked")
            );
        }
        assert_eq!(remotes[bad].polls(), 1);
        drop(job);
        assert_eq!(log.take().len(), 2);
    }
}

#[test]
fn a_ready_child_whose_drop_panics_loses_no_output() {
    for panicking in 0..3 {
        let (log, task) = (Log::default(), Task::new());
        let hold = |index| {
            Holding(
                ready(Ok::<_, ()>(index)),
                log.noted(index, index == panicking),
            )
        };
        let mut job = try_gather_array([0, 1, 2].map(hold));
        assert_eq!(
            panic_of(|| task.poll(&mut job)),
            format!("drop of {panicking}")
        );
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll(&mut job), Poll::Ready(Ok([0, 1, 2])));
        assert_eq!(log.take().len(), 3);
    }
}

#[test]
fn a_job_is_its_children_and_one_usize() {
    fn size<F: Future>(_: F) -> usize {
        size_of::<F>()
    }
    let child = || poll_fn(|_| Poll::Ready([0_u64; 4]));
    let slot = size(futures::future::maybe_done(child()));
    // Padded to the children's alignment where a `usize` is smaller.
    let padded = size_of::<usize>().max(align_of::<u64>());
    assert_eq!(
        size(gather_array([(); 5].map(|()| child()))),
        5 * slot + padded
    );
}

#[test]
fn debug_shows_which_children_run() {
    let mut job = gather_array([yielding(1, 0), yielding(0, 1)].map(Box::pin));
    assert_eq!(format!("{job:?}"), "GatherFixed([Running, Running])");
    assert!(Task::new().poll(&mut job).is_pending());
    assert_eq!(format!("{job:?}"), "GatherFixed([Running, Done])");
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn it_runs_on_every_executor() {
    use std::time::Duration;

    async fn job() -> [u64; 3] {
        gather_array([3, 1, 2].map(async |ms| {
            smol::Timer::after(Duration::from_millis(ms)).await;
            yielding(2, ms).await
        }))
        .await
    }
    assert_eq!(smol::block_on(job()), [3, 1, 2]);
    assert_eq!(pollster::block_on(job()), [3, 1, 2]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(
        runtime.block_on(async { tokio::spawn(job()).await.unwrap() }),
        [3, 1, 2]
    );
}
