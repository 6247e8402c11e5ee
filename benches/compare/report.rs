//! The tables, in Markdown.

use crate::measure::Cell;
use crate::memory::Memory;
use crate::workload::{Role, Workload};

/// A peer must be this much faster to be reported: less is noise.
const MARGIN: f64 = 1.05;

/// What was measured of a workload.
pub(crate) fn section(workload: &Workload, cells: &[Cell]) -> String {
    let Workload { name, about, .. } = workload;
    let mut notes = Vec::new();
    let times = times(workload, cells, &mut notes);
    let memory = memory(workload, cells);
    let notes = SIGNS.iter().zip(notes);
    let notes: String = notes
        .map(|(sign, note)| format!("\n{sign} {note}.\n"))
        .collect();
    format!(
        "## {name}\n\n{about}.\n\n\
         Nanoseconds per child:\n\n{times}{notes}\n\
         Allocations of a job (+ reallocations) / the most bytes it holds at once:\n\n{memory}"
    )
}

/// The cells in which a peer is faster, one line each.
pub(crate) fn beaten(workload: &Workload, cells: &[Cell]) -> Vec<String> {
    let mut lines = Vec::new();
    for cell in cells {
        let Some((_, ours)) = cell.first(Role::Ours) else {
            continue;
        };
        let faster: Vec<String> = cell
            .all(Role::Peer)
            .map(|(peer, theirs)| (peer, ours.ratio(theirs)))
            .filter(|&(_, ratio)| ratio > MARGIN)
            .map(|(peer, ratio)| format!("{peer}, of whose time ours is {ratio:.2}"))
            .collect();
        if !faster.is_empty() {
            lines.push(format!(
                "- {}/{}: {}",
                workload.name,
                cell.n,
                faster.join("; ")
            ));
        }
    }
    lines
}

/// The end.
pub(crate) fn verdict(beaten: &[String]) -> String {
    let text = "Cells where a peer is faster by more than 5 %:";
    if beaten.is_empty() {
        format!("{text} none.")
    } else {
        format!("{text}\n\n{}", beaten.join("\n"))
    }
}

/// The table of times. The reasons of what is missing go to `notes`.
fn times(workload: &Workload, cells: &[Cell], notes: &mut Vec<&'static str>) -> String {
    let has_floor = workload.contenders.iter().any(|c| c.role == Role::Floor);
    let ratios: &[&str] = match has_floor {
        true => &["ours / fastest peer", "ours / floor"],
        false => &["ours / fastest peer"],
    };
    let mut header = header(workload, ratios);
    for (field, contender) in header[1..].iter_mut().zip(&workload.contenders) {
        if let Some(remark) = contender.remark {
            field.push_str(sign(notes, remark));
        }
    }
    let mut rows = vec![header];
    for cell in cells {
        let mut row = vec![cell.n.to_string()];
        for entry in &cell.entries {
            row.push(match &entry.result {
                Ok(measured) => number(measured.time()),
                Err(why) => none() + sign(notes, why),
            });
        }
        let ours = cell.first(Role::Ours).map(|(_, ours)| ours);
        let fastest = cell.fastest_peer();
        let against_peer = ours.zip(fastest);
        row.push(against_peer.map_or_else(none, |(ours, (peer, theirs))| {
            format!("{:.2} {peer}", ours.ratio(theirs))
        }));
        if !has_floor {
            rows.push(row);
            continue;
        }
        let against_floor = ours.zip(cell.first(Role::Floor));
        row.push(against_floor.map_or_else(none, |(ours, (_, floor))| {
            format!("{:.2}", ours.ratio(floor))
        }));
        rows.push(row);
    }
    table(&rows)
}

fn memory(workload: &Workload, cells: &[Cell]) -> String {
    let mut rows = vec![header(workload, &[])];
    for cell in cells {
        let mut row = vec![cell.n.to_string()];
        row.extend(cell.entries.iter().map(|entry| match &entry.result {
            Ok(measured) => {
                let Memory {
                    allocations,
                    reallocations,
                    peak,
                } = measured.memory;
                let more = match reallocations {
                    0 => String::new(),
                    _ => format!(" + {reallocations}"),
                };
                format!("{allocations}{more} / {}", bytes(peak))
            }
            Err(_) => none(),
        }));
        rows.push(row);
    }
    table(&rows)
}

/// `n`, the contenders, and what else there is.
fn header(workload: &Workload, more: &[&str]) -> Vec<String> {
    let names = workload.contenders.iter().map(|contender| contender.name);
    let all = std::iter::once("n").chain(names);
    let all = all.chain(more.iter().copied());
    all.map(str::to_owned).collect()
}

/// Aligns the rows, the first of which is the header, to be read in a terminal.
fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        // The rule under a header needs a dash and a colon.
        widths.fold(2, usize::max)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| -> String {
        let fields = row.iter().zip(&widths);
        let fields = fields.map(|(field, &width)| format!("| {field:>width$} "));
        fields.chain(["|\n".to_owned()]).collect()
    };
    let rule = widths.iter().map(|width| "-".repeat(width - 1) + ":");
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, line(&rule.collect()));
    lines.concat()
}

/// Three digits, about.
fn number(value: f64) -> String {
    let decimals = if value < 99.95 { 1 } else { 0 };
    format!("{value:.decimals$}")
}

fn bytes(count: usize) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ => format!("{} {}", number(value), UNITS[unit]),
    }
}

/// What stands in place of a missing number.
fn none() -> String {
    "–".to_owned()
}

const SIGNS: [&str; 4] = ["¹", "²", "³", "⁴"];

/// The sign of this note, which is added if it is new.
fn sign(notes: &mut Vec<&'static str>, note: &'static str) -> &'static str {
    let known = notes.iter().position(|&known| known == note);
    SIGNS[known.unwrap_or_else(|| {
        notes.push(note);
        notes.len() - 1
    })]
}
