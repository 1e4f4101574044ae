//! The command `kakashi decode`, run as a user runs it: what programs have
//! stored as the wire, those among them that a signal has ended, becomes lines.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use kakashi_core::{
    Bytes, DropReason, Dropped, Encoder as _, EncoderCache, Field, LogLevel, LogRecord, Name, Output,
    Timestamp, Wire, fields,
};
use kakashi_tests::block::{item, leb, of_items};
use kakashi_tests::fakes::{PATIENCE, eventually, in_time};
use kakashi_tests::process::{Ended, Folder, Running, read, start, start_command};
use kakashi_tests::read_back::{Entry, assert_each_once_in_order, numbers, text};
use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

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
    assert_ends(&decode(&["-o", "json"], out.written()), 0, json, "");
    // Whatever was dropped may have been asked for, but not by its level.
    for filter in [["--logger", "shop"], ["--field", "user_id=42"], ["--level", "warning"]] {
        assert_ends(&decode(&filter, out.written()), 0, text, "");
    }
    assert_ends(&decode(&["--level", "error"], out.written()), 0, "", "");
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
    let folder_itself = folder.file("").to_str().unwrap().to_owned();
    let is_folder = format!("kakashi: {folder_itself}: is a directory; name the files in it\n");
    assert_ends(&decode(&[&folder_itself], b""), 1, "", &is_folder);
    assert_ends(&decode(&["--follow", &folder_itself], b""), 1, "", &is_folder);
    let no_speed =
        |name: &str| format!("kakashi: {name}: is no terminal and has no speed; leave --baud away\n");
    assert_ends(&decode(&["--baud", "9600", &good], b""), 1, "", &no_speed(&good));
    assert_ends(&decode(&["--baud", "9600"], b""), 1, "", &no_speed("stdin"));
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
        (
            &["decode", "--level", "loud"],
            "error: invalid value 'loud' for '--level <LEVEL>': unknown level \"loud\": use TRACE, DEBUG, INFO,",
        ),
        (
            &["decode", "--field", "=x"],
            "error: invalid value '=x' for '--field <KEY[=VALUE]>': it names no field; write key=value,",
        ),
        (
            &["decode", "--baud", "8n1"],
            "error: invalid value '8n1' for '--baud <SPEED>': write the bits a second, as 9600 or 115200",
        ),
        (&["encode"], "error: unrecognized subcommand 'encode'"),
        (&[], "Reads the binary logs that kakashi writes\n\nUsage: kakashi <COMMAND>"),
    ] {
        let ended = start_command(kakashi(arguments)).ends();
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.starts_with(error), "{arguments:?}: {}", ended.stderr);
    }
    let help = start_command(kakashi(["decode", "--help"])).ends();
    assert_eq!((help.status.code(), help.stderr.as_str()), (Some(0), ""));
    for part in [
        "Usage: kakashi decode",
        "Firmware (--sites):",
        "Following (--follow):",
        "Serial lines:",
        "Filters:",
        "Examples:",
        "Exit status:",
        ".klog",
        "[default: text]",
    ] {
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

/// A record as a block of its own.
fn block_of(
    timestamp: Timestamp,
    level: LogLevel,
    logger: &str,
    message: &str,
    fields: &[Field<'_>],
) -> Vec<u8> {
    let mut room = [0; 1024];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    let record = LogRecord::new(timestamp, level, Name::new(logger), message);
    Wire.encode(&record.with_fields(fields), &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    out.written().to_vec()
}

/// A block that says this, and its line.
fn said(message: &str) -> (Vec<u8>, String) {
    let block = block_of(Timestamp::Wall(0), LogLevel::Info, "app", message, &[]);
    (block, format!("1970-01-01T00:00:00.000000Z INFO app {message}"))
}

#[test]
fn filters_show_what_is_asked_for_and_damage_is_told_all_the_same() {
    use LogLevel::{Debug, Error, Info, Warning};
    let time = Timestamp::Wall(0);
    let stream = [
        block_of(time, Info, "shop::orders", "A", fields![user = 42, total = 1.5, state = "paid"]),
        block_of(time, Debug, "shop::orders::cart", "B", fields![user = 42, note = "a b"]),
        b"noise".to_vec(),
        block_of(time, Error, "shop::stock", "C", fields![user = 7, state = "open"]),
        block_of(time, Warning, "db", "D", fields![user = "42"]),
        block_of(Timestamp::Uptime(12_345_678_901), Info, "board", "E", &[]),
    ]
    .concat();
    for (options, messages) in [
        (&[][..], "ABCDE"),
        (&["--level", "warning"], "CD"),
        (&["-l", "ERROR"], "C"),
        (&["-l", "20"], "ACDE"),
        (&["--logger", "shop::orders"], "AB"),
        (&["--logger", "shop"], "ABC"),
        (&["--logger", "sho"], ""),
        (&["--logger", "shop::stock", "--logger", "db"], "CD"),
        (&["--field", "user=42"], "ABD"),
        (&["--field", "user=42", "--field", "user=7"], "ABCD"),
        (&["--field", "user=42", "--field", "state=paid"], "A"),
        (&["--field", "total=1.50"], "A"),
        (&["--field", "note=a b"], "B"),
        (&["--field", "user=\"42\""], "D"),
        (&["--field", "user!=42"], "CE"),
        (&["--field", "user!=42", "--field", "user"], "C"),
        (&["--field", "state"], "AC"),
        (&["--logger", "shop", "--field", "user=42", "-l", "info"], "A"),
    ] {
        let ended = decode(options, &stream);
        let shown: String = ended.stdout.lines().map(|line| line.split(' ').nth(3).unwrap()).collect();
        assert_eq!(shown, messages, "{options:?}: {}", ended.stdout);
        assert_eq!(ended.status.code(), Some(1));
        assert!(ended.stderr.contains(": 5 damaged bytes at offset "), "{}", ended.stderr);
    }
    let board = decode(&["--logger", "board"], &stream);
    assert_eq!(board.stdout, "+12.345678s INFO board E\n");
    let board = decode(&["--logger", "board", "-o", "json"], &stream);
    assert!(board.stdout.starts_with("{\"timestamp\":\"+12.345678s\",\"level\""), "{}", board.stdout);
}

/// A process that does not outlive a test that fails.
struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Held {
    fn start(mut command: Command) -> Self {
        Self(command.spawn().expect("the command starts"))
    }

    fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(kill.expect("there is a `kill`").success());
    }

    fn ends(&mut self) -> ExitStatus {
        let mut status = None;
        let ended = eventually(|| {
            status = self.0.try_wait().expect("a child can be waited for");
            status.is_some()
        });
        assert!(ended, "it does not end");
        status.unwrap()
    }
}

/// The command while it runs: each line it writes can be waited for.
struct Live {
    process: Held,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (to, from) = mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| to.send(line))
    });
    from
}

impl Live {
    fn start(command: Command) -> Self {
        let mut process = Held::start(command);
        let stdout = lines(process.0.stdout.take().unwrap());
        let stderr = lines(process.0.stderr.take().unwrap());
        Self { process, stdout, stderr }
    }

    /// Starts `kakashi decode` with its stdin open.
    fn decode(options: &[&str]) -> Self {
        Self::start(kakashi([&["decode"], options].concat()))
    }

    fn line(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("a line")
    }

    fn told(&self) -> String {
        self.stderr.recv_timeout(PATIENCE).expect("a line on stderr")
    }

    fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for the end; no line must be left that the test does not know of.
    fn ends(mut self) -> ExitStatus {
        let status = self.process.ends();
        let left: Vec<String> = self.stdout.iter().chain(self.stderr.iter()).collect();
        assert!(left.is_empty(), "{left:?}");
        status
    }

    /// Ends it as a user does.
    fn interrupt(self) {
        self.signal("INT");
        assert_eq!(self.ends().signal(), Some(2));
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let file = File::options().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).expect("the file can be written");
}

#[test]
fn a_file_is_followed_block_by_block_as_it_grows() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    append(&path, &[&one.0[..], &two.0[..9]].concat());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    append(&path, &two.0[9..30]);
    append(&path, &[&two.0[30..], &three.0[..3]].concat());
    assert_eq!(live.line(), two.1);
    append(&path, &three.0[3..]);
    assert_eq!(live.line(), three.1);
    // What is not whole yet is no damage.
    append(&path, &one.0[..20]);
    live.interrupt();
}

#[test]
fn several_files_are_read_and_the_last_is_followed() {
    let folder = Folder::new();
    let [old, new] = ["shop.klog.1", "shop.klog"].map(|name| folder.file(name));
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    append(&old, &one.0);
    append(&new, &two.0);
    let live = Live::decode(&["-f", old.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!([live.line(), live.line()], [one.1, two.1]);
    append(&new, &three.0);
    assert_eq!(live.line(), three.1);
    live.signal("TERM");
    assert_eq!(live.ends().signal(), Some(15));
}

#[test]
fn a_rotated_file_is_read_to_its_end_and_then_the_new_one() {
    let folder = Folder::new();
    let [path, old] = ["shop.klog", "shop.klog.1"].map(|name| folder.file(name));
    let [one, two, three, four] = ["One", "Two", "Three", "Four"].map(said);
    append(&path, &one.0);
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    fs::rename(&path, &old).unwrap();
    let name = path.display();
    assert_eq!(live.told(), format!("kakashi: {name}: is gone; waiting until it is back"));
    // The program has not noticed yet.
    append(&old, &two.0);
    assert_eq!(live.line(), two.1);
    append(&path, b"");
    append(&old, &three.0);
    assert_eq!(live.line(), three.1);
    append(&path, &four.0);
    assert_eq!(live.line(), four.1);
    assert_eq!(live.told(), format!("kakashi: {name}: was replaced; the new file is read from its start"));
    live.interrupt();
}

#[test]
fn a_rotation_in_one_moment_loses_nothing_of_either_file() {
    let folder = Folder::new();
    let [path, next] = ["shop.klog", "next"].map(|name| folder.file(name));
    let [one, two] = ["One", "Two"].map(said);
    append(&path, &one.0);
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    for _ in 0..20 {
        append(&next, &one.0);
        append(&path, &two.0);
        fs::rename(&next, &path).unwrap();
        assert_eq!([live.line(), live.line()], [two.1.clone(), one.1.clone()]);
        assert!(live.told().ends_with("was replaced; the new file is read from its start"));
    }
    live.interrupt();
}

#[test]
fn a_truncated_file_is_read_again_from_its_start() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    let [one, two] = ["One", "Two"].map(said);
    append(&path, &[&one.0[..], &one.0, &one.0[..7]].concat());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!([live.line(), live.line()], [one.1.clone(), one.1]);
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    append(&path, &two.0);
    assert_eq!(live.line(), two.1);
    let (name, offset) = (path.display(), 2 * one.0.len());
    assert_eq!(live.told(), format!("kakashi: {name}: 7 damaged bytes at offset {offset} were passed over"));
    assert_eq!(live.told(), format!("kakashi: {name}: was truncated; it is read again from its start"));
    live.interrupt();
}

#[test]
fn a_file_that_does_not_exist_yet_is_waited_for() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    let name = path.display();
    assert_eq!(live.told(), format!("kakashi: {name}: does not exist yet; waiting for it"));
    append(&path, &said("One").0);
    assert_eq!(live.line(), said("One").1);
    live.interrupt();
}

#[test]
fn damage_does_not_hold_up_what_is_followed() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    append(&path, &one.0);
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    let mut torn = two.0.clone();
    // It says that it is 200 MB long.
    torn[9] = 0x0c;
    append(&path, &[&torn[..], &two.0, b"noise"].concat());
    assert_eq!(live.line(), two.1);
    let told = |bytes: usize, offset: usize| {
        format!("kakashi: {}: {bytes} damaged bytes at offset {offset} were passed over", path.display())
    };
    let offset = one.0.len();
    assert_eq!(live.told(), told(torn.len(), offset));
    // Nothing more has come.
    assert_eq!(live.told(), told(5, offset + torn.len() + two.0.len()));
    append(&path, &three.0);
    assert_eq!(live.line(), three.1);
    live.interrupt();
}

#[test]
fn stdin_is_followed_to_its_end() {
    let [one, two] = ["One", "Two"].map(said);
    let mut live = Live::decode(&["--follow"]);
    let mut stdin = live.process.0.stdin.take().unwrap();
    stdin.write_all(&[&one.0[..], &two.0[..5]].concat()).unwrap();
    assert_eq!(live.line(), one.1);
    stdin.write_all(&two.0[5..]).unwrap();
    assert_eq!(live.line(), two.1);
    drop(stdin);
    assert_eq!(live.ends().code(), Some(0));
}

#[test]
fn ctrl_c_ends_it_before_the_next_file() {
    let mut live = Live::decode(&["-", "/there/is/none"]);
    let mut stdin = live.process.0.stdin.take().unwrap();
    let (one, line) = said("One");
    stdin.write_all(&one).unwrap();
    assert_eq!(live.line(), line);
    live.interrupt();
}

#[test]
fn a_file_on_stdin_is_followed_as_it_grows() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    let [one, two] = ["One", "Two"].map(said);
    append(&path, &one.0);
    let mut command = kakashi(["decode", "-f"]);
    command.stdin(File::open(&path).unwrap());
    let live = Live::start(command);
    assert_eq!(live.line(), one.1);
    append(&path, &two.0);
    assert_eq!(live.line(), two.1);
    live.interrupt();
}

#[test]
fn a_named_pipe_is_followed_from_writer_to_writer() {
    let folder = Folder::new();
    let path = folder.file("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    for message in ["One", "Two"] {
        append(&path, &said(message).0);
        assert_eq!(live.line(), said(message).1);
        let name = path.display();
        assert_eq!(live.told(), format!("kakashi: {name}: its writer has closed it; waiting for the next"));
    }
    live.interrupt();
}

#[test]
fn a_reader_that_went_away_ends_it_although_nothing_more_comes() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    append(&path, &said("One").0);
    for source in [&["--follow", path.to_str().unwrap()][..], &["--follow"], &[]] {
        let mut command = kakashi([&["decode"], source].concat());
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer);
        let mut process = Held::start(command);
        let mut stdin = process.0.stdin.take().unwrap();
        stdin.write_all(&said("One").0).unwrap();
        let mut reader = BufReader::new(reader);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, said("One").1 + "\n");
        drop(reader);
        assert_eq!(process.ends().code(), Some(0), "{source:?}");
    }
}

#[test]
fn ctrl_c_ends_it_after_all_that_it_had_read() {
    let (block, line) = said("One");
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    append(&path, &block.repeat(10_000));
    for (name, number) in SIGNALS {
        let mut process = Held::start(kakashi(["decode".as_ref(), "--follow".as_ref(), path.as_os_str()]));
        let mut stdout = process.0.stdout.take().unwrap();
        // It has read 128 KiB, and waits: a pipe holds less than the lines of these.
        let mut lines = vec![0; 1];
        stdout.read_exact(&mut lines).unwrap();
        process.signal(name);
        let lines = in_time(move || {
            stdout.read_to_end(&mut lines).unwrap();
            String::from_utf8(lines).unwrap()
        });
        assert_eq!(process.ends().signal(), Some(number));
        assert!(lines == (line.clone() + "\n").repeat((128 << 10) / block.len()), "{}", lines.len());
    }
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_who_does_not_read() {
    let folder = Folder::new();
    let path = folder.file("shop.klog");
    append(&path, &said("One").0.repeat(10_000));
    let mut process = Held::start(kakashi(["decode".as_ref(), path.as_os_str()]));
    let mut stdout = process.0.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 1]).unwrap();
    let mut status = None;
    // It is not known when the first has been seen to.
    assert!(eventually(|| {
        process.signal("INT");
        status = process.0.try_wait().unwrap();
        status.is_some()
    }));
    assert_eq!(status.unwrap().signal(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_does_not_end_what_a_shell_has_put_into_the_background() {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$0\" decode --follow"]).arg(binary());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut live = Live::start(command);
    let mut stdin = live.process.0.stdin.take().unwrap();
    let (one, line) = said("One");
    stdin.write_all(&one).unwrap();
    assert_eq!(live.line(), line);
    live.signal("INT");
    stdin.write_all(&one).unwrap();
    assert_eq!(live.line(), line);
    live.signal("TERM");
    assert_eq!(live.ends().signal(), Some(15));
}

/// The two ends of a serial line: what is written to the first is read from the
/// second, after the terminal has done to it what it is set to. And its name.
#[cfg(target_os = "linux")]
fn serial_line() -> (File, File, PathBuf) {
    use std::os::unix::ffi::OsStringExt as _;

    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};

    // Other tests' children must not inherit the line: it would never be unplugged.
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("its other end can be opened");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other end");
    let path = ptsname(&ours, vec![]).expect("it has a name").into_bytes();
    (ours.into(), theirs.into(), std::ffi::OsString::from_vec(path).into())
}

/// What `stty` says of a line.
#[cfg(target_os = "linux")]
fn settings(line: &File) -> String {
    let stty = Command::new("stty").arg("-a").stdin(line.try_clone().unwrap()).output();
    String::from_utf8(stty.expect("there is `stty`").stdout).unwrap()
}

/// All bytes there are, as a record and its line: a terminal would end us, stop
/// or change what it shows at many of them.
#[cfg(target_os = "linux")]
fn all_bytes() -> (Vec<u8>, String) {
    let all: Vec<u8> = (0..=255).collect();
    let block = block_of(
        Timestamp::Uptime(1_500_000_000),
        LogLevel::Info,
        "board",
        "Sent",
        fields![all = Bytes(&all)],
    );
    let line = decode(&[], &block).stdout;
    assert!(line.starts_with("+1.500000s INFO board Sent all=\"\\u0000\\u0001\\u0002\\u0003"), "{line}");
    (block, line.trim_end().to_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn a_serial_line_gives_every_byte_unchanged_at_its_speed() {
    let (block, expected) = all_bytes();
    for (options, speed) in
        [(&["--baud", "230400"][..], 230_400), (&["--baud", "1000000", "-f"], 1_000_000), (&[], 9600)]
    {
        let (mut ours, theirs, path) = serial_line();
        assert!(
            Command::new("stty")
                .args(["9600", "ixoff", "cstopb"])
                .stdin(theirs.try_clone().unwrap())
                .status()
                .unwrap()
                .success()
        );
        let live = Live::decode(&[&[path.to_str().unwrap()], options].concat());
        assert!(eventually(|| settings(&theirs).contains(" -icanon ")), "{}", settings(&theirs));
        let now = settings(&theirs);
        assert!(now.starts_with(&format!("speed {speed} baud;")), "{now}");
        for off in [
            "-echo", "-isig", "-ixon", "-ixoff", "-icrnl", "-opost", "-parenb", "-cstopb", "-crtscts",
            "-istrip",
        ] {
            assert!(now.split([' ', '\n']).any(|word| word == off), "{off}: {now}");
        }
        for word in ["cs8", "clocal", "cread"] {
            assert!(now.split([' ', '\n']).any(|found| found == word), "{word}: {now}");
        }
        let (half, rest) = block.split_at(block.len() / 2);
        ours.write_all(half).unwrap();
        ours.write_all(rest).unwrap();
        assert_eq!(live.line(), expected);
        // A live stream, with --follow or without: noise holds nothing up.
        let mut torn = block.clone();
        torn[9] = 0x0c;
        ours.write_all(&[&torn[..], &block].concat()).unwrap();
        assert_eq!(live.line(), expected);
        assert!(live.told().contains("damaged bytes at offset"));
        live.interrupt();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_serial_line_ends_when_it_is_unplugged_and_is_waited_for_if_followed() {
    let (block, expected) = all_bytes();
    for options in [&[][..], &["--follow"]] {
        // A name that stays while the line behind it changes.
        let folder = Folder::new();
        let name = folder.file("ttyACM0");
        let (mut ours, theirs, path) = serial_line();
        std::os::unix::fs::symlink(&path, &name).unwrap();
        let live = Live::decode(&[options, &[name.to_str().unwrap()]].concat());
        assert!(eventually(|| settings(&theirs).contains(" -icanon ")));
        ours.write_all(&block).unwrap();
        assert_eq!(live.line(), expected);
        drop((ours, theirs));
        if options.is_empty() {
            assert_eq!(live.ends().code(), Some(0));
            continue;
        }
        assert!(live.told().ends_with(": is gone; waiting until it is back"));
        fs::remove_file(&name).unwrap();
        let (mut ours, theirs, path) = serial_line();
        std::os::unix::fs::symlink(&path, &name).unwrap();
        assert!(eventually(|| settings(&theirs).contains(" -icanon ")));
        ours.write_all(&block).unwrap();
        assert_eq!(live.line(), expected);
        live.signal("INT");
        // It may have been found gone, or shut, in between.
        while let Ok(told) = live.stderr.recv_timeout(PATIENCE) {
            assert!(told.ends_with("waiting until it is back") || told.ends_with("trying again"), "{told}");
        }
        assert_eq!(live.ends().signal(), Some(2));
    }
}

/// A build of a firmware, with one call site whose words stay in its ELF file.
struct Build {
    id: &'static [u8],
    message: &'static str,
}

const ONE: Build = Build { id: b"\x90\x06\x2c\x07 build one, and more", message: "Read {n}" };
const TWO: Build = Build { id: b"\xab\xcd\xef\x01 build two, and more", message: "Turned on" };
/// How the first eight bytes of their ids are told.
const ONE_ID: &str = "90062c0720627569";
const TWO_ID: &str = "abcdef0120627569";

impl Build {
    /// The section: nothing, the site with its key, the logger. And where the logger is.
    fn sites(&self) -> (Vec<u8>, usize) {
        let text = |text: &str| [leb(text.len() as u64), text.into()].concat();
        let site = [&[0, 0x10, 20], &text(self.message)[..], &[1], &text("n")].concat();
        let logger = site.len();
        ([site, [&[0x40], &text("board")[..]].concat()].concat(), logger)
    }

    /// What it sends for its call site, where its key has this value.
    fn block(&self, n: u8) -> Vec<u8> {
        let record = [&[3, 0x20, 1], &leb(self.sites().1 as u64)[..], &[0x11, n]].concat();
        of_items(&[item(6, &self.id[..8]), item(4, &record)].concat())
    }

    /// The line of it.
    fn line(&self, n: u8) -> String {
        format!("+0.000000s INFO board {} n={n}\n", self.message.replace("{n}", &n.to_string()))
    }

    /// Its ELF file, as the linker makes it with `kakashi.x`.
    fn elf(&self) -> Vec<u8> {
        let note = [&note(self.id, u32::to_le_bytes)[..], &[0; 4]].concat();
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &note),
            ("kakashi_sites", SectionKind::Other, &self.sites().0),
        ])
    }
}

/// The note `NT_GNU_BUILD_ID`.
fn note(id: &[u8], word: fn(u32) -> [u8; 4]) -> Vec<u8> {
    [&[4, id.len() as u32, 3].map(word).concat()[..], b"GNU\0", id].concat()
}

/// An ELF file for a chip of 32 bits.
fn elf(sections: &[(&str, SectionKind, &[u8])]) -> Vec<u8> {
    elf_of(Architecture::Arm, Endianness::Little, sections)
}

fn elf_of(
    architecture: Architecture,
    endianness: Endianness,
    sections: &[(&str, SectionKind, &[u8])],
) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, architecture, endianness);
    for (name, kind, bytes) in sections {
        let section = object.add_section(vec![], (*name).into(), *kind);
        object.set_section_data(section, *bytes, 4);
    }
    object.write().expect("an ELF file")
}

/// Stores a file and returns its name.
fn store(folder: &Folder, name: &str, bytes: &[u8]) -> String {
    let path = folder.file(name);
    fs::write(&path, bytes).expect("the file can be written");
    path.to_str().expect("a name of text").into()
}

#[test]
fn the_elf_file_of_a_firmware_explains_what_it_sends() {
    let folder = Folder::new();
    let (sites, stream) = (ONE.sites().0, [ONE.block(1), ONE.block(2)].concat());
    let [little, big] =
        [u32::to_le_bytes as fn(u32) -> [u8; 4], u32::to_be_bytes].map(|word| note(ONE.id, word));
    let other = [&little[..4], &[4, 0, 0, 0, 1, 0, 0, 0], b"GNU\0abcd", &little].concat();
    let unloaded = ("kakashi_sites", SectionKind::Other, &sites[..]);
    let lines = ONE.line(1) + &ONE.line(2);
    for elf in [
        ONE.elf(),
        elf(&[(".note.gnu.build-id", SectionKind::Note, &little), unloaded]),
        elf(&[("kakashi_build", SectionKind::Note, &little), unloaded]),
        elf(&[(".notes", SectionKind::Note, &other), unloaded]),
        elf(&[
            (".others", SectionKind::Note, &little[..9]),
            (".note.gnu.build-id", SectionKind::Note, &little),
            unloaded,
        ]),
        elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &other)]),
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &[0; 4]),
            (".note.gnu.build-id", SectionKind::Note, &little),
            unloaded,
        ]),
        elf_of(
            Architecture::PowerPc64,
            Endianness::Big,
            &[("kakashi_build", SectionKind::ReadOnlyData, &[&big[..], &[0; 4]].concat()), unloaded],
        ),
        // Someone else's linker script puts the sites into flash, and names the build all the same.
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &little),
            ("kakashi_sites", SectionKind::ReadOnlyData, &sites),
        ]),
    ] {
        let elf = store(&folder, "firmware.elf", &elf);
        assert_ends(&decode(&["--sites", &elf], &stream), 0, &lines, "");
    }
    let elf = store(&folder, "firmware.elf", &ONE.elf());
    let log = store(&folder, "device.klog", &stream);
    let mixed = [ONE.block(3), said("Host").0].concat();
    for (options, expected) in [
        (&["--field", "n=2", "--sites", &elf][..], ONE.line(2)),
        (&["--sites", &elf, "--logger", "boar"], String::new()),
        (&["--sites", &elf, "--level", "info", &log, "-"], lines + &ONE.line(3) + &said("Host").1 + "\n"),
    ] {
        assert_ends(&decode(options, if options.len() > 4 { &mixed } else { &stream }), 0, &expected, "");
    }
    let json = "{\"timestamp\":\"+0.000000s\",\"level\":\"INFO\",\"logger\":\"board\",\
                \"message\":\"Read 7\",\"n\":7}\n";
    assert_ends(&decode(&["-o", "json", "--sites", &elf], &ONE.block(7)), 0, json, "");
}

#[test]
fn several_builds_in_one_stream_are_explained_each_by_its_file() {
    let folder = Folder::new();
    let [one, two] =
        [("one.elf", ONE), ("two.elf", TWO)].map(|(name, build)| store(&folder, name, &build.elf()));
    let stream = [ONE.block(1), TWO.block(2), ONE.block(3), said("Host").0, TWO.block(4)].concat();
    let lines = [ONE.line(1), TWO.line(2), ONE.line(3), said("Host").1 + "\n", TWO.line(4)].concat();
    for (first, second) in [(&one, &two), (&two, &one)] {
        assert_ends(&decode(&["--sites", first, "--sites", second], &stream), 0, &lines, "");
    }
}

#[test]
fn a_build_that_is_not_given_is_told_once_and_what_was_given() {
    let folder = Folder::new();
    let log = store(&folder, "device.klog", &[TWO.block(1), TWO.block(2)].concat());
    let stream = [said("Host").0, TWO.block(1), ONE.block(2), TWO.block(3), TWO.block(4)].concat();
    let (host, offset) = (said("Host").1 + "\n", said("Host").0.len());
    let record = TWO.block(1).len() - of_items(&item(6, &TWO.id[..8])).len();
    let needs = |name: &str, offset: usize, id: &str, told: &str| {
        format!("kakashi: {name}: the block at offset {offset} needs the sites of build {id}{told}\n")
    };
    let passed = |name: &str, blocks: usize, id: &str| {
        let (bytes, s) = (blocks * record, if blocks == 1 { "" } else { "s" });
        format!(
            "kakashi: {name}: {bytes} bytes in {blocks} block{s} of build {id} were passed over for want of \
             its sites\n"
        )
    };
    let give = ": give its ELF file with --sites";
    let second = offset + TWO.block(1).len();
    let told = needs("stdin", offset, TWO_ID, give)
        + &needs("stdin", second, ONE_ID, give)
        + &passed("stdin", 3, TWO_ID)
        + &passed("stdin", 1, ONE_ID);
    assert_ends(&decode(&[], &stream), 1, &host, &told);
    let elf = store(&folder, "one.elf", &ONE.elf());
    let loaded = elf_with_sites_in_flash();
    let in_flash = store(&folder, "flash.elf", &loaded);
    let given = format!(
        ", and --sites gave {elf} (build {ONE_ID}), {in_flash} (which has its sites in the device's memory): \
         give the ELF file of that build"
    );
    let told = needs("stdin", offset, TWO_ID, &given)
        + &passed("stdin", 3, TWO_ID)
        + &needs(&log, 0, TWO_ID, &given)
        + &passed(&log, 2, TWO_ID);
    let options = ["--sites", &elf, "--sites", &in_flash, "-", &log];
    assert_ends(&decode(&options, &stream), 1, &(host + &ONE.line(2)), &told);
    let told = needs(
        "stdin",
        0,
        TWO_ID,
        &given.replace(&format!(", {in_flash} (which has its sites in the device's memory)"), ""),
    ) + &passed("stdin", 1, TWO_ID);
    assert_ends(&decode(&["--sites", &elf], &TWO.block(9)), 1, "", &told);
}

fn elf_with_sites_in_flash() -> Vec<u8> {
    elf(&[("kakashi_sites", SectionKind::ReadOnlyData, &ONE.sites().0)])
}

#[test]
fn a_block_that_needs_no_sites_is_shown_whatever_its_build() {
    // A record of a function call: it brings its words along.
    let record = [&[0, 0x20, 20, 4][..], b"Said"].concat();
    let block = of_items(&[item(6, &ONE.id[..8]), item(4, &record)].concat());
    let line = "+0.000000s INFO \"\" Said\n";
    assert_ends(&decode(&[], &block), 0, line, "");
    let folder = Folder::new();
    let elf = store(&folder, "flash.elf", &elf_with_sites_in_flash());
    assert_ends(&decode(&["--sites", &elf], &block), 0, line, "");
}

#[test]
fn a_file_that_explains_nothing_is_told_before_anything_is_read() {
    let folder = Folder::new();
    let missing = folder.file("missing.elf").to_str().unwrap().to_owned();
    let itself = folder.file("").to_str().unwrap().to_owned();
    let (sites, whole) = (ONE.sites().0, ONE.elf());
    let [note, no_note] = [ONE.id, b""].map(|id| note(id, u32::to_le_bytes));
    let with = |sites: &[u8]| {
        elf(&[
            ("kakashi_build", SectionKind::ReadOnlyData, &note),
            ("kakashi_sites", SectionKind::Other, sites),
        ])
    };
    let no_elf = "is no ELF file; give --sites the file that the linker made, not a .bin, .hex or .uf2 of it";
    let no_sites = "has no section kakashi_sites; give --sites the file of a firmware that logs with kakashi, \
                    as the linker made it";
    let no_id = "has no build id; link it with --build-id as well as with -Tkakashi.x";
    let unloaded = ("kakashi_sites", SectionKind::Other, &sites[..]);
    let mut long_note = note.clone();
    long_note[4] = 200;
    let malformed = |len: usize| {
        format!(
            "has a section kakashi_sites whose {len} bytes are no call sites; was it cut, or linked with a \
             kakashi newer than this command?"
        )
    };
    let mut all = Vec::new();
    for (name, bytes, told) in [
        ("empty.elf", vec![], no_elf),
        ("garbage.elf", b"\x7fELV and so on".to_vec(), no_elf),
        ("firmware.hex", b":10010000214601360121470136007EFE09D2190140\n".to_vec(), no_elf),
        ("head.elf", whole[..8].to_vec(), "is a damaged ELF file: "),
        ("cut.elf", whole[..whole.len() - 1].to_vec(), "is a damaged ELF file: "),
        ("other.elf", elf(&[(".text", SectionKind::Text, b"code")]), no_sites),
        ("no-words.elf", with(b""), no_sites),
        ("no-id.elf", elf(&[unloaded]), no_id),
        ("zeros.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &[0; 4])]), no_id),
        ("empty-id.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &no_note)]), no_id),
        ("cut-id.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &note[..16])]), no_id),
        ("long-id.elf", elf(&[unloaded, ("kakashi_build", SectionKind::ReadOnlyData, &long_note)]), no_id),
        ("truncated.elf", with(&sites[..sites.len() - 1]), &malformed(sites.len() - 1)),
        ("text.elf", with(b"hello"), &malformed(5)),
    ] {
        let path = store(&folder, name, &bytes);
        let ended = decode(&["--sites", &path], &said("Host").0);
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(1), ""), "{name}");
        let line = format!("kakashi: {path}: {told}");
        assert!(ended.stderr.starts_with(&line) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
        assert!(told.ends_with(": ") || ended.stderr == line.clone() + "\n", "{}", ended.stderr);
        all.push((path, ended.stderr));
    }
    for (path, told) in [
        (missing, "can't be read: No such file or directory (os error 2)"),
        (itself, "can't be read: Is a directory (os error 21)"),
    ] {
        let told = format!("kakashi: {path}: {told}\n");
        assert_ends(&decode(&["--sites", &path], &said("Host").0), 1, "", &told);
        all.insert(0, (path, told));
    }
    // What is wrong with each of several is told.
    all.truncate(5);
    all.push((store(&folder, "good.elf", &whole), String::new()));
    let options: Vec<&str> = all.iter().flat_map(|(path, _)| ["--sites", path]).collect();
    let told: String = all.iter().map(|(_, told)| told.as_str()).collect();
    assert_ends(&decode(&options, &said("Host").0), 1, "", &told);
}

#[test]
fn every_byte_of_an_elf_file_may_be_wrong() {
    let folder = Folder::new();
    let whole = ONE.elf();
    for at in 0..whole.len() {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x81;
        let path = store(&folder, "wrong.elf", &wrong);
        let ended = decode(&["--sites", &path], &ONE.block(1));
        let code = ended.status.code();
        // It says something, or all is well.
        assert!(code == Some(0) && ended.stderr.is_empty() || code == Some(1), "{at}: {ended:?}");
        assert_eq!(code == Some(1), !ended.stderr.is_empty(), "{at}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{at}: {ended:?}");
        assert!(code == Some(1) || ended.stdout.lines().count() == 1, "{at}: {ended:?}");
    }
}

#[test]
fn a_device_that_is_followed_is_explained_and_what_is_not_is_told_once() {
    let folder = Folder::new();
    let path = folder.file("device.klog");
    let elf = store(&folder, "one.elf", &ONE.elf());
    append(&path, &ONE.block(1));
    let live = Live::decode(&["--follow", "--sites", &elf, path.to_str().unwrap()]);
    let line = |n: u8| ONE.line(n).trim_end().to_owned();
    assert_eq!(live.line(), line(1));
    append(&path, &TWO.block(2));
    let name = path.display();
    assert!(live.told().starts_with(&format!(
        "kakashi: {name}: the block at offset {} needs the sites of build {TWO_ID}, and --sites gave {elf}",
        ONE.block(1).len()
    )));
    append(&path, &[TWO.block(3), ONE.block(4)].concat());
    assert_eq!(live.line(), line(4));
    live.signal("INT");
    let told = live.told();
    assert!(told.ends_with(&format!("in 2 blocks of build {TWO_ID} were passed over for want of its sites")));
    assert_eq!(live.ends().signal(), Some(2));
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
