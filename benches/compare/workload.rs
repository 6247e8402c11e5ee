//! What a job is, and what a contender is.

use crate::stage::{Given, Stage, Wakes};

/// A job to be done by several contenders, at several sizes.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) sizes: &'static [usize],
    /// Makes the stage of a size.
    pub(crate) stage: fn(usize) -> Stage,
    /// What a job must give.
    pub(crate) gives: fn(&Stage) -> Given,
    pub(crate) contenders: Vec<Contender>,
}

impl Workload {
    pub(crate) fn new(
        name: &'static str,
        about: &'static str,
        sizes: &'static [usize],
        stage: fn(usize) -> Stage,
        gives: fn(&Stage) -> Given,
        contenders: Vec<Contender>,
    ) -> Self {
        Workload {
            name,
            about,
            sizes,
            stage,
            gives,
            contenders,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// This crate.
    Ours,
    /// What it is compared with.
    Peer,
    /// A lower bound, which no combinator can be expected to reach.
    Floor,
}

/// A library that can do a workload's job.
pub(crate) struct Contender {
    pub(crate) role: Role,
    pub(crate) name: &'static str,
    /// Does the job once.
    pub(crate) run: fn(&Stage) -> Given,
    /// What a reader has to know to compare it.
    pub(crate) remark: Option<&'static str>,
    /// If each of its polls polls all children, woken or not: how many it polls in some 20 ms.
    scans: Option<usize>,
}

impl Contender {
    pub(crate) fn new(role: Role, name: &'static str, run: fn(&Stage) -> Given) -> Self {
        Contender {
            role,
            name,
            run,
            remark: None,
            scans: None,
        }
    }

    pub(crate) fn remark(self, remark: &'static str) -> Self {
        Contender {
            remark: Some(remark),
            ..self
        }
    }

    pub(crate) fn scanning(self, most: usize) -> Self {
        Contender {
            scans: Some(most),
            ..self
        }
    }

    /// Why it cannot be measured on this stage, if so.
    pub(crate) fn skipped(&self, stage: &Stage) -> Option<&'static str> {
        let polls = match stage.wakes() {
            Wakes::Never | Wakes::Themselves | Wakes::Fatal(_) | Wakes::Cancelled => 1,
            Wakes::Scattered(wakes) | Wakes::Waiting(wakes) => stage.len().div_ceil(wakes),
        };
        let looks = polls * stage.alive();
        self.scans
            .is_some_and(|most| looks > most)
            .then_some("skipped: each of its polls looks at all children, which is quadratic here")
    }
}
