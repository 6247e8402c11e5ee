//! Sets that are changed as their children are woken.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering::SeqCst},
    task::{Context, Poll, Waker},
};

use gather::{GatherSet, Id};

use crate::stage::*;

/// A set, how many of its children are done, and the remotes of those that were polled.
struct Set {
    set: GatherSet<Child>,
    done: usize,
    remotes: Remotes,
}

impl Set {
    /// `idle_children` that never end, then `N` that wait for one event each, all polled once.
    fn start<const N: usize>(idle_children: usize) -> (Poller<Self>, [Remote; N], [Id; N]) {
        let mut set: GatherSet<_> = (0..idle_children).map(|_| idle()).collect();
        let remotes = Remotes::default();
        let ids = [0; N].map(|_| set.push(child(1, &remotes)));
        let set = Self {
            set,
            done: 0,
            remotes,
        };
        let poller = Poller::new(set, Self::poll, 1);
        let remotes = take(&poller.job.remotes);
        (poller, remotes, ids)
    }

    fn push(&mut self) -> Id {
        self.set.push(child(1, &self.remotes))
    }

    fn poll_next(&mut self, waker: &Waker) -> Poll<Option<()>> {
        Pin::new(&mut self.set.next()).poll(&mut Context::from_waker(waker))
    }

    /// Polls until it has no output to give. Ready when it is empty.
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        loop {
            match self.poll_next(waker) {
                Poll::Ready(Some(())) => self.done += 1,
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

fn one_done(poller: &Poller<Set>) -> bool {
    poller.job.done == 1
}

fn two_done(poller: &Poller<Set>) -> bool {
    poller.job.done == 2
}

/// Neither a wake nor that of the new child is lost while a child is pushed: a thread wakes a child, and the
/// poller pushes another one, for which it polls at once, or when it is woken.
#[test]
fn a_wake_while_a_child_is_pushed_is_not_lost() {
    for at_once in [false, true] {
        grown_model(3, move |others| {
            let (mut poller, [a, _b], _) = Set::start(others);
            let threads = [fire(a)];
            poller.job.push();
            if at_once {
                poller.poll();
            }
            poller.run(threads, one_done);
            let [c] = take(&poller.job.remotes);
            poller.run([fire(c)], two_done);
            poller.end([]);
        });
    }
}

/// A wake is not lost while another child is cancelled: a thread wakes each, and the poller cancels one, and
/// polls for that or not.
#[test]
fn a_wake_while_another_child_is_cancelled_is_not_lost() {
    for polls in [false, true] {
        grown_model(3, move |others| {
            let (mut poller, [a, b, _c], [_, cancelled, _]) = Set::start(others);
            let (polled, late) = (b.polls.clone(), b.waker.clone());
            let threads = [fire(a), wake(&b)];
            assert!(poller.job.set.cancel(cancelled));
            if polls {
                poller.poll();
            }
            poller.run(threads, one_done);
            while poller.is_woken() {
                poller.poll();
            }
            late.wake();
            assert!(!poller.is_woken(), "it is over");
            assert_eq!(polled.load(SeqCst), 1, "it is over");
            poller.end([]);
        });
    }
}

/// The next child in the slot of one that was cancelled loses no wake, and is polled once for a late wake at most:
/// a thread wakes the one that is cancelled, before that, meanwhile, or after, and another the new one.
#[test]
fn a_wake_of_a_child_in_the_slot_of_a_cancelled_one_is_not_lost() {
    grown_model(3, |others| {
        let (mut poller, [a, _b], [cancelled, _]) = Set::start(others);
        let late = wake(&a);
        assert!(poller.job.set.cancel(cancelled));
        poller.job.push();
        poller.poll();
        let [c] = take(&poller.job.remotes);
        assert!(c.waker.will_wake(&a.waker));
        let polls = c.polls.clone();
        poller.run([late, fire(c)], one_done);
        let polls = polls.load(SeqCst);
        assert!((2..=3).contains(&polls), "{polls} polls");
        poller.end([]);
    });
}

/// A set of which all children are cancelled in the gap of a wake keeps no task waker, and is woken for the next
/// child: a thread wakes the only one, and another the next.
#[test]
fn a_set_emptied_in_the_gap_keeps_no_task_waker_and_can_be_used_again() {
    for goes_on in [false, true] {
        group_model(3, move || {
            let (mut poller, [a], [only]) = Set::start(0);
            let late = a.clone();
            let threads = [fire(a)];
            assert!(poller.job.set.cancel(only));
            poller.poll();
            assert!(poller.ready, "it is empty");
            if goes_on {
                poller.job.push();
                poller.poll();
                let [c] = take(&poller.job.remotes);
                let [late] = threads;
                poller.run([late, fire(c)], one_done);
            } else {
                join(threads);
                assert_eq!(Arc::strong_count(poller.task()), 1, "it is not kept");
            }
            poller.end([]);
            late.waker.wake();
        });
    }
}

/// A set that is cleared in the gap of a wake leaves the old root to that wake, and is woken for the next child: the
/// set is parked, or has been polled in the gap too.
#[test]
fn a_set_cleared_in_the_gap_can_be_used_again() {
    for polls in 0..2 {
        grown_model(3, move |others| {
            let (mut poller, [a, _b], _) = Set::start(others);
            let late = fire(a);
            (0..polls).for_each(|_| poller.poll());
            poller.job.set.clear();
            let before = poller.job.done;
            assert!(poller.job.set.is_empty());
            poller.job.done = 0;
            poller.job.push();
            poller.poll();
            assert!(before <= polls);
            let [c] = take(&poller.job.remotes);
            poller.run([late, fire(c)], one_done);
            poller.end([]);
        });
    }
}

/// A set that is dropped in the gap leaves the cell to the wake, which drops the task waker, and the root once:
/// two threads wake children, and the set is parked, or has been polled in the gap too.
#[test]
fn a_set_dropped_in_the_gap_leaves_the_cell_to_the_wake() {
    for polls in 0..2 {
        grown_model(3, move |others| {
            let (mut poller, remotes, _): (_, [Remote; 2], _) = Set::start(others);
            let threads = remotes.map(fire);
            (0..polls).for_each(|_| poller.poll());
            poller.end(threads);
        });
    }
}

/// An output that is returned in the gap leaves the set unparked, and the next wake is not lost: a thread wakes two
/// children, one after the other, and the poller is given one output a poll.
#[test]
fn a_wake_between_two_outputs_is_not_lost() {
    grown_model(3, |others| {
        let (mut poller, [a, b, _c], _) = Set::start(others);
        poller.poll = |set, waker| {
            let next = set.poll_next(waker);
            set.done += usize::from(next == Poll::Ready(Some(())));
            // It may have more outputs, so it is polled again.
            if next.is_ready() {
                waker.wake_by_ref()
            }
            Poll::Pending
        };
        let thread = loom::thread::spawn(|| {
            a.fire();
            b.fire();
        });
        poller.poll();
        poller.run([thread], two_done);
        poller.end([]);
    });
}
