//! Slots that are used again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::Waker,
};

use gather::at_most;

use crate::stage::*;

/// The parent has put another child into the slot of one that finished.
/// A thread wakes the new child, another the old one.
#[test]
fn a_wake_of_a_child_before_does_not_lose_one_of_the_next() {
    model(3, |others| {
        let (remotes, done) = (Remotes::default(), Arc::new(Count::new(0)));
        let [before, next, other] = [0, 1, 1].map(|needed| child(needed, &remotes));
        let is_done = done.clone();
        let next = Box::pin(async move {
            next.await;
            is_done.store(1, SeqCst);
        }) as Child;
        let idle_children = (0..others).map(|_| idle());
        let job = at_most(others + 2).gather(idle_children.chain([before, next, other]));
        let poll = |(job, _): &mut (_, _), waker: &Waker| poll(job, waker);
        let mut parent = Parent::new((job, done), poll, 1);
        let [before, next, other] = take(&remotes);
        assert!(before.waker.will_wake(&next.waker));
        other.fire();
        parent.run([wake(&before), fire(next)], |parent| {
            parent.job.1.load(SeqCst) == 1
        });
        parent.end([]);
    });
}

/// The parent puts another child into the slot of one that finishes.
/// A thread wakes the old child once too often, before, meanwhile, or after.
#[test]
fn a_wake_of_a_child_before_is_one_poll_of_the_next_at_most() {
    model(None, |others| {
        let remotes = Remotes::default();
        let idle_children = (0..others).map(|_| idle());
        let children = [1, 1, 1, 1].map(|needed| child(needed, &remotes));
        let job = at_most(others + 2).gather(idle_children.chain(children));
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
