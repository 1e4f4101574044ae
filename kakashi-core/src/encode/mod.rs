//! Records made readable: [`Text`], [`Json`], [`Pretty`], and [`Wire`] for those
//! who read later. One record, one line.
//!
//! # The text line
//!
//! ```text
//! line      = time SP level SP logger SP message *( SP key "=" value ) LF
//! time      = RFC 3339 UTC with six digits of a second: 2026-11-22T10:12:00.123456Z
//!           / "+" seconds "." six digits "s"                 ; time since a device started
//! level     = "TRACE" / "DEBUG" / "INFO" / "WARNING" / "ERROR" / "CRITICAL"
//! logger    = bare / quoted                   ; bare: see below, and no space
//! message   = bare / quoted                   ; bare: single spaces inside are allowed
//! key       = bare / quoted                   ; bare: no space
//! value     = "null" / "true" / "false" / number / json / bare / quoted
//! number    = as in JSON (RFC 8259, section 6) / "NaN" / "inf" / "-inf"
//! json      = a list or map as compact JSON, its strings as in JSON below
//! quoted    = DQUOTE *( character / escape ) DQUOTE
//! escape    = "\n" / "\r" / "\t" / "\" DQUOTE / "\\" / "\u" 4 HEXDIG / "\x" 2 HEXDIG
//! ```
//!
//! Hex digits are lower case. Times below a microsecond are cut off, not
//! rounded. Wall times are those of the years 1677 to 2262.
//!
//! *Bare* text is not empty and has no `"`, `=`, `\`, and nothing that is
//! escaped; a bare message neither begins nor ends with a space nor has two in
//! a row; a bare logger, key or value has no space at all. A bare value, besides,
//! is not a `number`, `null`, `true` or `false`, and does not begin with `[` or
//! `{`. What cannot be bare is quoted; nothing else is.
//!
//! *Escaped*, in quotes, are: `"` and `\`; U+0000–001F, U+007F–009F, U+061C,
//! U+200E, U+200F, U+2028–202E, U+2066–2069 (as `\n`, `\r`, `\t`, or else
//! `\u` and four digits); and each byte that is not part of UTF-8, as `\x` and
//! two digits (only byte values have such).
//!
//! How values are written: strings, characters and what `Display`, `Debug` and
//! errors print are text; bytes are text too. Durations are text: seconds
//! with as many decimals as they need, at most nine, and `s` (`1.5s`, `3s`).
//! Integers have all their digits. Floats have the shortest digits that read
//! back as the same float of its width (of two the nearer, then the even one): an integral one keeps a `.0`. A 64-bit
//! float at or above 10¹⁶ or below 10⁻⁵ has an exponent with its sign (`1e+16`,
//! `1.5e-7`), a 32-bit float one at or above 10¹³ or below 10⁻⁶.
//!
//! Fields stand in order of precedence: the call's own, extra ones, the
//! context's; of two with one key in one of these the first counts.
//!
//! To read a line: three times up to a space for time, level and logger (which
//! may be quoted), then the message: quoted, or all that stands before the
//! last space ahead of the first `=` or `"` (or the end of the line).
//!
//! # The JSON line
//!
//! One flat object without spaces and with LF after it; its first keys are
//! `timestamp`, `level`, `logger`, `message`, then `file` and `line` where asked
//! for, then the fields. A field whose key is one of these six, or one of them
//! followed by underscores, has one more `_` after it, so that no two keys
//! are ever the same. (`file` and `line` are kept whether they are asked for
//! or not: a field's name must not depend on a setting.)
//!
//! Numbers, NaN and infinities excepted, and nested values are as in the text
//! line. Strings are escaped as above, `\x` excepted, which JSON does not have; a
//! backspace or form feed is `\u0008`, `\u000c`. Bytes are strings of base64
//! (RFC 4648, section 4, padded). Durations are numbers of seconds with their
//! decimals. NaN and infinities are the strings `"NaN"`, `"Infinity"`,
//! `"-Infinity"`. Integers keep all their digits at any size.
//!
//! # In a message
//!
//! A template's `{key}` becomes the field's value: text as it is, bytes with
//! U+FFFD for each byte that is not UTF-8, everything else as the text line
//! has it. The result is then quoted or escaped as any message.
//!
//! # Drops
//!
//! Where records were dropped, a line of logger `kakashi`, level WARNING and
//! message `Records were dropped` stands in their place, with the fields
//! `dropped`, `levels` and `reasons`.

mod escape;
mod json;
mod line;
mod number;
mod pretty;
mod text;
mod time;
#[cfg(any(test, target_os = "none"))]
mod typed_call;
mod wire;

pub use json::Json;
pub use pretty::Pretty;
pub use text::Text;
#[cfg(feature = "alloc")]
pub(crate) use text::rendered_message;
pub use wire::Wire;

mod cache;
pub use cache::EncoderCache;
#[cfg(any(test, target_os = "none"))]
#[doc(hidden)]
pub use typed_call::{Alone, CallDriver, CallHead, EncodeAlone};
#[cfg(target_os = "none")]
pub(crate) use typed_call::{Quoting, quoting};

use crate::clock::Timestamp;
use crate::level::LogLevel;
use crate::record::{LogRecord, Name};
use crate::stats::{DropReason, Dropped};
use crate::util::output::Output;
use crate::value::{Composite, Value, ValueSink};

/// Writes records in one form.
///
/// What it remembers from record to record is in the cache, so that one
/// encoder can serve many threads, each with a cache of its own. A cache serves
/// one encoder only.
pub trait Encoder: Send + Sync {
    /// Appends one record.
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

    /// Chooses how a call becomes a batch of its own.
    #[cfg(any(test, target_os = "none"))]
    #[doc(hidden)]
    #[inline(always)]
    fn drive(&self, driver: impl CallDriver, arguments: &impl crate::value::arguments::Arguments)
    where
        Self: Sized,
    {
        driver.whole(arguments);
    }

    /// Appends the announcement that records were dropped.
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
fn with_announcement(timestamp: Timestamp, dropped: &Dropped, then: &mut dyn FnMut(&LogRecord<'_>)) {
    let (levels, reasons) = (Levels(dropped), Reasons(dropped));
    let fields = [
        crate::Field { key: "dropped", value: Value::U64(dropped.total() as u64) },
        crate::Field { key: "levels", value: Value::Composite(&levels) },
        crate::Field { key: "reasons", value: Value::Composite(&reasons) },
    ];
    let logger = const { Name::new("kakashi") };
    let record = LogRecord::new(timestamp, LogLevel::Warning, logger, "Records were dropped");
    then(&record.with_fields(&fields));
}

/// Two encoders of one form write the same bytes for a record.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineForm(u8);

impl LineForm {
    pub(crate) const TEXT: Self = Self(0);

    pub(crate) const fn json(location: bool) -> Self {
        Self(1 + location as u8)
    }

    pub(crate) const fn pretty(colour: bool) -> Self {
        Self(3 + colour as u8)
    }
}

struct Levels<'a>(&'a Dropped);

impl Composite for Levels<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        let counts = LogLevel::ALL.map(|level| (level.name(), self.0.of_level(level)));
        describe_counts(&counts, sink);
    }
}

struct Reasons<'a>(&'a Dropped);

impl Composite for Reasons<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        let counts = DropReason::ALL.map(|reason| (reason.name(), self.0.of_reason(reason)));
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

/// Returns a value as a message has it.
#[cfg(feature = "serde")]
pub(crate) fn shown(value: &Value<'_>) -> alloc::string::String {
    let mut text = alloc::string::String::new();
    let _ = text::write_shown(&mut text, value);
    text
}

#[cfg(test)]
mod tests;
