//! One record with a message and three fields at INFO, as each logger is used.
//! `run.mjs` builds this, replaces the console's methods and takes the time.

use kakashi_wasm::{ConsoleSink, Logger, configure, flush, get_logger, sinks};
use std::cell::OnceCell;
use tracing_subscriber::layer::SubscriberExt as _;
use wasm_bindgen::prelude::wasm_bindgen;

const CUSTOMER: &str = "acme";

fn total(id: u32) -> f64 {
    f64::from(id % 1000) + 0.9
}

thread_local! {
    static LOGGER: OnceCell<Logger> = const { OnceCell::new() };
}

/// Writes to the console, as a program without any configuration does.
#[wasm_bindgen]
pub fn begin_kakashi() {
    configure().destination(sinks::to(ConsoleSink)).apply();
}

/// Logs, and writes all of it before it returns.
#[wasm_bindgen]
pub fn run_kakashi(records: u32) {
    let logger = LOGGER.with(|logger| logger.get_or_init(|| get_logger("bench::orders")).clone());
    for id in 0..records {
        kakashi_wasm::info!(logger, "Order accepted", order_id = id, customer = CUSTOMER, total = total(id));
    }
    flush();
}

/// Asks for the time as a record does.
#[wasm_bindgen]
pub fn run_clock(records: u32) -> f64 {
    use kakashi_wasm::{Clock as _, SystemClock, Timestamp};
    let mut sum = 0;
    for _ in 0..records {
        if let Timestamp::Wall(nanos) = SystemClock.now() {
            sum ^= nanos;
        }
    }
    sum as f64
}

/// Makes `log`'s logger.
#[wasm_bindgen]
pub fn begin_console_log() {
    console_log::init_with_level(log::Level::Info).expect("no logger yet");
}

/// Logs through `log`.
#[wasm_bindgen]
pub fn run_console_log(records: u32) {
    for id in 0..records {
        log::info!("Order accepted order_id={} customer={} total={}", id, CUSTOMER, total(id));
    }
}

/// Logs through `log` what a line of kakashi says: the time, the level, the logger.
#[wasm_bindgen]
pub fn run_console_log_same_line(records: u32) {
    for id in 0..records {
        let time = js_sys::Date::new_0().to_iso_string();
        log::info!(
            "{time} INFO bench::orders Order accepted order_id={} customer={} total={}",
            id,
            CUSTOMER,
            total(id)
        );
    }
}

/// Makes `tracing`'s subscriber as its `set_as_global_default` does.
#[wasm_bindgen]
pub fn begin_tracing_wasm() {
    tracing_wasm::set_as_global_default();
}

/// As above, without an entry in the engine's timeline for each record.
#[wasm_bindgen]
pub fn begin_tracing_wasm_plain() {
    let config = tracing_wasm::WASMLayerConfigBuilder::new().set_report_logs_in_timings(false).build();
    let layer = tracing_wasm::WASMLayer::new(config);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("no subscriber yet");
}

/// Logs through `tracing`.
#[wasm_bindgen]
pub fn run_tracing_wasm(records: u32) {
    for id in 0..records {
        tracing::info!(order_id = id, customer = CUSTOMER, total = total(id), "Order accepted");
    }
}
