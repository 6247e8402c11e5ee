//! Is a task waker taken for another one that was at the same address?

use std::{
    future::{Future, pending},
    pin::Pin,
    task::Poll,
};

use gather::{GatherSet, first_ok, gather, try_gather};

use crate::support::{Remote, Task};

type Boxed<'a> = Pin<Box<dyn Future<Output = Result<u8, u8>> + 'a>>;

/// Jobs of two poll their first child with a waker on the stack, all at the same address. A set that is parked in
/// one of them, which is then dropped, is to be woken for the next one.
fn wait_in(of: fn([Boxed<'_>; 2]) -> Boxed<'_>) {
    let (remote, child) = Remote::new();
    let mut set = GatherSet::new();
    set.push(child);
    for finish in [false, false, true] {
        let task = Task::new();
        let next = Box::pin(async { Ok(set.next().await.unwrap()) });
        let mut job = of([next, Box::pin(pending())]);
        assert!(task.poll(&mut job).is_pending());
        if finish {
            remote.finish(7);
            assert_eq!(task.woken(), 1, "a wake is lost");
        }
    }
    assert_eq!(Task::new().poll_next(&mut set), Poll::Ready(Some(7)));
}

#[test]
fn is_a_set_woken_after_it_was_parked_in_one_job_after_another() {
    wait_in(|two| Box::pin(async { gather(two).await[0] }));
    wait_in(|two| Box::pin(async { Ok(try_gather(two).await?[0]) }));
    wait_in(|two| Box::pin(async { Ok(first_ok(two).await.unwrap()) }));
}
