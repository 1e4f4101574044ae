//! Reads a contender's files back: is every record in them, once, and in order?

mod line;
mod tally;
mod wire;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::Result;

use crate::form::Form;
use line::{Line, Lines};
pub use tally::Readback;
use tally::Tally;

/// Reads `files` in their order, to which each of `threads` logged an equal
/// share of ids.
pub fn read_back(files: &[PathBuf], form: Form, records: u64, threads: u64) -> Result<Readback> {
    let mut tally = Tally::new(records, threads);
    for path in files {
        if form == Form::Wire {
            wire::read(&fs::read(path)?, &mut tally);
        } else {
            read_lines(BufReader::with_capacity(1 << 20, File::open(path)?), &mut tally)?;
        }
    }
    Ok(tally.finish())
}

fn read_lines(mut file: impl BufRead, tally: &mut Tally) -> Result<()> {
    let lines = Lines::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = file.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        tally.bytes(read as u64);
        match lines.read(&line) {
            Line::Record { id } => tally.record(id),
            Line::Dropped { count } => tally.announced(count),
            Line::Other => tally.foreign(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::fields;

    fn read(ids: &[u64], more: &str) -> Readback {
        let mut text = String::new();
        for &id in ids {
            let (_, symbol, price) = fields(id);
            text.push_str(&format!("x INFO y Order accepted order_id={id} symbol={symbol} price={price}\n"));
        }
        text.push_str(more);
        let mut tally = Tally::new(6, 2);
        read_lines(text.as_bytes(), &mut tally).unwrap();
        let found = tally.finish();
        assert_eq!(found.bytes, text.len() as u64);
        Readback { bytes: 0, ..found }
    }

    #[test]
    fn threads_may_interleave() {
        assert_eq!(read(&[0, 3, 4, 1, 2, 5], ""), Readback { records: 6, ..Readback::default() });
    }

    #[test]
    fn what_goes_wrong_is_told_apart() {
        let more = "x INFO y order_id=none\nx INFO y order_id=5 symbol=EURUSD price=9\n";
        let found = read(&[1, 0, 1, 3, 4, 77], more);
        let expected =
            Readback { records: 4, missing: 2, doubled: 1, disordered: 1, foreign: 3, ..Readback::default() };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_that_tells_of_drops_is_not_foreign() {
        let more = "x WARNING kakashi Records were dropped dropped=3 levels={}\n";
        let found = read(&[0, 3, 4], more);
        assert_eq!((found.announced, found.missing, found.foreign), (3, 3, 0));
    }
}
