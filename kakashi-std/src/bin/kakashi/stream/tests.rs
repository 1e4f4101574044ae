//! Decoding of whole inputs, whose steps a script gives.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::Duration;

use kakashi_core::{Name, Screen};
use kakashi_std::wire::{BlockWriter, RecordIds, SiteTable};
use kakashi_std::{LogLevel, LogRecord, Output, Timestamp};

use super::blocks::tests::block;
use super::{DecodeSettings, Reporter, decode};
use crate::elf_sites::GivenSites;
use crate::input::{Input, Step};
use crate::options::OutputFormat;
use crate::output::{MAX_LINE, Printer, RecordFilter, filter};
use crate::report::{Notice, Warning};

/// An input that gives these steps and bytes.
#[derive(Default)]
struct Script(VecDeque<(Vec<u8>, Option<Step>)>);

impl Script {
    /// Splits bytes into steps of this many.
    fn pieces(bytes: &[u8], piece: usize) -> Self {
        Self(bytes.chunks(piece).map(|piece| (piece.to_vec(), None)).collect())
    }

    fn then(mut self, step: Step) -> Self {
        self.0.push_back((vec![], Some(step)));
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.push_back((bytes.to_vec(), None));
        self
    }
}

impl Input for Script {
    fn step(&mut self, buffer: &mut [u8], _: Option<Duration>) -> Step {
        let Some((bytes, step)) = self.0.pop_front() else { return Step::End };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        step.unwrap_or(Step::Bytes(bytes.len()))
    }
}

#[derive(Default)]
struct ReportLog(Vec<String>);

impl Reporter for ReportLog {
    fn warning(&mut self, warning: &Warning) {
        self.0.push(warning.to_string());
    }

    fn notice(&mut self, notice: &Notice) {
        self.0.push(format!("(it {notice})"));
    }
}

fn decoded_by(mut input: Script, settings: &DecodeSettings<'_>) -> (String, Vec<String>) {
    let (mut lines, mut log) = (Vec::new(), ReportLog::default());
    let mut printer = Printer::new(OutputFormat::Text.encoder(&Screen::default()), MAX_LINE, &mut lines);
    decode(&mut input, settings, &mut printer, &mut log).unwrap();
    drop(printer);
    (String::from_utf8(lines).unwrap(), log.0)
}

fn settings(filter: &RecordFilter, stall_timeout: Option<Duration>) -> DecodeSettings<'_> {
    DecodeSettings { filter, stall_timeout, sites: GivenSites::default() }
}

fn decoded(input: Script) -> (String, Vec<String>) {
    decoded_by(input, &settings(&filter("all", &[], &[]), None))
}

/// Decodes a live stream with a stall timeout of zero.
fn decoded_live(input: Script) -> (String, Vec<String>) {
    let stall_timeout = Some(Duration::ZERO);
    decoded_by(input, &settings(&filter("all", &[], &[]), stall_timeout))
}

const LINE: &str = "1970-01-01T00:00:00.000000Z INFO t Said payload=";

#[test]
fn damage_is_reported_once_with_its_place_whatever_the_pieces() {
    let one = block(b"one");
    let forged = block(&block(b"forged"));
    let len = one.len();
    let stream = [b"text\n", &one[..], &one[..20], &forged, b"\xf5", &one, &one[..len - 1]].concat();
    for piece in [1, 2, 3, 7, 64, 1000] {
        let (lines, messages) = decoded(Script::pieces(&stream, piece));
        let inner = "\"\\xf5kk";
        assert!(lines.starts_with(&format!("{LINE}one\n{LINE}{inner}")), "{lines}");
        assert!(lines.ends_with(&format!("\n{LINE}one\n")) && lines.lines().count() == 3, "{lines}");
        let expected = [
            "5 damaged bytes at offset 0 were passed over".to_owned(),
            format!("20 damaged bytes at offset {} were passed over", 5 + len),
            format!("1 damaged byte at offset {} was passed over", 25 + len + forged.len()),
            format!("{} damaged bytes at offset {} were passed over", len - 1, 26 + 2 * len + forged.len()),
        ];
        assert_eq!(messages, expected);
    }
}

#[test]
fn an_input_without_a_block_is_reported_as_none() {
    assert_eq!(decoded(Script::pieces(b"", 9)), (String::new(), vec![]));
    let (lines, messages) = decoded(Script::pieces(b"2026-11-22T10:12:00.123456Z INFO app Started\n", 9));
    assert_eq!((lines.as_str(), messages.len()), ("", 1));
    assert_eq!(messages[0], "no kakashi block is in it (45 bytes); it is text already");
    // One that has at least begun is a wire.
    let (lines, messages) = decoded(Script::pieces(&block(b"x")[..12], 5));
    assert_eq!(
        (lines.as_str(), messages),
        ("", vec!["12 damaged bytes at offset 0 were passed over".into()])
    );
}

#[test]
fn what_was_read_before_an_error_is_shown() {
    let one = block(b"one");
    let stream = [&one[..], &one[..9]].concat();
    let (lines, messages) =
        decoded(Script::pieces(&stream, 1000).then(Step::Failed(ErrorKind::TimedOut.into())));
    assert_eq!(lines, format!("{LINE}one\n"));
    let damaged = format!("9 damaged bytes at offset {} were passed over", one.len());
    assert_eq!(messages, [damaged, "can't be read: timed out".into()]);
}

#[test]
fn an_item_that_makes_no_sense_costs_itself_only() {
    let one = block(b"one");
    // A context that ends in its middle, before the record.
    let items = [&[3, 2, 1, 9], &one[10..one.len() - 4]].concat();
    let mut head = one[..6].to_vec();
    head.extend_from_slice(&(items.len() as u32).to_le_bytes());
    let mut wrong = [head, items].concat();
    let crc = crc32fast::hash(&wrong[4..]);
    wrong.extend_from_slice(&crc.to_le_bytes());
    let stream = [&one[..], &wrong].concat();
    let (lines, messages) = decoded(Script::pieces(&stream, 1000));
    assert_eq!(lines, format!("{LINE}one\n{LINE}one\n"));
    let expected = format!("4 bytes in the block at offset {} make no sense and were passed over", one.len());
    assert_eq!(messages, [expected]);
}

/// Makes a block of a build with this many records of its site 1.
fn block_of_build(id: &[u8], records: usize) -> Vec<u8> {
    let mut buffer = vec![0; 1024];
    let mut out = Output::new(&mut buffer);
    let block = BlockWriter::begin(&mut out);
    block.put_build(&mut out, id);
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new(""), "");
    for _ in 0..records {
        block.put_record(&mut out, &record, RecordIds { site: Some(1), ..RecordIds::default() });
    }
    block.finish(&mut out);
    out.written().to_vec()
}

#[test]
fn each_build_is_explained_by_its_own_sites() {
    let sections = ["One", "Two"].map(|message| [b"\0\x10\x14\x03", message.as_bytes(), b"\0"].concat());
    let ids = [b"build one", b"build two"];
    let tables = [0, 1].map(|at| SiteTable::new(&sections[at], ids[at]).unwrap());
    let one = block_of_build(b"build on", 2);
    let stream = [&one[..], &block_of_build(b"build tw", 1), &one, &block(b"three")].concat();
    let filter = filter("all", &[], &[]);
    let sites = GivenSites { tables: &tables, given: &[] };
    let line = |said: &str| format!("1970-01-01T00:00:00.000000Z INFO \"\" {said}\n");
    for piece in [3, 1000] {
        let (lines, messages) =
            decoded_by(Script::pieces(&stream, piece), &DecodeSettings { sites, ..settings(&filter, None) });
        let ones = line("One").repeat(2);
        assert_eq!(lines, format!("{ones}{}{ones}{LINE}three\n", line("Two")));
        assert!(messages.is_empty(), "{messages:?}");
    }
}

#[test]
fn a_build_without_sites_is_reported_once_and_counted_even_if_the_input_restarts() {
    let (one, two) = (block_of_build(b"build on", 2), block_of_build(b"build tw", 1));
    let input = || {
        Script::pieces(&[&block_of_build(b"nothing!", 0), &one[..], &two].concat(), 1000)
            .then(Step::Restart(Notice::Truncated))
            .bytes(&one)
    };
    // Of one record.
    let bytes = (one.len() - two.len()) as u64;
    let offset = block_of_build(b"", 0).len() + 8;
    let needs = |at: usize, build: &str| {
        format!("the block at offset {at} needs the sites of build {build}: give its ELF file with --sites")
    };
    let first = [needs(offset, "6275696c64206f6e"), needs(offset + one.len(), "6275696c64207477")];
    let anew = "(it was truncated; it is read again from its start)".to_owned();
    let counts = [
        format!(
            "{} bytes in 2 blocks of build 6275696c64206f6e were passed over for want of its sites",
            4 * bytes
        ),
        format!("{bytes} bytes in 1 block of build 6275696c64207477 were passed over for want of its sites"),
    ];
    let expected = [&first[..], &[anew], &counts].concat();
    for end in [Step::End, Step::Stopped] {
        assert_eq!(decoded(input().then(end)), (String::new(), expected.clone()));
    }
    let failed = decoded(input().then(Step::Failed(ErrorKind::TimedOut.into()))).1;
    assert_eq!(failed, [&expected[..], &["can't be read: timed out".to_owned()]].concat());
}

#[test]
fn a_live_stream_is_not_held_up_by_a_block_that_is_never_completed() {
    let (one, two) = (block(b"one"), block(b"two"));
    let mut torn = one.clone();
    // Its length is a quarter of a gigabyte.
    torn[9] = 0x0f;
    let input = || Script::pieces(&[&one[..], &torn, &two[..9]].concat(), 1000).bytes(&two[9..]);
    let (lines, messages) = decoded_live(input().then(Step::Stopped));
    assert_eq!(lines, format!("{LINE}one\n{LINE}two\n"));
    assert_eq!(messages, [format!("{} damaged bytes at offset {} were passed over", torn.len(), one.len())]);
    // One that is read to its end waits for it.
    assert_eq!(decoded(input().then(Step::Stopped)), (format!("{LINE}one\n"), vec![]));
    assert_eq!(decoded(input()).0, format!("{LINE}one\n{LINE}two\n"));
}

#[test]
fn a_block_that_is_slow_is_waited_for() {
    let slow = block(b"slow");
    let (lines, messages) = decoded_live(Script::pieces(&slow, 1).then(Step::Stopped));
    assert_eq!((lines, messages), (format!("{LINE}slow\n"), vec![]));
}

#[test]
fn damage_at_the_end_of_a_live_stream_is_reported() {
    let one = block(b"one");
    let input = Script::pieces(&one, 1000).bytes(b"noise").then(Step::Quiet).then(Step::Stopped);
    let damage = format!("5 damaged bytes at offset {} were passed over", one.len());
    assert_eq!(decoded_live(input), (format!("{LINE}one\n"), vec![damage]));
    // What was no block from the start is so once only.
    let input = Script::pieces(b"noise", 1000).bytes(b"noise").then(Step::Quiet).bytes(&one);
    let (lines, messages) = decoded_live(input);
    assert_eq!(lines, format!("{LINE}one\n"));
    let doubt = "(it no kakashi block is among the first 5 bytes; it is text already, or --baud is wrong)";
    assert_eq!(messages, [doubt, "10 damaged bytes at offset 0 were passed over"]);
}

#[test]
fn a_restarted_stream_loses_its_incomplete_block_and_counts_from_its_start() {
    let one = block(b"one");
    let input = Script::pieces(&[&one[..], &one[..7]].concat(), 1000)
        .then(Step::Notice(Notice::Gone))
        .then(Step::Restart(Notice::Replaced))
        .bytes(&[&one[7..], &one].concat());
    let (lines, messages) = decoded_live(input);
    assert_eq!(lines, format!("{LINE}one\n{LINE}one\n"));
    let gone = "(it is gone; waiting until it is back)".to_owned();
    let torn = format!("7 damaged bytes at offset {} were passed over", one.len());
    let anew = "(it was replaced; the new file is read from its start)".to_owned();
    let rest = format!("{} damaged bytes at offset 0 were passed over", one.len() - 7);
    assert_eq!(messages, [gone, torn, anew, rest]);
}

#[test]
fn an_incomplete_block_is_no_damage_when_a_signal_stops_the_command() {
    let one = block(b"one");
    let input = Script::pieces(&[&one[..], &one[..20]].concat(), 1000).then(Step::Stopped).bytes(&one);
    assert_eq!(decoded(input), (format!("{LINE}one\n"), vec![]));
}

#[test]
fn only_records_that_pass_the_filter_are_shown_and_all_damage_is_reported() {
    let stream = [&block(b"one")[..], b"noise", &block(b"two")].concat();
    let filter = filter("info", &["t"], &["payload=two"]);
    let settings = settings(&filter, None);
    let (lines, messages) = decoded_by(Script::pieces(&stream, 9), &settings);
    assert_eq!((lines, messages.len()), (format!("{LINE}two\n"), 1));
}

#[test]
fn a_closed_stdout_is_an_error_of_the_output() {
    let mut printer = Printer::new(OutputFormat::Text.encoder(&Screen::default()), MAX_LINE, Vec::new());
    let filter = filter("all", &[], &[]);
    let settings = settings(&filter, None);
    let mut input = Script::default().then(Step::OutputClosed);
    let error = decode(&mut input, &settings, &mut printer, &mut ReportLog::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}
