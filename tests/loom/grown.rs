//! Sets that grow, and slots that are used again.

use std::{
    future::poll_fn,
    mem,
    sync::{
        self, Arc,
        atomic::{AtomicUsize as Count, Ordering::SeqCst},
    },
    task::Waker,
};

use gather::{AtMostGather, at_most};
use loom::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread::JoinHandle,
};

use crate::stage::*;

type Source = std::vec::IntoIter<Child>;

/// A job, how many of the children under test are done, and their remotes.
struct Grown {
    job: AtMostGather<Source, Child>,
    done: Arc<Count>,
    remotes: Remotes,
}

impl Grown {
    /// `idle_children` that never end, then these, of which at most `more` are alive at once.
    fn new<const N: usize>(
        idle_children: usize,
        more: usize,
        children: impl FnOnce(&Remotes) -> [Child; N],
    ) -> Poller<Self> {
        let (done, remotes) = (Arc::new(Count::new(0)), Remotes::default());
        let counted = |child: Child| {
            let done = done.clone();
            Box::pin(async move {
                child.await;
                done.fetch_add(1, SeqCst);
            }) as Child
        };
        let children = children(&remotes).map(counted);
        let all: Vec<_> = (0..idle_children).map(|_| idle()).chain(children).collect();
        let job = at_most(idle_children + more).gather(all);
        let poll = |this: &mut Self, waker: &Waker| poll(&mut this.job, waker);
        Poller::new(Self { job, done, remotes }, poll, 1)
    }
}

fn done(poller: &Poller<Grown>) -> usize {
    poller.job.done.load(SeqCst)
}

/// Two wakes of a parking wake the task once, however the set has grown: two threads wake children, in
/// one node or in two.
#[test]
fn two_wakes_of_a_parking_wake_the_task_once() {
    grown_model(None, |others| {
        let mut poller = Grown::new(others, 3, |remotes| [1, 1, 1].map(|n| child(n, remotes)));
        let [a, b, _c] = take(&poller.job.remotes);
        join([fire(a), fire(b)]);
        assert!(poller.is_woken());
        poller.poll();
        assert_eq!(done(&poller), 2);
        poller.end([]);
    });
}

/// Wakes while the poller polls and parks are not lost in a set that has grown: two threads wake children.
#[test]
fn a_wake_while_the_poller_polls_is_not_lost() {
    grown_model(3, |others| {
        let mut poller = Grown::new(others, 3, |remotes| [1, 1, 1].map(|n| child(n, remotes)));
        let [a, b, _c] = take(&poller.job.remotes);
        poller.run([fire(a), fire(b)], |poller| done(poller) == 2);
        poller.end([]);
    });
}

/// A wake while the set grows is not lost: the first of the children has a thread wake it as the others
/// are started, for which the set grows, and another thread wakes one of those.
#[test]
fn a_wake_while_the_set_grows_is_not_lost() {
    grown_model(3, |others| {
        let threads: Arc<sync::Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let (events, spawned, mut first) = (Arc::new(AtomicUsize::new(0)), threads.clone(), true);
        let early = Box::pin(poll_fn(move |cx| {
            if mem::take(&mut first) {
                let (events, waker) = (events.clone(), cx.waker().clone());
                let thread = loom::thread::spawn(move || {
                    events.fetch_add(1, Relaxed);
                    waker.wake();
                });
                spawned.lock().unwrap().push(thread);
            }
            ready_if(events.load(Relaxed) == 1)
        }));
        let mut poller = Grown::new(others, 3, |remotes| {
            [early, child(1, remotes), child(1, remotes)]
        });
        let early = threads.lock().unwrap().pop().expect("it was polled");
        let [a, _b] = take(&poller.job.remotes);
        poller.run([early, fire(a)], |poller| done(poller) == 2);
        poller.end([]);
    });
}

/// A wake of a child is not lost, though one of the child that was in its slot before comes at the same
/// time: a thread makes each.
#[test]
fn a_wake_in_a_slot_that_is_used_again_is_not_lost() {
    grown_model(3, |others| {
        let mut poller = Grown::new(others, 2, |remotes| [0, 1, 1].map(|n| child(n, remotes)));
        let [before, next, other] = take(&poller.job.remotes);
        assert!(before.waker.will_wake(&next.waker));
        other.fire();
        poller.run([wake(&before), fire(next)], |poller| done(poller) == 3);
        poller.end([]);
    });
}

/// A late wake is one poll of the next child in the slot at most: a thread wakes a child once too often,
/// before it is over, meanwhile, or after.
#[test]
fn a_late_wake_is_one_poll_of_the_next_child_at_most() {
    grown_model(None, |others| {
        let mut poller = Grown::new(others, 2, |remotes| [1, 1, 1, 1].map(|n| child(n, remotes)));
        let one_more = |poller: &Poller<Grown>| !poller.job.remotes.lock().unwrap().is_empty();
        let [_other, before] = take(&poller.job.remotes);
        let threads = [wake(&before)];
        before.fire();
        poller.run(threads, one_more);
        let [next] = take(&poller.job.remotes);
        let polls = next.polls.clone();
        next.fire();
        poller.run([], one_more);
        let polls = polls.load(SeqCst);
        assert!((2..=3).contains(&polls), "{polls} polls");
        poller.end([]);
    });
}

/// A late wake of a slot that is vacant does not wake the task.
#[test]
fn a_late_wake_of_a_vacant_slot_does_not_wake_the_task() {
    grown_model(None, |others| {
        let mut poller = Grown::new(others, 2, |remotes| [1, 1].map(|n| child(n, remotes)));
        let [before, _other] = take(&poller.job.remotes);
        let late = before.waker.clone();
        poller.run([fire(before)], |poller| done(poller) == 1);
        late.wake();
        assert!(!poller.is_woken());
        poller.end([]);
    });
}
