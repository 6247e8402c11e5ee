//! What a job allocates, how often and how much, and that all of it is freed.

use std::{
    cell::RefCell,
    future::{self, Future, poll_fn},
    panic::resume_unwind,
    task::{Poll, Waker},
};

use futures::StreamExt;
use gather::{gather, try_gather};

use crate::{
    basics::{SIZES, poll_once, sizes},
    counting::start,
    panics::panic_of,
};

/// A child with `SIZE` bytes more: pending at the first poll, which keeps its waker, and ready at the second.
fn second_time<const SIZE: usize>(index: usize) -> impl Future<Output = usize> {
    let (mut kept, ballast) = (None::<Waker>, [1_u8; SIZE]);
    poll_fn(move |cx| match kept {
        Some(_) => {
            Poll::Ready(index + ballast.iter().map(|&one| one as usize).sum::<usize>() - SIZE)
        }
        None => {
            kept = Some(cx.waker().clone());
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
}

/// The bytes of the ready set: the root, and above 63 children a node for each 64 children, one for each 64
/// of those, and so on, until a level has at most 63.
fn ready_set(n: usize) -> usize {
    let bits = usize::BITS as usize;
    let (mut nodes, mut level) = (0, n);
    while level >= bits {
        level = level.div_ceil(bits);
        nodes += level;
    }
    // And the bytes to align them.
    128 + nodes * 64 + 48
}

#[test]
fn a_job_that_is_ready_at_once_makes_one_allocation() {
    for n in SIZES {
        let count = start();
        let outputs = poll_once(gather((0..n).map(future::ready)));
        assert_eq!(count.allocs(), usize::from(n > 0));
        drop(outputs);
        assert_eq!(count.bytes(), 0);

        let count = start();
        let outputs = poll_once(try_gather(
            (0..n).map(|index| future::ready(Ok::<_, ()>(index))),
        ));
        assert_eq!(count.allocs(), usize::from(n > 0));
        drop(outputs);
        assert_eq!(count.bytes(), 0);
    }
}

#[test]
fn a_pending_job_makes_two_allocations_and_one_if_it_has_a_single_child() {
    for n in SIZES {
        let count = start();
        let mut job = gather((0..n).map(second_time::<0>));
        assert_eq!((count.allocs(), count.reallocs()), (usize::from(n > 0), 0));
        while poll_once(&mut job).is_pending() {}
        assert_eq!(count.allocs(), n.min(2));
        drop(job);
        assert_eq!(count.bytes(), 0);
    }
}

#[test]
fn no_poll_after_the_first_and_no_waker_allocates() {
    for n in sizes() {
        let mut job = gather((0..n).map(|_| {
            poll_fn(|cx| {
                drop(cx.waker().clone());
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            })
        }));
        assert!(poll_once(&mut job).is_pending());
        let count = start();
        for _ in 0..10 {
            assert!(poll_once(&mut job).is_pending());
        }
        assert_eq!((count.allocs(), count.reallocs()), (0, 0));
    }
}

#[test]
fn no_view_of_a_job_allocates() {
    for n in SIZES {
        let count = start();
        let mut job = gather((0..n).map(second_time::<0>));
        let _ = poll_once(job.until(|_, _| false));
        assert_eq!(count.allocs(), n.min(2));
        let mut stream = job.completions();
        let mut given = 0;
        while given < n {
            given += usize::from(poll_once(stream.next()).is_ready());
        }
        assert_eq!(count.allocs(), n.min(2));
        drop(stream);
        assert_eq!(count.bytes(), 0);
    }
}

#[test]
fn the_wakers_of_many_children_cost_less_than_two_bytes_each() {
    for n in SIZES
        .into_iter()
        .chain([4032, 4033, 10_000, 100_000, 300_000])
        .filter(|&n| n > 1)
    {
        let mut job = gather((0..n).map(|_| future::pending::<()>()));
        let count = start();
        assert!(poll_once(&mut job).is_pending());
        assert_eq!(count.allocs(), 1);
        assert_eq!(count.bytes(), ready_set(n), "{n} children");
        assert!(n < 1000 || count.bytes() < 2 * n);
        drop(job);
    }
}

#[test]
fn a_child_costs_hardly_more_than_its_future_or_its_output() {
    fn per_child<F: Future>(child: impl Fn() -> F) {
        let limit = size_of::<F>().max(size_of::<F::Output>()) + 2 * size_of::<usize>();
        for n in [1, 2, 64, 1000] {
            let count = start();
            let job = gather((0..n).map(|_| child()));
            assert!(count.bytes() <= n * limit, "{} for {n}", count.bytes());
            drop(job);
        }
    }

    per_child(|| future::ready(()));
    per_child(|| future::ready(1_u64));
    per_child(|| second_time::<0>(0));
    per_child(|| second_time::<1000>(0));
    per_child(future::pending::<[u64; 100]>);
}

#[test]
fn outputs_do_not_hold_the_childrens_memory() {
    fn spare<const SIZE: usize>() {
        for n in SIZES {
            let count = start();
            let mut job = gather((0..n).map(second_time::<SIZE>));
            let outputs = loop {
                if let Poll::Ready(outputs) = poll_once(&mut job) {
                    break outputs;
                }
            };
            drop(job);
            let spare = outputs.capacity() - n;
            assert!(
                spare <= n || spare * size_of::<usize>() < 1024,
                "{spare} beside {n}"
            );
            assert_eq!(count.bytes(), outputs.capacity() * size_of::<usize>());
            assert!(count.reallocs() <= 1);
        }
    }

    spare::<0>();
    spare::<1>();
    spare::<100>();
    spare::<1000>();
}

#[test]
fn little_spare_memory_is_kept_and_much_is_freed() {
    let reallocs = |n: usize| {
        let count = start();
        let outputs = poll_once(gather((0..n).map(|index| {
            let ballast = [index; 10];
            async move { ballast[9] }
        })));
        let Poll::Ready(outputs) = outputs else {
            panic!("all are ready");
        };
        assert!(outputs.iter().copied().eq(0..n));
        (count.reallocs(), outputs.capacity() == n)
    };

    // At least 10 bytes too many for each output: less than a KiB, then more.
    assert_eq!(reallocs(2), (0, false));
    assert_eq!(reallocs(5), (0, false));
    assert_eq!(reallocs(20), (1, true));
    assert_eq!(reallocs(1000), (1, true));
}

#[test]
fn all_memory_is_freed_at_whatever_stage_a_job_ends() {
    for n in SIZES {
        for polls in 0..3 {
            for end in 0..4 {
                let count = start();
                let mut job = gather((0..n).map(|index| async move {
                    let held = vec![index; 3];
                    second_time::<9>(index % 2).await;
                    if index % 3 == 1 {
                        future::pending::<()>().await;
                    }
                    held
                }));
                for _ in 0..polls {
                    if poll_once(job.until(|_, _| false)).is_ready() {
                        break;
                    }
                }
                match end {
                    0 => drop(job),
                    1 => drop(job.into_partial()),
                    2 => drop(job.inspect(|_, _| {})),
                    _ => drop(job.completions()),
                }
                assert_eq!(count.bytes(), 0);
            }
        }
    }
}

#[test]
fn a_panic_leaks_no_memory() {
    for n in [1, 2, 65] {
        for panicking in 0..n {
            let count = start();
            let mut job = gather((0..n).map(|index| async move {
                let held = vec![index];
                second_time::<0>(0).await;
                if index == panicking {
                    // Prints no message, which would allocate.
                    resume_unwind(Box::new("ouch"));
                }
                held
            }));
            assert!(poll_once(&mut job).is_pending());
            assert_eq!(
                panic_of(|| while poll_once(&mut job).is_pending() {}),
                "ouch"
            );
            drop(job);
            assert_eq!(count.bytes(), 0);
        }
    }
}

#[test]
fn wakers_that_outlive_a_job_keep_only_the_ready_set() {
    for n in sizes() {
        let kept = RefCell::new(Vec::with_capacity(n));
        let keep = &kept;
        let count = start();
        let mut job = gather((0..n).map(|_| {
            let ballast = [1_u8; 1000];
            poll_fn(move |cx| {
                keep.borrow_mut().push((ballast[0], cx.waker().clone()));
                Poll::<()>::Pending
            })
        }));
        assert!(poll_once(&mut job).is_pending());
        drop(job);
        let wakers = count.bytes();
        assert_eq!(wakers, ready_set(n));
        while kept.borrow().len() > 1 {
            drop(kept.borrow_mut().pop());
            assert_eq!(count.bytes(), wakers);
        }
        let (_, last) = kept.borrow_mut().pop().unwrap();
        last.wake_by_ref();
        last.wake();
        assert_eq!(count.bytes(), 0);
    }
}
