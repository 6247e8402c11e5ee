//! Random scripts: a set beside a naive one, which polls every child.

use std::{collections::BTreeMap, task::Poll};

use gather::{GatherSet, Id};

use crate::support::{
    Child, Random, Remote, Task,
    set::{SIZES, push},
};

/// What the script knows of a child that runs.
struct Known {
    remote: Remote<u64>,
    output: Option<u64>,
    /// Whether it has to be polled: it is new, or was woken since its last poll.
    woken: bool,
    polls: usize,
}

/// A set, and for each child what the set must do.
struct Script {
    set: GatherSet<Child<u64>>,
    running: BTreeMap<Id, Known>,
    over: Vec<(Id, Remote<u64>)>,
    tasks: [Task; 2],
    /// The task of the last poll, if that was pending, and how often it was woken since that began.
    pending: Option<(usize, usize)>,
    /// How many spurious polls there may be, for late wakes of earlier children in a slot.
    spurious: usize,
    pushed: u64,
}

impl Script {
    fn push(&mut self) {
        let (id, remote) = push(&mut self.set);
        let known = Known {
            remote,
            output: None,
            woken: true,
            polls: 0,
        };
        self.pushed += 1;
        assert!(
            self.running
                .last_key_value()
                .is_none_or(|(&last, _)| last < id)
        );
        assert!(self.running.insert(id, known).is_none());
    }

    fn random(&self, random: &mut Random) -> Option<Id> {
        let at = random.below(self.running.len().max(1));
        self.running.keys().nth(at).copied()
    }

    fn cancel(&mut self, id: Id) {
        assert!(self.set.cancel(id) && !self.set.cancel(id));
        let known = self.running.remove(&id).unwrap();
        // Its bit stays set for the next child in its slot.
        self.spurious += usize::from(known.woken && known.polls > 0);
        self.end(id, known.remote);
    }

    fn end(&mut self, id: Id, remote: Remote<u64>) {
        assert_eq!(remote.drops(), 1);
        self.over.push((id, remote));
    }

    /// Wakes one, with an output or without.
    fn wake(&mut self, id: Id, output: Option<u64>) {
        let known = self.running.get_mut(&id).unwrap();
        if let (Some(output), None) = (output, known.output) {
            known.remote.put(output);
            known.output = Some(output);
        }
        if known.polls == 0 {
            return;
        }
        known.remote.wake();
        // The pass may still have it to visit, so another wake is for the pass after that.
        self.spurious += usize::from(known.woken);
        known.woken = true;
    }

    fn wake_late(&mut self, at: usize) {
        let (id, remote) = &self.over[at];
        assert!(!self.set.cancel(*id) && self.set.get_mut(*id).is_none());
        if remote.polls() > 0 {
            remote.wake();
            self.spurious += 1;
        }
    }

    fn poll(&mut self, turn: usize) {
        let task = &self.tasks[turn];
        let polled = task.poll(&mut self.set.next_with_id());
        for known in self.running.values_mut() {
            let now = known.remote.polls();
            for _ in known.polls..now {
                if !std::mem::take(&mut known.woken) {
                    self.spurious = self.spurious.checked_sub(1).expect("polled without a wake");
                }
            }
            known.polls = now;
        }
        self.pending = None;
        match polled {
            Poll::Ready(None) => assert!(self.running.is_empty()),
            Poll::Ready(Some((id, output))) => {
                let known = self.running.remove(&id).unwrap();
                assert_eq!(known.output, Some(output));
                self.end(id, known.remote);
            }
            Poll::Pending => {
                assert!(!self.running.is_empty());
                self.pending = Some((turn, 0));
                self.check_wakes();
            }
        }
        assert_eq!(self.set.len(), self.running.len());
        for task in &self.tasks {
            task.woken();
        }
    }

    /// The task of a poll that was pending is woken once if there is a child to be polled, and twice never.
    fn check_wakes(&mut self) {
        let Some((turn, wakes)) = &mut self.pending else {
            return;
        };
        *wakes += self.tasks[*turn].woken();
        assert_eq!(self.tasks[1 - *turn].woken(), 0, "of the older task");
        assert!(*wakes <= 1, "{wakes} wakes for one poll");
        let mut started = self.running.values().filter(|known| known.polls > 0);
        assert!(
            *wakes == 1 || started.all(|known| !known.woken),
            "a wake was lost"
        );
    }

    fn step(&mut self, random: &mut Random, most: usize, late: bool) {
        let is_late_wake = late && !self.over.is_empty() && random.below(8) == 0;
        let id = self.random(random);
        match (random.below(8), id) {
            (0 | 1, _) if self.running.len() < most => self.push(),
            (2, Some(id)) => self.cancel(id),
            (3, Some(id)) => self.wake(id, None),
            (4 | 5, Some(id)) => self.wake(id, Some(random.next())),
            _ if is_late_wake => self.wake_late(random.below(self.over.len())),
            (6, _) if random.below(40) == 0 => {
                self.set.clear();
                while let Some((id, known)) = self.running.pop_first() {
                    self.end(id, known.remote);
                }
                // Wakers of the old slots do nothing.
                self.pending = None;
                self.over.clear();
                self.tasks
                    .iter()
                    .for_each(|task| assert_eq!(task.clones(), 0));
            }
            _ => return self.poll(random.below(2)),
        }
        self.check_wakes();
    }
}

fn script(most: usize, late: bool, seed: u64) {
    let mut random = Random(seed);
    let mut script = Script {
        set: GatherSet::new(),
        running: BTreeMap::new(),
        over: vec![],
        tasks: [Task::new(), Task::new()],
        pending: None,
        spurious: 0,
        pushed: 0,
    };
    for _ in 0..random.below(most + 1) {
        script.push();
    }
    for _ in 0..300 {
        script.step(&mut random, most, late);
    }
    // All that run are given in the end, and each once.
    while let Some(id) = script.random(&mut random) {
        script.wake(id, Some(1));
        let before = script.running.len();
        for turn in [0, 1] {
            script.poll(turn);
        }
        assert!(script.running.len() < before || script.running[&id].output.is_none());
    }
    let remotes = script.over.iter().map(|(_, remote)| remote.drops());
    assert!(remotes.into_iter().all(|drops| drops == 1));
}

#[test]
fn does_a_set_do_what_a_naive_one_does() {
    for most in SIZES {
        for seed in 0..(2000 / most).max(5) as u64 {
            script(most, false, seed);
        }
    }
}

#[test]
fn does_a_set_do_what_a_naive_one_does_while_late_wakes_come() {
    for most in SIZES {
        for seed in 0..(2000 / most).max(5) as u64 {
            script(most, true, seed);
        }
    }
}
