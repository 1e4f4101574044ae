//! The table of a throughput, with a context or without.

use std::fmt;

use super::checks;
use super::figures::{figure, ratio, sorted};
use super::table::{head, line, number};
use crate::contenders::{LIMIT, STD};
use crate::plan::Case;

pub fn table(out: &mut String, case: &Case) -> fmt::Result {
    let checked = checks::apply_to(case);
    let mut columns = vec![
        "contender",
        "ns/record",
        "min–max",
        "records/s",
        "× limit",
        "× std",
        "ns in the call",
        "CPU ns",
        "peak RSS MiB",
    ];
    if checked {
        columns.extend(checks::COLUMNS);
    }
    head(out, &columns)?;
    for row in sorted(case) {
        let wall = figure(case, row);
        let rate = wall.map(|s| 1e3 / s.median);
        let mut cells = vec![
            format!("`{}`", row.contender.name),
            format!("**{}**", number(wall.map(|s| s.median), 1)),
            wall.map_or_else(String::new, |s| format!("{:.1}–{:.1}", s.min, s.max)),
            format!("{} M", number(rate, 2)),
            number(ratio(case, row, LIMIT), 2),
            number(ratio(case, row, STD), 2),
            number(row.median(|o| o.call), 1),
            number(row.median(|o| o.cpu), 1),
            number(row.median(|o| o.peak_rss / 1024.0), 1),
        ];
        if checked {
            cells.extend(checks::cells(row));
        }
        line(out, &cells)?;
    }
    Ok(())
}
