//! The same program under `env_logger` and under kakashi: what the one writes, the other has.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, LogLevel, Text, bridges, configure, flush};
use kakashi_tests::oracle::text_line::{ParsedLine, ParsedValue};
use log::Log;

/// Logs in all the ways that programs have.
fn program(logger: &dyn Log) {
    log::error!(logger: logger, "failed");
    log::warn!(logger: logger, target: "shop::orders", "late by {} s", 3);
    log::info!(logger: logger, id = 1042, total = 19.5, paid = true; "Order accepted");
    log::info!(logger: logger, target: "shop::db", rows = -3, table = "orders"; "Read {} rows of {:>8}", 7, "orders");
    log::debug!(logger: logger, target: "shop::db", "query");
    log::trace!(logger: logger, target: "shop::db", "nobody wants this");
    log::debug!(logger: logger, target: "other", "nobody wants this");
    log::info!(logger: logger, text:? = Some("x"), none:% = 'c'; "braces {{}}");
}

/// A writer that remembers.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A record as both have it: level, target, message, fields as text.
type Seen = (String, String, String, Vec<(String, String)>);

fn of_env_logger() -> Vec<Seen> {
    let memory = Memory::default();
    let logger = env_logger::Builder::new()
        .parse_filters("info,shop=debug")
        .format_timestamp(None)
        .target(env_logger::Target::Pipe(Box::new(memory.clone())))
        .build();
    program(&logger);
    let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
    text.lines().map(of_env_line).collect()
}

/// Reads `[LEVEL target] message key=value …`.
fn of_env_line(line: &str) -> Seen {
    let (head, rest) = line.strip_prefix('[').unwrap().split_once("] ").unwrap();
    let (level, target) = head.split_once(' ').unwrap();
    let mut words: Vec<&str> = rest.split(' ').collect();
    let mut fields = Vec::new();
    while let Some((key, value)) = words.last().and_then(|word| word.split_once('=')) {
        fields.insert(0, (key.to_owned(), value.to_owned()));
        words.pop();
    }
    (level.to_owned(), target.trim().to_owned(), words.join(" "), fields)
}

fn of_kakashi() -> Vec<Seen> {
    let memory = MemorySink::new();
    bridges::log::install().expect("nobody else has installed anything");
    configure()
        .level(LogLevel::Info)
        .level_of("shop", LogLevel::Debug)
        .destination(Destination::new(memory.clone()).encoder(Text))
        .apply();
    program(log::logger());
    assert!(flush().is_complete());
    memory.lines().iter().map(|line| of_text_line(line)).collect()
}

fn of_text_line(line: &str) -> Seen {
    let line = ParsedLine::read(&format!("{line}\n")).unwrap();
    let level = if line.level == "WARNING" { "WARN".to_owned() } else { line.level };
    let fields = line.fields.into_iter().map(|(key, value)| match value {
        ParsedValue::Bool(truth) => (key, truth.to_string()),
        ParsedValue::Number(number) => (key, number),
        ParsedValue::Text(text) => (key, String::from_utf8(text).unwrap()),
        ParsedValue::Null | ParsedValue::Json(_) => panic!("{key} is of no kind that the program logs"),
    });
    (level, line.logger, line.message, fields.collect())
}

#[test]
fn env_logger_and_kakashi_say_the_same() {
    // Which sets the maximum of `log`.
    let ours = of_kakashi();
    let original = of_env_logger();
    assert_eq!(original, ours);
    assert_eq!(ours.len(), 6);
}
