//! Programs whose levels come from the environment or a file.

#![allow(unsafe_code)]

use std::fs;
use std::path::Path;

use kakashi_std::{
    LogLevel, configure, configure_from, debug, get_async_logger, get_logger, get_logger_with_level, info,
    reload_directives, reload_directives_on_hangup, warning, watch_directives,
};
use kakashi_tests::harness::wait::eventually;

/// One line, and no more.
pub(crate) fn logs_at_debug() {
    debug!("Seen");
}

/// Prints the thresholds of some loggers, at first and after changes.
pub(crate) fn prints_levels() {
    let own = get_logger_with_level("shop::own", LogLevel::Error);
    let print = |when: &str| {
        let levels = ["shop", "shop::db::pool", "shopping", "root"].map(|name| get_logger(name).level());
        let queued = get_async_logger("shop::db").level();
        println!("{when}: {levels:?} {queued:?} {:?}", own.level());
    };
    print("first");
    configure().level(LogLevel::Critical).level_of("shop::db", LogLevel::Warning).apply();
    print("configured");
    reload_directives().expect("there is no file");
    print("reloaded");
    configure().directives("shop::db=off").expect("it is right").apply();
    print("directives");
    configure().reset().apply();
    print("reset");
}

/// Changes a file of directives, and removes it.
pub(crate) fn watches(file: &Path) {
    let levels = || ["shop", "shop::db"].map(|name| get_logger(name).level().number());
    fs::write(file, "# what is looked for\nshop=debug\nshop::db=loud").expect("a file");
    watch_directives(file).expect("a thread is to be had");
    assert_eq!(levels(), [10, 10]);
    fs::write(file, "shop=debug\nshop::db=trace").expect("a file");
    assert!(eventually(|| levels() == [10, 5]), "{:?}", levels());
    configure().directives("").expect("it is right").apply();
    fs::remove_file(file).expect("it is there");
    assert!(reload_directives().is_err());
    assert_eq!(levels(), [20, 20]);
    // As some editors save it.
    fs::write(file, "\u{feff}warn").expect("a file");
    assert!(eventually(|| levels() == [30, 30]), "{:?}", levels());
    configure().reset().apply();
    assert_eq!(levels(), [30, 30]);
    let other = file.with_extension("other");
    fs::write(&other, "").expect("a file");
    assert_eq!(watch_directives(other).map_err(|error| error.kind()), Err(std::io::ErrorKind::AlreadyExists));
}

/// Logs with the settings of a file, or prints what is wrong with it.
pub(crate) fn configures_from(file: &Path) {
    match configure_from(file) {
        Ok(change) => change.apply(),
        Err(error) => return println!("{error}"),
    }
    info!(get_logger("shop"), "Served", password = "secret");
    debug!(get_logger("shop::db"), "Asked");
    warning!(get_logger("hyper"), "Slow");
}

/// Takes directives from the environment again when it gets SIGHUP.
pub(crate) fn reloads_on_hangup() {
    reload_directives_on_hangup().expect("a thread is to be had");
    reload_directives_on_hangup().expect("it has one");
    let level = || get_logger("shop").level().number();
    assert_eq!(level(), 10);
    configure().directives("shop=error").expect("it is right").apply();
    assert_eq!(level(), 40);
    // SAFETY: it takes a number, and the signal has a handler.
    unsafe { libc::raise(libc::SIGHUP) };
    assert!(eventually(|| level() == 10), "{}", level());
}
