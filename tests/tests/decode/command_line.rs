//! Arguments, filters and the standard streams.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use kakashi_core::{LogLevel, Timestamp, fields};
use kakashi_tests::harness::process::{TestFolder, spawn, start_command};
use kakashi_tests::harness::vectors::vectors;
use kakashi_tests::harness::wait::in_time;

use crate::common::{assert_ends, block_of, decode, kakashi, stream};

#[test]
fn a_wrong_command_line_is_reported_and_nothing_is_read() {
    for (arguments, error) in [
        (
            &["decode", "--format", "xml"][..],
            "error: invalid value 'xml' for '--format <FORMAT>'\n  [possible values: text, json, pretty, \
             logfmt, ecs, gcp, datadog, otel, pino, bunyan]\n",
        ),
        (
            &["decode", "--pattern", "{level} {mesage}"],
            "error: invalid value '{level} {mesage}' for '--pattern <PATTERN>': character 10: unknown placeholder",
        ),
        (
            &["decode", "--pattern", "{message}", "--format", "json"],
            "error: the argument '--pattern <PATTERN>' cannot be used with '--format <FORMAT>'",
        ),
        (&["decode", "--fast"], "error: unexpected argument '--fast' found"),
        (
            &["decode", "--level", "loud"],
            "error: invalid value 'loud' for '--level <LEVEL>': unknown level \"loud\": use TRACE, DEBUG, INFO,",
        ),
        (
            &["decode", "--field", "=x"],
            "error: invalid value '=x' for '--field <CONDITION>': it names no field; write key=value,",
        ),
        (
            &["decode", "--baud", "8n1"],
            "error: invalid value '8n1' for '--baud <SPEED>': write the bits a second, as 9600 or 115200",
        ),
        (&["encode"], "error: unrecognized subcommand 'encode'"),
        (
            &[],
            "Reads the binary logs that kakashi writes, and recovers what a killed program has left\n\nUsage: kakashi <COMMAND>",
        ),
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
        "Patterns (--pattern):",
        "Examples:",
        "Exit status:",
        ".klog",
        "[default: text]",
    ] {
        assert!(help.stdout.contains(part), "{part} is not in {}", help.stdout);
    }
}

#[test]
fn what_is_no_condition_is_refused_with_what_one_is() {
    for condition in
        ["status=>500", "status==500", "status>=", "status>=many", ">=500", "status!~5", "status~"]
    {
        let ended = start_command(kakashi(["decode", "--field", condition])).ends();
        assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(2), ""), "{condition}");
        let grammar = "write key=value, key!=value, key>1, key>=1, key<1, key<=1, key~part or key;";
        assert!(ended.stderr.contains(grammar), "{condition}: {}", ended.stderr);
    }
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let folder = TestFolder::new();
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
    let folder = TestFolder::new();
    let file = folder.file("good.klog");
    fs::write(&file, stream(1).0).unwrap();
    let mut command = kakashi(["decode".as_ref(), file.as_os_str()]);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let report = "kakashi: the output can't be written: No space left on device (os error 28)\n";
    assert_ends(&start_command(command).ends(), 1, "", report);
}

#[test]
fn a_block_is_shown_when_it_is_whole_and_the_stream_goes_on() {
    let mut child = spawn(kakashi(["decode"]).stderr(Stdio::null()));
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

#[test]
fn filters_show_what_is_asked_for_and_damage_is_reported_all_the_same() {
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
        (&["--field", "user>=42"], "AB"),
        (&["--field", "user<42"], "C"),
        (&["--field", "user>7", "--field", "user<=42.0"], "AB"),
        (&["--field", "total>1.4", "--field", "total<2"], "A"),
        (&["--field", "state~pa"], "A"),
        (&["--field", "note~\"a b\""], "B"),
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
