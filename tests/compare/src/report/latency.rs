//! The table of a call's latency.

use std::fmt;

use super::checks;
use super::figures::{figure, ratio, sorted};
use super::table::{head, line, number};
use crate::contenders::STD;
use crate::plan::Case;

pub fn table(out: &mut String, case: &Case) -> fmt::Result {
    let checked = checks::apply_to(case);
    let mut columns =
        vec!["contender", "burst ns", "min–max", "× std", "mean of bursts", "p50", "p99", "p99.9"];
    if checked {
        columns.extend(checks::COLUMNS);
    }
    head(out, &columns)?;
    for row in sorted(case) {
        let burst = figure(case, row);
        let mut cells = vec![
            format!("`{}`", row.contender.name),
            format!("**{}**", number(burst.map(|s| s.median), 1)),
            burst.map_or_else(String::new, |s| format!("{:.1}–{:.1}", s.min, s.max)),
            number(ratio(case, row, STD), 2),
            number(row.median(|o| o.burst_mean), 1),
            number(row.median(|o| o.p50), 0),
            number(row.median(|o| o.p99), 0),
            number(row.median(|o| o.p999), 0),
        ];
        if checked {
            cells.extend(checks::cells(row));
        }
        line(out, &cells)?;
    }
    Ok(())
}
