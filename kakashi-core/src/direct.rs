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
    /// A record is being encoded.
    encoding: bool,
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
            sink: RefCell::new(State {
                sink,
                cache: EncoderCache::new(),
                encoding: false,
                announced: Stats::default(),
            }),
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
        let written =
            self.write(&mut state, record.level, |cache, out| self.encoder.encode(record, cache, out));
        if let Err(reason) = written {
            self.counters.add_dropped(record.level, reason, 1);
        }
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
        if told.is_ok() {
            state.announced = stats;
        }
    }

    fn write(
        &self,
        state: &mut State<S>,
        level: LogLevel,
        encode: impl FnOnce(&mut EncoderCache, &mut Output<'_>),
    ) -> Result<(), DropReason> {
        // A `Display` that panicked has left the cache in the middle of a record.
        if core::mem::replace(&mut state.encoding, true) {
            state.cache = EncoderCache::new();
        }
        let mut room = [0; N];
        let (len, too_large) = {
            let mut out = Output::new(&mut room[..N.saturating_sub(FINISH_ROOM)]);
            encode(&mut state.cache, &mut out);
            (out.position(), out.overflowed())
        };
        state.encoding = false;
        if too_large {
            return Err(DropReason::TooLarge);
        }
        let mut out = Output::resume(&mut room, len);
        self.encoder.finish(&mut state.cache, &mut out);
        let bytes = out.written();
        let ends = [RecordEnd { end: bytes.len(), level }];
        if state.sink.write(&Batch::new(bytes, &ends)).is_err() {
            self.counters.add_failure();
            return Err(DropReason::SinkFailed);
        }
        self.counters.add_written(1, bytes.len());
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use crate::encode::{Json, Text};
    use crate::sink::{SinkError, SinkErrorKind};
    use core::fmt;

    /// Keeps lines; fails while it is told to.
    #[derive(Default)]
    struct Kept {
        lines: Vec<String>,
        failures_left: usize,
    }

    impl Sink for Kept {
        fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
            if self.failures_left > 0 {
                self.failures_left -= 1;
                return Err(SinkError::new(SinkErrorKind::Failed));
            }
            assert_eq!(batch.len(), 1);
            self.lines.push(String::from_utf8(batch.bytes().to_vec()).expect("a line is UTF-8"));
            Ok(())
        }
    }

    const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(0));

    fn logger<const N: usize>(failures_left: usize) -> DirectLogger<'static, FixedClock, Text, Kept, N> {
        DirectLogger::new("l", CLOCK, Text, Kept { failures_left, ..Kept::default() })
    }

    #[test]
    fn a_record_goes_to_the_sink_at_once() {
        let logger = logger::<256>(0);
        crate::log!(logger, LogLevel::Info, "took {ms} ms", ms = 5);
        crate::log!(logger, LogLevel::Debug, "off", never = unreachable());
        logger.log(LogLevel::Warning, "{ms}", &[Field::new("k", "v")]);
        logger.set_level(LogLevel::Debug);
        crate::log!(logger, LogLevel::Debug, "on");
        crate::exception!(logger, "x".parse::<u8>().unwrap_err(), "failed");
        assert_eq!(logger.stats().written, 4);
        assert_eq!(
            logger.into_sink().lines.concat(),
            concat!(
                "+0.000000s INFO l took 5 ms ms=5\n",
                "+0.000000s WARNING l {ms} k=v\n",
                "+0.000000s DEBUG l on\n",
                "+0.000000s ERROR l failed exception.type=core::num::error::ParseIntError ",
                "exception.message=\"invalid digit found in string\"\n",
            )
        );
    }

    fn unreachable() -> u8 {
        panic!("the argument of a disabled call was evaluated")
    }

    #[test]
    fn a_record_that_is_too_large_is_counted_and_announced() {
        let logger = logger::<180>(0);
        logger.log(LogLevel::Error, &"x".repeat(200), &[]);
        assert_eq!(logger.stats().dropped.of_reason(DropReason::TooLarge), 1);
        crate::log!(logger, LogLevel::Info, "next");
        crate::log!(logger, LogLevel::Info, "after");
        assert_eq!(logger.stats().dropped.total(), 1);
        assert_eq!(
            logger.into_sink().lines.concat(),
            concat!(
                "+0.000000s WARNING kakashi Records were dropped dropped=1 ",
                "levels={\"ERROR\":1} reasons={\"too_large\":1}\n",
                "+0.000000s INFO l next\n",
                "+0.000000s INFO l after\n",
            )
        );
    }

    #[test]
    fn an_announcement_that_does_not_fit_is_no_dropped_record() {
        // A device's small buffer: records fit, the announcement does not.
        let logger = logger::<64>(0);
        logger.log(LogLevel::Error, &"x".repeat(200), &[]);
        for _ in 0..3 {
            crate::log!(logger, LogLevel::Info, "fits");
        }
        assert_eq!(logger.stats().dropped.total(), 1);
        assert_eq!(logger.stats().written, 3);
    }

    #[test]
    fn a_record_that_a_sink_fails_is_counted_and_announced() {
        let logger = logger::<256>(1);
        crate::log!(logger, LogLevel::Info, "lost");
        assert_eq!(logger.stats().failures, 1);
        assert_eq!(logger.stats().dropped.of_reason(DropReason::SinkFailed), 1);
        crate::log!(logger, LogLevel::Info, "next");
        let lines = logger.into_sink().lines;
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains(" dropped=1 levels={\"INFO\":1} reasons={\"sink_failed\":1}"));
    }

    #[test]
    fn an_announcement_that_fails_is_made_again() {
        // Fails the record, then the announcement, then works.
        let logger = logger::<256>(2);
        crate::log!(logger, LogLevel::Error, "lost");
        crate::log!(logger, LogLevel::Info, "first");
        crate::log!(logger, LogLevel::Info, "second");
        let lines = logger.into_sink().lines.concat();
        assert!(lines.contains("\"ERROR\":1"), "the loss of an ERROR was never told: {lines}");
    }

    /// Logs while it is printed.
    struct Logs<'l>(&'l DirectLogger<'static, FixedClock, Text, Kept>);

    impl fmt::Display for Logs<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            crate::log!(self.0, LogLevel::Warning, "from inside");
            f.write_str("printed")
        }
    }

    #[test]
    fn a_record_from_inside_a_record_is_counted_and_announced() {
        let logger = logger(0);
        crate::log!(logger, LogLevel::Info, "outside", k = %Logs(&logger));
        crate::log!(logger, LogLevel::Info, "next");
        assert_eq!(logger.stats().dropped.of_reason(DropReason::Reentrant), 1);
        let lines = logger.into_sink().lines;
        assert_eq!(lines[0], "+0.000000s INFO l outside k=printed\n");
        assert!(lines[1].contains("\"reentrant\":1"));
        assert_eq!(lines[2], "+0.000000s INFO l next\n");
    }

    #[test]
    fn a_small_buffer_takes_records_to_its_last_bytes() {
        // Eight bytes are kept for what closes a batch.
        let line = "+0.000000s INFO l 1234567890\n";
        const N: usize = 29 + FINISH_ROOM;
        assert_eq!(line.len(), 29);
        let logger = logger::<N>(0);
        crate::log!(logger, LogLevel::Info, "1234567890");
        assert_eq!(logger.stats().written, 1);
        logger.log(LogLevel::Info, "1234567890x", &[]);
        assert_eq!(logger.stats().written, 1);
        assert_eq!(logger.into_sink().lines, [line]);
        let nothing = DirectLogger::<_, _, _, 0>::new("l", CLOCK, Json::new(), Kept::default());
        crate::log!(nothing, LogLevel::Info, "m");
        assert_eq!(nothing.stats().dropped.total(), 1);
    }

    #[cfg(feature = "alloc")]
    mod on_the_wire {
        use super::*;
        use crate::encode::Wire;
        use crate::wire::{Item, Reader};
        use std::panic::{AssertUnwindSafe, catch_unwind};

        #[derive(Default)]
        struct Stream(Vec<u8>);

        impl Sink for Stream {
            fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
                self.0.extend_from_slice(batch.bytes());
                Ok(())
            }
        }

        fn messages(stream: &[u8]) -> Vec<String> {
            Reader::new(stream).map(|item| format!("{item:?}")).collect()
        }

        #[test]
        fn each_record_is_a_block_of_its_own() {
            let logger = DirectLogger::<_, _, _, 256>::new("l", CLOCK, Wire, Stream::default());
            crate::log!(logger, LogLevel::Info, "one");
            logger.log(LogLevel::Info, &"x".repeat(300), &[]);
            crate::log!(logger, LogLevel::Info, "two", k = "v");
            let stream = logger.into_sink().0;
            let items: Vec<Item<'_>> = Reader::new(&stream).collect();
            assert!(matches!(items[..], [Item::Record(_), Item::Dropped(_), Item::Record(_)]), "{items:?}");
        }

        #[test]
        fn a_display_that_panics_spoils_no_later_record() {
            struct Panics;
            impl fmt::Display for Panics {
                fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                    panic!("a test's panic")
                }
            }
            let logger = DirectLogger::<_, _, _, 256>::new("l", CLOCK, Wire, Stream::default());
            // Without a heap nobody catches a panic; where somebody does, life goes on.
            let _ =
                catch_unwind(AssertUnwindSafe(|| crate::log!(logger, LogLevel::Info, "bad", k = %Panics)));
            crate::log!(logger, LogLevel::Info, "good");
            let stream = logger.into_sink().0;
            let items: Vec<Item<'_>> = Reader::new(&stream).collect();
            assert!(matches!(items[..], [Item::Record(_)]), "{:?}", messages(&stream));
        }
    }
}
