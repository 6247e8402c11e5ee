//! What a group allocates, and that all of it is freed, however it ends.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::Poll,
};

use gather::{Child, Group, group};

use crate::{
    basics::poll_once,
    counting::{Since, start},
    run,
    yields::{yield_now, yielding},
};

/// An assertion that fails inside `run` would be counted.
#[track_caller]
fn frees_all(run: impl FnOnce()) {
    let count = start();
    run();
    let left = count.bytes();
    assert_eq!(left, 0, "bytes are still in use");
}

type Handle<'a> = Group<'a, usize, usize>;

#[test]
fn a_spawn_makes_two_allocations() {
    let mut job = group(async |g: Handle| {
        // The first children grow the two queues, which the group swaps as it starts children.
        for _ in 0..2 {
            for _ in 0..8 {
                g.spawn(ready(Ok(())));
            }
            yield_now().await;
        }
        for _ in 0..4 {
            yield_now().await;
            for _ in 0..8 {
                let count = start();
                let child = g.spawn(ready(Ok([1_u64; 100])));
                assert_eq!(count.allocs(), 2);
                drop(child);
            }
        }
        Ok(0)
    });
    while poll_once(&mut job).is_pending() {}
}

#[test]
fn a_child_that_comes_and_goes_makes_no_other_allocation() {
    let mut job = group(async |g: Handle| {
        for round in 0..100 {
            let count = start();
            let child = g.spawn(async {
                yield_now().await;
                Ok(1)
            });
            child.await;
            if round > 10 {
                assert_eq!(count.allocs(), 2);
            }
        }
        Ok(0)
    });
    while poll_once(&mut job).is_pending() {}
}

/// A number of children alive at once, for a thousand generations.
#[test]
fn an_endless_spawner_holds_memory_for_the_children_alive() {
    for alive in [1, 7, 8, 100] {
        let mut after_first: Option<Since> = None;
        let job = group(async |g: Handle| {
            let mut handles = std::collections::VecDeque::with_capacity(alive + 1);
            for generation in 0..1000 {
                for _ in 0..alive {
                    handles.push_back(g.spawn(async {
                        yield_now().await;
                        Ok([1_u8; 100])
                    }));
                    if handles.len() > alive {
                        assert_eq!(handles.pop_front().unwrap().await, [1; 100]);
                    }
                }
                if generation == 5 {
                    after_first = Some(start());
                }
            }
            Ok(0)
        });
        run(job).unwrap();
        let more = after_first.unwrap().count().peak;
        assert!(
            more <= 2000 + 300 * alive as isize,
            "{more} more for {alive} alive"
        );
    }
}

#[test]
fn a_hundred_thousand_children_at_once_cost_little_and_leave_nothing() {
    const N: usize = 100_000;
    frees_all(|| {
        let count = start();
        let mut job = group(async |g: Handle| {
            for number in 0..N {
                g.spawn(async move {
                    yield_now().await;
                    if number == usize::MAX {
                        Err(number)
                    } else {
                        Ok(())
                    }
                });
            }
            Ok(N)
        });
        assert!(poll_once(&mut job).is_pending());
        let each = count.bytes() / N;
        assert!(each < 500, "{each} bytes a child");
        assert_eq!(run(job).unwrap(), N);
    });
}

/// How a group ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    NeverPolled,
    Dropped,
    Ok,
    BodyFails,
    ChildFails,
    AllFail,
    Panic,
    Finish,
    FinishUnpolled,
    Cancels,
}

const ENDINGS: [Ending; 10] = [
    Ending::NeverPolled,
    Ending::Dropped,
    Ending::Ok,
    Ending::BodyFails,
    Ending::ChildFails,
    Ending::AllFail,
    Ending::Panic,
    Ending::Finish,
    Ending::FinishUnpolled,
    Ending::Cancels,
];

async fn body(
    g: Handle<'_>,
    ending: Ending,
    kept: &mut Vec<Child<Box<usize>>>,
) -> Result<usize, usize> {
    for number in 0..100 {
        let inner = g.clone();
        let child = g.spawn(async move {
            let value = Box::new(number);
            if number % 3 == 0 {
                // Children that hold the group's handle, and children in it.
                inner.spawn(async move {
                    yield_now().await;
                    Ok(Box::new(number))
                });
            }
            if ending == Ending::Ok || number % 4 == 0 {
                yield_now().await;
                return Ok(value);
            }
            yield_now().await;
            match ending {
                Ending::ChildFails if number == 50 => Err(number),
                Ending::AllFail => Err(number),
                Ending::Panic if number == 50 => resume_unwind(Box::new("panic")),
                _ => {
                    let _inner = inner;
                    pending().await
                }
            }
        });
        if ending == Ending::Cancels {
            child.cancel();
        } else {
            kept.push(child);
        }
    }
    yield_now().await;
    match ending {
        Ending::BodyFails => return Err(1000),
        Ending::Finish => g.finish(1000),
        Ending::Ok | Ending::Cancels => return Ok(1000),
        _ => {}
    }
    g.cancelled().await;
    pending().await
}

#[test]
fn no_memory_is_left_after_any_end_with_handles_dropped_or_kept() {
    for ending in ENDINGS {
        for (grace, keep) in [(false, false), (false, true), (true, false), (true, true)] {
            frees_all(|| {
                let (mut kept, mut handle) = (Vec::new(), None);
                let job = group(|g: Handle| {
                    handle = Some(g.clone());
                    body(g, ending, &mut kept)
                });
                if ending == Ending::FinishUnpolled {
                    handle.as_ref().unwrap().finish(1);
                }
                let handle = handle.filter(|_| keep);
                let polls = match ending {
                    Ending::NeverPolled => 0,
                    Ending::Dropped => 2,
                    _ => 100,
                };
                // The deadline comes at its third poll.
                let mut job = if grace {
                    Box::pin(job.grace(yielding(2, ()))) as Pin<Box<dyn Future<Output = _>>>
                } else {
                    Box::pin(job)
                };
                let mut ended = false;
                for _ in 0..polls {
                    let polled = catch_unwind(AssertUnwindSafe(|| poll_once(&mut job)));
                    ended = !matches!(polled, Ok(Poll::Pending));
                    if ended {
                        assert_eq!(polled.is_err(), ending == Ending::Panic);
                        break;
                    }
                }
                assert_eq!(
                    ended,
                    !matches!(ending, Ending::NeverPolled | Ending::Dropped),
                    "{ending:?}"
                );
                let early =
                    handle.map(|handle| handle.spawn(async { Ok::<_, usize>(Box::new(1)) }));
                drop(job);
                drop((early, kept));
            });
        }
    }
}

/// A handle keeps the value alone: not the child's future, nor the group.
#[test]
fn handles_hold_no_more_than_the_values() {
    let mut kept = Vec::with_capacity(100);
    let count = start();
    run(group(async |g: Handle| {
        for _ in 0..100 {
            kept.push(g.spawn(async {
                let held = [1_u8; 10_000];
                yield_now().await;
                Ok(held[5000])
            }));
        }
        Ok(0)
    }))
    .unwrap();
    let each = count.bytes() / 100;
    assert!(each < 200, "{each} bytes a handle");
    assert!(
        kept.iter_mut()
            .all(|handle| poll_once(handle) == Poll::Ready(1))
    );
}

#[test]
fn does_a_handle_of_a_group_that_is_over_keep_the_memory_of_its_wakers() {
    // Many children, so that their wakers take more than what a handle shares.
    let of = |children: usize| {
        let mut handle = None;
        let count = start();
        let mut job = group(|g: Handle<'static>| {
            (0..children).for_each(|_| drop(g.spawn(pending::<Result<(), _>>())));
            handle = Some(g);
            pending()
        });
        assert!(poll_once(&mut job).is_pending());
        drop(job);
        let left = count.bytes();
        drop(handle);
        assert_eq!(count.bytes(), 0);
        left
    };
    assert_eq!(of(1), of(10_000));
}
