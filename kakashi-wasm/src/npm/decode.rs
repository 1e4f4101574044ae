//! A stream of the wire, as plain values for JavaScript to read.
//!
//! Values of the [codec](kakashi_core::codec) follow one another:
//!
//! - a record: 0, nanoseconds, whether they count from a device's start, level,
//!   logger, message with its placeholders filled, sequence or null, module, file
//!   and line or three nulls, number of fields, for each its key and its value;
//! - drops: 1, nanoseconds, whether they count from a device's start, six counts by
//!   level, number of reasons, for each its name and its count;
//! - bytes that are neither: 2, how many.
//!
//! A context stands once in a block and in each record that uses it here: records whose
//! fields would make more than [`MAX_GROWTH`] times the input's bytes are skipped as well.

use kakashi_core::codec::put_value;
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{LogRecord, Output, Timestamp, Value};

/// How many bytes a byte may become; what programs write becomes three to thirty.
const MAX_GROWTH: usize = 64;
/// So much is always allowed.
const FREE: usize = 16 << 20;

/// Reads a whole stream.
pub(super) fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut values = ValueWriter::default();
    let most = bytes.len().saturating_mul(MAX_GROWTH).saturating_add(FREE);
    for item in Reader::new(bytes) {
        match item {
            Item::Record(record) if values.len + record.raw_len() <= most => values.record(&record),
            Item::Record(record) => {
                values.number(2);
                values.number((record.raw_len() - record.context().pairs.len()) as u64);
            }
            Item::Dropped(report) => {
                values.number(1);
                values.time(report.timestamp);
                report.by_level.iter().for_each(|count| values.number(*count));
                values.number(report.reasons().count() as u64);
                for (reason, count) in report.reasons() {
                    values.text(reason);
                    values.number(count);
                }
            }
            Item::Skipped(bytes) => {
                values.number(2);
                values.number(bytes as u64);
            }
            _ => {}
        }
    }
    values.bytes.truncate(values.len);
    values.bytes
}

#[derive(Default)]
struct ValueWriter {
    bytes: Vec<u8>,
    len: usize,
}

impl ValueWriter {
    fn put(&mut self, value: &Value<'_>) {
        loop {
            let mut out = Output::resume(&mut self.bytes, self.len);
            put_value(&mut out, value);
            let (end, overflowed) = (out.position(), out.overflowed());
            if !overflowed {
                self.len = end;
                return;
            }
            self.bytes.resize((2 * end).max(1024), 0);
        }
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn number(&mut self, number: u64) {
        self.put(&Value::U64(number));
    }

    #[cfg_attr(target_family = "wasm", inline(never))]
    fn text(&mut self, text: &str) {
        self.put(&Value::Str(text));
    }

    fn time(&mut self, timestamp: Timestamp) {
        let (nanos, uptime) = match timestamp {
            Timestamp::Wall(nanos) => (Value::I64(nanos), false),
            Timestamp::Uptime(nanos) => (Value::U64(nanos), true),
        };
        self.put(&nanos);
        self.put(&Value::Bool(uptime));
    }

    fn record(&mut self, record: &LogRecord<'_>) {
        self.number(0);
        self.time(record.timestamp);
        self.number(record.level.number().into());
        self.text(record.logger.text());
        self.text(&record.rendered_message());
        self.put(&record.sequence.map_or(Value::Null, Value::U64));
        if let Some(place) = record.location() {
            self.text(place.module);
            self.text(place.file);
            self.number(place.line.into());
        } else {
            (0..3).for_each(|_| self.put(&Value::Null));
        }
        let mut count = 0;
        record.for_each_field(|_, _| count += 1);
        self.number(count);
        record.for_each_field(|key, value| {
            self.text(key);
            self.put(value);
        });
    }
}
