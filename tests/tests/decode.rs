//! The command `kakashi decode`, run as a user runs it: what programs have
//! stored as the wire, those among them that a signal has ended, becomes lines.

#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use kakashi_core::{
    Bytes, DropReason, Dropped, Encoder as _, EncoderCache, LogLevel, LogRecord, Name, Output, Timestamp,
    Wire, fields,
};
use kakashi_tests::fakes::{eventually, in_time};
use kakashi_tests::process::{Ended, Folder, Running, read, start, start_command};
use kakashi_tests::read_back::{Entry, assert_each_once_in_order, numbers, text};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Builds the command once, in the target directory of this test.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target directory");
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "kakashi-std", "--features", "cli", "--bin", "kakashi"])
            .args(["--message-format", "json-render-diagnostics", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "the command does not build");
        let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
        let executable = |message: serde_json::Value| message["executable"].as_str().map(PathBuf::from);
        messages.filter_map(|message| executable(message.ok()?)).last().expect("cargo names what it built")
    })
}

fn kakashi<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `kakashi decode` on bytes from stdin.
fn decode(options: &[&str], bytes: &[u8]) -> Ended {
    let mut running = start_command(kakashi([&["decode"], options].concat()));
    let mut stdin = running.child.stdin.take().expect("a pipe");
    let bytes = bytes.to_vec();
    // It may end, or wait for its own reader, before it has read all.
    let writer = std::thread::spawn(move || _ = stdin.write_all(&bytes));
    let ended = running.ends();
    writer.join().expect("bytes are written");
    ended
}

fn assert_ends(ended: &Ended, code: i32, stdout: &str, stderr: &str) {
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(code), stderr));
    assert!(ended.stdout == stdout, "expected {stdout}\nfound {}", ended.stdout);
}

/// The blocks of the conformance vectors, each with its lines.
struct Vector {
    block: Vec<u8>,
    text: String,
    json: String,
}

fn vectors() -> Vec<Vector> {
    let file = read(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/records.json"));
    let vectors: Vec<serde_json::Value> = serde_json::from_slice(&file).expect("records.json is one array");
    let string = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let hex = |digits: String| {
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex digits");
        (0..digits.len()).step_by(2).map(byte).collect()
    };
    let vector = |vector: &serde_json::Value| Vector {
        block: hex(string(&vector["wire_block_hex"])),
        text: string(&vector["text"]) + "\n",
        json: string(&vector["json"]) + "\n",
    };
    vectors.iter().map(vector).collect()
}

/// The first so many vectors as one stream, and as lines.
fn stream(count: usize) -> (Vec<u8>, String) {
    let vectors = vectors();
    let vectors = &vectors[..count];
    (
        vectors.iter().flat_map(|vector| vector.block.clone()).collect(),
        vectors.iter().map(|vector| vector.text.as_str()).collect(),
    )
}

#[test]
fn the_vectors_become_the_vectors_lines() {
    let vectors = vectors();
    let stream: Vec<u8> = vectors.iter().flat_map(|vector| vector.block.clone()).collect();
    let text: String = vectors.iter().map(|vector| vector.text.as_str()).collect();
    let json: String = vectors.iter().map(|vector| vector.json.as_str()).collect();
    assert!(vectors.len() >= 200);
    let folder = Folder::new();
    let file = folder.file("vectors.klog");
    fs::write(&file, &stream).unwrap();
    let file = file.to_str().unwrap();
    for (arguments, lines) in [
        (&[][..], &text),
        (&["-"], &text),
        (&[file], &text),
        (&["--format", "text", file], &text),
        (&["--format", "json", file], &json),
        (&["--format=json", "-"], &json),
        (&[file, "-"], &text.repeat(2)),
    ] {
        assert_ends(&decode(arguments, &stream), 0, lines, "");
    }
    let pretty = decode(&["--format", "pretty"], &stream);
    assert_eq!((pretty.status.code(), pretty.stderr.as_str()), (Some(0), ""));
    assert!(!pretty.stdout.contains('\x1b'), "no colour for who is no terminal");
    assert!(pretty.stdout.lines().count() >= vectors.len());
}

#[test]
fn garbage_is_passed_over_wherever_it_is_and_told_with_its_place() {
    let (one, line) = stream(1);
    let garbage = b"\xf5kk\xfa\x01\0\x05 garbage \xf5\n";
    let len = garbage.len();
    let told = |offset: usize, bytes: usize| {
        format!("kakashi: stdin: {bytes} damaged bytes at offset {offset} were passed over\n")
    };
    for (bytes, lines, stderr) in [
        ([&garbage[..], &one].concat(), 1, told(0, len)),
        ([&one[..], garbage, &one].concat(), 2, told(one.len(), len)),
        ([&one[..], garbage].concat(), 1, told(one.len(), len)),
        (
            [&garbage[..], &one, garbage, garbage, &one].concat(),
            2,
            told(0, len) + &told(len + one.len(), 2 * len),
        ),
    ] {
        assert_ends(&decode(&[], &bytes), 1, &line.repeat(lines), &stderr);
    }
}

#[test]
fn a_flipped_bit_costs_its_block_and_no_other() {
    let (first, lines) = stream(3);
    let vectors = vectors();
    let (start, end) = (vectors[0].block.len(), vectors[0].block.len() + vectors[1].block.len());
    let kept = [vectors[0].text.as_str(), &vectors[2].text].concat();
    assert!(lines.starts_with(&vectors[0].text));
    for at in [start, start + 4, start + 5, start + 6, start + 9, start + 10, end - 1] {
        let mut bytes = first.clone();
        bytes[at] ^= 1;
        let told =
            format!("kakashi: stdin: {} damaged bytes at offset {start} were passed over\n", end - start);
        assert_ends(&decode(&[], &bytes), 1, &kept, &told);
    }
}

#[test]
fn a_torn_tail_costs_its_block_and_what_is_appended_is_read() {
    let (all, _) = stream(2);
    let vectors = vectors();
    let (first, second) = (&vectors[0], &vectors[1]);
    for torn in [1, 3, 4, 9, 10, 20, second.block.len() - 1] {
        let tail = &second.block[..torn];
        let told = match torn {
            1 => format!("kakashi: stdin: 1 damaged byte at offset {} was passed over\n", first.block.len()),
            _ => format!(
                "kakashi: stdin: {torn} damaged bytes at offset {} were passed over\n",
                first.block.len()
            ),
        };
        assert_ends(&decode(&[], &[&first.block[..], tail].concat()), 1, &first.text, &told);
        let appended = [&first.block[..], tail, &all].concat();
        let lines = [first.text.as_str(), &first.text, &second.text].concat();
        assert_ends(&decode(&[], &appended), 1, &lines, &told);
    }
}

#[test]
fn a_block_that_somebody_had_logged_is_never_taken_for_the_logs_own() {
    // Larger than what is read at once: the inner block arrives before the outer is whole.
    let vectors = vectors();
    let inner = &vectors[0];
    let payload = [inner.block.as_slice(), &[b'x'; 300_000]].concat();
    let mut room = vec![0; 400_000];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    let payload = Bytes(&payload);
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("outer"), "Upload");
    Wire.encode(&record.with_fields(fields![payload]), &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    let ended = decode(&[], out.written());
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout.lines().count(), 1);
    assert!(ended.stdout.starts_with("1970-01-01T00:00:00.000000Z INFO outer Upload payload=\"\\xf5kk"));
}

#[test]
fn what_a_program_has_dropped_stands_in_the_lines() {
    let mut dropped = Dropped::default();
    dropped.add(LogLevel::Debug, DropReason::QueueFull, 15);
    dropped.add(LogLevel::Error, DropReason::SinkFailed, 2);
    let mut room = [0; 1024];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    Wire.encode_dropped(Timestamp::Wall(0), &dropped, &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    let text = "1970-01-01T00:00:00.000000Z WARNING kakashi Records were dropped dropped=17 \
                levels={\"DEBUG\":15,\"ERROR\":2} reasons={\"queue_full\":15,\"sink_failed\":2}\n";
    assert_ends(&decode(&[], out.written()), 0, text, "");
    let json = "{\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"level\":\"WARNING\",\"logger\":\"kakashi\",\
                \"message\":\"Records were dropped\",\"dropped\":17,\"levels\":{\"DEBUG\":15,\"ERROR\":2},\
                \"reasons\":{\"queue_full\":15,\"sink_failed\":2}}\n";
    assert_ends(&decode(&["-f", "json"], out.written()), 0, json, "");
}

#[test]
fn what_can_not_be_read_is_told_and_the_rest_is_shown() {
    let folder = Folder::new();
    let path = |name: &str| folder.file(name).to_str().unwrap().to_owned();
    let [good, empty, log, missing] = ["good.klog", "empty.klog", "text.log", "missing.klog"].map(path);
    let (block, line) = stream(1);
    fs::write(&good, block).unwrap();
    fs::write(&empty, "").unwrap();
    fs::write(&log, &line).unwrap();
    assert_ends(&decode(&[&empty], b""), 0, "", "");
    assert_ends(&decode(&[], b""), 0, "", "");
    let no_file = format!("kakashi: {missing}: can't be read: No such file or directory (os error 2)\n");
    assert_ends(&decode(&[&missing], b""), 1, "", &no_file);
    let no_block = format!(
        "kakashi: {log}: no kakashi block is in it ({} bytes); is it text or JSON already?\n",
        line.len()
    );
    assert_ends(&decode(&[&log], b""), 1, "", &no_block);
    let told = no_file + &no_block;
    assert_ends(&decode(&[&good, &missing, &empty, &log, &good], b""), 1, &line.repeat(2), &told);
}

#[test]
fn a_wrong_command_line_is_told_and_nothing_is_read() {
    for (arguments, error) in [
        (
            &["decode", "--format", "xml"][..],
            "error: invalid value 'xml' for '--format <FORMAT>'\n  [possible values: text, json, pretty]\n",
        ),
        (&["decode", "--fast"], "error: unexpected argument '--fast' found"),
        (&["encode"], "error: unrecognized subcommand 'encode'"),
        (&[], "Reads the binary logs that kakashi writes\n\nUsage: kakashi <COMMAND>"),
    ] {
        let ended = start_command(kakashi(arguments)).ends();
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.starts_with(error), "{arguments:?}: {}", ended.stderr);
    }
    let help = start_command(kakashi(["decode", "--help"])).ends();
    assert_eq!((help.status.code(), help.stderr.as_str()), (Some(0), ""));
    for part in ["Usage: kakashi decode", "Examples:", "Exit status:", ".klog", "[default: text]"] {
        assert!(help.stdout.contains(part), "{part} is not in {}", help.stdout);
    }
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let folder = Folder::new();
    let file = folder.file("long.klog");
    fs::write(&file, stream(200).0.repeat(20)).unwrap();
    let mut command = kakashi(["decode".as_ref(), file.as_os_str()]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer);
    assert_ends(&start_command(command).ends(), 0, "", "");
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_takes_nothing_is_an_error() {
    let folder = Folder::new();
    let file = folder.file("good.klog");
    fs::write(&file, stream(1).0).unwrap();
    let mut command = kakashi(["decode".as_ref(), file.as_os_str()]);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let told = "kakashi: the output can't be written: No space left on device (os error 28)\n";
    assert_ends(&start_command(command).ends(), 1, "", told);
}

#[test]
fn a_block_is_shown_when_it_is_whole_and_the_stream_goes_on() {
    let mut child = kakashi(["decode"]).stderr(Stdio::null()).spawn().expect("the command starts");
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let vectors = vectors();
    let read = in_time(move || {
        let mut lines = String::new();
        for vector in &vectors[..3] {
            stdin.write_all(&vector.block).unwrap();
            stdout.read_line(&mut lines).unwrap();
        }
        (lines, vectors[..3].iter().map(|vector| vector.text.as_str()).collect::<String>())
    });
    assert!(child.wait().unwrap().success());
    assert_eq!(read.0, read.1);
}

/// Starts a child that logs to the wire, and waits until it is to be signalled.
fn start_child(scenario: &str, file: &Path) -> Running {
    let child = start(CHILD, [scenario.as_ref(), file.as_os_str()]);
    let ready = file.with_extension("ready");
    assert!(eventually(|| ready.exists()), "{scenario} does not get ready");
    child
}

fn signal(child: &Running, name: &str) {
    let kill = Command::new("kill").args([&format!("-{name}"), &child.child.id().to_string()]).status();
    assert!(kill.expect("there is a `kill`").success());
}

/// Reads what a child has stored, all of which must be whole.
fn stored(file: &Path) -> Vec<Entry> {
    let ended = decode(&[file.to_str().unwrap()], b"");
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    text(ended.stdout.as_bytes())
}

/// Runs a scenario until a signal ends it; returns what it told and has stored.
fn ended_by(scenario: &str, name: &str, number: i32) -> (String, Vec<Entry>) {
    let folder = Folder::new();
    let file = folder.file("log.klog");
    let child = start_child(scenario, &file);
    signal(&child, name);
    let ended = child.ends();
    assert_eq!((ended.status.signal(), ended.stderr.as_str()), (Some(number), ""), "{scenario}");
    (ended.stdout, stored(&file))
}

const SIGNALS: [(&str, i32); 2] = [("TERM", 15), ("INT", 2)];

#[test]
fn a_signal_loses_nothing_that_was_logged_before() {
    for scenario in ["signal", "async_signal"] {
        for (name, number) in SIGNALS {
            assert_each_once_in_order(&ended_by(scenario, name, number).1, 2, 1000);
        }
    }
}

#[test]
fn a_signal_under_load_loses_no_record_whose_call_returned() {
    for (name, number) in SIGNALS {
        let (told, entries) = ended_by("signal_under_load", name, number);
        for (thread, found) in numbers(&entries) {
            let told = told.lines().filter(|line| line.starts_with(&format!("thread={thread} "))).count();
            assert!(told > 100);
            assert!(found.iter().copied().eq(0..found.len() as u64), "thread {thread} has a gap");
            assert!(
                found.len() >= told,
                "{name}: {told} calls of thread {thread} returned, {} are there",
                found.len()
            );
        }
    }
}

#[test]
fn a_signal_beside_a_stuck_sink_ends_the_process_in_time_and_tells_what_was_left() {
    let folder = Folder::new();
    let file = folder.file("log.klog");
    let child = start_child("signal_beside_a_stuck_sink", &file);
    signal(&child, "TERM");
    let ended = child.ends();
    assert_eq!(ended.status.signal(), Some(15), "{ended:?}");
    assert!(ended.took < Duration::from_secs(8), "{ended:?}");
    assert_eq!(ended.stderr, "kakashi: 8 records could not be written before a signal ended the process\n");
}

#[test]
fn a_second_signal_does_not_wait_for_a_stuck_sink() {
    let folder = Folder::new();
    let file = folder.file("log.klog");
    let mut child = start_child("signal_beside_a_stuck_sink", &file);
    let started = std::time::Instant::now();
    // It is not known when the first has been seen to.
    while child.child.try_wait().unwrap().is_none() {
        signal(&child, "INT");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(child.ends().status.signal(), Some(2));
}

#[test]
fn a_forked_process_is_ended_by_a_signal_and_flushes_if_it_asks_to() {
    let folder = Folder::new();
    let file = folder.file("log.klog");
    for scenario in ["signal_in_a_fork", "async_signal_in_a_fork"] {
        let ended = start(CHILD, [scenario.as_ref(), file.as_os_str()]).ends();
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
        assert_each_once_in_order(&stored(&file), 2, 100);
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let folder = Folder::new();
    let file = folder.file("log.klog");
    let ended = start(CHILD, ["signal_ignored".as_ref(), file.as_os_str()]).ends();
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert_each_once_in_order(&stored(&file), 1, 100);
}
