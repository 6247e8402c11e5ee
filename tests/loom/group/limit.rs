//! Groups with a limit.

use std::sync::{
    Arc,
    atomic::{AtomicUsize as Count, Ordering::SeqCst},
};

use loom::thread;

use super::{Ends, Handle, Job, Poller, group_model, start};

/// A group with a limit of one child.
struct Limited {
    g: Handle,
    ends: Ends,
    poller: Poller<Job>,
    alive: Arc<Count>,
}

impl Limited {
    /// The body ends when `children` have ended.
    fn new(children: usize) -> Self {
        let (g, ends, mut poller) = start(children);
        poller.future = poller.future.at_most(1);
        let alive = Arc::default();
        Self {
            g,
            ends,
            poller,
            alive,
        }
    }

    /// Spawns a child that ends when there has been one `event`.
    fn spawn(&self, event: &Ends) -> impl FnOnce() + Send + use<> {
        let (g, ends, alive) = (self.g.clone(), self.ends.clone(), self.alive.clone());
        let event = event.wait(1);
        move || {
            drop(g.spawn(async move {
                assert_eq!(alive.fetch_add(1, SeqCst), 0, "one at most");
                event.await;
                alive.fetch_sub(1, SeqCst);
                ends.add();
                Ok(())
            }));
        }
    }
}

/// An event that has already come.
fn past() -> Ends {
    let event = Ends::default();
    event.add();
    event
}

/// The group is parked at its limit.
/// One thread has the child end that runs, another spawns the next one.
#[test]
fn a_spawn_at_the_limit_is_not_lost() {
    group_model(3, || {
        let mut limited = Limited::new(2);
        let event = Ends::default();
        limited.spawn(&event)();
        assert!(limited.poller.poll().is_pending());
        let spawn = thread::spawn(limited.spawn(&past()));
        let end = event.clone();
        let end = thread::spawn(move || end.add());
        assert_eq!(limited.poller.run([spawn, end]).unwrap(), 2);
    });
}

/// The group is parked at its limit, with a child that waits.
/// A thread has the child end that runs, and spawns another one, then or before.
#[test]
fn a_child_that_waits_at_the_limit_is_started() {
    for before in [false, true] {
        group_model(3, move || {
            let mut limited = Limited::new(3);
            let event = Ends::default();
            limited.spawn(&event)();
            limited.spawn(&past())();
            assert!(limited.poller.poll().is_pending());
            let (spawn, end) = (limited.spawn(&past()), event.clone());
            let thread = thread::spawn(move || {
                if before {
                    spawn();
                    end.add();
                } else {
                    end.add();
                    spawn();
                }
            });
            assert_eq!(limited.poller.run([thread]).unwrap(), 3);
        });
    }
}

/// The group is parked at its limit, polls a child to its end, and parks below the limit.
/// A thread spawns another one after that.
#[test]
fn a_spawn_after_the_group_was_at_its_limit_wakes_it() {
    group_model(None, || {
        let mut limited = Limited::new(2);
        let event = Ends::default();
        limited.spawn(&event)();
        assert!(limited.poller.poll().is_pending());
        event.add();
        assert!(limited.poller.is_woken());
        let spawn = thread::spawn(limited.spawn(&past()));
        assert_eq!(limited.poller.run([spawn]).unwrap(), 2);
    });
}

/// The group is parked at its limit.
/// A thread finishes it: the group is woken for that at its limit, too.
#[test]
fn a_finish_at_the_limit_is_not_lost() {
    group_model(None, || {
        let mut limited = Limited::new(2);
        limited.spawn(&Ends::default())();
        assert!(limited.poller.poll().is_pending());
        let g = limited.g.clone();
        let finish = thread::spawn(move || g.finish(7));
        assert_eq!(limited.poller.run([finish]).unwrap(), 7);
    });
}
