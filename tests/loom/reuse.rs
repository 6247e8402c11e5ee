//! Slots that are used again.

use std::{
    future::poll_fn,
    sync::atomic::Ordering::SeqCst,
    task::{Poll, Waker},
};

use gather::at_most;

use crate::stage::*;

/// The parent has put another child into the slot of one that finished.
/// A thread wakes the new child, another the old one.
#[test]
fn a_wake_of_a_child_before_does_not_lose_one_of_the_next() {
    model(3, |ready| {
        let remotes = Remotes::default();
        let others = [0, 1, 1].map(|needed| child(needed, &remotes));
        let job = at_most(ready + 2).gather(children(ready, others));
        let mut parent = Parent::new(job, poll, 1);
        let [before, other, next] = take(&remotes);
        assert!(before.waker.will_wake(&next.waker));
        other.fire();
        parent.run([wake(&before), fire(next)], |parent| parent.ready);
        parent.end([]);
    });
}

/// The parent puts another child into the slot of one that finishes.
/// A thread wakes the old child once too often, before, meanwhile, or after.
#[test]
fn a_wake_of_a_child_before_is_one_poll_of_the_next_at_most() {
    model(None, |idle| {
        let remotes = Remotes::default();
        let idle_children = (0..idle).map(|_| Box::pin(poll_fn(|_| Poll::Pending)) as Child);
        let others = [1, 1, 1, 1].map(|needed| child(needed, &remotes));
        let job = at_most(idle + 2).gather(idle_children.chain(others));
        let poll = |(job, _): &mut (_, _), waker: &Waker| poll(job, waker);
        let mut parent = Parent::new((job, remotes.clone()), poll, 1);
        let one_more = |parent: &Parent<(_, Remotes)>| !parent.job.1.lock().unwrap().is_empty();
        let [_other, before] = take(&remotes);
        let threads = [wake(&before)];
        before.fire();
        parent.run(threads, one_more);
        let [next] = take(&remotes);
        let polls = next.polls.clone();
        next.fire();
        parent.run([], one_more);
        let polls = polls.load(SeqCst);
        assert!((2..=3).contains(&polls), "{polls} polls");
        parent.end([]);
    });
}
