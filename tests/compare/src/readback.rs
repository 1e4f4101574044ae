//! Reads a log file back: is every record in it, once, and in order?

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Result;
use memchr::memmem::Finder;

/// What was found in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Readback {
    pub bytes: u64,
    pub lines: u64,
    /// Records of which there is no line.
    pub lost: u64,
    /// Lines with a record that had one already.
    pub doubled: u64,
    /// Lines after one with a later record of the same thread.
    pub disordered: u64,
    /// Lines without an id that was logged.
    pub foreign: u64,
}

/// Reads `path`, to which each of `threads` logged an equal share of ids.
pub fn read_back(path: &Path, records: u64, threads: u64) -> Result<Readback> {
    check(BufReader::with_capacity(1 << 20, File::open(path)?), records, threads)
}

fn check(mut file: impl BufRead, records: u64, threads: u64) -> Result<Readback> {
    let share = records / threads;
    let finder = Finder::new("order_id");
    let mut seen = vec![false; records as usize];
    let mut next = vec![0; threads as usize];
    let mut found = Readback::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        found.lines += 1;
        found.bytes += line.len() as u64;
        let Some(id) = id_in(&line, &finder).filter(|&id| id < records) else {
            found.foreign += 1;
            continue;
        };
        if std::mem::replace(&mut seen[id as usize], true) {
            found.doubled += 1;
            continue;
        }
        let next = &mut next[(id / share) as usize];
        found.disordered += u64::from(id < *next);
        *next = id + 1;
    }
    found.lost = seen.iter().filter(|&&seen| !seen).count() as u64;
    Ok(found)
}

/// The number after the key, be the line text or JSON.
///
/// Up to three characters of the line's format (`=`, `": `) stand between the
/// two. A line without its end is no line.
fn id_in(line: &[u8], finder: &Finder<'_>) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let rest = &line[finder.find(line)? + finder.needle().len()..];
    let start = rest.iter().take(4).position(u8::is_ascii_digit)?;
    let mut digits = rest[start..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.try_fold(0_u64, |id, digit| id.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ids: &[&str]) -> Readback {
        let text: String = ids.iter().map(|id| format!("x INFO y order_id={id} z=1\n")).collect();
        let found = check(text.as_bytes(), 6, 2).unwrap();
        assert_eq!((found.lines, found.bytes), (ids.len() as u64, text.len() as u64));
        Readback { bytes: 0, lines: 0, ..found }
    }

    #[test]
    fn threads_may_interleave() {
        let clean = Readback::default();
        assert_eq!(read(&["0", "3", "4", "1", "2", "5"]), clean);
    }

    #[test]
    fn what_goes_wrong_is_told_apart() {
        let found = read(&["1", "0", "1", "3", "4", "77", "none"]);
        let expected = Readback { lost: 2, doubled: 1, disordered: 1, foreign: 2, bytes: 0, lines: 0 };
        assert_eq!(found, expected);
    }

    #[test]
    fn text_and_json_but_no_torn_line() {
        let finder = Finder::new("order_id");
        assert_eq!(id_in(b"order_id=17 symbol=x\n", &finder), Some(17));
        assert_eq!(id_in(b"{\"order_id\": 17}\n", &finder), Some(17));
        assert_eq!(id_in(b"order_id=1", &finder), None);
    }
}
