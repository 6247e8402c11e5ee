//! Limits with children so large that their slots are in several chunks.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, panic_any},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use gather::at_most;

use crate::support::{
    Holding, PanicsOnDrop, Task, catch_unwind,
    stock::{Restless, Stock},
};

/// A child with `BYTES` bytes more.
struct Large<F, const BYTES: usize>(F, #[allow(dead_code)] [u8; BYTES]);

impl<F: Future + Unpin, const BYTES: usize> Future for Large<F, BYTES> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// One of 20 KB: the first chunk has four of these.
fn large<F>(child: F) -> Large<F, 20_000> {
    Large(child, [0; 20_000])
}

#[test]
fn outputs_are_kept_after_a_drop_that_panics_in_a_pass() {
    let stock = Stock::new();
    let task = Task::new();
    let children = stock.children().take(5).enumerate();
    let children = children.map(|(index, child)| large(Holding(child, PanicsOnDrop(index == 0))));
    let mut job = at_most(10).gather(children.filter(|_| true));
    assert!(task.poll(&mut job).is_pending());
    (2..5).for_each(|index| stock.finish(index, index));
    assert!(task.woken() > 0 && task.poll(&mut job).is_pending());
    (0..2).for_each(|index| stock.finish(index, index));
    catch_unwind(AssertUnwindSafe(|| task.poll(&mut job))).unwrap_err();
    assert!(task.woken() > 0);
    assert_eq!(task.settle(&mut job), Poll::Ready(vec![0, 1, 2, 3, 4]));
}

#[test]
fn a_chunk_added_during_a_pass_loses_no_wake() {
    fn check<const BYTES: usize>(count: usize) {
        // Of three, the first is ready at once, the second wakes itself once, and the third is finished as
        // the 30th after it is made.
        let (stock, task) = (Stock::new(), Task::new());
        let finished = |index: usize| index % 3 == 2 && index + 30 < count;
        let children = stock.children().take(count).enumerate();
        let children = children.map(|(index, child)| {
            match index.checked_sub(30) {
                _ if index % 3 == 0 => stock.remote(index).put(index),
                Some(before) if finished(before) => stock.finish(before, before),
                _ => {}
            }
            Large::<_, BYTES>(Restless(child, usize::from(index % 3 == 1)), [0; BYTES])
        });
        let mut stream = at_most(usize::MAX).completions(children);
        let mut given = vec![];
        loop {
            match task.poll_next(&mut stream) {
                Poll::Ready(item) => given.push(item.expect("some never finish").0),
                Poll::Pending if task.woken() == 0 => break,
                Poll::Pending => {}
            }
        }
        given.sort_unstable();
        let all = (0..count).filter(|&index| index % 3 == 0 || finished(index));
        assert!(given.into_iter().eq(all));
        for index in 0..count {
            let polls = 1 + usize::from(index % 3 == 1 || finished(index));
            assert_eq!(stock.polls(index), polls, "child {index} of {count}");
        }
    }

    for count in [4, 20, 100, 500] {
        check::<0>(count);
        check::<20_000>(count);
    }
    check::<0>(10_000);
}

#[test]
fn a_dropped_child_that_wakes_one_of_another_chunk_does_not_wake_the_task() {
    struct WakeOnDrop(Rc<RefCell<Option<Waker>>>);

    impl Drop for WakeOnDrop {
        fn drop(&mut self) {
            self.0.take().unwrap().wake();
        }
    }

    let kept = Rc::new(RefCell::new(None));
    let child = |index| {
        let guard = (index == 0).then(|| WakeOnDrop(kept.clone()));
        let kept = kept.clone();
        large(poll_fn(move |cx| {
            let _ = &guard;
            if index == 5 {
                *kept.borrow_mut() = Some(cx.waker().clone());
            }
            Poll::<()>::Pending
        }))
    };
    let task = Task::new();
    let mut stream = at_most(8).completions((0..6).map(child).filter(|_| true));
    assert!(task.poll_next(&mut stream).is_pending());
    drop(stream);
    assert_eq!(task.woken(), 0);
}

#[test]
fn spurious_polls_and_late_wakes_do_nothing_whatever_the_chunks() {
    fn check<const BYTES: usize>(limit: usize) {
        let (stock, task) = (Stock::<usize>::new(), Task::new());
        let children = stock.children().take(limit);
        let children = children.map(|child| Large::<_, BYTES>(child, [0; BYTES]));
        let mut stream = at_most(limit).completions(children.filter(|_| true));
        (0..3).for_each(|_| assert!(task.poll_next(&mut stream).is_pending()));
        assert!(
            (0..limit).all(|index| stock.polls(index) == 1),
            "limit {limit}"
        );
        let late = stock.waker(0);
        stock.finish(0, 0);
        assert_eq!(task.woken(), 1);
        assert_eq!(task.poll_next(&mut stream), Poll::Ready(Some((0, 0))));
        assert!(task.poll_next(&mut stream).is_pending());
        late.wake();
        assert_eq!(task.woken(), 0);
    }

    for limit in 2..9 {
        check::<20_000>(limit);
        check::<40_000>(limit);
    }
}

#[test]
fn a_task_whose_wake_panics_while_a_child_starts_gets_all_outputs() {
    /// Panics in the first wake after this was set.
    struct Panics(AtomicBool);

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            if self.0.swap(false, SeqCst) {
                panic_any("wake");
            }
        }
    }

    let stock = Stock::new();
    let task = Arc::new(Panics(AtomicBool::new(false)));
    let waker = Waker::from(task.clone());
    let cx = &mut Context::from_waker(&waker);
    let children = stock.children().take(6).enumerate();
    let restless = |(index, child)| Restless(child, usize::from(index == 3));
    let mut job = at_most(3).gather(children.map(restless));
    assert!(Pin::new(&mut job).poll(cx).is_pending());
    // Child 0 is replaced by child 3, which wakes itself while the job has yet to park.
    stock.finish(0, 0);
    task.0.store(true, SeqCst);
    catch_unwind(AssertUnwindSafe(|| Pin::new(&mut job).poll(cx))).unwrap_err();
    for index in 1..6 {
        assert!(Pin::new(&mut job).poll(cx).is_pending());
        stock.finish(index, index);
    }
    let outputs = Poll::Ready(vec![0, 1, 2, 3, 4, 5]);
    assert_eq!(Pin::new(&mut job).poll(cx), outputs);
    assert_eq!(stock.most(), 3);
}
