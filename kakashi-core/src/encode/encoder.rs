//! The trait of all encoders, and the record that announces dropped ones.

#[cfg(feature = "alloc")]
use portable_atomic::{AtomicU32, Ordering};

use super::cache::EncoderCache;
#[cfg(any(test, target_os = "none"))]
use super::typed_call::CallPath;
use crate::clock::Timestamp;
use crate::level::LogLevel;
#[cfg(feature = "alloc")]
use crate::record::Message;
use crate::record::{LogRecord, Name};
use crate::stats::{DropReason, Dropped};
use crate::util::output::Output;
#[cfg(any(test, target_os = "none"))]
use crate::value::arguments::Arguments;
use crate::value::field::Field;
use crate::value::{Composite, Value, ValueSink};

/// Writes records in one form.
///
/// What it remembers from record to record is in the cache, so that one
/// encoder can serve many threads, each with a cache of its own. A cache serves
/// one encoder only. (What it keeps is kakashi's own; an encoder of yours has no use for it.)
///
/// # Threads
///
/// A sync logger encodes on the calling thread, for many threads at once. An async logger's
/// records are encoded where their destination is written: on one of the threads that
/// [`Sink`](crate::Sink) lists, one record after the other. Announcements of drops, too.
/// The values' own code (`Display`, serde) has run before: an encoder sees what it yielded.
/// It may block, and its caller or its destination then waits. It may log: in `kakashi-std`
/// such a record is published at once, and written when the call (or the write) is done; in
/// `kakashi-wasm` it follows when the call is done. Where panics unwind, one costs its
/// record, which is counted as [`EncoderFailed`](crate::DropReason::EncoderFailed).
///
/// # Examples
///
#[cfg_attr(feature = "alloc", doc = "```")]
#[cfg_attr(not(feature = "alloc"), doc = "```ignore")]
/// use core::fmt::Write as _;
/// use kakashi_core::{Encoder, EncoderCache, LogLevel, LogRecord, Name, Output, Timestamp};
///
/// /// Writes `LEVEL message`.
/// struct Short;
///
/// impl Encoder for Short {
///     fn encode(&self, record: &LogRecord<'_>, _: &mut EncoderCache, out: &mut Output<'_>) {
///         let _ = writeln!(out, "{} {}", record.level, record.rendered_message().replace('\n', " "));
///     }
/// }
///
/// let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("shop"), "Ready");
/// let mut room = [0; 64];
/// let mut out = Output::new(&mut room);
/// Short.encode(&record, &mut EncoderCache::new(), &mut out);
/// assert_eq!(out.written(), b"INFO Ready\n");
/// ```
pub trait Encoder: Send + Sync {
    /// Appends one record. What does not fit is counted by `out`; the record is then
    /// encoded again, into a larger buffer, as the first of a batch.
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>);

    /// Appends what closes a batch; the next record begins a new one.
    fn finish(&self, cache: &mut EncoderCache, out: &mut Output<'_>) {
        let _ = (cache, out);
    }

    /// Tells which of kakashi's own line forms it is, if any: a record's bytes then
    /// depend on the record alone, and one encoding serves several destinations.
    #[doc(hidden)]
    fn line_form(&self) -> Option<LineForm> {
        None
    }

    /// Tells whether it is the wire, whose records need a block around them.
    #[doc(hidden)]
    fn is_wire(&self) -> bool {
        false
    }

    /// Tells whether a record's bytes may depend on the one before it in its destination: it is
    /// then encoded when their order is known.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn follows_order(&self) -> bool {
        false
    }

    /// Chooses by which path a call is encoded.
    #[cfg(any(test, target_os = "none"))]
    #[doc(hidden)]
    #[inline(always)]
    fn choose_path(&self, path: impl CallPath, arguments: &impl Arguments)
    where
        Self: Sized,
    {
        path.dynamic(arguments);
    }

    /// Appends the announcement that records were dropped: by default, a record of the
    /// logger `kakashi` with fields that say how many, by level and reason.
    fn encode_dropped(
        &self,
        timestamp: Timestamp,
        dropped: &Dropped,
        cache: &mut EncoderCache,
        out: &mut Output<'_>,
    ) {
        with_announcement(timestamp, dropped, &mut |record| self.encode(record, cache, out));
    }
}

/// Hands over the record which says that others were dropped.
pub(super) fn with_announcement(
    timestamp: Timestamp,
    dropped: &Dropped,
    then: &mut dyn FnMut(&LogRecord<'_>),
) {
    let (levels, reasons) = (CountsByLevel(dropped), CountsByReason(dropped));
    let fields = [
        Field { key: "dropped", value: Value::U64(dropped.total() as u64) },
        Field { key: "levels", value: Value::Composite(&levels) },
        Field { key: "reasons", value: Value::Composite(&reasons) },
    ];
    let logger = const { Name::new(ANNOUNCER) };
    let record = LogRecord::new(timestamp, LogLevel::Warning, logger, ANNOUNCEMENT);
    then(&record.with_fields(&fields));
}

/// Tells whether a record is one that says that others were dropped, in a form that has no other
/// for it.
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub fn is_announcement(record: &LogRecord<'_>) -> bool {
    record.logger.text() == ANNOUNCER
        && record.message() == Message::Literal(ANNOUNCEMENT)
        && record.field("dropped").is_some()
}

const ANNOUNCER: &str = "kakashi";
const ANNOUNCEMENT: &str = "Records were dropped";

/// Two encoders of one form write the same bytes for a record.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineForm(u32);

impl LineForm {
    pub(crate) const TEXT: Self = Self(0);

    pub(crate) const fn json(location: bool) -> Self {
        Self(1 + location as u32)
    }

    pub(crate) const fn pretty(colour: bool) -> Self {
        Self(3 + colour as u32)
    }

    /// A profile of JSON, with nothing changed.
    #[cfg(feature = "alloc")]
    pub(crate) const fn profile(number: u32) -> Self {
        Self(16 + number)
    }

    #[cfg(feature = "alloc")]
    pub(crate) const LOGFMT: Self = Self(5);

    /// A form that one encoder has, and its clones. No program makes as many as there are numbers.
    #[cfg(feature = "alloc")]
    pub(crate) fn unique() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        Self(64_u32.saturating_add(MADE.fetch_add(1, Ordering::Relaxed)))
    }
}

struct CountsByLevel<'a>(&'a Dropped);

impl Composite for CountsByLevel<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        let counts = LogLevel::ALL.map(|level| (level.name(), self.0.of_level(level)));
        describe_counts(&counts, sink);
    }
}

struct CountsByReason<'a>(&'a Dropped);

impl Composite for CountsByReason<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        const REASONS: [DropReason; DropReason::ALL.len()] = *DropReason::ALL.first_chunk().unwrap();
        let counts = REASONS.map(|reason| (reason.name(), self.0.of_reason(reason)));
        describe_counts(&counts, sink);
    }
}

fn describe_counts(counts: &[(&str, usize)], sink: &mut dyn ValueSink) {
    sink.begin_map();
    for (name, count) in counts.iter().filter(|(_, count)| *count > 0) {
        sink.key(name);
        sink.value(Value::U64(*count as u64));
    }
    sink.end_map();
}
