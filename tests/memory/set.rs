//! A set: memory for the children that are in it.

use std::{
    future::{Ready, ready},
    task::Poll,
};

use gather::GatherSet;

use crate::{basics::poll_once, counting::start};

#[test]
fn a_child_that_is_pushed_and_taken_allocates_nothing() {
    let mut set: GatherSet<Ready<usize>> = (0..100).map(ready).collect();
    let mut rounds = |count| {
        for round in 0..count {
            set.push(ready(round));
            assert!(poll_once(set.next()).is_ready());
        }
    };
    // Until each slot has had a child that was polled.
    rounds(200);
    let count = start();
    rounds(10_000);
    assert_eq!((count.allocs(), count.reallocs()), (0, 0));
}

#[test]
fn children_that_are_cancelled_before_they_are_polled_do_not_pile_up() {
    let mut set = GatherSet::new();
    let kept = set.push(ready(0));
    let count = start();
    for round in 0..10_000 {
        let id = set.push(ready(round));
        assert!(set.cancel(id));
    }
    assert!(count.bytes() < 4096, "{} bytes", count.bytes());
    assert_eq!(poll_once(set.next_with_id()), Poll::Ready(Some((kept, 0))));
}
