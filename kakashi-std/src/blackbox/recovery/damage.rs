//! What of a dead process's files can't be read.

use std::fmt;

/// Counts what is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Damage {
    /// The file that says who the process was, and where its records were for.
    pub(crate) process_file: bool,
    /// Segments of which nothing can be read.
    pub(crate) segments: usize,
    /// Segments that do not say which of their records are written.
    pub(crate) marks: usize,
    /// Records that can't be read, in segments that can.
    pub(crate) records: usize,
}

impl Damage {
    /// Tells whether anything is damaged.
    pub(crate) fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// Says what is damaged, as `2 segments and 17 records can't be read`.
impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: usize, one: &str| match number {
            0 => None,
            1 => Some(format!("1 {one} can't be read")),
            _ => Some(format!("{number} {one}s can't be read")),
        };
        let marks = match self.marks {
            0 => None,
            1 => Some("1 segment does not say what of it was written".into()),
            marks => Some(format!("{marks} segments do not say what of them was written")),
        };
        let process_file = self.process_file.then(|| "the process's file can't be read".into());
        let parts = [process_file, count(self.segments, "segment"), count(self.records, "record"), marks];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "nothing is damaged" } else { "" })?;
        f.write_str(&parts.join("; "))
    }
}
