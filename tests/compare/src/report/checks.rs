//! What was wrong with the records of a row: the worst of all rounds, in bold.

use super::table::NOT_APPLICABLE;
use crate::plan::{Case, Row};
use crate::readback::Readback;

/// The columns' heads.
pub const COLUMNS: [&str; 6] =
    ["bytes/record", "lost", "dropped, counted", "doubled", "out of order", "foreign"];

/// Whether there is anything to check.
pub fn apply_to(case: &Case) -> bool {
    case.rows.iter().any(|row| !row.readbacks.is_empty())
}

/// One row's cells.
pub fn cells(row: &Row) -> [String; 6] {
    if row.readbacks.is_empty() {
        return COLUMNS.map(|_| NOT_APPLICABLE.to_owned());
    }
    let bytes: u64 = row.readbacks.iter().map(|r| r.bytes).sum();
    let records: u64 = row.readbacks.iter().map(|r| r.records).sum();
    let worst = |part: fn(&Readback) -> u64| match row.readbacks.iter().map(part).max() {
        Some(0) | None => "0".to_owned(),
        Some(count) => format!("**{count}**"),
    };
    [
        format!("{:.1}", bytes as f64 / records.max(1) as f64),
        lost(row),
        dropped(row),
        worst(|r| r.doubled),
        worst(|r| r.disordered),
        worst(|r| r.foreign),
    ]
}

/// Missing records that the logger did not count; below zero when it counted
/// more than are missing.
fn lost(row: &Row) -> String {
    let rounds = row.outcomes.iter().zip(&row.readbacks);
    let lost = rounds.map(|(outcome, found)| found.missing as i64 - outcome.dropped as i64);
    match lost.max_by_key(|lost| lost.abs()) {
        Some(0) | None => "0".to_owned(),
        Some(lost) => format!("**{lost}**"),
    }
}

/// What the logger counted, and what the file says where that differs.
fn dropped(row: &Row) -> String {
    let rounds = row.outcomes.iter().zip(&row.readbacks);
    let Some((counted, announced)) = rounds
        .map(|(outcome, found)| (outcome.dropped as u64, found.announced))
        .max_by_key(|(counted, announced)| (counted.abs_diff(*announced), *counted))
    else {
        return NOT_APPLICABLE.to_owned();
    };
    if counted == announced { counted.to_string() } else { format!("**{counted}, file says {announced}**") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contenders::{STD, find};
    use crate::outcome::Outcome;

    fn row(dropped: f64, missing: u64, announced: u64) -> Row {
        let found = Readback { missing, announced, records: 1, ..Readback::default() };
        Row {
            contender: find(STD).unwrap(),
            outcomes: vec![Outcome { dropped, ..Outcome::default() }],
            readbacks: vec![found],
            failures: vec![],
        }
    }

    #[test]
    fn what_is_counted_and_told_is_not_lost() {
        assert_eq!(cells(&row(7.0, 7, 7))[1..3], ["0", "7"]);
    }

    #[test]
    fn what_is_not_counted_or_not_told_stands_out() {
        assert_eq!(cells(&row(0.0, 3, 0))[1..3], ["**3**", "0"]);
        assert_eq!(cells(&row(9.0, 7, 7))[1..3], ["**-2**", "**9, file says 7**"]);
    }
}
