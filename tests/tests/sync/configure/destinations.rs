//! Destinations: files, streams, terminals.

use std::process::{Command, Stdio};

use kakashi_std::{
    Destination, Format, Json, LogLevel, LogRecord, configure, debug, error, flush, info, sinks,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, read, run, start_command};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, entries, numbers, of_text, text};
use kakashi_tests::harness::wait::eventually;
use sinks::MemorySink;

use crate::common::{messages, to_memory};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

#[test]
fn a_record_reaches_a_file_without_a_flush_even_from_a_small_batch() {
    let _alone = alone();
    let folder = TestFolder::new();
    let file = folder.file("deep/down/log");
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(256)
        .flush_after_millis(10)
        .destination(sinks::file(&file).unwrap())
        .apply();
    info!("Counted", thread = 0, n = 0);
    assert!(eventually(|| text(&read(&file)).len() == 1));
    (1..500).for_each(|n| info!("Counted", thread = 0, n));
    assert!(eventually(|| text(&read(&file)).len() == 500));
    assert_each_once_in_order(&text(&read(&file)), 1, 500);
    to_memory();
}

#[test]
fn each_destination_has_its_threshold_filter_and_form() {
    let _alone = alone();
    let (all, errors, orders) = (MemorySink::new(), MemorySink::new(), MemorySink::new());
    configure()
        .format(Format::Text)
        .level(LogLevel::Debug)
        .destination(Destination::new(all.clone()))
        .destination(Destination::new(errors.clone()).threshold(LogLevel::Error).encoder(Json::new()))
        .destination(
            Destination::new(orders.clone()).filter(|record: &LogRecord<'_>| record.field("order").is_some()),
        )
        .apply();
    debug!("One");
    info!("Two", order = 2);
    error!("Three", order = 3);
    error!("Four");
    assert_eq!(messages(&all), ["One", "Two", "Three", "Four"]);
    assert_eq!(messages(&orders), ["Two", "Three"]);
    let errors = entries(Format::Json, &errors.bytes());
    let errors: Vec<&str> = errors.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(errors, ["Three", "Four"]);
}

#[test]
fn a_renamed_file_is_opened_anew_when_asked() {
    let _alone = alone();
    let folder = TestFolder::new();
    let (file, rotated) = (folder.file("log"), folder.file("log.1"));
    to_memory();
    configure().destination(sinks::file(&file).unwrap()).apply();
    info!("Counted", thread = 0, n = 0);
    assert!(flush().is_complete());
    std::fs::rename(&file, &rotated).unwrap();
    info!("Counted", thread = 0, n = 1);
    assert!(flush().is_complete());
    assert!(!file.exists(), "nobody has asked yet");
    sinks::reopen_files();
    info!("Counted", thread = 0, n = 2);
    assert!(flush().is_complete());
    assert_eq!(numbers(&text(&read(rotated)))[&0], [0, 1]);
    assert_eq!(numbers(&text(&read(file)))[&0], [2]);
    to_memory();
}

#[test]
fn processes_that_write_to_one_file_tear_no_line() {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let start = || {
        let mut command = Command::new(CHILD);
        command.arg("append").arg(&file).stderr(Stdio::piped());
        start_command(command)
    };
    for child in [start(), start(), start()] {
        let ended = child.ends();
        assert!(ended.status.success(), "{ended:?}");
    }
    let numbers = numbers(&text(&read(&file)));
    assert_eq!(numbers.len(), 3);
    assert!(numbers.values().all(|numbers| numbers.iter().copied().eq(0..5000)));
}

#[test]
fn the_default_is_text_on_a_stderr_that_is_no_terminal() {
    let ended = run(CHILD, ["defaults", "-"]);
    assert_eq!(ended.stdout, "");
    let entry = of_text(&ended.stderr);
    assert_eq!(
        (entry.logger.as_str(), entry.message.as_str()),
        ("child::trouble", "On the default destination")
    );
    assert_eq!(entry.get("n"), Some("1"));
}

/// Runs the child on a terminal of its own; none where there is no `script`.
#[cfg(target_os = "linux")]
fn on_a_terminal(no_color: &str) -> Option<String> {
    of_columns(no_color, "120", "")
}

/// As [`on_a_terminal`], of so many columns; the environment may name others.
#[cfg(target_os = "linux")]
fn of_columns(no_color: &str, columns: &str, in_environment: &str) -> Option<String> {
    let mut command = Command::new("script");
    command.args(["-qec", &format!("stty cols {columns} && {CHILD} defaults -"), "/dev/null"]);
    command.env("COLUMNS", in_environment);
    command.env("NO_COLOR", no_color).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no `script` here");
        return None;
    }
    Some(start_command(command).ends().stdout)
}

#[test]
#[cfg(target_os = "linux")]
fn lines_end_where_the_terminals_do_or_where_the_environment_says() {
    const MESSAGE: &str = "On the default destination  n=1";
    let Some(narrow) = of_columns("1", "40", "") else { return };
    assert!(narrow.contains(&format!(" INFO  child::trouble\r\n    {MESSAGE}\r\n")), "{narrow:?}");
    for (columns, in_environment) in [("40", "120"), ("120", ""), ("0", "")] {
        let wide = of_columns("1", columns, in_environment).expect("there is `script`");
        let line = wide.lines().find(|line| line.contains(MESSAGE)).expect("it is one line");
        assert!(line.contains(" INFO  child::trouble  "), "{columns} {in_environment}: {wide:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_gets_the_pretty_form_in_colour_unless_no_color_says_no() {
    let (Some(colour), Some(plain)) = (on_a_terminal(""), on_a_terminal("1")) else { return };
    assert!(colour.contains("On the default destination") && colour.contains("\u{1b}["), "{colour:?}");
    assert!(plain.contains("On the default destination") && !plain.contains('\u{1b}'), "{plain:?}");
    assert!(!plain.contains("Z INFO child"), "not the text line: {plain:?}");
}
