//! When batches are written.

mod fakes;

use fakes::{Memory, global, quiet, since, sleep, to_memory};
use js_sys::{Function, Reflect};
use kakashi_wasm::{error, flush, get_async_logger, info, stats};
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_full_batch_is_written_at_once() {
    let memory = Memory::default();
    quiet().batch_bytes(1000).destination(memory.destination()).apply();
    let mut sent = 0;
    while memory.batch_count() == 0 {
        info!("a line of some forty bytes", number = sent);
        sent += 1;
        assert!(sent < 100);
    }
    assert_eq!(*memory.batches.borrow(), [(sent, 0)]);
    assert!((1000..1100).contains(&memory.bytes.borrow().len()));
}

#[wasm_bindgen_test]
fn an_error_is_written_before_its_call_returns() {
    let memory = to_memory();
    info!("before");
    assert_eq!(memory.batch_count(), 0);
    error!("now");
    assert_eq!(memory.lines(), ["INFO flushing before", "ERROR flushing now"]);
    assert_eq!(memory.batch_count(), 1);
}

#[wasm_bindgen_test]
async fn an_async_loggers_error_is_written_in_a_microtask() {
    let memory = to_memory();
    error!(get_async_logger("worker"), "soon");
    assert_eq!(memory.batch_count(), 0);
    sleep(0).await;
    assert_eq!(memory.lines(), ["ERROR worker soon"]);
}

#[wasm_bindgen_test]
async fn what_lies_in_a_batch_is_written_by_a_timer() {
    let memory = Memory::default();
    quiet().flush_after_millis(10).destination(memory.destination()).apply();
    for round in 1..=3 {
        info!("one");
        info!("two");
        assert_eq!(memory.batch_count(), round - 1);
        for _ in 0..200 {
            if memory.batch_count() == round {
                break;
            }
            sleep(5).await;
        }
        assert_eq!(memory.batch_count(), round);
    }
    assert_eq!(memory.lines().len(), 6);
}

/// Puts the engine's timers back when it goes, whatever happens.
struct WithoutTimers(JsValue);

impl WithoutTimers {
    fn begin() -> Self {
        let before: Function = global("setTimeout");
        Reflect::set(&js_sys::global(), &"setTimeout".into(), &JsValue::UNDEFINED).unwrap();
        Self(before.into())
    }
}

impl Drop for WithoutTimers {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &"setTimeout".into(), &self.0).unwrap();
    }
}

#[wasm_bindgen_test]
async fn without_timers_flush_and_full_batches_remain_until_there_are_timers_again() {
    let memory = Memory::default();
    quiet().flush_after_millis(5).batch_bytes(1000).destination(memory.destination()).apply();
    let timers = WithoutTimers::begin();
    info!("one");
    flush();
    assert_eq!(memory.lines().len(), 1);
    for _ in 0..40 {
        info!("a line of some forty bytes, and then some");
    }
    assert!(memory.batch_count() > 1);
    drop(timers);
    for _ in 0..2000 {
        info!("on");
    }
    sleep(50).await;
    assert_eq!(memory.lines().len(), 2041);
}

#[wasm_bindgen_test]
fn ten_megabytes_are_one_record() {
    let memory = to_memory();
    let before = stats();
    let message = "0123456789".repeat(1 << 20);
    kakashi_wasm::info(&message, &[]);
    info!("after");
    flush();
    assert_eq!(memory.lines(), [format!("INFO root {message}"), "INFO flushing after".to_owned()]);
    assert_eq!(since(&before), (2, 0));
}
