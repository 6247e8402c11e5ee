//! A naive group, which looks at all children in each poll.

use std::{collections::BTreeSet, mem};

use super::world::{Act, Outcome, plan};

/// What the oracle knows of a child.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub(super) started: bool,
    pub(super) ended: bool,
    pub(super) woken: bool,
    pub(super) cancelled: bool,
    pub(super) value: bool,
    pub(super) outcome: Option<Outcome>,
    /// Polls that it had, and those it may have had for late wakes of an earlier child in its slot.
    pub(super) polls: usize,
}

pub(super) struct Oracle {
    pub(super) seed: u64,
    pub(super) kind: Kind,
    pub(super) kids: Vec<Known>,
    pub(super) started: usize,
    /// Children before this one start even if the group is cancelled in the same poll.
    pub(super) queued: usize,
    pub(super) body: Option<Outcome>,
    pub(super) body_polls: usize,
    pub(super) body_woken: bool,
    pub(super) body_value: bool,
    pub(super) body_ended: bool,
    pub(super) cancelled: bool,
    pub(super) due: bool,
    pub(super) errors: BTreeSet<usize>,
    /// The value it was finished with, and whether that is final.
    pub(super) values: BTreeSet<usize>,
    pub(super) sealed: bool,
    /// Wakes of children that are over, each of which may poll the next one in the slot.
    pub(super) stale: usize,
    /// Whether there was such a wake in this poll.
    pub(super) late_wake: bool,
}

/// What kind of group it is.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) graceful: bool,
    /// Whether the body awaits the cancellation, and so goes on without children.
    pub(super) listens: bool,
    pub(super) limit: usize,
}

impl Oracle {
    pub(super) fn new(seed: u64, kind: Kind) -> Self {
        Self {
            seed,
            kind,
            kids: Vec::new(),
            started: 0,
            queued: 0,
            body: None,
            body_polls: 0,
            body_woken: true,
            body_value: false,
            body_ended: false,
            cancelled: false,
            due: false,
            errors: BTreeSet::new(),
            values: BTreeSet::new(),
            sealed: false,
            stale: 0,
            late_wake: false,
        }
    }

    pub(super) fn alive(&self) -> usize {
        let is_alive = |kid: &&Known| kid.started && !kid.ended;
        self.kids.iter().filter(is_alive).count()
    }

    pub(super) fn is_accepting(&self) -> bool {
        self.kind.graceful || !self.cancelled
    }

    pub(super) fn finish(&mut self, value: usize) {
        if !self.sealed {
            self.values.insert(value);
        }
        self.cancelled = true;
    }

    pub(super) fn seal(&mut self) {
        self.sealed = !self.values.is_empty();
    }

    /// One poll; whether the group is then over.
    pub(super) fn poll(&mut self) -> bool {
        self.late_wake = false;
        if !self.is_accepting() {
            return true;
        }
        let woken: Vec<_> = (0..self.kids.len())
            .filter(|&number| self.kids[number].woken)
            .collect();
        woken
            .iter()
            .for_each(|&number| self.kids[number].woken = false);
        woken.into_iter().for_each(|number| self.poll_kid(number));
        if mem::take(&mut self.body_woken) {
            self.body_polls += 1;
            if let Some(outcome) = self.body.take() {
                self.body_ended = true;
                self.body_value = outcome.is_ok();
                self.cancelled |= outcome.is_err();
                self.errors.extend(outcome.err());
            }
        }
        self.seal();
        while self.alive() < self.kind.limit {
            if self.started == self.queued {
                self.seal();
                if self.queued == self.kids.len() || !self.is_accepting() {
                    break;
                }
                self.queued = self.kids.len();
            }
            self.kids[self.started].started = true;
            self.started += 1;
            self.poll_kid(self.started - 1);
        }
        self.seal();
        let ended = self.alive() == 0 && (self.body_ended || self.cancelled && !self.kind.listens);
        let due = self.cancelled && (!self.kind.graceful || self.due);
        due || ended && (self.cancelled || self.body_value)
    }

    fn poll_kid(&mut self, number: usize) {
        let plan = plan(self.seed, number);
        let kid = &mut self.kids[number];
        if kid.cancelled {
            kid.ended = true;
            return;
        }
        kid.polls += 1;
        let first = kid.polls == 1;
        let outcome = plan.at_once.filter(|_| first).or(kid.outcome.take());
        kid.woken = outcome.is_none() && kid.polls <= plan.restless;
        kid.ended = outcome.is_some();
        kid.value = outcome.is_some_and(|outcome| outcome.is_ok());
        let mut spawns = if first { plan.spawns } else { 0 };
        if let Some(outcome) = outcome {
            match plan.act {
                Act::Nothing => {}
                Act::WakeItself => {
                    self.stale += 1;
                    self.late_wake = true;
                }
                Act::Finish => self.finish(number),
                Act::Spawn => spawns += 1,
            }
            self.cancelled |= outcome.is_err();
            self.errors.extend(outcome.err());
        }
        let len = self.kids.len();
        self.kids.resize(len + spawns, Known::default());
    }

    pub(super) fn is_woken(&self) -> bool {
        self.body_woken || self.kids.iter().any(|kid| kid.woken)
    }
}
