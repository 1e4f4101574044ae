//! The report: a table for each case in Markdown, and a drawing of two of them.

mod checks;
mod disabled;
mod figures;
mod latency;
mod request;
mod svg;
mod table;
mod throughput;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::cli::What;
use crate::machine;
use crate::plan::Case;
pub use svg::draw;
pub use table::{head, line};

/// The whole report.
pub fn render(cases: &[Case], load_before: &str) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "# Loggers compared\n")?;
    writeln!(out, "`{}` in `tests/compare`; {};  ", machine::command(), machine::describe())?;
    writeln!(out, "load {load_before} before, {} after.  ", machine::load())?;
    writeln!(out, "Medians over the rounds, with the least and the most. Times are nanoseconds.")?;
    writeln!(out, "Floors come first, then the fastest. A logger that drops is charged its whole time for")?;
    writeln!(out, "the records that arrived.\n")?;
    notes(&mut out, cases)?;
    for case in cases {
        let rounds = case.rows.iter().map(|row| row.outcomes.len()).max().unwrap_or(0);
        writeln!(out, "\n## {}\n\n{} records, rounds: {rounds}.\n", title(case), case.records)?;
        match case.what {
            What::Latency => latency::table(&mut out, case)?,
            What::Throughput | What::Context5 => throughput::table(&mut out, case)?,
            What::Disabled => disabled::table(&mut out, case)?,
            What::Request => request::table(&mut out, case)?,
        }
    }
    failures(&mut out, cases)?;
    Ok(out)
}

/// How each contender is configured.
fn notes(out: &mut String, cases: &[Case]) -> fmt::Result {
    let mut described = Vec::new();
    for row in cases.iter().flat_map(|case| &case.rows) {
        let entry = row.contender;
        if !described.contains(&entry.name) {
            described.push(entry.name);
            writeln!(out, "- `{}`: {}", entry.name, entry.note)?;
        }
    }
    Ok(())
}

fn title(case: &Case) -> String {
    let to = case.to;
    let form = if case.json { " in JSON and binary" } else { "" };
    match (case.what, case.threads) {
        (What::Latency, _) => format!("Latency of a call{form}, to {to}"),
        (What::Throughput, 1) => format!("Throughput{form} to {to}, 1 thread"),
        (What::Throughput, threads) => format!("Throughput{form} to {to}, {threads} threads"),
        (What::Context5, _) => format!("Five context fields, to {to}, 1 thread"),
        (What::Disabled, _) => "A disabled call".to_owned(),
        (What::Request, _) => "A request of a service that does nothing".to_owned(),
    }
}

/// What there is no result of.
fn failures(out: &mut String, cases: &[Case]) -> fmt::Result {
    let mut failures = BTreeMap::<_, u32>::new();
    for case in cases {
        for row in &case.rows {
            for failure in &row.failures {
                *failures.entry((row.contender.name, title(case), failure)).or_default() += 1;
            }
        }
    }
    if !failures.is_empty() {
        writeln!(out, "\n## Failures\n")?;
    }
    for ((name, title, failure), times) in failures {
        writeln!(out, "- `{name}`, {title}, {times} ×: {failure}")?;
    }
    Ok(())
}
