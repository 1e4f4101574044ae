//! Lines for people: columns that fit the terminal, wrapped where they are longer, what a request
//! repeats folded, durations as people say them, exceptions over lines of their own.
//!
//! Nothing is cut. What could do harm is escaped as in the text line, and every further line of a
//! record is indented, so that no value can look like a record.

use super::background::{Background, Palette};
use super::cache::EncoderCache;
use super::columns::{Columns, columns_of};
use super::encoder::{Encoder, LineForm};
use super::escape::{put_escaped, put_word};
use super::line_above::PrettyScratch;
use super::number::put_u64;
use super::pretty::Pretty;
use super::pretty_exception::{EXCEPTION, EXCEPTION_MASK, put_exception};
use super::pretty_fields::{FIELD_END, KEY_END, put_context, put_field, put_readable};
use super::text::{put_message, put_name};
use super::time::SecondCache;
use super::time_pattern::put_offset;
use crate::clock::Timestamp;
use crate::level::LogLevel;
use crate::record::LogRecord;
use crate::util::output::Output;
use crate::value::Value;
use crate::value::field::key_bit;

impl Pretty {
    /// Makes lines for a terminal, with more to choose: see [`TerminalPretty`].
    pub fn terminal() -> TerminalPretty {
        TerminalPretty {
            width: None,
            columns: None,
            colour: None,
            background: Background::of_environment().unwrap_or(Background::Dark),
            date: false,
            zone: None,
            location: false,
            folds: None,
            form: LineForm::unique(),
        }
    }
}

/// Writes records for people who read them on a terminal.
///
/// ```text
/// 10:12:00.123 INFO  shop::orders  Order accepted  id=1042 request_id=r-7
///                                  user_id=u-3 path=/orders
/// 10:12:00.124 DEBUG shop::db      Rows read  count=3 took=710 µs request_id=r-7 ⋮
/// 10:12:00.131 ERROR shop::orders  Payment failed  request_id=r-7 ⋮
///     PaymentError: the card was declined
///       shop::pay::charge
///                  at src/pay.rs:42
/// ```
///
/// - Lines end where the terminal's do (of a terminal whose width changes: at the next record);
///   what is longer goes on below, indented. Nothing is cut.
/// - Fields of a request that are those of the line above are `⋮`, but for the one that names it:
///   `request_id`, else `trace_id`, else the first. If any field differs, all are written; and at
///   least every 20 lines.
/// - A field `thread` stands before the message, as `[worker-1]`.
/// - Durations have three digits and a unit, or two units. A number whose key has a unit
///   (`took_ms`) stays as it is.
/// - Of an exception type, message and stacktrace follow on lines of their own. (What
///   `exception` captures is without the frames of kakashi and the runtime; frames of Node's
///   internals and of kakashi's npm package are left out here, and counted.)
///
/// `configure().pretty(…)` (in `kakashi-std`) takes one, for wherever the form is
/// [`Format::Auto`](crate::Format::Auto) on a terminal, or [`Format::Pretty`](crate::Format::Pretty);
/// it knows whether there is a terminal, how wide it is and whether it may show colour, and folds
/// on a terminal only. As an encoder by itself it has neither colour nor width, if it is not told.
///
/// # Platforms
///
/// Where a terminal can't be asked how wide it is (Windows, and a serial line that says 0) lines end
/// where `COLUMNS` says, else nowhere. In wasm and on chips there is [`Pretty`] only.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kakashi_core::{Encoder, EncoderCache, Field, LogLevel, LogRecord, Name, Output, Pretty, Timestamp};
///
/// let took = Duration::from_micros(710);
/// let path = "/orders/1042/items/with/a/long/path";
/// let fields = [Field::new("took", &took), Field::new("path", &path)];
/// let at = Timestamp::Wall(1_795_342_320_123_456_789);
/// let record = LogRecord::new(at, LogLevel::Info, Name::new("shop::db"), "Rows read");
/// let mut room = [0; 256];
/// let mut out = Output::new(&mut room);
/// Pretty::terminal().width(80).encode(&record.with_fields(&fields), &mut EncoderCache::new(), &mut out);
/// assert_eq!(
///     std::str::from_utf8(out.written()).unwrap(),
///     "10:12:00.123 INFO  shop::db       Rows read  took=710 µs\n\
///      \u{20}                                 path=/orders/1042/items/with/a/long/path\n"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TerminalPretty {
    width: Option<usize>,
    /// Asks the terminal.
    columns: Option<fn() -> Option<usize>>,
    colour: Option<bool>,
    background: Background,
    date: bool,
    zone: Option<fn(i64) -> i32>,
    location: bool,
    folds: Option<bool>,
    form: LineForm,
}

/// What is known of the place that lines for people go to.
#[doc(hidden)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Screen {
    pub is_terminal: bool,
    /// It may show colour.
    pub colour: bool,
    /// Asks how wide it is.
    pub columns: Option<fn() -> Option<usize>>,
}

impl TerminalPretty {
    /// Ends lines after so many columns, 20 or more; `usize::MAX` never. At first: as wide as
    /// `COLUMNS` says, else the terminal; elsewhere never.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = Some(columns.max(MIN_WIDTH));
        self.changed()
    }

    /// Writes ANSI colours, or not. At first: on a terminal, as `NO_COLOR` and its like say.
    #[must_use]
    pub fn colour(mut self, on: bool) -> Self {
        self.colour = Some(on);
        self.changed()
    }

    /// Chooses colours for a dark or a light ground. At first: as `COLORFGBG` says, else dark.
    #[must_use]
    pub fn background(mut self, background: Background) -> Self {
        self.background = background;
        self.changed()
    }

    /// Writes the date, too, and behind the time its offset from UTC.
    #[must_use]
    pub fn date(mut self, on: bool) -> Self {
        self.date = on;
        self.changed()
    }

    /// Writes times of a zone; at first they are in UTC. `offset` is given seconds since 1970 and
    /// tells how many seconds east of UTC the zone is then. (`kakashi_std::local_offset`, with the
    /// feature `local-time`, knows the system's zone.)
    ///
    /// It is called for each record, on the thread that encodes it; it may not block, log or panic.
    #[must_use]
    pub fn zone(mut self, offset: fn(i64) -> i32) -> Self {
        self.zone = Some(offset);
        self.changed()
    }

    /// Writes the place in the source of records that know theirs.
    #[must_use]
    pub fn location(mut self, on: bool) -> Self {
        self.location = on;
        self.changed()
    }

    /// Writes `⋮` for the fields of a request that are those of the line above. At first: on a
    /// terminal.
    ///
    /// It is done where records are written in their order: by destinations of `kakashi-std`, and
    /// by `kakashi decode`. Everywhere else all fields are written.
    #[must_use]
    pub fn fold(mut self, on: bool) -> Self {
        self.folds = Some(on);
        self.changed()
    }

    /// Decides what was left open.
    #[doc(hidden)]
    #[must_use]
    pub fn on(mut self, screen: &Screen) -> Self {
        self.colour.get_or_insert(screen.colour);
        self.folds.get_or_insert(screen.is_terminal);
        if screen.is_terminal {
            self.width = self.width.or_else(columns_of_environment);
            self.columns = screen.columns;
        }
        self.changed()
    }

    fn changed(mut self) -> Self {
        self.form = LineForm::unique();
        self
    }

    fn width_now(&self) -> usize {
        let asked = || self.columns.and_then(|columns| columns()).filter(|&columns| columns > 0);
        self.width.or_else(asked).map_or(usize::MAX, |columns| columns.max(MIN_WIDTH))
    }

    fn put_time(&self, timestamp: Timestamp, second: &mut SecondCache, out: &mut Output<'_>) {
        let Timestamp::Wall(nanos) = timestamp else { return second.put(timestamp, out) };
        let (whole, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
        let offset = self.zone.map_or(0, |zone| i64::from(zone(whole)));
        let text = second.text_of(whole + offset);
        if self.date {
            out.put(&text[..10]);
            out.put_byte(b' ');
        }
        out.put(&text[11..]);
        for divisor in [100_000_000, 10_000_000, 1_000_000] {
            out.put_byte(b'0' + (fraction / divisor % 10) as u8);
        }
        match (self.date, self.zone) {
            (true, Some(_)) => put_offset(offset, true, out),
            (true, None) => out.put_byte(b'Z'),
            (false, _) => {}
        }
    }

    fn put_head(
        &self,
        record: &LogRecord<'_>,
        second: &mut SecondCache,
        scratch: &mut PrettyScratch,
        line: &mut Columns<'_, '_>,
        width: usize,
    ) {
        let palette = self.palette();
        line.put_colour(palette.dim);
        line.put(scratch.text(|out| self.put_time(record.timestamp, second, out)));
        line.put_colour(palette.reset);
        line.put_spaces(1);
        line.put_colour(palette.level(record.level));
        let level = level_name(record.level);
        line.put(level);
        line.put_colour(palette.reset);
        line.put_spaces(LEVEL_COLUMNS - level.len() + 1);
        line.put_colour(palette.dim);
        let begin = line.column();
        line.put(scratch.text(|out| put_name(out, record.logger)));
        if let Some(thread) = thread_of(record) {
            line.put_spaces(1);
            line.put(scratch.text(|out| {
                out.put_byte(b'[');
                put_escaped(out, thread);
                out.put_byte(b']');
            }));
        }
        line.put_colour(palette.reset);
        let column = if width == usize::MAX { 0 } else { (width / 6).clamp(8, 24) };
        let spaces = column.saturating_sub(line.column() - begin) + 2;
        let room = width.saturating_sub(line.column() + spaces);
        line.set_indent(if room >= MIN_TEXT { line.column() + spaces } else { NARROW_INDENT });
        if room < MIN_WIDTH {
            line.break_line();
        } else {
            line.put_spaces(spaces);
        }
        line.put_wrapped(scratch.text(|out| put_message(out, record)));
    }

    fn palette(&self) -> &'static Palette {
        Palette::of(self.background, self.colour == Some(true))
    }
}

/// The narrowest lines.
const MIN_WIDTH: usize = 20;
/// With less room than this behind the head, further lines begin farther left.
const MIN_TEXT: usize = 36;
const NARROW_INDENT: usize = 4;
const LEVEL_COLUMNS: usize = 5;

const THREAD: &str = "thread";

const fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Warning => "WARN",
        LogLevel::Critical => "CRIT",
        _ => level.name(),
    }
}

fn thread_of<'a>(record: &LogRecord<'a>) -> Option<&'a str> {
    if record.mask() & const { key_bit(THREAD.as_bytes()) } == 0 {
        return None;
    }
    match record.field(THREAD)? {
        Value::Str(name) if !name.is_empty() && name.len() <= 64 => Some(name),
        _ => None,
    }
}

impl Encoder for TerminalPretty {
    fn line_form(&self) -> Option<LineForm> {
        Some(self.form)
    }

    fn follows_order(&self) -> bool {
        self.folds == Some(true)
    }

    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        let EncoderCache { second, above, pretty, .. } = cache;
        let scratch = pretty.get_or_insert_default();
        let (width, palette) = (self.width_now(), self.palette());
        let mut line = Columns::new(out, width);
        self.put_head(record, second, scratch, &mut line, width);
        let has_thread = thread_of(record).is_some();
        let has_exception = record.mask() & EXCEPTION_MASK != 0;
        let stands_elsewhere =
            |key: &str| (has_thread && key == THREAD) || (has_exception && EXCEPTION.contains(&key));
        let mut is_first = true;
        let mut put = |key: &str, value: &Value<'_>| {
            if !stands_elsewhere(key) {
                let (key, value) =
                    scratch.two_texts(|out| put_word(out, key), |out| put_readable(out, value));
                put_field(palette, key, value, &mut is_first, &mut line);
            }
        };
        record.for_each_site_field(&mut put);
        record.for_each_extra(&mut put);
        let mut context = core::mem::take(&mut scratch.context);
        context.clear();
        record.for_each_context_field(&mut |key, value| {
            if !stands_elsewhere(key) {
                let (key, value) =
                    scratch.two_texts(|out| put_word(out, key), |out| put_readable(out, value));
                context.push_str(key);
                context.push(KEY_END);
                context.push_str(value);
                context.push(FIELD_END);
            }
        });
        let folded = put_context(
            palette,
            &context,
            above.as_deref().filter(|_| self.follows_order()),
            &mut is_first,
            &mut line,
        );
        if self.location
            && let Some(location) = record.location()
        {
            let place = scratch.text(|out| {
                put_word(out, location.file);
                out.put_byte(b':');
                put_u64(out, location.line.into());
            });
            line.part(if is_first { 2 } else { 1 }, columns_of(place));
            line.put_colour(palette.dim);
            line.put_wrapped(place);
            line.put_colour(palette.reset);
        }
        if has_exception {
            put_exception(palette, record, scratch, &mut line);
        }
        line.end();
        // What did not fit comes again.
        if let Some(above) = above
            && !out.overflowed()
        {
            above.set(&mut context, folded);
        }
        scratch.context = context;
        scratch.trim();
    }
}

/// Returns what `COLUMNS` says.
fn columns_of_environment() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok()?.trim().parse().ok()?;
    (columns > 0).then_some(columns)
}
