//! The tables, in Markdown.

use std::fmt::{self, Write as _};

use crate::cli::{RunArgs, What};
use crate::contenders::{LIMIT, STD};
use crate::machine;
use crate::outcome::Outcome;
use crate::readback::Readback;
use crate::runner::{Case, Row};
use crate::stats::Spread;

/// What stands where a measure does not apply.
const NOT_APPLICABLE: &str = "n/a";

/// The whole report.
pub fn render(args: &RunArgs, cases: &[Case], load_before: &str) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "# Loggers compared\n")?;
    writeln!(out, "{}; load {load_before} before, {} after.  ", machine::describe(), machine::load())?;
    writeln!(
        out,
        "{} records a measurement, {} rounds; medians, with the least and the most.",
        args.records, args.rounds
    )?;
    writeln!(out, "Times are nanoseconds a record, over all threads together.\n")?;
    if let Some(case) = cases.first() {
        for Row { contender, .. } in &case.rows {
            writeln!(out, "- `{}`: {}", contender.name, contender.note)?;
        }
    }
    for case in cases {
        writeln!(out, "\n## {}\n", title(case))?;
        match case.what {
            What::Throughput | What::Context5 => throughput_table(&mut out, case)?,
            What::Disabled => disabled_table(&mut out, case)?,
        }
    }
    Ok(out)
}

fn title(case: &Case) -> String {
    let to = case.to;
    match (case.what, case.threads) {
        (What::Throughput, 1) => format!("Throughput to {to}, 1 thread"),
        (What::Throughput, threads) => format!("Throughput to {to}, {threads} threads"),
        (What::Context5, _) => format!("Five context fields, to {to}, 1 thread"),
        (What::Disabled, _) => "A disabled call".to_owned(),
    }
}

fn throughput_table(out: &mut String, case: &Case) -> fmt::Result {
    let checked = case.rows.iter().any(|row| !row.readbacks.is_empty());
    let mut columns = vec![
        "contender",
        "ns",
        "min–max",
        "records/s",
        "× limit",
        "× std",
        "ns in the call",
        "CPU ns",
        "peak RSS MiB",
    ];
    if checked {
        columns.extend(["bytes/record", "lost", "doubled", "out of order", "foreign"]);
    }
    head(out, &columns)?;
    for row in &case.rows {
        let ratio = |floor| ratio(case, row, floor);
        let mut cells = vec![format!("`{}`", row.contender.name)];
        cells.extend(times(row));
        let rate = row.spread(|o| o.wall).map(|s| format!("{:.2} M", 1e3 / s.median));
        cells.push(rate.unwrap_or_else(|| NOT_APPLICABLE.to_owned()));
        cells.extend([ratio(LIMIT), ratio(STD)]);
        cells.push(median(row, |o| o.call));
        cells.push(median(row, |o| o.cpu));
        cells.push(median(row, |o| o.peak_rss / 1024.0));
        if checked {
            cells.extend(checks(row));
        }
        line(out, &cells)?;
    }
    Ok(())
}

fn disabled_table(out: &mut String, case: &Case) -> fmt::Result {
    head(out, &["contender", "ns", "min–max", "ns with the loop"])?;
    for row in &case.rows {
        let cell = |value: f64| format!("{:.2}", value.max(0.0));
        let mut cells = vec![format!("`{}`", row.contender.name)];
        if let (Some(net), Some(gross)) = (row.spread(|o| o.wall), row.spread(|o| o.call)) {
            cells.push(format!("**{}**", cell(net.median)));
            cells.push(format!("{}–{}", cell(net.min), cell(net.max)));
            cells.push(cell(gross.median));
        }
        line(out, &cells)?;
    }
    Ok(())
}

/// The median wall time and what the rounds lie between.
fn times(row: &Row) -> [String; 2] {
    match row.spread(|o| o.wall) {
        Some(Spread { min, median, max }) => [format!("**{median:.1}**"), format!("{min:.1}–{max:.1}")],
        None => [NOT_APPLICABLE; 2].map(str::to_owned),
    }
}

fn median(row: &Row, part: impl Fn(&Outcome) -> f64) -> String {
    let spread = row.spread(part);
    spread.map_or_else(|| NOT_APPLICABLE.to_owned(), |s| format!("{:.1}", s.median))
}

/// How many times slower than `floor`, median to median.
fn ratio(case: &Case, row: &Row, floor: &str) -> String {
    let wall = |row: &Row| row.spread(|o| o.wall).map(|s| s.median);
    let floor = case.rows.iter().find(|row| row.contender.name == floor);
    match (wall(row), floor.and_then(wall)) {
        (Some(own), Some(floor)) => format!("{:.2}", own / floor),
        _ => NOT_APPLICABLE.to_owned(),
    }
}

/// The size of a line, and the worst of all rounds for what went wrong.
fn checks(row: &Row) -> [String; 5] {
    if row.readbacks.is_empty() {
        return [NOT_APPLICABLE; 5].map(str::to_owned);
    }
    let bytes: u64 = row.readbacks.iter().map(|r| r.bytes).sum();
    let lines: u64 = row.readbacks.iter().map(|r| r.lines).sum();
    let worst = |part: fn(&Readback) -> u64| match row.readbacks.iter().map(part).max() {
        Some(0) | None => "0".to_owned(),
        Some(count) => format!("**{count}**"),
    };
    [
        format!("{:.1}", bytes as f64 / lines.max(1) as f64),
        worst(|r| r.lost),
        worst(|r| r.doubled),
        worst(|r| r.disordered),
        worst(|r| r.foreign),
    ]
}

/// A table's head: the first column to the left, the others to the right.
pub fn head(out: &mut String, columns: &[&str]) -> fmt::Result {
    line(out, columns)?;
    writeln!(out, "|---|{}", "---:|".repeat(columns.len() - 1))
}

/// One line of a table.
pub fn line(out: &mut String, cells: &[impl AsRef<str>]) -> fmt::Result {
    for cell in cells {
        write!(out, "| {} ", cell.as_ref())?;
    }
    writeln!(out, "|")
}
