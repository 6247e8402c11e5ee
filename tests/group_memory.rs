//! What a group allocates, and that all of it is given back, however it ends.

#![cfg(all(feature = "std", not(gather_loom)))]

#[path = "it/support/mod.rs"]
mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use gather::{Child, Group, group};
use support::yield_now;

/// Counts what the thread allocates.
struct Counting;

thread_local! {
    static ALLOCS: Cell<usize> = const { Cell::new(0) };
    /// In use now.
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grow(by: usize) {
    BYTES.set(BYTES.get().wrapping_add(by));
    if BYTES.get() as isize > PEAK.get() as isize {
        PEAK.set(BYTES.get());
    }
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCS.set(ALLOCS.get() + 1);
        grow(layout.size());
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get().wrapping_sub(layout.size()));
        // SAFETY: as the caller says.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        BYTES.set(BYTES.get().wrapping_sub(layout.size()));
        grow(size);
        // SAFETY: as the caller says.
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// A failed assertion in here would count itself.
#[track_caller]
fn gives_all_back(run: impl FnOnce()) {
    let before = BYTES.get();
    run();
    let left = BYTES.get().wrapping_sub(before);
    assert_eq!(left, 0, "bytes are still in use");
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = poll(&mut future) {
            return output;
        }
    }
    panic!("it does not end");
}

type Handle<'a> = Group<'a, usize, usize>;

#[test]
fn a_spawn_makes_two_allocations() {
    let mut job = group(async |g: Handle| {
        // The first ones grow the inbox, of which there are two: one is filled while the other is read.
        for _ in 0..2 {
            for _ in 0..8 {
                g.spawn(ready(Ok(())));
            }
            yield_now().await;
        }
        for _ in 0..4 {
            yield_now().await;
            for _ in 0..8 {
                let before = ALLOCS.get();
                let child = g.spawn(ready(Ok([1_u64; 100])));
                assert_eq!(ALLOCS.get() - before, 2);
                drop(child);
            }
        }
        Ok(0)
    });
    while poll(&mut job).is_pending() {}
}

#[test]
fn a_child_that_comes_and_goes_makes_no_other_allocation() {
    let mut job = group(async |g: Handle| {
        for round in 0..100 {
            let before = ALLOCS.get();
            let child = g.spawn(async {
                yield_now().await;
                Ok(1)
            });
            child.await;
            if round > 10 {
                assert_eq!(ALLOCS.get() - before, 2);
            }
        }
        Ok(0)
    });
    while poll(&mut job).is_pending() {}
}

/// So many alive at once, and new ones for a thousand generations.
#[test]
fn an_endless_spawner_holds_no_more_than_is_alive() {
    for alive in [1, 7, 8, 100] {
        let mut after_first = 0;
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
                    PEAK.set(BYTES.get());
                    after_first = BYTES.get();
                }
            }
            Ok(0)
        });
        run(job).unwrap();
        let more = PEAK.get().wrapping_sub(after_first) as isize;
        assert!(
            more <= 2000 + 300 * alive as isize,
            "{more} more for {alive} alive"
        );
    }
}

#[test]
fn a_hundred_thousand_children_at_once_cost_little_and_leave_nothing() {
    const N: usize = 100_000;
    gives_all_back(|| {
        let before = BYTES.get();
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
        assert!(poll(&mut job).is_pending());
        let each = BYTES.get().wrapping_sub(before) / N;
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
fn nothing_is_left_after_any_ending_with_handles_dropped_or_kept() {
    for ending in ENDINGS {
        for (grace, keep) in [(false, false), (false, true), (true, false), (true, true)] {
            gives_all_back(|| {
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
                    Box::pin(job.grace(async {
                        yield_now().await;
                        yield_now().await;
                    })) as Pin<Box<dyn Future<Output = _>>>
                } else {
                    Box::pin(job)
                };
                let mut ended = false;
                for _ in 0..polls {
                    let polled = catch_unwind(AssertUnwindSafe(|| poll(&mut job)));
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

/// What a handle keeps is the value alone: not the child's future, nor the group.
#[test]
fn handles_that_are_kept_hold_no_more_than_the_values() {
    let mut kept = Vec::with_capacity(100);
    let before = BYTES.get();
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
    let each = BYTES.get().wrapping_sub(before) / 100;
    assert!(each < 200, "{each} bytes a handle");
    assert!(kept.iter_mut().all(|handle| poll(handle) == Poll::Ready(1)));
}
