//! What the npm package's JavaScript calls.
//!
//! The wire is the ABI. JavaScript writes items of the wire (SITE, NAME, CONTEXT,
//! RECORD) into a ring in this module's memory; [`take`] reads them, runs the
//! pipeline, encodes for each destination, and [`batch`] lends the bytes out.
//! All arguments are numbers and nothing is called back, so the module imports
//! nothing: walking a JavaScript object from here costs 2,700–3,400 ns, building
//! one 2,000–7,400, a call that passes numbers a few.
//!
//! The npm build keeps only the functions that `interface Exports` in `js/engine/engine.ts` names:
//! one that is missing there is not in the package.
//!
//! Sinks, timers and levels are JavaScript's business: a test of the level must
//! not cost a call, and must work before a page has fetched this module.
//!
//! A NAME here has one `leb` more at its end than on the wire: its dispatch.

mod decode;
mod engine;
mod id_tables;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use kakashi_core::{DropReason, Format, LevelFilter, LogLevel, Redaction, Timestamp};
use wasm_bindgen::prelude::wasm_bindgen;

use engine::Engine;

/// A quarter of the size of the default allocator.
#[cfg(target_family = "wasm")]
#[global_allocator]
static HEAP: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

thread_local! {
    static ENGINE: RefCell<Engine> = const { RefCell::new(Engine::new()) };
}

/// Never borrowed twice: nothing here calls JavaScript.
fn with<R>(run: impl FnOnce(&mut Engine) -> R) -> R {
    ENGINE.with_borrow_mut(run)
}

/// Makes the ring, of this many bytes, and returns its address.
#[wasm_bindgen]
pub fn ring(bytes: usize) -> usize {
    with(|engine| engine.make_ring(bytes))
}

/// Returns the address of eight words in which other functions reply.
#[wasm_bindgen]
pub fn reply() -> usize {
    with(|engine| engine.reply.as_ptr() as usize)
}

/// Empties a dispatch, or makes it.
#[wasm_bindgen]
pub fn dispatch(dispatch: usize) {
    with(|engine| engine.reset_dispatch(dispatch));
}

/// Adds a destination to a dispatch. Formats: 0 text, 1 JSON, 2 pretty, 3 pretty in
/// colour, 4 the wire.
#[wasm_bindgen]
pub fn destination(dispatch: usize, format: u8, threshold: u8, batch_bytes: usize) {
    // What no page uses is not in the module.
    let encoder = match format {
        1 => Format::Json.encoder_without_profiles(false, false),
        2 => Format::Pretty.encoder_without_profiles(false, false),
        3 => Format::Pretty.encoder_without_profiles(true, true),
        4 => Format::Wire.encoder_without_profiles(false, false),
        _ => Format::Text.encoder_without_profiles(false, false),
    };
    with(|engine| engine.add_destination(dispatch, LevelFilter::new(threshold), encoder, batch_bytes));
}

/// Redacts the paths that the ring's first bytes name: a `text` each.
#[wasm_bindgen]
pub fn redact(dispatch: usize, len: usize) {
    with(|engine| {
        let redaction = Redaction::new(engine.texts(len));
        engine.dispatch(dispatch).set_redaction(redaction);
    });
}

/// Reads the ring's items from one offset to another, until a batch is full;
/// returns how far it came. `reply[0]` says how many records could not be encoded,
/// [`dropped`] which.
#[wasm_bindgen]
pub fn take(from: usize, end: usize) -> usize {
    with(|engine| engine.take(from, end))
}

/// Ends a destination's batch and lends it out until the next [`take`]; returns its
/// length in bytes. The reply: the bytes' address, the address of the ends (two
/// words each: offset, level), their number, records, dropped before, highest level.
#[wasm_bindgen]
pub fn batch(dispatch: usize, destination: usize) -> usize {
    with(|engine| engine.lend(dispatch, destination))
}

/// Counts records of a level that a destination did not get, for the reason at an index of [`DropReason::ALL`].
#[wasm_bindgen]
pub fn add_dropped(dispatch: usize, destination: usize, level: u8, reason: usize, records: usize) {
    let (Some(level), Some(&reason)) = (LogLevel::from_number(level), DropReason::ALL.get(reason)) else {
        return;
    };
    with(|engine| engine.add_dropped(dispatch, destination, level, reason, records));
}

/// Announces a dispatch's drops where no record came after them; the time in
/// microseconds since 1970.
#[wasm_bindgen]
pub fn announce(dispatch: usize, micros: f64) {
    with(|engine| engine.announce(dispatch, Timestamp::from_unix_micros(micros as i64)));
}

/// Returns the address of six times six words: how many records of each level, by
/// each reason, the last [`take`] could not encode.
#[wasm_bindgen]
pub fn dropped() -> usize {
    with(|engine| engine.dropped.as_ptr() as usize)
}

/// Clears the tables of ids; the next SITE, NAME and CONTEXT items fill them again.
#[wasm_bindgen]
pub fn forget() {
    with(Engine::forget);
}

/// Allocates the input of [`decode`], and returns its address.
#[wasm_bindgen]
pub fn input(bytes: usize) -> usize {
    with(|engine| {
        engine.input = vec![0; bytes];
        engine.input.as_ptr() as usize
    })
}

/// Decodes the input; returns the length of the output, whose address is in `reply[0]`
/// until the next call of [`input`]. See the module `decode` for its form.
#[wasm_bindgen]
pub fn decode() -> usize {
    with(|engine| {
        let decoded = decode::decode(&std::mem::take(&mut engine.input));
        engine.input = decoded;
        engine.reply[0] = engine.input.as_ptr() as u32;
        engine.input.len()
    })
}
