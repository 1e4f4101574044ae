//! What a front end and its libraries log through `log` and `tracing`, in the console and in a
//! callback.

mod fakes;

use fakes::{FakeConsole, Memory, TIME, quiet, since};
use kakashi_wasm::{
    DropReason, LogContext, LogLevel, Scope as _, Stats, bridges, fields, flush, info, set_log_level, sinks,
    stats,
};
use wasm_bindgen_test::wasm_bindgen_test;

/// Installs both; each test does, the first one succeeds.
fn install() {
    let installed = (bridges::log::install(), bridges::tracing::install());
    for by in [installed.0.err(), installed.1.err()].into_iter().flatten() {
        assert_eq!(by.by(), Some("kakashi"));
    }
}

#[wasm_bindgen_test]
fn records_of_all_three_have_their_fields_and_spans_in_the_console_in_order() {
    let console = FakeConsole::install();
    quiet().destination(sinks::console()).apply();
    install();
    info!("own", n = 1);
    log::info!(target: "dep", id = 7, share = 0.5; "of {}", "log");
    let view = tracing::info_span!("view", route = "/cart", items = tracing::field::Empty);
    view.in_scope(|| {
        tracing::info!(target: "shop::cart", item_id = 1042, "Item added");
        view.record("items", 3);
        info!("own inside");
        LogContext::new().with_custom(fields![route = "/pay"]).within(|| log::info!(target: "dep", "inside"));
    });
    assert!(flush().is_complete());
    let expected = [
        "INFO bridges own n=1",
        "INFO dep of log id=7 share=0.5",
        "INFO shop::cart Item added item_id=1042 route=/cart",
        "INFO bridges own inside route=/cart items=3",
        "INFO dep inside route=/pay items=3",
    ];
    let shown: Vec<_> = console
        .calls()
        .into_iter()
        .map(|(method, text)| (method, text.replace(&format!("{TIME} "), "")))
        .collect();
    assert_eq!(shown, [("info", expected.join("\n"))]);
}

#[wasm_bindgen_test]
fn levels_follow_and_errors_are_written_before_the_call_returns() {
    let memory = Memory::default();
    quiet().destination(memory.destination()).level(LogLevel::Info).apply();
    install();
    log::debug!("no");
    tracing::debug!("no");
    set_log_level(LogLevel::Debug).expect("a level");
    log::debug!(target: "a", "yes");
    tracing::debug!(target: "b", "yes");
    assert!(memory.lines().is_empty());
    log::error!(target: "c", "now");
    assert_eq!(memory.lines(), ["DEBUG a yes", "DEBUG b yes", "ERROR c now"]);
    set_log_level(LogLevel::Error).expect("a level");
    assert_eq!(log::max_level(), log::LevelFilter::Error);
    tracing::warn!("no");
    tracing::error!(target: "d", "now");
    assert_eq!(memory.lines().len(), 4);
}

/// Logs itself.
struct Endless;

impl Endless {
    fn again(&self) -> &dyn std::fmt::Display {
        self
    }
}

impl std::fmt::Display for Endless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        log::info!(target: "endless", "{}", Self::again(self));
        f.write_str("shown")
    }
}

#[wasm_bindgen_test]
fn a_display_that_logs_itself_ends_and_is_counted() {
    let memory = Memory::default();
    quiet().destination(memory.destination()).level(LogLevel::Info).apply();
    install();
    let before: Stats = stats();
    log::info!(target: "endless", "{}", Endless.again());
    assert!(flush().is_complete());
    let lines = memory.lines();
    assert_eq!(lines.iter().filter(|line| *line == "INFO endless shown").count(), 4);
    assert_eq!(since(&before).1, 1);
    assert!(stats().dropped.of(LogLevel::Info, DropReason::Reentrant) > 0);
}
