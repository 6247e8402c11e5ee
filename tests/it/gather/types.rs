//! What children and outputs can be: any future, any size, any alignment, and never moved.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::{self, Future, poll_fn},
    marker::PhantomPinned,
    mem::{align_of_val, size_of_val},
    pin::Pin,
    ptr,
    task::{Context, Poll},
};

use gather::{Gather, gather};

use crate::support::{IntoReady, SIZES, Task, poll_once, yielding};

#[test]
fn children_may_be_any_into_future() {
    assert_eq!(
        poll_once(gather([IntoReady(1), IntoReady(2)])),
        Poll::Ready(vec![1, 2])
    );
    let collected: Gather<_> = [1, 2].map(IntoReady).into_iter().collect();
    assert_eq!(poll_once(collected), Poll::Ready(vec![1, 2]));
    let boxed: Vec<Pin<Box<dyn Future<Output = u8>>>> =
        vec![Box::pin(async { 1 }), Box::pin(future::ready(2))];
    assert_eq!(poll_once(gather(boxed)), Poll::Ready(vec![1, 2]));
    assert_eq!(poll_once(gather(Some(async { 7 }))), Poll::Ready(vec![7]));
}

#[test]
fn children_and_outputs_may_borrow_and_be_bound_to_a_thread() {
    let words = [String::from("a"), String::from("b")];
    let seen = RefCell::new(0);
    let seen_here = &seen;
    let job = gather(words.iter().map(|word| async move {
        *seen_here.borrow_mut() += 1;
        yielding(1, word).await.as_str()
    }));
    assert_eq!(Task::new().run(job).0, ["a", "b"]);
    assert_eq!(seen.into_inner(), 2);
}

#[test]
fn zero_sized_outputs_are_counted() {
    for n in SIZES {
        assert_eq!(
            poll_once(gather((0..n).map(|_| future::ready(())))).map(|all| all.len()),
            Poll::Ready(n)
        );
        let job = gather((0..n).map(|_| yielding(1, ())));
        assert_eq!(Task::new().run(job).0.len(), n);
    }
}

#[test]
fn zero_sized_futures_are_counted() {
    struct Nothing;
    impl Future for Nothing {
        type Output = [u64; 5];
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<[u64; 5]> {
            Poll::Ready([7; 5])
        }
    }

    assert_eq!(size_of_val(&Nothing), 0);
    for n in SIZES {
        assert_eq!(
            poll_once(gather((0..n).map(|_| Nothing))),
            Poll::Ready(vec![[7; 5]; n])
        );
    }
}

#[test]
fn over_aligned_outputs_and_futures_keep_their_alignment() {
    over_aligned(Aligned64, |output| output.0);
    over_aligned(Aligned128, |output| output.0);

    #[derive(Clone, Copy)]
    #[repr(align(64))]
    struct Aligned64(u8);
    #[derive(Clone, Copy)]
    #[repr(align(128))]
    struct Aligned128(u8);

    fn over_aligned<T: Copy>(make: fn(u8) -> T, value: fn(T) -> u8) {
        for n in SIZES {
            let children = (0..n).map(|index| {
                let (held, mut yielded) = (make(index as u8), false);
                poll_fn(move |cx| {
                    assert_eq!(ptr::from_ref(&held).addr() % align_of_val(&held), 0);
                    if !std::mem::replace(&mut yielded, index % 2 == 0) && index % 2 == 0 {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Ready(held)
                })
            });
            let (outputs, _) = Task::new().run(gather(children));
            assert_eq!(outputs.len(), n);
            for (index, output) in outputs.iter().enumerate() {
                assert_eq!(ptr::from_ref(output).addr() % align_of_val(output), 0);
                assert_eq!(value(*output), index as u8);
            }
        }
    }
}

#[test]
fn children_that_never_finish_may_have_no_output_type() {
    for n in SIZES.into_iter().filter(|&n| n > 0) {
        let mut job = gather((0..n).map(|_| future::pending::<Infallible>()));
        assert!(poll_once(&mut job).is_pending());
        assert!(job.iter().all(|output| output.is_none()));
        assert_eq!(job.running(), n);
        assert_eq!(job.into_partial().len(), n);
    }
    assert!(poll_once(gather(Vec::<future::Pending<Infallible>>::new())).is_ready());
}

#[test]
fn outputs_may_be_larger_or_smaller_than_their_futures() {
    for n in SIZES {
        let large = gather((0..n).map(|index| async move { [index; 100] }));
        let expected: Vec<_> = (0..n).map(|index| [index; 100]).collect();
        assert_eq!(poll_once(large), Poll::Ready(expected));
        let small = gather((0..n).map(|index| {
            let held = [index as u8; 999];
            async move { yielding(1, &held).await[998] }
        }));
        let expected: Vec<_> = (0..n).map(|index| index as u8).collect();
        assert_eq!(Task::new().run(small).0, expected);
    }
}

#[test]
fn a_child_never_moves_after_its_first_poll() {
    struct Fixed {
        polled_at: Option<usize>,
        left: usize,
        _pinned: PhantomPinned,
    }
    impl Fixed {
        fn new(left: usize) -> Self {
            Self {
                polled_at: None,
                left,
                _pinned: PhantomPinned,
            }
        }
        fn check(&self, at: usize) {
            assert!(self.polled_at.is_none_or(|first| first == at));
        }
    }
    impl Future for Fixed {
        type Output = usize;
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
            // SAFETY: nothing is moved out.
            let this = unsafe { self.get_unchecked_mut() };
            let at = ptr::from_ref(&*this).addr();
            this.check(at);
            this.polled_at = Some(at);
            let Some(left) = this.left.checked_sub(1) else {
                return Poll::Ready(at);
            };
            this.left = left;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
    impl Drop for Fixed {
        fn drop(&mut self) {
            self.check(ptr::from_ref(self).addr());
        }
    }

    for n in SIZES {
        let task = Task::new();
        let mut job = gather((0..n).map(|index| Fixed::new(index % 4)));
        let first = task.poll(&mut job);
        // The job may move. Completed, running and dropped children are all checked.
        let mut moved = Box::new(job);
        if first.is_pending() {
            let outputs = task.run(&mut *moved).0;
            assert!(outputs.is_sorted() && outputs.len() == n);
        }
        let mut ended = gather((0..n).map(|index| Fixed::new(index % 3)));
        let _ = task.poll(&mut ended);
        drop(ended.into_partial());
    }
}
