//! Closed files: kept for a while, compressed, and found again whatever a kill has left.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use kakashi_std::sinks::{RotatingFile, RotatingFileSink};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::eventually;

use kakashi_tests::harness::rotated_files::{contents, names};

use crate::{HandClock, NOON, write};

fn files(folder: &TestFolder) -> RotatingFile {
    RotatingFile::new(folder.file("shop.log")).max_bytes(10).numbered()
}

/// Writes so many files with a line each.
fn fill(sink: &mut RotatingFileSink, count: usize) {
    (0..count).for_each(|at| write(sink, &[&format!("line {at:04}\n")]));
}

fn becomes(folder: &TestFolder, expected: &[&str]) {
    let is = eventually(|| names(&folder.file("")) == expected);
    assert!(is, "{:?} is not {expected:?}", names(&folder.file("")));
}

#[test]
fn the_oldest_files_go_when_there_are_too_many() {
    let folder = TestFolder::new();
    fill(&mut files(&folder).keep_files(2).open().unwrap(), 6);
    becomes(&folder, &["shop.00000003.log", "shop.00000004.log", "shop.00000005.log"]);
}

#[test]
fn the_oldest_files_go_when_they_have_too_many_bytes() {
    let folder = TestFolder::new();
    fill(&mut files(&folder).keep_bytes(25).open().unwrap(), 6);
    becomes(&folder, &["shop.00000003.log", "shop.00000004.log", "shop.00000005.log"]);
}

#[test]
fn files_go_when_they_are_too_old() {
    let folder = TestFolder::new();
    let clock = HandClock::at(NOON);
    fill(&mut files(&folder).open().unwrap(), 4);
    for (at, age) in [4000, 3601, 3599].into_iter().enumerate() {
        let file = File::options().append(true).open(folder.file(&format!("shop.{at:08}.log"))).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs((NOON - age) as u64)).unwrap();
    }
    let _sink = files(&folder).keep_for(Duration::from_secs(3600)).clock(clock).open().unwrap();
    becomes(&folder, &["shop.00000002.log", "shop.00000003.log", "shop.00000004.log"]);
}

#[test]
fn closed_files_are_compressed_and_the_current_one_is_not() {
    for (ending, files) in [("gz", RotatingFile::gzip as fn(_) -> _), ("zst", RotatingFile::zstd)]
        .map(|(ending, compress)| (ending, move |folder: &TestFolder| compress(crate::closed::files(folder))))
    {
        let folder = TestFolder::new();
        fill(&mut files(&folder).keep_files(2).mode(0o640).open().unwrap(), 5);
        let [one, two] = [2, 3].map(|at| format!("shop.{at:08}.log.{ending}"));
        becomes(&folder, &[&one, &two, "shop.00000004.log"]);
        assert_eq!(contents(&folder.file("")).concat(), b"line 0002\nline 0003\nline 0004\n");
        for name in names(&folder.file("")) {
            assert_eq!(mode(&folder.file(&name)), 0o640, "{name}");
        }
    }
}

fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_mode_is_the_chosen_one_whatever_the_umask_is() {
    let folder = TestFolder::new();
    let mut sink = files(&folder).mode(0o666).open().unwrap();
    fill(&mut sink, 2);
    assert_eq!(
        names(&folder.file("")).iter().map(|name| mode(&folder.file(name))).collect::<Vec<_>>(),
        [0o666; 2]
    );
}

#[test]
fn what_a_kill_leaves_at_each_step_is_put_right_by_the_next_start() {
    let compressed = {
        let folder = TestFolder::new();
        fill(&mut files(&folder).gzip().open().unwrap(), 2);
        becomes(&folder, &["shop.00000000.log.gz", "shop.00000001.log"]);
        fs::read(folder.file("shop.00000000.log.gz")).unwrap()
    };
    let temporary = ".shop.00000000.log.gz.tmp";
    // A file is made, and nothing points to it; a link is half made; a file is compressed in
    // part, whole, under its name; the plain one is gone.
    type Step<'a> = (&'a str, &'a [(&'a str, &'a [u8])], &'a [&'a str]);
    let steps: [Step<'_>; 6] = [
        ("new file", &[("shop.00000002.log", b"")], &[]),
        ("link", &[(".shop.log.link", b"")], &[]),
        ("part", &[(temporary, &compressed[..7])], &[]),
        ("whole", &[(temporary, &compressed)], &[]),
        ("renamed", &[("shop.00000000.log.gz", &compressed)], &[]),
        ("removed", &[("shop.00000000.log.gz", &compressed)], &["shop.00000000.log"]),
    ];
    for (step, made, removed) in steps {
        let folder = TestFolder::new();
        fill(&mut files(&folder).open().unwrap(), 2);
        made.iter().for_each(|(name, bytes)| fs::write(folder.file(name), bytes).unwrap());
        removed.iter().for_each(|name| fs::remove_file(folder.file(name)).unwrap());
        fill(&mut files(&folder).gzip().open().unwrap(), 1);
        becomes(&folder, &["shop.00000000.log.gz", "shop.00000001.log.gz", "shop.00000002.log"]);
        let all = contents(&folder.file("")).concat();
        assert_eq!(String::from_utf8(all).unwrap(), "line 0000\nline 0001\nline 0000\n", "{step}");
        assert!(eventually(|| !folder.file(temporary).exists()), "{step}");
        assert_eq!(fs::read_link(folder.file("shop.log")).unwrap(), Path::new("shop.00000002.log"), "{step}");
        assert!(!folder.file(".shop.log.link").exists() || step != "link");
    }
}

#[test]
fn what_is_not_named_as_its_files_are_is_left_alone() {
    let folder = TestFolder::new();
    for name in ["shop.old.log", "shop.log.1", "other.00000000.log", "shop.2026-11-30.000000.log"] {
        fs::write(folder.file(name), "mine\n").unwrap();
    }
    fill(&mut files(&folder).keep_files(1).gzip().open().unwrap(), 4);
    becomes(
        &folder,
        &[
            "other.00000000.log",
            "shop.00000002.log.gz",
            "shop.00000003.log",
            "shop.2026-11-30.000000.log",
            "shop.log.1",
            "shop.old.log",
        ],
    );
}
