//! The smallest logger: each record goes to its sink at once.
//!
//! It needs no heap and no thread: a buffer of `N` bytes, a clock, an encoder and a
//! sink. The buffer is its own and not the caller's, whose stack may be an
//! interrupt's; so it never waits: a caller that finds it busy drops its record and counts it.

mod drop_counts;
mod log;
#[cfg(target_os = "none")]
mod typed_call;

use portable_atomic::{AtomicUsize, Ordering};

use self::drop_counts::{Announced, Drops, Sums};
use crate::clock::Clock;
use crate::encode::{Encoder, EncoderCache};
use crate::level::{AtomicLevelFilter, LevelFilter, LogLevel};
#[cfg(target_os = "none")]
use crate::record::call::Quoting;
use crate::record::{LogRecord, Name};
use crate::sink::Sink;
use crate::sink::batch::{Batch, RecordEnd};
use crate::stats::{DropReason, Stats};
use crate::util::output::Output;
use crate::value::field::Field;

/// Room left for what closes a batch.
const FINISH_ROOM: usize = 8;

/// Logs to one sink at once, from anywhere: a `static` will do.
///
/// One record is written at a time. A record that comes while another is being
/// written (from an interrupt, a sink, a `Display`, another core) is dropped and
/// counted; where interrupts log, a `RingLogger` (feature `ring`) keeps them.
/// Records of more than `N` bytes, and those that the sink fails, are dropped
/// and counted too; an announcement precedes the next record.
#[derive(Debug)]
pub struct DirectLogger<'n, C, E, S, const N: usize = 256> {
    name: &'n str,
    #[cfg(target_os = "none")]
    quoting: Option<Quoting>,
    level: AtomicLevelFilter,
    clock: C,
    encoder: E,
    state: spin::Mutex<SinkState<S>>,
    written: AtomicUsize,
    bytes: AtomicUsize,
    failures: AtomicUsize,
    drops: Drops,
}

#[derive(Debug)]
struct SinkState<S> {
    sink: S,
    announced: Announced,
    /// Without a heap, where it keeps little, one is made for each batch.
    #[cfg(feature = "alloc")]
    cache: Option<EncoderCache>,
    /// A record is being encoded.
    #[cfg(feature = "alloc")]
    encoding: bool,
}

impl<'n, C: Clock, E: Encoder, S: Sink, const N: usize> DirectLogger<'n, C, E, S, N> {
    /// Makes a logger whose threshold is INFO.
    pub const fn new(name: &'n str, clock: C, encoder: E, sink: S) -> Self {
        Self {
            name,
            #[cfg(target_os = "none")]
            quoting: crate::encode::quoting(name),
            level: AtomicLevelFilter::new(LevelFilter::new(LogLevel::Info.number())),
            clock,
            encoder,
            state: spin::Mutex::new(SinkState {
                sink,
                announced: Announced::NOTHING,
                #[cfg(feature = "alloc")]
                cache: None,
                #[cfg(feature = "alloc")]
                encoding: false,
            }),
            written: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            failures: AtomicUsize::new(0),
            drops: Drops::new(),
        }
    }

    /// Replaces the threshold.
    pub fn set_level(&self, level: impl Into<LevelFilter>) {
        self.level.set(level.into());
    }

    /// Returns the counts so far.
    pub fn stats(&self) -> Stats {
        Stats {
            late: 0,
            written: self.written.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            dropped: self.drops.dropped(),
            ..Stats::default()
        }
    }

    /// Returns the sink.
    pub fn into_sink(self) -> S {
        self.state.into_inner().sink
    }

    /// Takes the sink for one record, and first announces what was dropped; `encode`
    /// encodes the announcement, and returns its length.
    fn turn(
        &self,
        level: LogLevel,
        room: &mut [u8; N],
        encode: impl FnOnce(&mut SinkState<S>, &Sums, &mut [u8; N]) -> usize,
    ) -> Option<spin::MutexGuard<'_, SinkState<S>>> {
        let Some(mut state) = self.state.try_lock() else {
            self.drops.count(level, DropReason::Reentrant);
            return None;
        };
        if let Some(dropped) = self.drops.unannounced(&state.announced) {
            let len = encode(&mut state, &dropped, room);
            if self.hand_over(&mut state, LogLevel::Warning, room.get(..len)).is_ok() {
                state.announced.add(&dropped);
            }
        }
        Some(state)
    }

    fn put(&self, record: &LogRecord<'_>) {
        let mut room = [0; N];
        let announce = |state: &mut SinkState<S>, dropped: &Sums, room: &mut [u8; N]| {
            let dropped = dropped.as_dropped();
            state.encode(&self.encoder, room, |cache, out| {
                self.encoder.encode_dropped(self.clock.now(), &dropped, cache, out);
            })
        };
        let Some(mut state) = self.turn(record.level, &mut room, announce) else { return };
        let encode = |cache: &mut EncoderCache, out: &mut Output<'_>| self.encoder.encode(record, cache, out);
        let len = state.encode(&self.encoder, &mut room, encode);
        self.finish(&mut state, record.level, room.get(..len));
    }

    /// Hands a record over, or counts it.
    fn finish(&self, state: &mut SinkState<S>, level: LogLevel, bytes: Option<&[u8]>) {
        if let Err(reason) = self.hand_over(state, level, bytes) {
            self.drops.count(level, reason);
        }
    }

    /// Hands a batch of one record to the sink, unless it did not fit.
    fn hand_over(
        &self,
        state: &mut SinkState<S>,
        level: LogLevel,
        bytes: Option<&[u8]>,
    ) -> Result<(), DropReason> {
        let bytes = bytes.ok_or(DropReason::TooLarge)?;
        let ends = [RecordEnd { end: bytes.len(), level }];
        if state.sink.write(&Batch::new(bytes, &ends)).is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(DropReason::SinkFailed);
        }
        self.written.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Logs literal text and fields; nothing in the text is a placeholder.
    pub fn log(&self, level: LogLevel, message: &str, fields: &[Field<'_>]) {
        if self.level.enables(level) {
            let record = LogRecord::new(self.clock.now(), level, Name::new(self.name), message);
            self.put(&record.with_fields(fields));
        }
    }
}

impl<S> SinkState<S> {
    /// Encodes a batch; returns its length, or more than `N` if it does not fit.
    fn encode<E: Encoder, const N: usize>(
        &mut self,
        encoder: &E,
        room: &mut [u8; N],
        encode: impl FnOnce(&mut EncoderCache, &mut Output<'_>),
    ) -> usize {
        #[cfg(not(feature = "alloc"))]
        let cache = &mut EncoderCache::new();
        // A `Display` that panicked has left the cache in the middle of a record.
        #[cfg(feature = "alloc")]
        if core::mem::replace(&mut self.encoding, true) {
            self.cache = None;
        }
        #[cfg(feature = "alloc")]
        let cache = self.cache.get_or_insert_with(EncoderCache::new);
        let len = {
            let room = room.get_mut(..N.saturating_sub(FINISH_ROOM)).unwrap_or_default();
            let mut out = Output::new(room);
            encode(cache, &mut out);
            if out.overflowed() { N } else { out.position() }
        };
        let mut out = Output::resume(room, len);
        if len < N {
            encoder.finish(cache, &mut out);
        } else {
            out.put_byte(0);
        }
        #[cfg(feature = "alloc")]
        {
            self.encoding = false;
        }
        out.position()
    }
}

#[cfg(test)]
mod tests;
