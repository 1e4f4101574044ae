//! Levels: of all loggers, of a prefix, of one logger.

use kakashi_std::{
    LevelFilter, LogLevel, clear_logger_cache, configure, debug, error, get_logger, get_logger_with_level,
    info, set_log_level, trace, warning,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::text;

use crate::common::{messages, to_memory};

#[test]
fn a_level_reaches_all_loggers_but_those_with_their_own() {
    let _alone = alone();
    let memory = to_memory();
    let (old, own) = (get_logger("levels::old"), get_logger_with_level("levels::own", LogLevel::Warning));
    configure().level(LogLevel::Debug).apply();
    debug!(old, "Old handle");
    debug!(get_logger("levels::new"), "New handle");
    trace!(old, "Never");
    info!(own, "Never");
    warning!(own, "Own level");
    set_log_level(LogLevel::Trace).unwrap();
    trace!(old, "Trace");
    info!(own, "Never");
    get_logger_with_level("levels::own", LogLevel::Trace);
    trace!(own, "A new own level, through the old handle");
    set_log_level(LogLevel::Critical).unwrap();
    error!(old, "Never");
    trace!(own, "Still its own");
    let expected = [
        "Old handle",
        "New handle",
        "Own level",
        "Trace",
        "A new own level, through the old handle",
        "Still its own",
    ];
    assert_eq!(messages(&memory), expected);
}

#[test]
fn a_prefix_has_a_level_for_all_loggers_below_it() {
    let _alone = alone();
    let memory = to_memory();
    let old = get_logger("prefix::db::pool");
    configure().level_of("prefix::db", LogLevel::Trace).level_of("prefix", LogLevel::Error).apply();
    for name in ["prefix::db", "prefix::db::pool", "prefix::dbx", "prefix", "prefixed"] {
        trace!(get_logger(name), "Trace of {name}", name);
        warning!(get_logger(name), "Warning of {name}", name);
    }
    trace!(old, "An old handle");
    set_log_level("critical").unwrap();
    trace!(old, "A prefix comes before all");
    let expected = [
        "Trace of prefix::db",
        "Warning of prefix::db",
        "Trace of prefix::db::pool",
        "Warning of prefix::db::pool",
        "Warning of prefixed",
        "An old handle",
        "A prefix comes before all",
    ];
    assert_eq!(messages(&memory), expected);
}

#[test]
fn a_level_is_found_by_its_name_and_an_unknown_one_gets_the_right_ones() {
    let _alone = alone();
    let logger = get_logger("named");
    for (name, level) in
        [("debug", 10), ("WARNING", 30), ("warn", 30), ("Fatal", 50), ("off", 255), ("35", 35)]
    {
        set_log_level(name).unwrap();
        assert_eq!(logger.level(), LevelFilter::new(level), "{name}");
    }
    let error = set_log_level("loud").unwrap_err();
    assert_eq!(error.name(), "loud");
    for name in ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] {
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(logger.level(), LevelFilter::new(35), "a wrong name changes nothing");
}

#[test]
fn handles_from_before_a_cleared_cache_work_on_and_follow_levels() {
    let _alone = alone();
    let memory = to_memory();
    let old = get_logger_with_level("cleared", LogLevel::Info);
    let follower = get_logger("cleared::follower");
    info!(old, "Before");
    clear_logger_cache();
    assert_eq!(text(&memory.bytes()).len(), 1, "it flushes");
    let new = get_logger("cleared");
    set_log_level(LogLevel::Debug).unwrap();
    debug!(new, "The new one has no level of its own");
    debug!(old, "Never");
    info!(old, "The old one has");
    debug!(follower, "The old one follows");
    let expected =
        ["Before", "The new one has no level of its own", "The old one has", "The old one follows"];
    assert_eq!(messages(&memory), expected);
}
