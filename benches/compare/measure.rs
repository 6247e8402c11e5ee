//! Samples, rounds and medians.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::memory::{self, Memory};
use crate::random::Random;
use crate::stage::{Given, Stage};
use crate::workload::{Contender, Role, Workload};

/// How long a sample takes at least: a job is repeated until it does.
const SAMPLE: Duration = Duration::from_micros(150);

/// Rounds made even when there is no time for them.
const ROUNDS: usize = 5;

/// A workload, measured with `n` children.
pub(crate) struct Cell {
    pub(crate) n: usize,
    /// One for each contender of the workload, in its order.
    pub(crate) entries: Vec<Entry>,
}

/// A contender in a cell.
pub(crate) struct Entry {
    pub(crate) role: Role,
    pub(crate) name: &'static str,
    /// What was measured, or why nothing was.
    pub(crate) result: Result<Measured, &'static str>,
}

pub(crate) struct Measured {
    pub(crate) memory: Memory,
    /// Nanoseconds per child, one sample a round.
    samples: Vec<f64>,
}

impl Measured {
    /// Nanoseconds per child.
    pub(crate) fn time(&self) -> f64 {
        median(self.samples.iter().copied())
    }

    /// What this one takes, as a multiple of what `other` takes.
    pub(crate) fn ratio(&self, other: &Measured) -> f64 {
        let rounds = self.samples.iter().zip(&other.samples);
        median(rounds.map(|(ours, theirs)| ours / theirs))
    }
}

impl Cell {
    /// The first contender in this role that was measured.
    pub(crate) fn first(&self, role: Role) -> Option<(&'static str, &Measured)> {
        self.all(role).next()
    }

    /// The contenders in this role that were measured.
    pub(crate) fn all(&self, role: Role) -> impl Iterator<Item = (&'static str, &Measured)> {
        let entries = self.entries.iter().filter(move |entry| entry.role == role);
        entries.filter_map(|entry| Some((entry.name, entry.result.as_ref().ok()?)))
    }

    /// The peer with the least time.
    pub(crate) fn fastest_peer(&self) -> Option<(&'static str, &Measured)> {
        self.all(Role::Peer)
            .min_by(|(_, a), (_, b)| a.time().total_cmp(&b.time()))
    }
}

/// Runs every contender untimed, checking its outputs.
pub(crate) fn check(workload: &Workload, n: usize) {
    let mut stage = (workload.stage)(n);
    for contender in &workload.contenders {
        if contender.skipped(&stage).is_none() {
            allocated(workload, contender, &mut stage);
        }
    }
}

/// Measures a cell for about as long as `budget`.
pub(crate) fn cell(workload: &Workload, n: usize, budget: Duration) -> Cell {
    let start = Instant::now();
    let mut stage = (workload.stage)(n);
    let mut entries = Vec::new();
    // The contenders that are measured: where in `entries`, and how many jobs a sample has.
    let mut turns = Vec::new();
    for (index, contender) in workload.contenders.iter().enumerate() {
        let result = match contender.skipped(&stage) {
            Some(why) => Err(why),
            None => {
                let memory = allocated(workload, contender, &mut stage);
                turns.push((index, jobs(contender, &stage)));
                Ok(Measured {
                    memory,
                    samples: Vec::new(),
                })
            }
        };
        entries.push(Entry {
            role: contender.role,
            name: contender.name,
            result,
        });
    }

    let mut random = Random::new(0);
    let mut rounds = 0;
    while rounds < ROUNDS || start.elapsed() < budget {
        random.shuffle(&mut turns);
        for &(index, jobs) in &turns {
            let sample = sample(&workload.contenders[index], &mut stage, jobs);
            if let Ok(measured) = &mut entries[index].result {
                measured.samples.push(sample);
            }
        }
        rounds += 1;
    }
    Cell { n, entries }
}

/// What a job of this contender allocates. Checks what it gives on the way.
fn allocated(workload: &Workload, contender: &Contender, stage: &mut Stage) -> Memory {
    stage.enter(contender.name);
    let expected = (workload.gives)(stage);
    // What is allocated once in a process, at the first use, is no job's.
    assert_eq!((contender.run)(stage), expected, "{}", contender.name);
    let (given, memory): (Given, _) = memory::count(|| (contender.run)(stage));
    assert_eq!(given, expected, "{}, run again", contender.name);
    memory
}

/// How many jobs a sample of this contender needs.
fn jobs(contender: &Contender, stage: &Stage) -> u32 {
    let mut jobs = 1;
    loop {
        let elapsed = time(contender, stage, jobs);
        if elapsed >= SAMPLE {
            // The job's time is known well enough now, and this was up to twice too much.
            let exact = SAMPLE.as_secs_f64() / elapsed.as_secs_f64() * f64::from(jobs);
            return exact.ceil() as u32;
        }
        jobs *= 2;
    }
}

/// Nanoseconds per child.
fn sample(contender: &Contender, stage: &mut Stage, jobs: u32) -> f64 {
    stage.enter(contender.name);
    // One job ahead: caches and allocator are then as this contender leaves them, not as
    // the one before it did.
    time(contender, stage, 1);
    let elapsed = time(contender, stage, jobs);
    elapsed.as_secs_f64() * 1e9 / f64::from(jobs) / stage.len() as f64
}

fn time(contender: &Contender, stage: &Stage, jobs: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..jobs {
        black_box((contender.run)(black_box(stage)));
    }
    start.elapsed()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
