//! Before the first poll: what `gather` does with the iterator, and what it does not trust.

use std::{
    future,
    iter::{self, from_fn},
    task::Poll,
};

use gather::{gather, try_gather};

use crate::support::{Log, Remote, SIZES, Task, panic_of, poll_once, polls};

/// An iterator over `0..count` that lies about its size.
struct Liar {
    next: usize,
    count: usize,
    hint: (usize, Option<usize>),
}

impl Iterator for Liar {
    type Item = future::Ready<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next += 1;
        (self.next <= self.count).then(|| future::ready(self.next - 1))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.hint
    }
}

#[test]
fn no_size_hint_is_trusted() {
    for count in SIZES {
        let hints = [
            (0, None),
            (0, Some(0)),
            (1, Some(1)),
            (count, Some(count)),
            (count.saturating_sub(1), Some(count.saturating_sub(1))),
            (count / 2, None),
            (count + 1, Some(count + 1)),
            (2 * count + 64, None),
            (10 * count + 100_000, None),
            (isize::MAX as usize, None),
            (usize::MAX - 1, None),
            (usize::MAX, None),
            (usize::MAX, Some(usize::MAX)),
            // The upper bound is below the lower one.
            (usize::MAX, Some(0)),
        ];
        for hint in hints {
            let next = 0;
            let job = gather(Liar { next, count, hint });
            assert_eq!(job.len(), count, "{hint:?}");
            assert_eq!(poll_once(job), Poll::Ready((0..count).collect()));
        }
    }
}

#[test]
fn zero_sized_children_may_have_a_wrong_size_hint() {
    for lower in [0, 1, 100_000, usize::MAX] {
        let mut left = 100;
        let mut children = iter::repeat_with(|| async {}).take_while(|_| {
            left -= 1;
            left > 0
        });
        let lying = Hinted(from_fn(|| children.next()), lower);
        assert_eq!(
            poll_once(gather(lying)).map(|all| all.len()),
            Poll::Ready(99)
        );
    }

    struct Hinted<I>(I, usize);
    impl<I: Iterator> Iterator for Hinted<I> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.1, None)
        }
    }
}

#[test]
fn the_iterator_is_advanced_to_its_first_none_only() {
    for count in SIZES {
        for hint in [0, count, count + 1, count + 1000] {
            let mut asked = 0;
            let mut restarting = Restarting(
                || {
                    asked += 1;
                    // Asked again after its end, it would begin again.
                    (asked % (count + 1) != 0).then(|| future::ready(asked))
                },
                hint,
            );
            let job = gather(&mut restarting);
            assert_eq!(job.len(), count);
            drop(job);
            assert_eq!(asked, count + 1);
        }
    }

    struct Restarting<N>(N, usize);
    impl<T, N: FnMut() -> Option<T>> Iterator for Restarting<N> {
        type Item = T;
        fn next(&mut self) -> Option<T> {
            self.0()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.1, None)
        }
    }
}

#[test]
fn no_child_starts_before_the_first_poll_and_that_goes_in_input_order() {
    for n in SIZES {
        let log = Log::default();
        let children = (0..n).map(|index| {
            let log = log.clone();
            async move {
                log.note(index);
                future::pending::<()>().await;
            }
        });
        let mut job = gather(children);
        assert_eq!(log.take(), []);
        let task = Task::new();
        assert_eq!(task.poll(&mut job).is_ready(), n == 0);
        assert_eq!(log.take(), (0..n).collect::<Vec<_>>());
    }
}

#[test]
fn no_view_of_a_job_starts_its_children_by_itself() {
    let (remotes, children) = Remote::<u8>::many(3);
    let mut job = gather(children);
    drop(job.until(|_, _| true));
    let inspect = job.inspect(|_, _| {});
    assert_eq!(polls(&remotes), [0; 3]);
    drop(inspect);

    let (remotes, children) = Remote::<u8>::many(3);
    drop(gather(children).completions());
    assert_eq!(polls(&remotes), [0; 3]);

    let (remotes, children) = Remote::<Result<u8, u8>>::many(3);
    drop(try_gather(children));
    assert_eq!(polls(&remotes), [0; 3]);
    assert!(remotes.iter().all(|remote| remote.drops() == 1));
}

#[test]
fn a_job_that_is_never_polled_drops_its_children_in_input_order() {
    for n in SIZES {
        let log = Log::default();
        let children = (0..n).map(|index| {
            let held = log.on_drop(index);
            async move { drop(held) }
        });
        drop(gather(children));
        assert_eq!(log.take(), (0..n).collect::<Vec<_>>());
    }
}

#[test]
fn an_iterator_that_panics_leaks_no_child() {
    for n in SIZES {
        let log = Log::default();
        let children = (0..=n).map(|index| {
            assert_ne!(index, n, "enough");
            let held = log.on_drop(index);
            async move { drop(held) }
        });
        assert!(panic_of(|| gather(children)).contains("enough"));
        let mut dropped = log.take();
        dropped.sort_unstable();
        assert_eq!(dropped, (0..n).collect::<Vec<_>>());
    }
}
