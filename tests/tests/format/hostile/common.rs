//! Logs through one logger for each format, and reads all of them back.

use kakashi_std::{
    Encoder, Format, FunctionalLogger, Json, LoggerConfig, Text, Wire, create_custom_logger, sinks,
};
use kakashi_tests::harness::read_back::{ArrivedRecord, entries};
use kakashi_tests::oracle::json::is_control;
use sinks::MemorySink;

/// Logs through one logger as text, JSON and wire; returns what each has.
pub(crate) fn in_every_form(name: &str, log: impl FnOnce(&FunctionalLogger)) -> [Vec<ArrivedRecord>; 3] {
    let memories = [MemorySink::new(), MemorySink::new(), MemorySink::new()];
    let [as_text, as_json, as_wire] = memories.clone();
    let config = LoggerConfig::new().sink(Text, as_text).sink(Json::new(), as_json).sink(Wire, as_wire);
    let logger = create_custom_logger(name, config);
    log(&logger);
    assert!(logger.flush().is_complete());
    let [as_text, as_json, as_wire] = memories.map(|memory| memory.bytes());
    for lines in [&as_text, &as_json] {
        let lines = std::str::from_utf8(lines).expect("lines are UTF-8");
        let raw = lines.chars().find(|character| is_control(*character) && *character != '\n');
        assert_eq!(raw, None, "a control character got through");
    }
    [entries(Format::Text, &as_text), entries(Format::Json, &as_json), entries(Format::Wire, &as_wire)]
}

/// As [`in_every_form`], of one record.
pub(crate) fn one_in_every_form(name: &str, log: impl FnOnce(&FunctionalLogger)) -> [ArrivedRecord; 3] {
    in_every_form(name, log).map(|entries| match <[ArrivedRecord; 1]>::try_from(entries) {
        Ok([entry]) => entry,
        Err(entries) => panic!("{} records", entries.len()),
    })
}

/// Logs through one logger in one form; returns what arrived, as it is.
pub(crate) fn raw(encoder: impl Encoder + 'static, log: impl FnOnce(&FunctionalLogger)) -> Vec<u8> {
    let memory = MemorySink::new();
    let logger = create_custom_logger("hostile", LoggerConfig::new().sink(encoder, memory.clone()));
    log(&logger);
    assert!(logger.flush().is_complete());
    memory.bytes()
}
