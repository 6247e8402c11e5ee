//! A set allocates as it grows, and nothing for a child in a slot that was used before.

use std::{
    future::{Future, pending, poll_fn},
    task::Poll,
};

use gather::GatherSet;

use crate::{
    basics::poll_once,
    counting::{counted, start},
    run,
};

/// A child of a hundred bytes that is pending once, or ready at once.
fn child(index: usize) -> impl Future<Output = usize> {
    let mut left = [index % 2; 12];
    poll_fn(move |cx| {
        if left[index % 12] == 0 {
            return Poll::Ready(index);
        }
        left[index % 12] = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

#[test]
fn a_set_that_stays_below_its_largest_size_allocates_nothing() {
    for alive in [1, 16, 32, 33, 256, 4096] {
        let mut set = GatherSet::new();
        set.extend((0..alive).map(child));
        let mut step = |count: usize| {
            for index in 0..count {
                assert!(run(set.next()).is_some());
                let id = set.push(child(index));
                // One in four is replaced, before or after its start.
                if index % 4 == 0 {
                    if index % 8 == 0 {
                        assert!(poll_once(set.next_with_id()).is_pending() || set.len() < alive);
                    }
                    if set.cancel(id) || set.len() < alive {
                        set.push(child(index + 1));
                    }
                }
            }
        };
        step(alive);
        let ((), memory) = counted(|| step(10 * alive + 100));
        let count = (memory.allocations, memory.reallocations, memory.bytes);
        assert_eq!(count, (0, 0, 0), "{alive} alive");
    }
}

#[test]
fn a_set_allocates_chunks_a_queue_and_nodes_as_it_grows() {
    // A chunk, their list and the queue; with the first poll the root.
    let mut set = GatherSet::new();
    let (_, memory) = counted(|| {
        set.push(pending::<()>());
        assert!(poll_once(set.next()).is_pending());
    });
    assert_eq!((memory.allocations, memory.reallocations), (4, 0));
    // Seven more chunks, and the nodes for each, of which the root lists the blocks.
    let (_, memory) = counted(|| {
        set.extend((1..4096).map(|_| pending()));
        assert!(poll_once(set.next()).is_pending());
    });
    assert_eq!(memory.allocations, 7 + 7 + 1);
}

#[test]
fn an_empty_set_takes_no_memory_and_a_dropped_one_frees_all() {
    let since = start();
    let mut set = GatherSet::new();
    assert_eq!(run(set.next()), None);
    assert_eq!(since.allocs(), 0);
    set.extend((0..1000).map(child));
    while run(set.next()).is_some() {}
    assert_ne!(since.bytes(), 0);
    set.clear();
    assert_eq!(since.bytes(), 0);
}

#[test]
fn children_cancelled_before_their_first_poll_make_room_for_others() {
    let mut set = GatherSet::new();
    let kept = set.push(child(0));
    let mut last = set.push(child(1));
    let mut churn = |times: usize| {
        for index in 0..times {
            let next = set.push(child(index));
            assert!(set.cancel(last));
            last = next;
        }
    };
    churn(100);
    let ((), memory) = counted(|| churn(10_000));
    assert_eq!((memory.allocations, memory.reallocations), (0, 0));
    assert!(set.cancel(last));
    assert_eq!(poll_once(set.next_with_id()), Poll::Ready(Some((kept, 0))));
}
