//! `buffered` and `buffer_unordered`, the rivals of `at_most`.

use std::cell::Cell;
use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::stage::*;

/// Of three children, two at a time, the second is ready: is the third started?
#[test]
fn buffered_counts_outputs_that_wait_for_earlier_ones() {
    let started = |ordered: bool| {
        let remotes = remotes(3);
        remotes[1].set(End::Ready);
        let children: Vec<_> = remotes.iter().map(Remote::child).collect();
        let children = stream::iter(children);
        let mut job: Job = if ordered {
            Box::pin(children.buffered(2).count())
        } else {
            Box::pin(children.buffer_unordered(2).count())
        };
        let task = Arc::new(Task::default());
        for _ in 0..4 {
            assert!(poll(&mut job, &task).is_pending());
        }
        remotes[2].polls() > 0
    };
    assert!(!started(true));
    assert!(started(false));

    let remotes = remotes(3);
    remotes[1].set(End::Ready);
    let children: Vec<_> = remotes.iter().map(Remote::child).collect();
    let mut job = Box::pin(gather::at_most(2).gather(children));
    assert!(poll(&mut job, &Arc::new(Task::default())).is_pending());
    assert!(remotes[2].polls() > 0);
}

/// A limit of 0 is an error in the program: `at_most` panics at once, the others are pending for ever.
#[test]
fn a_limit_of_0() {
    let children = || stream::iter([1, 2].map(async |n| n));
    let task = Arc::new(Task::default());
    assert!(poll(&mut Box::pin(children().buffered(0).count()), &task).is_pending());
    assert!(poll(&mut Box::pin(children().buffer_unordered(0).count()), &task).is_pending());
    assert_eq!(task.wakes(), 0);
    assert!(std::panic::catch_unwind(|| gather::at_most(0)).is_err());
}

/// All three make children as there is room for them.
#[test]
fn the_source_is_pulled_lazily() {
    let made = Cell::new(0);
    let children = || {
        (0..)
            .map(|_| made.set(made.get() + 1))
            .map(|()| std::future::pending::<()>())
    };
    let task = Arc::new(Task::default());
    let pulled = |mut job: std::pin::Pin<Box<dyn Future<Output = usize> + '_>>| {
        made.set(0);
        assert!(poll(&mut job, &task).is_pending());
        made.get()
    };
    assert_eq!(
        pulled(Box::pin(stream::iter(children()).buffered(8).count())),
        8
    );
    assert_eq!(
        pulled(Box::pin(
            stream::iter(children()).buffer_unordered(8).count()
        )),
        8
    );
    assert_eq!(
        pulled(Box::pin(gather::at_most(8).unordered(children()).count())),
        8
    );
}
