//! The records of the `log` crate on a device, from drivers and stacks that know no other.
//!
//! A [`LogBridge`] makes words of a record's text, and pairs of the wire of its keys
//! and values, on the stack and before a logger is touched. So code that prints
//! itself (and perhaps logs while it does) runs outside every lock, and no heap is
//! needed. The record shows what did not fit: a text that is cut ends with `…`,
//! and `fields_left_out=3` counts the fields.
//!
//! It installs nothing, and passes on neither module nor file nor line: they are
//! strings that each record would carry, and the target is the module by default.

use core::fmt::{self, Write};

use ::log::kv::Source;
use heapless::string::StringView;

use super::{TakePairs, take_all};
use crate::codec;
use crate::logger::log_words::LogWords;
use crate::record::Extra;
use crate::util::output::Output;
use crate::value::Value;

/// What says how many fields had no room, and the most bytes that this takes.
const LEFT_OUT: &str = "fields_left_out";
const LEFT_OUT_ROOM: usize = 1 + LEFT_OUT.len() + 1 + size_of::<u64>();

/// Hands the records of the `log` crate to a kakashi logger.
///
/// It is a [`log::Log`]: install it with `log::set_logger`, or call it from a `log::Log`
/// of your own. On chips without compare-and-swap (thumbv6m), where `set_logger` does not
/// exist, call `log::set_logger_racy` and `log::set_max_level_racy` before interrupts
/// are on.
///
/// The target names the logger of a [`DirectLogger`](crate::DirectLogger)'s record, and
/// is the field `target` of a [`RingLogger`](crate::RingLogger)'s (a field of the record
/// with this very key hides it). Keys and values become fields: numbers, truths,
/// characters and strings as they are, everything else as the text it prints; an error
/// without its sources (with them where the feature `std` is on). `f32` comes as `f64`: `log` has no other floats.
///
/// `N` is the room in bytes, on the stack, for a text that has to be formatted (one
/// without arguments is never copied), and as much again for the fields. A text that is
/// longer, or whose `Display` fails, ends with `…`; fields that have no room are counted
/// in the field `fields_left_out`; if the source of the fields fails, `fields_error`
/// says how. A record that is too large for the logger nonetheless is counted there as
/// any other. Of a `RingLogger`'s 256 bytes, up to 26 and the target's length are not for
/// text and fields: `LogBridge<_, 96>` loses no formatted text whose target has 32 bytes.
/// Over a `DirectLogger` with its 256 bytes, `LogBridge<_, 160>` cuts where a larger one
/// has the logger drop and count.
///
/// # Examples
///
/// ```
/// use kakashi_core::{Batch, DirectLogger, FixedClock, FunctionSink, LogBridge, SinkError, Text, Timestamp};
///
/// fn print(batch: &Batch<'_>) -> Result<(), SinkError> {
///     # assert_eq!(batch.bytes(), b"+0.000000s INFO can Frame 7 received id=291 bus=front\n");
///     print!("{}", String::from_utf8_lossy(batch.bytes()));
///     Ok(())
/// }
///
/// type Print = FunctionSink<fn(&Batch<'_>) -> Result<(), SinkError>>;
/// static LOG: DirectLogger<'_, FixedClock, Text, Print> =
///     DirectLogger::new("", FixedClock(Timestamp::Uptime(0)), Text, FunctionSink::new(print));
/// static BRIDGE: LogBridge<&DirectLogger<'_, FixedClock, Text, Print>> = LogBridge::new(&LOG);
///
/// log::set_logger(&BRIDGE)?;
/// log::set_max_level(BRIDGE.max_level());
///
/// log::info!(target: "can", id = 0x123, bus = "front"; "Frame {} received", 7);
/// // +0.000000s INFO can Frame 7 received id=291 bus=front
/// # assert_eq!(LOG.stats().written, 1);
/// # Ok::<(), log::SetLoggerError>(())
/// ```
///
/// [`log::Log`]: ::log::Log
#[derive(Clone, Copy, Debug)]
pub struct LogBridge<L, const N: usize = 256> {
    logger: L,
}

impl<L: LogWords, const N: usize> LogBridge<L, N> {
    /// Makes a bridge to a logger, or to a reference to one.
    ///
    /// With less than 32 bytes, too few to say how much is left out, it does not compile.
    pub const fn new(logger: L) -> Self {
        const { assert!(N >= 32, "the room of a LogBridge must be at least 32 bytes") };
        Self { logger }
    }

    /// Returns the most verbose of `log`'s levels that the logger takes now: for
    /// `log::set_max_level`, so that a disabled call costs one load and a compare.
    pub fn max_level(&self) -> ::log::LevelFilter {
        // `iter` begins with the most severe.
        ::log::Level::iter()
            .take_while(|level| self.logger.enables((*level).into()))
            .last()
            .map_or(::log::LevelFilter::Off, |level| level.to_level_filter())
    }
}

impl<L: LogWords + Send + Sync, const N: usize> ::log::Log for LogBridge<L, N> {
    fn enabled(&self, metadata: &::log::Metadata<'_>) -> bool {
        self.logger.enables(metadata.level().into())
    }

    fn log(&self, record: &::log::Record<'_>) {
        let level = record.level().into();
        // `log`'s macros ask for the level that all loggers share, and no more.
        if self.logger.enables(level) {
            let (mut text, mut pairs) = (heapless::String::<N>::new(), [0; N]);
            let words = words_of(record.args(), text.as_mut_view());
            let fields = pairs_of(record.key_values(), &mut pairs);
            self.logger.log_words(record.target(), level, words, Extra::Wire(fields));
        }
    }

    /// Does nothing: a bridge keeps nothing back.
    fn flush(&self) {}
}

/// Returns a text that has no arguments as it is, and another as far as there is room.
fn words_of<'a>(text: &fmt::Arguments<'_>, room: &'a mut StringView) -> &'a str {
    if let Some(words) = text.as_str() {
        return words;
    }
    let mut words = Words { kept: room, is_cut: false };
    if words.write_fmt(*text).is_err() || words.is_cut {
        while words.kept.push('…').is_err() && words.kept.pop().is_some() {}
    }
    words.kept.as_str()
}

/// Keeps the beginning of a text.
struct Words<'a> {
    kept: &'a mut StringView,
    /// Remembered: a `Display` may pass over the error, go on, and end well.
    is_cut: bool,
}

impl Write for Words<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !self.is_cut && self.kept.push_str(text).is_err() {
            self.is_cut = true;
            let _ = text.chars().try_for_each(|character| self.kept.push(character));
        }
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Writes keys and values as pairs of the wire, and after them what had no room.
fn pairs_of<'r>(source: &dyn Source, room: &'r mut [u8]) -> &'r [u8] {
    let room_for_pairs = room.len().saturating_sub(LEFT_OUT_ROOM);
    let mut pairs =
        LogPairs { out: Output::new(room.get_mut(..room_for_pairs).unwrap_or_default()), left_out: 0 };
    take_all(source, &mut pairs);
    let (mut len, left_out) = (pairs.out.position(), pairs.left_out);
    if left_out > 0 {
        let mut out = Output::resume(room, len);
        codec::put_pair(&mut out, LEFT_OUT, &Value::U64(left_out as u64));
        len = out.position();
    }
    room.get(..len).unwrap_or_default()
}

/// Writes whole pairs, and counts those that have no room.
struct LogPairs<'b> {
    out: Output<'b>,
    left_out: usize,
}

impl TakePairs for LogPairs<'_> {
    fn take(&mut self, key: &str, value: &Value<'_>) {
        let start = self.out.position();
        codec::put_pair(&mut self.out, key, value);
        if self.out.overflowed() {
            self.out.rewind(start);
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests;
