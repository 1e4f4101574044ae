//! Finds lines that were about to be written in what stands in a file.
//!
//! A process was killed while it wrote some of them: which, only the file can say. Others may
//! have written between them, so each line is looked for by itself, as often as it was to be
//! written; where the file ends within one, its rest is all that it lacks.
//!
//! The file comes in pieces, of which no more is kept than the longest record.

use std::collections::{HashMap, VecDeque};

/// Looks for records that are lines.
pub(crate) struct LineMatcher<'e> {
    expected: &'e [&'e [u8]],
    /// Those that were not found, by their first line; a record may have several lines.
    by_first_line: HashMap<&'e [u8], VecDeque<usize>>,
    found: Vec<bool>,
    longest: usize,
    /// What can't be decided yet; it begins with a line.
    rest: Vec<u8>,
    /// What comes belongs to a line that is none of those.
    in_strange_line: bool,
}

/// A record at the end of a file of which the file has the first bytes only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TornRecord {
    pub(crate) record: usize,
    /// How many of its bytes the file has.
    pub(crate) written: usize,
}

impl<'e> LineMatcher<'e> {
    /// Looks for these, each of which ends with a newline; empty ones are never found.
    pub(crate) fn new(expected: &'e [&'e [u8]]) -> Self {
        let mut by_first_line: HashMap<_, VecDeque<_>> = HashMap::new();
        for (record, bytes) in expected.iter().enumerate() {
            if let Some(end) = line_end(bytes) {
                by_first_line.entry(&bytes[..end]).or_default().push_back(record);
            }
        }
        let longest = expected.iter().map(|bytes| bytes.len()).max().unwrap_or(0);
        let found = vec![false; expected.len()];
        Self { expected, by_first_line, found, longest, rest: Vec::new(), in_strange_line: false }
    }

    /// Takes the next piece of a file.
    pub(crate) fn push(&mut self, mut piece: &[u8]) {
        if self.in_strange_line {
            let Some(end) = line_end(piece) else { return };
            self.in_strange_line = false;
            piece = &piece[end..];
        }
        self.rest.extend_from_slice(piece);
        let mut at = 0;
        while let Some(end) = line_end(&self.rest[at..]) {
            let here = &self.rest[at..];
            match self.candidate(&here[..end], |record| here.starts_with(record)) {
                Some(record) => {
                    at += self.expected[record].len();
                    self.take(record);
                }
                // One of several lines may go on.
                None if self.torn_at(here).is_some() => break,
                None => at += end,
            }
        }
        self.rest.drain(..at);
        if self.rest.len() > self.longest {
            self.rest.clear();
            self.in_strange_line = true;
        }
    }

    /// Takes the end of a file: what comes next is another one. Returns the record that the
    /// file has the beginning of.
    pub(crate) fn end(&mut self) -> Option<TornRecord> {
        let rest = std::mem::take(&mut self.rest);
        self.in_strange_line = false;
        let mut at = 0;
        while at < rest.len() {
            if let Some(record) = self.torn_at(&rest[at..]) {
                return Some(TornRecord { record, written: rest.len() - at });
            }
            at += line_end(&rest[at..])?;
            // Lines behind one that has not gone on.
            while let Some(end) = line_end(&rest[at..]) {
                let here = &rest[at..];
                let Some(record) = self.candidate(&here[..end], |record| here.starts_with(record)) else {
                    break;
                };
                at += self.expected[record].len();
                self.take(record);
            }
        }
        None
    }

    /// Tells which of the records were found.
    pub(crate) fn found(&self) -> &[bool] {
        &self.found
    }

    /// Returns the first record with this first line, of those that were not found, for which
    /// `fits` holds.
    fn candidate(&self, line: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let records = self.by_first_line.get(line)?;
        records.iter().copied().find(|&record| fits(self.expected[record]))
    }

    /// Returns the first record, of those that were not found, that is longer than these bytes
    /// and begins with them.
    fn torn_at(&self, bytes: &[u8]) -> Option<usize> {
        let goes_on = |record: &[u8]| record.len() > bytes.len() && record.starts_with(bytes);
        match line_end(bytes) {
            Some(end) => self.candidate(&bytes[..end], goes_on),
            None => {
                (0..self.expected.len()).find(|&record| !self.found[record] && goes_on(self.expected[record]))
            }
        }
    }

    fn take(&mut self, record: usize) {
        self.found[record] = true;
        let bytes = self.expected[record];
        if let Some(end) = line_end(bytes)
            && let Some(records) = self.by_first_line.get_mut(&bytes[..end])
        {
            records.retain(|other| *other != record);
        }
    }
}

/// Returns where the first line ends, its newline included.
fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the records that are found in files, whatever the pieces are, and what is torn
    /// at the end of the last one.
    fn matched(expected: &[&str], files: &[&str]) -> (Vec<usize>, Option<(usize, usize)>) {
        let expected: Vec<&[u8]> = expected.iter().map(|record| record.as_bytes()).collect();
        let mut results = [1, 2, 3, 7, 1000].map(|piece| {
            let mut matcher = LineMatcher::new(&expected);
            let mut torn = None;
            for file in files {
                file.as_bytes().chunks(piece).for_each(|piece| matcher.push(piece));
                torn = matcher.end();
            }
            let found = (0..expected.len()).filter(|&record| matcher.found()[record]).collect();
            (found, torn.map(|torn| (torn.record, torn.written)))
        });
        let first = std::mem::take(&mut results[0]);
        results[1..].iter().for_each(|result| assert_eq!(*result, first));
        first
    }

    #[test]
    fn what_stands_in_the_file_is_found_among_others_lines() {
        let expected = ["a 1\n", "b 2\n", "c 3\n"];
        assert_eq!(matched(&expected, &["a 1\nb 2\n"]), (vec![0, 1], None));
        assert_eq!(matched(&expected, &["other\na 1\n\nother b 2\nc 3\nmore\n"]), (vec![0, 2], None));
        assert_eq!(matched(&expected, &[""]), (vec![], None));
        // The first line is the rest of somebody else's.
        assert_eq!(matched(&expected, &["xa 1\nb 2\n"]), (vec![1], None));
    }

    #[test]
    fn each_of_equal_lines_is_found_once() {
        let expected = ["tick\n", "tick\n", "tick\n"];
        assert_eq!(matched(&expected, &["tick\n"]), (vec![0], None));
        assert_eq!(matched(&expected, &["tick\ntick\ntick\ntick\n"]), (vec![0, 1, 2], None));
    }

    #[test]
    fn a_record_that_the_file_ends_within_is_known_by_its_beginning() {
        let expected = ["a 1\n", "b 2\n", "b 3\n"];
        assert_eq!(matched(&expected, &["a 1\nb "]), (vec![0], Some((1, 2))));
        assert_eq!(matched(&expected, &["a 1\nb 3"]), (vec![0], Some((2, 3))));
        assert_eq!(matched(&expected, &["a 1\nx"]), (vec![0], None));
        // Another line follows it: it has not gone on.
        assert_eq!(matched(&expected, &["a 1\nb \n"]), (vec![0], None));
    }

    #[test]
    fn records_of_several_lines_are_found_and_torn_between_them() {
        let expected = ["a\n  1\n  2\n", "a\n  1\n  3\n", "b\n"];
        assert_eq!(matched(&expected, &["a\n  1\n  3\nb\n"]), (vec![1, 2], None));
        assert_eq!(matched(&expected, &["b\na\n  1\n"]), (vec![2], Some((0, 6))));
        assert_eq!(matched(&expected, &["a\n  1\n  3\na\n  1\n  "]), (vec![1], Some((0, 8))));
        assert_eq!(matched(&expected, &["a\nb\n"]), (vec![2], None));
        assert_eq!(matched(&expected, &["a\na\n  1\n  2\nb\n"]), (vec![0, 2], None));
    }

    #[test]
    fn a_file_that_follows_another_goes_on_with_whole_lines() {
        let expected = ["a 1\n", "b 2\n", "c 3\n"];
        assert_eq!(matched(&expected, &["a 1\nb", " 2\nc 3\n"]), (vec![0, 2], None));
        assert_eq!(matched(&expected, &["a 1\n", "b 2\n", "c"]), (vec![0, 1], Some((2, 1))));
    }

    #[test]
    fn a_line_without_an_end_keeps_no_memory() {
        let expected: [&[u8]; 1] = [b"a 1\n"];
        let mut matcher = LineMatcher::new(&expected);
        for _ in 0..1000 {
            matcher.push(&[b'x'; 1000]);
            assert!(matcher.rest.capacity() <= 4096);
        }
        matcher.push(b"\na 1\n");
        assert_eq!(matcher.found(), [true]);
    }
}
