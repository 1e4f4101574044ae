//! What stands in logs.

use kakashi_tests::harness::process::{TestFolder, read};

/// Returns the numbers `n` of the program's records in lines of text, in order.
pub(crate) fn numbers_in(log: &[u8]) -> Vec<u64> {
    let text = std::str::from_utf8(log).expect("text");
    let records = text.lines().filter_map(|line| line.split_once(" n="));
    records.map(|(_, rest)| rest.split(' ').next().unwrap_or_default().parse().expect("a number")).collect()
}

/// Returns those of `log.txt` in a folder.
pub(crate) fn numbers(folder: &TestFolder) -> Vec<u64> {
    numbers_in(&read(folder.file("log.txt")))
}
