//! What stands in a folder of files that follow one another.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::read_back::text;

/// Returns the names of a folder's visible files, sorted; links are none.
///
/// # Panics
/// When it can't be read.
pub fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry"));
    let is_file = |entry: &fs::DirEntry| entry.file_type().expect("a type").is_file();
    let mut names: Vec<_> =
        files.filter(is_file).map(|entry| entry.file_name().into_string().expect("UTF-8")).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// Returns the folder's files in order, decompressed; of a file that is there twice the
/// compressed form.
///
/// # Panics
/// When one can't be read, or decompressed.
pub fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let names = names(folder);
    let plain = |name: &str| name.trim_end_matches(".gz").trim_end_matches(".zst").to_owned();
    let is_twice = |name: &String| {
        names.iter().any(|other| other != name && plain(other) == *name && plain(name) == *name)
    };
    names.iter().filter(|name| !is_twice(name)).map(|name| content(&folder.join(name))).collect()
}

fn content(file: &PathBuf) -> Vec<u8> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            let unpacked = Command::new("gzip").arg("-dc").arg(file).output().expect("gzip runs");
            assert!(unpacked.status.success(), "{file:?}: {unpacked:?}");
            unpacked.stdout
        }
        Some("zst") => {
            let mut bytes = Vec::new();
            let file = fs::File::open(file).expect("the file is there");
            zstd::Decoder::new(file).and_then(|mut decoder| decoder.read_to_end(&mut bytes)).expect("whole");
            bytes
        }
        _ => fs::read(file).expect("the file is there"),
    }
}

/// Asserts that records that were written stand in the files, each once and in order; some of
/// those that were about to be written may, too.
///
/// # Panics
/// When that does not hold.
pub fn assert_each_written_once(folder: &Path, written: &BTreeSet<u64>, kills: u64) {
    let files = contents(folder);
    let mut lines = Vec::new();
    for file in &files {
        // A kill may tear what was being written, at the end of a file.
        let whole = file.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        lines.extend(text(&file[..whole]).iter().map(|entry| entry.number("n").expect("a number")));
    }
    assert!(lines.is_sorted_by(|one, next| one < next), "once, in order");
    let found: BTreeSet<u64> = lines.into_iter().collect();
    let lost: Vec<_> = written.difference(&found).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(found.len() as u64 <= written.len() as u64 + kills);
    assert!(files.len() > 20, "{} files, {} records", files.len(), written.len());
}
