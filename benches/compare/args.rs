//! The command line.

use std::fmt::Write;

use crate::workload::Workload;

/// What to do.
pub(crate) enum Mode {
    /// Print how to use it.
    Help,
    /// Check every contender once, quickly.
    Smoke,
    /// Measure the cells that one of the filters matches, or all if there is no filter.
    Measure { filters: Vec<Filter>, quick: bool },
}

impl Mode {
    /// Reads the arguments. Only `cargo bench` passes `--bench`: without it this is
    /// `cargo test`, and the other arguments are meant for the test harness.
    pub(crate) fn parse(
        args: impl Iterator<Item = String>,
        workloads: &[Workload],
    ) -> Result<Self, String> {
        let args: Vec<String> = args.collect();
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        if has("--help") || has("-h") {
            return Ok(Mode::Help);
        }
        if !has("--bench") {
            return Ok(Mode::Smoke);
        }
        let mut filters = Vec::new();
        for arg in &args {
            match arg.as_str() {
                "--bench" | "--quick" => {}
                flag if flag.starts_with('-') => return Err(format!("unknown option `{flag}`")),
                filter => filters.push(Filter::parse(filter, workloads)?),
            }
        }
        Ok(Mode::Measure {
            filters,
            quick: has("--quick"),
        })
    }
}

/// `each` or `each/64`: a part of a workload's name and, after a slash, a size.
pub(crate) struct Filter {
    name: String,
    size: Option<usize>,
}

impl Filter {
    fn parse(text: &str, workloads: &[Workload]) -> Result<Self, String> {
        let (name, size) = match text.split_once('/') {
            None => (text, None),
            Some((name, size)) => match size.replace('_', "").parse() {
                Ok(size) => (name, Some(size)),
                Err(_) => return Err(format!("`{text}`: `{size}` is not a number of children")),
            },
        };
        let filter = Filter {
            name: name.to_owned(),
            size,
        };
        let matches_any = |w: &Workload| w.sizes.iter().any(|&n| filter.matches(w.name, n));
        if workloads.iter().any(matches_any) {
            Ok(filter)
        } else {
            Err(format!(
                "`{text}` matches nothing; there is:\n{}",
                list(workloads)
            ))
        }
    }

    /// Whether it matches the workload of this name with `n` children.
    pub(crate) fn matches(&self, name: &str, n: usize) -> bool {
        name.contains(&self.name) && self.size.is_none_or(|size| size == n)
    }
}

/// The text of `--help`.
pub(crate) fn help(workloads: &[Workload]) -> String {
    format!(
        "Compares `gather` with its peers and prints Markdown tables.

Usage: cargo bench --manifest-path benches/Cargo.toml -- [FILTER...] [--quick]

  FILTER   WORKLOAD or WORKLOAD/N: a part of a workload's name and a number of children,
           `each` or `each/64`; several are joined by or. Without any, all is measured.
  --quick  all of it in about a minute, less exactly (otherwise about eight)
  --help   this text

Without cargo, pass `--bench` as well: without it the contenders are only checked, as
`cargo test --benches` does.

Workloads:
{}",
        list(workloads)
    )
}

fn list(workloads: &[Workload]) -> String {
    workloads.iter().fold(String::new(), |mut text, workload| {
        let Workload { name, about, .. } = workload;
        let sizes: Vec<String> = workload.sizes.iter().map(usize::to_string).collect();
        let sizes = sizes.join(" ");
        writeln!(text, "  {name:<18} {about}\n  {:<18} N: {sizes}", "")
            .expect("a String takes everything");
        text
    })
}
