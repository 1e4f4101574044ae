//! Equal records that follow one another, folded into one and a line that says how often it came.
//!
//! As syslogd's `last message repeated 57 times` and spdlog's `dup_filter_sink`, but for this: the line stands
//! in the stream as soon as anything else comes, so the order is kept; it has the time of the last repetition, not of what came
//! after; and nothing is lost where the process ends, for a flush writes it. Of the repetitions the last is
//! held, which the line stands for: what was logged is what was written and what is counted as
//! repeated.
//!
//! Equal means equal as JSON without the time. A record of ERROR or above is written before its call
//! returns, so it can't be held.

use std::time::{Duration, Instant};

use kakashi_core::{
    DropReason, Encoder as _, EncoderCache, Event, Field, Json, LogLevel, LogRecord, Output, Timestamp, Value,
};

use super::held_records::{HeldRecord, RecordHolder, Released};

/// Longer records are not compared.
const MAX_KEY: usize = 64 * 1024;

/// Folds equal records.
#[derive(Debug)]
pub(super) struct Repeats {
    within: Duration,
    /// What is equal of equal records; empty: the next one is another.
    key: Vec<u8>,
    /// Memory for the next key.
    next_key: Vec<u8>,
    /// The time of the first, which was written.
    first: Option<Timestamp>,
    /// The last repetition, and when the first of them came.
    held: Option<(HeldRecord, Instant)>,
    /// How often it came after the first.
    repeated: u64,
}

impl Repeats {
    pub(super) fn new(within: Duration) -> Self {
        Self { within, key: Vec::new(), next_key: vec![0; 1024], first: None, held: None, repeated: 0 }
    }

    /// Writes the key of a record into `next_key`; returns its length, unless it is too long.
    fn set_key(&mut self, record: &LogRecord<'_>) -> Option<usize> {
        let mut timeless = *record;
        (timeless.timestamp, timeless.sequence) = (Timestamp::Uptime(0), None);
        loop {
            let len = self.next_key.len();
            let mut out = Output::new(&mut self.next_key);
            Json::new().encode(&timeless, &mut EncoderCache::new(), &mut out);
            let (needed, overflowed) = (out.position(), out.overflowed());
            if !overflowed {
                return Some(needed);
            }
            if needed > MAX_KEY {
                return None;
            }
            self.next_key.resize(needed.max(2 * len), 0);
        }
    }

    /// Tells whether the first is so long ago that this is another series.
    fn is_over(&self, record: &LogRecord<'_>) -> bool {
        let nanos = |time: Timestamp| match time {
            Timestamp::Wall(nanos) => nanos,
            Timestamp::Uptime(nanos) => i64::try_from(nanos).unwrap_or(i64::MAX),
        };
        self.first.is_none_or(|first| {
            let since = nanos(record.timestamp).saturating_sub(nanos(first));
            u128::from(since.unsigned_abs()) >= self.within.as_nanos()
        })
    }

    /// Writes the line that stands for the repetitions so far; more may come.
    fn write_line(&mut self, out: &mut Released<'_>) {
        let Some((last, _)) = self.held.take() else { return };
        let repeated = std::mem::take(&mut self.repeated);
        if repeated == 1 {
            return last.with(|record| out.write(record));
        }
        let fields = [Field { key: "repeated", value: Value::U64(repeated) }];
        last.with(|record| {
            let line = LogRecord::new(record.timestamp, record.level, record.logger, "last message repeated");
            out.write(&line.with_fields(&fields).with_context(record.context()));
        });
    }

    /// Writes a record that begins a series, after what is left of the one before.
    fn begin(&mut self, record: &LogRecord<'_>, key_len: usize, out: &mut Released<'_>) {
        self.write_line(out);
        self.key.clear();
        self.key.extend_from_slice(&self.next_key[..key_len]);
        self.first = Some(record.timestamp);
        out.write(record);
    }
}

impl RecordHolder for Repeats {
    fn take(&mut self, record: &LogRecord<'_>, out: &mut Released<'_>) {
        let is_event = Event::is_audit(record) || Event::is_security(record);
        let is_compared = record.level < LogLevel::Error && record.logger.text() != "kakashi" && !is_event;
        let key_len = if is_compared { self.set_key(record) } else { None };
        let Some(key_len) = key_len else { return self.begin(record, 0, out) };
        if self.next_key[..key_len] != *self.key || self.is_over(record) {
            return self.begin(record, key_len, out);
        }
        let Some(held) = HeldRecord::of(record, out.number()) else { return self.begin(record, 0, out) };
        self.repeated += 1;
        let since = match self.held.take() {
            None => Instant::now(),
            Some((before, since)) => {
                out.leave_out(before.level, DropReason::Repeated);
                since
            }
        };
        self.held = Some((held, since));
    }

    fn let_go(&mut self, now: Instant, all: bool, out: &mut Released<'_>) {
        if all || self.is_due(now) {
            self.write_line(out);
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|(_, since)| now.saturating_duration_since(*since) >= self.within)
    }

    fn held(&self) -> usize {
        usize::from(self.held.is_some())
    }

    fn oldest(&mut self) -> Option<u64> {
        self.held.as_ref().map(|(held, _)| held.number)
    }
}
