//! The table of requests: what a layer costs more than the service alone.

use std::fmt;

use super::figures::{figure, sorted};
use super::table::{head, line, number};
use crate::contenders::SERVICE;
use crate::plan::Case;

pub fn table(out: &mut String, case: &Case) -> fmt::Result {
    head(out, &["contender", "ns/request", "min–max", "ns more than the service", "CPU ns"])?;
    let bare = case.row(SERVICE).and_then(|row| figure(case, row)).map(|spread| spread.median);
    for row in sorted(case) {
        let wall = figure(case, row);
        let more = wall.zip(bare).map(|(wall, bare)| wall.median - bare);
        let cells = [
            format!("`{}`", row.contender.name),
            number(wall.map(|s| s.median), 1),
            wall.map_or_else(String::new, |s| format!("{:.1}–{:.1}", s.min, s.max)),
            format!("**{}**", number(more, 1)),
            number(row.median(|o| o.cpu), 1),
        ];
        line(out, &cells)?;
    }
    Ok(())
}
