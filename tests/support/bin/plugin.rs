//! A library with a kakashi of its own, as a program loads and unloads it.

// A symbol of C's can't be exported without it.
#![allow(unsafe_code)]

use std::env;

use kakashi_std::{Format, configure, error, get_async_logger, get_logger, info, sinks};

/// Logs on the calling thread to the file that `PLUGIN_FILE` names; `PLUGIN_LOGS` says what.
///
/// # Panics
/// Where these are not set, or the file can't be opened.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_log() {
    let file = env::var_os("PLUGIN_FILE").expect("a file is named");
    let what = env::var("PLUGIN_LOGS").expect("it is said what");
    configure().format(Format::Text).destination(sinks::file(file).expect("the file opens")).apply();
    match what.as_str() {
        "async" => info!(get_async_logger("plugin"), "Counted", thread = 0, n = 0),
        "info" => info!(get_logger("plugin"), "Counted", thread = 0, n = 0),
        _ => error!(get_logger("plugin"), "Counted", thread = 0, n = 0),
    }
    error!(get_logger("plugin"), "Counted", thread = 0, n = 1);
}
