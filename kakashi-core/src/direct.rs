//! The smallest logger: each record goes to its sink at once.
//!
//! It needs no heap and no thread: a stack buffer of `N` bytes, a clock, an
//! encoder and a sink. It is not shared between threads or interrupts.

use core::cell::RefCell;

use crate::batch::{Batch, RecordEnd};
use crate::clock::{Clock, Timestamp};
use crate::encode::{Encoder, EncoderCache};
use crate::field::Field;
use crate::level::{AtomicLevelFilter, LevelFilter, LogLevel};
use crate::log::{Exception, Log};
use crate::output::Output;
use crate::record::{LogRecord, Name, Values};
use crate::sink::Sink;
use crate::site::Site;
use crate::stats::{Counters, DropReason, Stats};
use crate::value::Value;

/// Room left for what closes a batch.
const FINISH_ROOM: usize = 8;

/// Logs to one sink at once; records of more than `N` bytes are dropped and
/// counted, and the next one is preceded by the news of it.
#[derive(Debug)]
pub struct DirectLogger<'n, C, E, S, const N: usize = 256> {
    name: Name<'n>,
    level: AtomicLevelFilter,
    clock: C,
    encoder: E,
    sink: RefCell<State<S>>,
    counters: Counters,
}

#[derive(Debug)]
struct State<S> {
    sink: S,
    cache: EncoderCache,
    announced: Stats,
}

impl<'n, C: Clock, E: Encoder, S: Sink, const N: usize> DirectLogger<'n, C, E, S, N> {
    /// Makes a logger whose threshold is INFO.
    pub fn new(name: &'n str, clock: C, encoder: E, sink: S) -> Self {
        Self {
            name: Name::new(name),
            level: AtomicLevelFilter::new(LevelFilter::default()),
            clock,
            encoder,
            sink: RefCell::new(State { sink, cache: EncoderCache::new(), announced: Stats::default() }),
            counters: Counters::new(),
        }
    }

    /// Replaces the threshold.
    pub fn set_level(&self, level: impl Into<LevelFilter>) {
        self.level.set(level.into());
    }

    /// Returns what became of records so far.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// Returns the sink.
    pub fn into_sink(self) -> S {
        self.sink.into_inner().sink
    }

    fn put(&self, record: &LogRecord<'_>) {
        let Ok(mut state) = self.sink.try_borrow_mut() else {
            return self.counters.add_dropped(record.level, DropReason::Reentrant, 1);
        };
        self.announce(&mut state, record.timestamp);
        self.write(&mut state, record.level, |cache, out| self.encoder.encode(record, cache, out));
    }

    fn announce(&self, state: &mut State<S>, timestamp: Timestamp) {
        let stats = self.counters.snapshot();
        if stats.dropped == state.announced.dropped {
            return;
        }
        let mut news = stats.dropped;
        for (row, old) in news.counts.iter_mut().zip(&state.announced.dropped.counts) {
            row.iter_mut().zip(old).for_each(|(count, old)| *count = count.wrapping_sub(*old));
        }
        let told = self.write(state, LogLevel::Warning, |cache, out| {
            self.encoder.encode_dropped(timestamp, &news, cache, out);
        });
        if told {
            state.announced = stats;
        }
    }

    fn write(
        &self,
        state: &mut State<S>,
        level: LogLevel,
        encode: impl FnOnce(&mut EncoderCache, &mut Output<'_>),
    ) -> bool {
        let mut room = [0; N];
        let (len, too_large) = {
            let mut out = Output::new(&mut room[..N.saturating_sub(FINISH_ROOM)]);
            encode(&mut state.cache, &mut out);
            (out.position(), out.overflowed())
        };
        if too_large {
            self.counters.add_dropped(level, DropReason::TooLarge, 1);
            return false;
        }
        let mut out = Output::resume(&mut room, len);
        self.encoder.finish(&mut state.cache, &mut out);
        let bytes = out.written();
        let ends = [RecordEnd { end: bytes.len(), level }];
        match state.sink.write(&Batch::new(bytes, &ends)) {
            Ok(()) => self.counters.add_written(1, bytes.len()),
            Err(_) => {
                self.counters.add_failure();
                self.counters.add_dropped(level, DropReason::SinkFailed, 1);
            }
        }
        true
    }

    /// Logs words and fields; nothing in the words is a placeholder.
    pub fn log(&self, level: LogLevel, message: &str, fields: &[Field<'_>]) {
        if self.level.enables(level) {
            let record = LogRecord::new(self.clock.now(), level, self.name, message);
            self.put(&record.with_fields(fields));
        }
    }
}

impl<C: Clock, E: Encoder, S: Sink, const N: usize> Log for DirectLogger<'_, C, E, S, N> {
    #[inline(always)]
    fn enabled(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
        self.put(&LogRecord::of_site(self.clock.now(), self.name, site, Values::Slice(values)));
    }

    fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
        let record = LogRecord::of_site(self.clock.now(), self.name, site, Values::Slice(values));
        let fields = exception.fields();
        self.put(&record.with_fields(fields.as_slice()));
    }
}
