//! What reaches the console, and in how many calls.

mod fakes;

use fakes::{FakeConsole, TIME, quiet};
use kakashi_wasm::{LogLevel, critical, debug, error, flush, get_logger, info, log, sinks, trace, warning};
use wasm_bindgen_test::wasm_bindgen_test;

fn calls_of(console: &FakeConsole) -> Vec<(&'static str, String)> {
    let calls = console.calls().into_iter();
    calls.map(|(method, text)| (method, text.replace(&format!("{TIME} "), ""))).collect()
}

#[wasm_bindgen_test]
fn every_level_goes_to_its_method_and_neighbours_share_a_call() {
    let console = FakeConsole::install();
    quiet().destination(sinks::console()).apply();
    let logger = get_logger("shop");
    trace!(logger, "a");
    debug!(logger, "b", n = 1);
    info!(logger, "c");
    info!(logger, "d");
    warning!(logger, "e");
    info!(logger, "f");
    assert!(console.calls().is_empty());
    assert!(flush().is_complete());
    assert_eq!(
        calls_of(&console),
        [
            ("debug", "TRACE shop a\nDEBUG shop b n=1".to_owned()),
            ("info", "INFO shop c\nINFO shop d".to_owned()),
            ("warn", "WARNING shop e".to_owned()),
            ("info", "INFO shop f".to_owned()),
        ]
        .map(|(method, text)| (method, text.to_string()))
    );
}

#[wasm_bindgen_test]
fn errors_are_on_the_console_before_the_call_returns() {
    let console = FakeConsole::install();
    quiet().destination(sinks::console()).apply();
    info!("before");
    error!("failed");
    assert_eq!(
        calls_of(&console),
        [("info", "INFO console before".to_owned()), ("error", "ERROR console failed".to_owned())]
    );
    critical!("worse");
    assert_eq!(calls_of(&console), [("error", "CRITICAL console worse".to_owned())]);
    log!(get_logger("x"), LogLevel::Error, "by level");
    assert_eq!(calls_of(&console), [("error", "ERROR x by level".to_owned())]);
}

#[wasm_bindgen_test]
fn a_console_that_throws_loses_nothing_and_repeats_nothing() {
    let console = FakeConsole::install();
    quiet().destination(sinks::console()).apply();
    info!("one");
    console.throws.set(true);
    assert_eq!(flush().left, 1);
    warning!("two");
    assert_eq!(flush().left, 2);
    console.throws.set(false);
    assert!(flush().is_complete());
    assert_eq!(
        calls_of(&console),
        [("info", "INFO console one".to_owned()), ("warn", "WARNING console two".to_owned())]
    );
}
