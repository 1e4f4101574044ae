//! The main job, run as a user runs it: every format, one thread and several,
//! hostile bytes, wrong files, destinations that fail.

mod requests;
mod run;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Format, Text};
use kakashi_tests::harness::lines::line;
use kakashi_tests::harness::read_back::{announced, entries};
use kakashi_tests::model::record::OwnedRecord;
use kakashi_tests::oracle::expected;
use kakashi_tests::oracle::json::{ParsedJson, is_control};
use kakashi_tests::oracle::text_line::{ParsedLine, ParsedTime, ParsedValue};

use requests::Expected;
use run::{Summary as _, access_log, empty_directory, replay, run};

const RECORDS: u64 = 20_000;

fn requests() -> Vec<Expected> {
    requests::expected(&fs::read(access_log()).expect("the access log"))
}

/// Replays the log into a file, once for each number of threads.
fn replay_to_file(format: &str, mut check: impl FnMut(&[u8], usize)) {
    for threads in [1, 4] {
        let file = empty_directory(&format!("{format}-{threads}")).join("made/for it/out.log");
        let ended = run(replay([
            access_log().as_os_str(),
            "--format".as_ref(),
            format.as_ref(),
            "--threads".as_ref(),
            threads.to_string().as_ref(),
            "--to".as_ref(),
            to(&file).as_ref(),
        ]));
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(ended.summary(), [RECORDS, RECORDS, 0]);
        assert_eq!(ended.stdout.lines().count(), 1);
        check(&fs::read(file).expect("the replay's file"), threads);
    }
}

fn to(file: &Path) -> String {
    format!("file:{}", file.to_str().expect("the target directory is named in UTF-8"))
}

/// Takes the lines out of a file that has nothing in it which could do harm.
fn harmless_lines(file: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(file).expect("all is UTF-8");
    text.split_inclusive('\n').inspect(|line| {
        let control = line.strip_suffix('\n').expect("every line is whole").chars().find(|&c| is_control(c));
        assert_eq!(control, None, "{line:?}");
    })
}

/// Checks that each request is there once, that each thread's are in their
/// order, and, by `check`, what is said of it.
fn check_all<T>(
    found: impl IntoIterator<Item = T>,
    threads: usize,
    id: impl Fn(&T) -> String,
    check: impl Fn(&T, &OwnedRecord),
) {
    let requests = requests();
    let places: HashMap<&str, usize> =
        requests.iter().enumerate().map(|(at, request)| (request.id.as_str(), at)).collect();
    assert_eq!(places.len() as u64, RECORDS, "request ids are unique");
    // The line that each thread must log next: it has one in `threads`.
    let mut next: Vec<usize> = (0..threads).collect();
    for item in found {
        let id = id(&item);
        let at = *places.get(id.as_str()).unwrap_or_else(|| panic!("no such request: {id}"));
        assert_eq!(at, next[at % threads], "out of order, twice or missing");
        next[at % threads] += threads;
        check(&item, &requests[at].record);
    }
    assert!(next.iter().all(|&next| next >= requests.len()), "some are missing: {next:?}");
}

fn check_line(found: &ParsedLine, record: &OwnedRecord) {
    let mut wanted = expected::text(record);
    wanted.time = found.time;
    assert_eq!(*found, wanted);
}

fn id_of(line: &ParsedLine) -> String {
    let id = line.fields.iter().find(|(key, _)| key == "request_id");
    match id {
        // An id of digits alone, or one like 1e5, would be quoted: text all the same.
        Some((_, ParsedValue::Text(id))) => String::from_utf8(id.clone()).expect("an id"),
        other => panic!("no request id: {other:?}"),
    }
}

#[test]
fn text_says_of_every_request_what_the_log_does() {
    replay_to_file("text", |file, threads| {
        let lines = harmless_lines(file)
            .map(|line| ParsedLine::read(line).unwrap_or_else(|why| panic!("{why}: {line}")));
        check_all(lines, threads, id_of, check_line);
    });
}

#[test]
fn pretty_says_of_every_request_what_the_log_does() {
    replay_to_file("pretty", |file, threads| {
        let lines = harmless_lines(file).map(|line| {
            // `10:12:00.123 INFO  logger  message  fields`: the words are known, the fields as in text, but
            // for durations, which are quoted here.
            let mut parts = line[19..].splitn(3, "  ");
            let mut part = || parts.next().expect("three parts");
            let (level, logger, message, fields) = (line[13..18].trim_end(), part(), part(), part());
            let level = if level == "WARN" { "WARNING" } else { level };
            let fields = fields.replacen("duration=", "duration=\"", 1).replacen(" method=", "\" method=", 1);
            let text = format!("2026-11-22T{}000Z {level} {logger} {message} {fields}", &line[..12]);
            ParsedLine::read(&text).unwrap_or_else(|why| panic!("{why}: {line}"))
        });
        check_all(lines, threads, id_of, check_line_for_people);
    });
}

/// As [`check_line`], of a line whose durations have three digits and a blank before their unit.
fn check_line_for_people(found: &ParsedLine, record: &OwnedRecord) {
    let mut wanted = expected::text(record);
    wanted.time = found.time;
    let (_, duration) = wanted.fields.iter_mut().find(|(key, _)| key == "duration").expect("it took a time");
    let (_, said) = found.fields.iter().find(|(key, _)| key == "duration").expect("it says for how long");
    let (wanted_seconds, seconds) = (seconds_of(duration), seconds_of(said));
    assert!((seconds - wanted_seconds).abs() <= 0.005 * wanted_seconds, "{said:?} is not {duration:?}");
    *duration = said.clone();
    assert_eq!(*found, wanted);
}

/// Reads `6ms` and `6 ms`.
fn seconds_of(duration: &ParsedValue) -> f64 {
    let ParsedValue::Text(text) = duration else { panic!("no duration: {duration:?}") };
    let text = std::str::from_utf8(text).expect("digits and a unit");
    let digits = text.trim_end_matches(|end: char| !end.is_ascii_digit());
    let unit = match text[digits.len()..].trim_start() {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        unit => panic!("{text} has the unit {unit:?}"),
    };
    unit * digits.parse::<f64>().expect("a number")
}

#[test]
fn json_says_of_every_request_what_the_log_does() {
    replay_to_file("json", |file, threads| {
        let lines = harmless_lines(file).map(|line| {
            let serde: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
            let ours =
                ParsedJson::read(line.trim_end_matches('\n')).unwrap_or_else(|why| panic!("{why}: {line}"));
            (serde, ours)
        });
        let id = |(serde, _): &(serde_json::Value, ParsedJson)| {
            serde["request_id"].as_str().expect("an id").to_owned()
        };
        check_all(lines, threads, id, |(serde, ours), record| {
            let ParsedJson::Map(pairs) = ours else { panic!("no object: {ours:?}") };
            assert_eq!(pairs[0].0, "timestamp");
            assert_eq!(pairs[1..], expected::json(record, false));
            // Two readers agree on what is there.
            assert_eq!(serde.as_object().map(serde_json::Map::len), Some(pairs.len()));
        });
    });
}

#[test]
fn the_wire_says_of_every_request_what_the_log_does() {
    replay_to_file("wire", |file, threads| {
        let lines = Reader::new(file).map(|item| match item {
            Item::Record(record) => ParsedLine::read(&line(&Text, &record)).expect("a line of text"),
            other => panic!("not a record: {other:?}"),
        });
        check_all(lines, threads, id_of, check_line);
    });
}

#[test]
fn an_async_logger_says_of_every_request_what_the_log_does() {
    for threads in [1, 4] {
        let file = empty_directory(&format!("async-{threads}")).join("out.log");
        let (log, to, count) = (access_log(), to(&file), threads.to_string());
        let arguments = [log.to_str().unwrap(), "--logger", "async", "--threads", &count, "--to", &to];
        let ended = run(replay(arguments));
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(ended.summary_of("async"), [RECORDS, RECORDS, 0]);
        let file = fs::read(file).expect("the replay's file");
        let lines = harmless_lines(&file)
            .map(|line| ParsedLine::read(line).unwrap_or_else(|why| panic!("{why}: {line}")));
        check_all(lines, threads, id_of, check_line);
    }
}

#[test]
fn a_performance_logger_writes_every_request_or_tells_that_it_dropped_it() {
    for name in ["text", "json", "pretty", "wire"] {
        let file = empty_directory(&format!("performance-{name}")).join("out.log");
        let (log, to) = (access_log(), to(&file));
        let arguments = [log.to_str().unwrap(), "--logger", "performance", "--format", name, "--to", &to];
        let ended = run(replay(arguments));
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
        let [logged, written, dropped] = ended.summary_of("performance");
        assert_eq!((logged, written + dropped), (RECORDS, RECORDS));
        let format = match name {
            "text" => Format::Text,
            "json" => Format::Json,
            "wire" => Format::Wire,
            _ => continue,
        };
        // What the stream itself says.
        let entries = entries(format, &fs::read(file).expect("the replay's file"));
        assert_eq!(announced(&entries), dropped);
        let requests = entries.iter().filter(|entry| entry.logger == "shop::access");
        assert_eq!(requests.count() as u64, written);
    }
}

#[test]
fn times_do_not_run_backwards_in_a_thread() {
    let file = empty_directory("times").join("out.log");
    let (log, to) = (access_log(), to(&file));
    let ended = run(replay([log.to_str().unwrap(), "--threads", "1", "--to", &to]));
    assert_eq!(ended.status.code(), Some(0));
    let file = fs::read_to_string(file).unwrap();
    let times: Vec<i64> = file
        .split_inclusive('\n')
        .map(|line| match ParsedLine::read(line).unwrap().time {
            ParsedTime::Wall(micros) => micros,
            ParsedTime::Uptime(_) => panic!("no wall time"),
        })
        .collect();
    assert!(times.is_sorted());
}

#[test]
fn a_file_is_appended_to_and_only_what_is_new_counts() {
    let file = empty_directory("append").join("out.log");
    fs::write(&file, "a line of before\nand one cut o").unwrap();
    let (log, to) = (access_log(), to(&file));
    for round in [1, 3] {
        let arguments = [log.to_str().unwrap(), "--repeat", &round.to_string(), "--to", &to];
        assert_eq!(run(replay(arguments)).summary(), [round * RECORDS, round * RECORDS, 0]);
    }
    let text = fs::read_to_string(file).unwrap();
    assert!(text.starts_with("a line of before\nand one cut o\n2"));
    assert_eq!(text.matches(" shop::access Request ").count() as u64, 4 * RECORDS);
}

#[test]
fn a_wire_longer_than_one_look_is_counted_whole() {
    let file = empty_directory("long-wire").join("out.wire");
    let (log, to) = (access_log(), to(&file));
    let ended = run(replay([log.to_str().unwrap(), "--repeat", "3", "--format", "wire", "--to", &to]));
    assert_eq!(ended.summary(), [3 * RECORDS, 3 * RECORDS, 0]);
}

#[test]
fn by_default_records_go_to_stderr_and_the_summary_to_stdout() {
    let log = access_log();
    let log = log.to_str().unwrap();
    let lines = |text: &str| text.matches('\n').count() as u64;
    for (arguments, on_stdout, on_stderr) in [
        (&[log][..], 1, RECORDS),
        (&[log, "--to", "stderr", "--format", "json"], 1, RECORDS),
        (&[log, "--to", "stdout"], RECORDS + 1, 0),
        (&[log, "--to", "null"], 1, 0),
    ] {
        let ended = run(replay(arguments));
        assert_eq!((ended.status.code(), ended.summary()), (Some(0), [RECORDS, RECORDS, 0]));
        assert_eq!((lines(&ended.stdout), lines(&ended.stderr)), (on_stdout, on_stderr), "{arguments:?}");
    }
}

#[test]
fn a_wrong_option_or_file_is_an_error_and_nothing_is_logged() {
    let directory = empty_directory("wrong");
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let good = fs::read(access_log()).unwrap();
    let lines: Vec<&[u8]> = good.split_inclusive(|&byte| byte == b'\n').take(17).collect();
    let seventeenth_wrong = [&lines[..16].concat()[..], b"GET /\x1b[31m\n", lines[16]].concat();
    let cut_off = lines.concat();
    fs::write(path("wrong.log"), seventeenth_wrong).unwrap();
    fs::write(path("cut.log"), &cut_off[..cut_off.len() - 1]).unwrap();
    fs::write(path("empty.log"), "").unwrap();
    fs::write(path("copy.log"), &good).unwrap();
    let log = access_log().to_str().unwrap().to_owned();
    let [wrong, cut, empty, copy, missing, out] =
        ["wrong.log", "cut.log", "empty.log", "copy.log", "missing.log", "out.log"].map(path);
    let to_out = format!("file:{out}");
    let cases: &[(&[&str], &str)] = &[
        (
            &[&wrong],
            &format!("replay: {wrong}:17: expected an address of digits and dots; found `GET /\\x1b[31m`\n"),
        ),
        (&[&cut], &format!("replay: {cut}:17: expected a line feed at the end; found ")),
        (&[&empty], &format!("replay: {empty}:1: the file is empty; expected at least one line\n")),
        (&[&missing], &format!("replay: {missing}: can't be read: No such file or directory")),
        (&[&path("")], &format!("replay: {}: can't be read: Is a directory", path(""))),
        (&[&copy, "--to", &format!("file:{copy}")], "replay: --to names the very file that is replayed\n"),
        (&[&log, "--to", &format!("file:{copy}/x")], &format!("replay: --to file:{copy}/x: ")),
        (
            &[&log, "--to", "nowhere"],
            "error: invalid value 'nowhere' for '--to <WHERE>': expected stderr, stdout,",
        ),
        (&[&log, "--to", "file:"], "error: invalid value 'file:' for '--to <WHERE>'"),
        (&[&log, "--format", "xml"], "error: invalid value 'xml' for '--format <FORMAT>'"),
        (&[&log, "--logger", "fast"], "error: invalid value 'fast' for '--logger <LOGGER>'"),
        (&[&log, "--threads", "0"], "error: invalid value '0' for '--threads <N>'"),
        (&[&log, "--repeat", "0"], "error: invalid value '0' for '--repeat <N>'"),
        (&[&log, "--fast"], "error: unexpected argument '--fast' found"),
        (&[], "error: the following required arguments were not provided"),
    ];
    for (arguments, error) in cases {
        let mut command = replay(*arguments);
        if !arguments.contains(&"--to") {
            command.args(["--to", &to_out]);
        }
        let ended = run(command);
        assert_eq!(
            (ended.status.code(), ended.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert!(ended.stderr.starts_with(error), "{arguments:?}: {}", ended.stderr);
        assert!(!PathBuf::from(&out).exists(), "{arguments:?} has written something");
    }
    assert_eq!(fs::read(copy).unwrap(), good, "the log itself was written to");
}

#[test]
#[cfg(target_os = "linux")]
fn records_that_a_full_disk_refuses_are_reported_and_nothing_hangs() {
    for (format, logger) in [("text", "sync"), ("wire", "sync"), ("text", "async")] {
        let log = access_log();
        let arguments =
            [log.to_str().unwrap(), "--format", format, "--logger", logger, "--to", "file:/dev/full"];
        let ended = run(replay(arguments));
        assert_eq!(ended.status.code(), Some(1));
        let [logged, written, dropped] = ended.summary_of(logger);
        assert_eq!((logged, written), (RECORDS, 0));
        let report =
            format!("replay: {RECORDS} records were logged, but 0 written: {dropped} were dropped, ");
        let stderr = ended.stderr;
        let (_, waiting) = stderr.split_once(&report).unwrap_or_else(|| panic!("no report in {stderr:?}"));
        let waiting: u64 = waiting.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(dropped + waiting, RECORDS, "each record is dropped or waits");
        assert!(stderr.contains("No space left on device"), "{stderr}");
        // A flush tries for ten seconds, the end of the process for five.
        assert!(ended.took < Duration::from_secs(25), "{:?}", ended.took);
    }
}

#[test]
#[cfg(unix)]
fn a_reader_that_went_away_is_an_error_not_a_panic() {
    let mut command = replay([access_log().to_str().unwrap(), "--to", "stdout"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer);
    let ended = run(command);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("replay: the summary can't be printed: Broken pipe"), "{}", ended.stderr);
    assert!(ended.stderr.contains("replay: 20000 records were logged, but 0 written"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}
