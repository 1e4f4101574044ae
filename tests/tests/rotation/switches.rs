//! When the next file begins, how it is named, and what stands in which.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use kakashi_core::Format;
use kakashi_std::sinks::RotatingFile;
use kakashi_std::{
    Batch, LogLevel, LoggerConfig, RecordEnd, Sink as _, Text, Wire, create_custom_logger, info,
};
use kakashi_tests::harness::process::{TestFolder, spawn};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, entries};

use kakashi_tests::harness::rotated_files::{contents, names};

use crate::{CHILD, HOUR, HandClock, NOON, write};

fn texts(folder: &TestFolder) -> Vec<String> {
    let texts = contents(&folder.file("")).into_iter().map(String::from_utf8);
    texts.collect::<Result<_, _>>().expect("text")
}

#[test]
fn a_record_is_never_divided_between_two_files_and_none_is_larger_than_it_may_be() {
    for max in 1..40 {
        let folder = TestFolder::new();
        let files = RotatingFile::new(folder.file("shop.log")).max_bytes(max).numbered();
        let mut sink = files.open().unwrap();
        let lines = ["a\n", "bb\n", "ccccccccccc\n", "d\n", "eeeeeeeeeeee\n", "f\n"];
        for batch in [&lines[..], &lines[..1], &lines[1..4]] {
            write(&mut sink, batch);
        }
        let texts = texts(&folder);
        assert_eq!(texts.concat(), [&lines[..], &lines[..1], &lines[1..4]].concat().concat());
        for text in &texts {
            assert!(text.ends_with('\n'), "{max}: {texts:?}");
            assert!(text.len() as u64 <= max || text.matches('\n').count() == 1, "{max}: {texts:?}");
        }
        // None is begun without need.
        for pair in texts.windows(2) {
            let next = pair[1].split_inclusive('\n').next().unwrap();
            assert!((pair[0].len() + next.len()) as u64 > max, "{max}: {texts:?}");
        }
    }
}

#[test]
fn a_file_lasts_an_hour_or_a_day_and_its_name_says_so() {
    for (hourly, expected) in [
        (
            true,
            [
                "shop.2026-11-30T12.000000.log",
                "shop.2026-11-30T13.000000.log",
                "shop.2026-12-01T12.000000.log",
            ],
        ),
        (false, ["shop.2026-11-30.000000.log", "shop.2026-12-01.000000.log", ""]),
    ] {
        let folder = TestFolder::new();
        let clock = HandClock::at(NOON);
        let files = RotatingFile::new(folder.file("shop.log")).clock(clock.clone());
        let mut sink = if hourly { files.hourly() } else { files.daily() }.open().unwrap();
        for second in [NOON, NOON + HOUR - 1, NOON + HOUR, NOON + 24 * HOUR] {
            clock.set(second);
            write(&mut sink, &["line\n"]);
            let current = fs::read_link(folder.file("shop.log")).unwrap();
            assert_eq!(current.to_str(), names(&folder.file("")).last().map(String::as_str));
        }
        let expected: Vec<_> = expected.into_iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(names(&folder.file("")), expected);
        let lines: Vec<_> = texts(&folder).iter().map(|text| text.matches('\n').count()).collect();
        assert_eq!(lines, if hourly { vec![2, 1, 1] } else { vec![3, 1] });
    }
}

#[test]
fn names_sort_as_files_were_begun_also_where_the_clock_is_set_back() {
    let folder = TestFolder::new();
    let clock = HandClock::at(NOON);
    let files = RotatingFile::new(folder.file("shop.log")).hourly().max_bytes(10).clock(clock.clone());
    let mut sink = files.open().unwrap();
    let mut expected = String::new();
    for (at, second) in [0, 1, HOUR, 10 * HOUR, 2 * HOUR, 3 * HOUR, 11 * HOUR].into_iter().enumerate() {
        clock.set(NOON + second);
        for line in ["aaaaaaaa", "bbbbbbbb"] {
            let line = format!("{line}{at}\n");
            write(&mut sink, &[&line]);
            expected.push_str(&line);
        }
    }
    assert_eq!(texts(&folder).concat(), expected);
}

#[test]
fn a_process_goes_on_with_the_newest_file_until_its_time_is_over_or_it_is_full() {
    let folder = TestFolder::new();
    let clock = HandClock::at(NOON);
    let open = || {
        let files = RotatingFile::new(folder.file("shop.log")).daily().max_bytes(10).clock(clock.clone());
        files.open().unwrap()
    };
    for (second, line) in [(0, "one\n"), (1, "two\n"), (2, "three\n"), (24 * HOUR, "four\n")] {
        clock.set(NOON + second);
        write(&mut open(), &[line]);
    }
    let expected = ["shop.2026-11-30.000000.log", "shop.2026-11-30.000001.log", "shop.2026-12-01.000000.log"];
    assert_eq!(names(&folder.file("")), expected);
    assert_eq!(texts(&folder), ["one\ntwo\n", "three\n", "four\n"]);
}

#[test]
fn a_numbered_file_of_yesterday_is_not_gone_on_with() {
    let folder = TestFolder::new();
    let clock = HandClock::at(NOON);
    let open = || {
        let files = RotatingFile::new(folder.file("shop.log")).daily().numbered().clock(clock.clone());
        files.open().unwrap()
    };
    let file = folder.file("shop.00000000.log");
    for (second, line) in [(0, "one\n"), (HOUR, "two\n"), (24 * HOUR, "three\n")] {
        clock.set(NOON + second);
        write(&mut open(), &[line]);
        let written = std::time::UNIX_EPOCH + std::time::Duration::from_secs(NOON as u64);
        fs::File::options().append(true).open(&file).unwrap().set_modified(written).unwrap();
    }
    assert_eq!(texts(&folder), ["one\ntwo\n", "three\n"]);
}

#[test]
fn a_record_that_was_taken_in_part_goes_on_in_its_file() {
    let folder = TestFolder::new();
    let mut sink = RotatingFile::new(folder.file("shop.log")).max_bytes(8).numbered().open().unwrap();
    let end = |end| RecordEnd { end, level: LogLevel::Info };
    let clock_independent =
        [(&b"aaaa"[..], &b""[..], vec![]), (b"aaaa\nbb\ncccccc\n", b"aaaa", vec![end(5), end(8), end(15)])];
    for (bytes, begun, ends) in clock_independent {
        sink.write(&Batch::new(bytes, &ends).continuing(begun)).unwrap();
    }
    assert_eq!(texts(&folder), ["aaaaaaaa\n", "bb\n", "cccccc\n"]);
}

#[test]
fn each_file_of_the_wire_can_be_read_alone() {
    let folder = TestFolder::new();
    let files = RotatingFile::new(folder.file("shop.klog")).max_bytes(2000).numbered();
    let config = LoggerConfig::new().destination(files.destination().unwrap().encoder(Wire));
    let logger = create_custom_logger("rotation", config);
    for n in 0..1000u64 {
        info!(logger, "Counted", thread = 0, n);
        if n % 7 == 0 {
            assert!(logger.flush().is_complete());
        }
    }
    assert!(logger.flush().is_complete());
    let files = contents(&folder.file(""));
    assert!(files.len() > 10 && files.iter().all(|file| file.len() <= 2000));
    let entries: Vec<_> = files.iter().flat_map(|file| entries(Format::Wire, file)).collect();
    assert_each_once_in_order(&entries, 1, 1000);
}

#[test]
fn loggers_of_one_path_share_its_files_and_the_settings_of_the_newest_hold() {
    let folder = TestFolder::new();
    let path = folder.file("shop.log");
    let mut first = RotatingFile::new(&path).max_bytes(10).numbered().open().unwrap();
    write(&mut first, &["one\n"]);
    let mut second = RotatingFile::new(&path).max_bytes(1000).numbered().open().unwrap();
    assert_eq!(first.target(), second.target());
    for sink in [&mut second, &mut first] {
        write(sink, &["ten bytes\n"]);
    }
    assert_eq!(texts(&folder), ["one\nten bytes\nten bytes\n"]);
}

#[test]
fn hours_and_days_of_the_systems_zone_sort_also_where_an_hour_comes_twice() {
    let folder = TestFolder::new();
    let mut command = Command::new(CHILD);
    // Central Europe, without its database; summer ends at 1:00 in UTC.
    command.env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3").arg("rotation_local").arg(folder.file(""));
    let mut child = spawn(command.stdin(Stdio::piped()));
    let end_of_summer = 1_792_890_000;
    let seconds = [-90, -30, 30, 90].map(|minutes| (end_of_summer + 60 * minutes).to_string());
    let evening = (end_of_summer - 3 * HOUR - 1).to_string();
    writeln!(child.stdin.take().unwrap(), "{evening} {}", seconds.join(" ")).unwrap();
    assert!(child.wait().unwrap().success());
    let expected = [
        "day.2026-10-24.000000.log",
        "day.2026-10-25.000000.log",
        "hour.2026-10-24T23.000000.log",
        "hour.2026-10-25T01.000000.log",
        "hour.2026-10-25T02.000000.log",
        "hour.2026-10-25T02.000001.log",
        "hour.2026-10-25T03.000000.log",
    ];
    let names = names(&folder.file(""));
    assert_eq!(names, expected.map(|name| name).to_vec());
}

#[test]
fn files_have_the_owner_that_was_chosen() {
    let folder = TestFolder::new();
    let metadata = fs::metadata(folder.file("")).unwrap();
    // Who is not root may give nothing away.
    let (user, group) = if metadata.uid() == 0 { (12_345, 23_456) } else { (metadata.uid(), metadata.gid()) };
    let files = RotatingFile::new(folder.file("shop.log")).max_bytes(10).numbered().owner(user, group);
    let mut sink = files.clone().mode(0o640).open().unwrap();
    write(&mut sink, &["one line\n", "another\n"]);
    for name in names(&folder.file("")) {
        let found = fs::metadata(folder.file(&name)).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (user, group, 0o640), "{name}");
    }
}

#[test]
fn records_of_loggers_of_one_path_stand_in_the_order_of_their_calls() {
    let folder = TestFolder::new();
    let loggers = [(); 2].map(|()| {
        let files = RotatingFile::new(folder.file("shop.log")).max_bytes(3000).numbered();
        let config = LoggerConfig::new().destination(files.destination().unwrap().encoder(Text));
        create_custom_logger("rotation", config)
    });
    for n in 0..1000u64 {
        info!(loggers[(n % 3 % 2) as usize], "Counted", thread = 0, n);
    }
    assert!(loggers.iter().all(|logger| logger.flush().is_complete()));
    let files = contents(&folder.file(""));
    assert!(files.len() > 10);
    assert_each_once_in_order(&entries(Format::Text, &files.concat()), 1, 1000);
}
