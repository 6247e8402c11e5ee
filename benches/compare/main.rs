//! `gather` beside its peers, in one process: what a child costs, and what is allocated.
//!
//! `cargo bench --manifest-path benches/Cargo.toml -- --help` says how to run it. How it measures:
//!
//! - every contender gets the same children and the same driver ([`stage`]), written as a
//!   single-threaded executor and its oneshot channels would be;
//! - every round takes one sample of each contender, in a new random order, so that a noisy
//!   machine is as noisy for all of them, and none always runs after the same one;
//! - a ratio is the median of the ratios of the rounds, not the ratio of two medians
//!   ([`measure`]);
//! - allocations are counted in a run of their own that is not timed ([`memory`]); in it
//!   the outputs are checked as well.
//!
//! A new workload is an entry in [`workloads::all`]. Modules import downwards only: [`workloads`], its
//! [`contenders`], what a [`workload`] is, the children ([`asyncs`], [`children`]), their [`kind`], the
//! [`stage`], [`random`].

mod args;
mod asyncs;
mod children;
mod contenders;
mod kind;
mod measure;
mod memory;
mod random;
mod report;
mod stage;
mod workload;
mod workloads;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use args::{Filter, Mode};
use workload::Workload;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// The largest size that `cargo test` runs: beyond every threshold that a contender has.
const SMOKE: usize = 256;

/// What a run may take: all of it together, and one cell of it at most.
struct Budget {
    total: Duration,
    cell: Duration,
}

const FULL: Budget = Budget {
    total: Duration::from_secs(480),
    cell: Duration::from_secs(7),
};

const QUICK: Budget = Budget {
    total: Duration::from_secs(48),
    cell: Duration::from_secs(1),
};

fn main() -> ExitCode {
    let workloads = workloads::all();
    let mode = match Mode::parse(std::env::args().skip(1), &workloads) {
        Ok(mode) => mode,
        Err(message) => {
            eprintln!("{message}\nSee `cargo bench --manifest-path benches/Cargo.toml -- --help`.");
            return ExitCode::from(2);
        }
    };
    match mode {
        Mode::Help => print!("{}", args::help(&workloads)),
        Mode::Smoke => smoke(&workloads),
        Mode::Measure { filters, quick } => {
            compare(&workloads, &filters, if quick { &QUICK } else { &FULL });
        }
    }
    ExitCode::SUCCESS
}

/// Runs every contender a few times, untimed: `cargo test` keeps the benchmark working.
fn smoke(workloads: &[Workload]) {
    for workload in workloads {
        for &n in workload.sizes.iter().filter(|&&n| n <= SMOKE) {
            measure::check(workload, n);
        }
    }
    println!("every contender gives the right outputs; `cargo bench` measures them");
}

/// Measures the cells that the filters choose, and prints a section for each workload.
fn compare(workloads: &[Workload], filters: &[Filter], budget: &Budget) {
    let chosen = |workload: &Workload, n| {
        filters.is_empty() || filters.iter().any(|f| f.matches(workload.name, n))
    };
    let cells: usize = workloads
        .iter()
        .map(|w| w.sizes.iter().filter(|&&n| chosen(w, n)).count())
        .sum();
    let share = budget.total / u32::try_from(cells.max(1)).expect("there are few cells");

    let mut beaten = Vec::new();
    let mut done = 0;
    for workload in workloads {
        let mut measured = Vec::new();
        for &n in workload.sizes.iter().filter(|&&n| chosen(workload, n)) {
            done += 1;
            progress(&format!("{done}/{cells} {}/{n}", workload.name));
            measured.push(measure::cell(workload, n, share.min(budget.cell)));
        }
        progress("");
        if !measured.is_empty() {
            println!("{}", report::section(workload, &measured));
            beaten.extend(report::beaten(workload, &measured));
        }
    }
    println!("{}", report::verdict(&beaten));
}

/// Prints `line` over the previous one, if stderr is a terminal.
fn progress(line: &str) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        // Progress that cannot be printed is no reason to stop.
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}
