//! The table of the disabled call.

use std::fmt;

use super::figures::sorted;
use super::table::{head, line, number};
use crate::plan::Case;

pub fn table(out: &mut String, case: &Case) -> fmt::Result {
    head(out, &["contender", "ns", "min–max", "ns with the loop"])?;
    for row in sorted(case) {
        let net = row.spread(|o| o.wall.max(0.0));
        let cells = [
            format!("`{}`", row.contender.name),
            format!("**{}**", number(net.map(|s| s.median), 2)),
            net.map_or_else(String::new, |s| format!("{:.2}–{:.2}", s.min, s.max)),
            number(row.median(|o| o.call), 2),
        ];
        line(out, &cells)?;
    }
    Ok(())
}
