//! Records logged while a record is being logged.

mod fakes;

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use fakes::{Memory, quiet, since, sleep, to_memory};
use kakashi_wasm::sinks::{FunctionSink, to};
use kakashi_wasm::{Batch, DropReason, LoggerConfig, create_custom_logger, error, flush, info, stats};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

/// Logs whenever it is printed.
struct Talkative(u32);

impl fmt::Display for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("printing", number = self.0);
        write!(f, "number {}", self.0)
    }
}

#[wasm_bindgen_test]
fn a_display_that_logs_is_followed_by_what_it_logs() {
    let memory = to_memory();
    info!("outer", value = %Talkative(7));
    flush();
    assert_eq!(
        memory.lines(),
        ["INFO reentrance outer value=\"number 7\"", "INFO reentrance printing number=7"]
    );
}

/// Logs itself.
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("again", value = %Endless);
        f.write_str("endless")
    }
}

#[wasm_bindgen_test]
fn a_display_that_logs_itself_comes_to_an_end_that_is_counted_and_announced() {
    let memory = to_memory();
    let before = stats();
    info!("outer", value = %Endless);
    assert!(flush().is_complete());
    let (written, dropped) = since(&before);
    assert!(written > 1 && dropped > 0);
    let reentrant = |stats: &kakashi_wasm::Stats| stats.dropped.of_reason(DropReason::Reentrant);
    assert_eq!(reentrant(&stats()) - reentrant(&before), dropped);
    let lines = memory.lines();
    assert_eq!(lines.iter().filter(|line| !line.contains("Records were dropped")).count(), written);
    assert!(lines.iter().any(|line| line.contains(&format!("dropped={dropped} "))), "{lines:#?}");
}

#[wasm_bindgen_test]
fn what_a_sink_logs_as_its_logger_goes_is_logged() {
    let memory = to_memory();
    let sink = FunctionSink::new(|_: &Batch<'_>| {
        info!("writing the last batch");
        Ok(())
    });
    let logger = create_custom_logger("short", LoggerConfig::new().destination(to(sink)));
    info!(logger, "once");
    drop(logger);
    flush();
    assert_eq!(memory.lines(), ["INFO reentrance writing the last batch"]);
}

#[wasm_bindgen_test]
fn a_sink_that_logs_is_heard_and_goes_on() {
    let memory = Memory::default();
    let inner = memory.clone();
    let sink = FunctionSink::new(move |batch: &Batch<'_>| {
        if inner.batch_count() < 20 {
            error!("from inside the sink", records = batch.len());
            flush();
        }
        inner.take(batch)
    });
    quiet().destination(to(sink)).apply();
    info!("one");
    error!("two");
    for _ in 0..30 {
        flush();
    }
    let lines = memory.lines();
    assert_eq!(lines[..2], ["INFO reentrance one", "ERROR reentrance two"]);
    assert_eq!(lines[2], "ERROR reentrance from inside the sink records=2");
    assert_eq!(lines.len(), 22);
}

/// Panics when it is printed.
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a display that panics")
    }
}

/// Runs code that panics: JavaScript catches the trap.
fn dies(run: impl Fn() + 'static) -> bool {
    let closure = Closure::<dyn Fn()>::new(run);
    let function: js_sys::Function = closure.as_ref().clone().unchecked_into();
    let result = function.call0(&JsValue::UNDEFINED);
    // What died in it is not to be dropped.
    closure.forget();
    result.is_err()
}

#[wasm_bindgen_test]
fn a_panic_is_logged_with_what_was_before_it_and_the_next_call_works() {
    let memory = to_memory();
    info!("before");
    assert!(dies(|| panic!("boom {}", 7)));
    let lines = memory.lines();
    assert_eq!(lines[0], "INFO reentrance before");
    let panicked = r#"CRITICAL panic Panicked exception.type=panic exception.message="boom 7" location="#;
    assert!(lines[1].starts_with(panicked) && lines[1].contains("tests/reentrance.rs:"), "{lines:?}");
    info!("after");
    flush();
    assert_eq!(memory.lines()[2..], ["INFO reentrance after"]);
}

#[wasm_bindgen_test]
fn a_display_that_panics_costs_its_record_not_the_loggers() {
    let memory = to_memory();
    let hooked = Rc::new(Cell::new(false));
    let flag = Rc::clone(&hooked);
    info!("before");
    assert!(dies(move || {
        flag.set(true);
        info!("never", value = %Panics);
    }));
    assert!(hooked.get());
    info!("after");
    flush();
    let lines = memory.lines();
    assert_eq!(
        (lines.len(), lines[0].as_str(), lines[2].as_str()),
        (3, "INFO reentrance before", "INFO reentrance after")
    );
    assert!(lines[1].contains("a display that panics"), "{lines:?}");
}

/// Throws when it is printed, as an imported function does that nobody catches.
struct Throws;

impl fmt::Display for Throws {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        wasm_bindgen::throw_str("a display that throws")
    }
}

#[wasm_bindgen_test]
async fn a_display_that_throws_costs_its_record_not_the_loggers() {
    let memory = Memory::default();
    quiet().flush_after_millis(10).destination(memory.destination()).apply();
    info!("before");
    assert!(dies(|| info!("never", value = %Throws)));
    info!("after");
    for _ in 0..200 {
        if memory.lines().len() == 2 {
            break;
        }
        sleep(5).await;
    }
    info!("later");
    flush();
    assert_eq!(memory.lines(), ["INFO reentrance before", "INFO reentrance after", "INFO reentrance later"]);
}
