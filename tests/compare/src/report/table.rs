//! Tables in Markdown.

use std::fmt::{self, Write as _};

/// What stands where a measure does not apply.
pub const NOT_APPLICABLE: &str = "n/a";

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

/// A number with so many decimals, or that there is none.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        Some(value) if value.is_finite() => format!("{value:.decimals$}"),
        _ => NOT_APPLICABLE.to_owned(),
    }
}
