//! A drawing for a readme: a bar for each contender's latency and throughput.
//!
//! Bars are linear and begin at zero. Colours are given twice, for light and
//! dark pages, and there is no background. Floors are outlines. A logger that
//! drops is charged its whole time for the records that arrived, as in the
//! tables.

use std::fmt::{self, Write as _};

use super::figures::{figure, sorted};
use crate::cli::What;
use crate::destination::Kind;
use crate::machine;
use crate::plan::{Case, Row};

const WIDTH: f64 = 860.0;
const NAMES: f64 = 165.0;
/// The longest bar.
const BAR: f64 = 255.0;
/// What a value takes beside its bar.
const VALUE: f64 = 85.0;
const LINE: f64 = 20.0;
const TOP: f64 = 52.0;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}\
.title{font-weight:600}\
.small{fill:#59636e;font-size:11px}\
.own{fill:#0969da}\
.rival{fill:#8c959f}\
.floor{fill:none;stroke:#8c959f}\
@media(prefers-color-scheme:dark){\
text{fill:#f0f6fc}\
.small{fill:#9198a1}\
.own{fill:#4493f8}\
.rival{fill:#6e7681}\
.floor{stroke:#6e7681}}";

/// One column of bars.
struct Column<'a> {
    case: &'a Case,
    title: String,
    /// Makes a bar's value of the case's figure.
    value: fn(f64) -> f64,
    label: fn(f64) -> String,
}

/// Draws the first latency and the first throughput on one thread, to a disk
/// where there is one.
pub fn draw(cases: &[Case]) -> Result<String, fmt::Error> {
    let find = |what| {
        let fits = |case: &&Case| case.what == what && !case.json && case.threads == 1;
        cases.iter().filter(fits).max_by_key(|case| case.to != Kind::Null)
    };
    let mut columns = Vec::new();
    if let Some(case) = find(What::Latency) {
        let title = format!("A call in a burst of 20, to {}: ns, less is better", case.to);
        columns.push(Column { case, title, value: |ns| ns, label: |ns| format!("{ns:.0} ns") });
    }
    if let Some(case) = find(What::Throughput) {
        let title = format!("1 thread, to {}: records/s, more is better", case.to);
        columns.push(Column { case, title, value: |ns| 1e3 / ns, label: |rate| format!("{rate:.2} M/s") });
    }
    render(&columns)
}

fn render(columns: &[Column<'_>]) -> Result<String, fmt::Error> {
    let rows: Vec<_> = columns.first().map_or_else(Vec::new, |column| {
        let rows = sorted(column.case).into_iter();
        rows.filter(|row| figure(column.case, row).is_some()).collect()
    });
    let bottom = TOP + LINE * rows.len() as f64;
    let height = bottom + 30.0;
    let mut out = String::new();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Loggers compared\">\n<style>{STYLE}</style>"
    )?;
    text(&mut out, 0.0, 16.0, "title", "Loggers compared")?;
    for (at, row) in rows.iter().enumerate() {
        let y = TOP + LINE * at as f64 + 13.0;
        let name = row.contender.name;
        writeln!(out, "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{name}</text>", NAMES - 8.0)?;
    }
    for (at, column) in columns.iter().enumerate() {
        let left = NAMES + at as f64 * (BAR + VALUE);
        text(&mut out, left, 40.0, "small", &column.title)?;
        bars(&mut out, column, left, &rows)?;
    }
    let caption =
        format!("{}. Outlined: floors. Records that were dropped do not count.", machine::describe());
    text(&mut out, 0.0, bottom + 20.0, "small", &caption)?;
    writeln!(out, "</svg>")?;
    Ok(out)
}

fn bars(out: &mut String, column: &Column<'_>, left: f64, rows: &[&Row]) -> fmt::Result {
    let value = |row: &Row| {
        let row = column.case.row(row.contender.name)?;
        figure(column.case, row).map(|spread| (column.value)(spread.median))
    };
    let longest = rows.iter().filter_map(|row| value(row)).fold(f64::MIN_POSITIVE, f64::max);
    for (at, row) in rows.iter().enumerate() {
        let Some(value) = value(row) else {
            continue;
        };
        let (y, width) = (TOP + LINE * at as f64, (value / longest * BAR).max(1.0));
        let class = match row.contender {
            floor if floor.is_floor() => "floor",
            own if own.name.starts_with("kakashi") => "own",
            _ => "rival",
        };
        writeln!(
            out,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"14\"/>",
            y + 2.0
        )?;
        text(out, left + width + 5.0, y + 13.0, "small", &(column.label)(value))?;
    }
    Ok(())
}

fn text(out: &mut String, x: f64, y: f64, class: &str, text: &str) -> fmt::Result {
    writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contenders::{STD, find};
    use crate::outcome::Outcome;

    fn case(what: What, names: &[&str]) -> Case {
        let row = |name: &&str| Row {
            contender: find(name).unwrap(),
            outcomes: vec![Outcome { wall: 50.0, burst: 100.0, ..Outcome::default() }],
            readbacks: vec![],
            failures: vec![],
        };
        let rows = names.iter().map(row).collect();
        Case { what, json: false, to: Kind::Null, threads: 1, records: 40, rows }
    }

    #[test]
    fn a_bar_for_each_figure_there_is() {
        let cases =
            [case(What::Latency, &[STD, "kakashi", "tracing"]), case(What::Throughput, &[STD, "kakashi"])];
        let drawing = draw(&cases).unwrap();
        assert_eq!(drawing.matches("<rect").count(), 5);
        assert_eq!(drawing.matches("class=\"own\"").count(), 2);
        assert!(drawing.contains("20.00 M/s") && drawing.contains("100 ns"));
        assert!(drawing.starts_with("<svg") && drawing.ends_with("</svg>\n"));
    }

    #[test]
    fn nothing_measured_is_an_empty_drawing() {
        assert!(!draw(&[]).unwrap().contains("<rect"));
    }
}
