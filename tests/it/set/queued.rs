//! A child that waits in the queue of a set to be started, in a slot whose earlier child was woken: it may be
//! polled for that, and be over by the time that it is to be started.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use gather::GatherSet;

use crate::support::{Remote, Task};

type Boxed = Pin<Box<dyn Future<Output = usize>>>;

/// So many new children are ready at once before those that were woken have their turn.
const STREAK: usize = 32;

#[test]
fn does_a_child_wake_the_task_that_was_over_before_it_was_to_be_started() {
    let (task, mut set) = (Task::new(), GatherSet::<Boxed>::new());
    let (waiting, child) = Remote::new();
    set.push(Box::pin(child));
    assert!(task.poll_next(&mut set).is_pending());
    // Wakes itself, and is over.
    set.push(Box::pin(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Ready(0)
    })));
    for _ in 1..STREAK {
        set.push(Box::pin(async { 1 }));
    }
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(0)));
    let (next, child) = Remote::new();
    next.put(2);
    set.push(Box::pin(child));
    for _ in 1..STREAK {
        assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(1)));
    }
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(2)));
    assert_eq!(next.polls(), 1);
    assert!(task.poll_next(&mut set).is_pending());
    next.wake();
    assert_eq!(task.woken(), 0, "a late wake");
    waiting.finish(3);
    assert_eq!(task.woken(), 1);
    assert_eq!(task.poll_next(&mut set), Poll::Ready(Some(3)));
}
