//! One call as a batch of its own, while the kinds of its values are types still.
//!
//! What a device writes at once: no cache, and no code for kinds of values that
//! the program never logs. The bytes are those that [`Encoder::encode`] and
//! [`Encoder::finish`](super::Encoder::finish) would write.

use core::marker::PhantomData;

use super::escape::{Quoter, put_quoted_bytes};
use super::number::put_u64;
use super::text::{Text, put_drops, put_known, show_known};
use super::time::put_time;
use super::wire::Wire;
use crate::clock::Timestamp;
use crate::codec::{self, Cursor};
use crate::level::LogLevel;
use crate::record::template::{Piece, next_piece};
use crate::site::{self, Site, SiteFlags, SiteParts};
use crate::stats::DropSums;
use crate::util::char_class::{as_text, is_plain};
use crate::util::output::Output;
use crate::value::Value;
use crate::value::arguments::{Arguments, Visit};
use crate::wire::OpenBlock;

/// Puts a name in quotes. By way of a pointer that is null for all usual names, its
/// code is linked only where a logger's name asks for it.
pub(crate) type Quoting = fn(&[u8], &mut Output<'_>);

/// Judges a logger's name.
pub(crate) const fn quoting(name: &str) -> Option<Quoting> {
    if is_plain(name.as_bytes(), false) { None } else { Some(put_quoted_bytes) }
}

/// What a call says beside its values.
#[derive(Clone, Copy, Debug)]
pub struct CallHead<'a> {
    pub(crate) timestamp: Timestamp,
    pub(crate) level: LogLevel,
    pub(crate) logger: &'a str,
    pub(crate) quoting: Option<Quoting>,
    /// The site's id in the program's section of sites.
    pub(crate) id: u32,
    #[cfg(not(target_os = "none"))]
    pub(crate) site: Site<'static>,
}

impl CallHead<'_> {
    /// Finds the site; one that needs only its id never asks.
    pub(crate) fn site(&self) -> Site<'static> {
        #[cfg(target_os = "none")]
        return crate::site::linked::site(self.id, self.level);
        #[cfg(not(target_os = "none"))]
        self.site
    }
}

/// A batch of one call that is being written.
#[derive(Debug)]
pub struct Alone<'b> {
    pub(crate) out: Output<'b>,
    parts: SiteParts<'static>,
    /// Values whose keys are not here.
    unnamed: u32,
    block: OpenBlock,
}

/// Writes a call piece by piece; the pieces between its values are outlined.
pub trait EncodeAlone {
    /// Writes what stands before the values, a template's message excepted.
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, out: Output<'b>) -> Alone<'b>;

    /// Writes the message of a template.
    fn put_message(alone: &mut Alone<'_>, arguments: &impl Arguments);

    /// Writes the next value.
    fn put_value<const FORM: u8>(alone: &mut Alone<'_>, value: &Value<'_>);

    /// Writes what stands after the values.
    fn end(alone: &mut Alone<'_>);

    /// Writes a batch that announces drops.
    fn put_dropped(&self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>);
}

/// Brings a call to its end, by an encoder that knows pieces or by any other.
pub trait CallDriver {
    /// Has the call encoded piece by piece.
    fn pieces<E: EncodeAlone, A: Arguments>(self, encoder: &E, arguments: &A);
    /// Has the call encoded as a record whose values may be of any kind.
    fn whole(self, arguments: &impl Arguments);
}

struct Values<'a, 'b, E, A>(&'a mut Alone<'b>, PhantomData<(E, A)>);

impl<E: EncodeAlone, A: Arguments> Visit for Values<'_, '_, E, A> {
    #[inline(always)]
    fn value(&mut self, value: Value<'_>) {
        // A `match`, for want of `put_value::<{ A::FORM }>`.
        match A::FORM {
            site::PLAIN => E::put_value::<{ site::PLAIN }>(self.0, &value),
            _ => E::put_value::<{ site::QUOTED }>(self.0, &value),
        }
    }
}

impl Alone<'_> {
    /// Writes the values.
    #[inline(always)]
    pub(crate) fn put<E: EncodeAlone, A: Arguments>(&mut self, arguments: &A) {
        if A::FORM == site::TEMPLATE {
            E::put_message(self, arguments);
        }
        arguments.each(&mut Values::<E, A>(self, PhantomData));
    }
}

impl EncodeAlone for Text {
    #[inline(always)]
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, mut out: Output<'b>) -> Alone<'b> {
        put_time(call.timestamp, &mut out);
        let (parts, flags) = put_text_head(call, &mut out);
        match FORM {
            site::PLAIN => out.put(parts.message),
            site::QUOTED if flags.message_is_plain() => out.put(parts.message),
            site::QUOTED => put_quoted_bytes(parts.message, &mut out),
            _ => {}
        }
        Alone { out, parts, unnamed: 0, block: OpenBlock::default() }
    }

    #[inline(always)]
    fn put_message(alone: &mut Alone<'_>, arguments: &impl Arguments) {
        let parts = alone.parts;
        let mut quoter = Quoter::new(&mut alone.out, true);
        let mut rest = as_text(parts.message).unwrap_or_default();
        while let Some(piece) = next_piece(&mut rest) {
            match piece {
                Piece::Text(text) => quoter.push(text),
                Piece::Key { key, .. } => {
                    let place = place_of(key, parts);
                    arguments.nth(place, &mut Shown(&mut quoter));
                }
            }
        }
        quoter.finish();
    }

    #[inline(always)]
    fn put_value<const FORM: u8>(alone: &mut Alone<'_>, value: &Value<'_>) {
        put_next_key::<FORM>(alone);
        put_known(&mut alone.out, value);
    }

    fn end(alone: &mut Alone<'_>) {
        alone.out.put_byte(b'\n');
    }

    #[inline(always)]
    fn put_dropped(&self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>) {
        put_time(timestamp, out);
        put_drops(sums, out);
    }
}

#[inline(never)]
fn put_text_head(call: &CallHead<'_>, out: &mut Output<'_>) -> (SiteParts<'static>, SiteFlags) {
    out.put_between(b' ', call.level.name().as_bytes(), b' ');
    match call.quoting {
        None => out.put(call.logger.as_bytes()),
        Some(put_quoted) => put_quoted(call.logger.as_bytes(), out),
    }
    out.put_byte(b' ');
    let site = call.site();
    (site.parts(), site.flags())
}

#[inline(never)]
fn put_next_key<const FORM: u8>(alone: &mut Alone<'_>) {
    alone.out.put_byte(b' ');
    let Some(left) = alone.parts.key_count.checked_sub(1) else {
        // The site is exported: a number for each value.
        alone.unnamed += 1;
        put_u64(&mut alone.out, alone.unnamed.into());
        return alone.out.put_byte(b'=');
    };
    alone.parts.key_count = left;
    let mut keys = Cursor::new(alone.parts.keys);
    let key = keys.text_bytes().unwrap_or_default();
    alone.parts.keys = keys.rest();
    if FORM == site::PLAIN || is_plain(key, false) {
        alone.out.put(key);
    } else {
        put_quoted_bytes(key, &mut alone.out);
    }
    alone.out.put_byte(b'=');
}

/// Finds the place of a key; the compiler has seen that it is one.
fn place_of(key: &str, parts: SiteParts<'_>) -> usize {
    let mut keys = Cursor::new(parts.keys);
    (0..parts.key_count).find(|_| keys.text_bytes() == Ok(key.as_bytes())).unwrap_or(parts.key_count)
}

/// Writes a value as a message has it.
struct Shown<'q, 'o, 'b>(&'q mut Quoter<'o, 'b>);

impl Visit for Shown<'_, '_, '_> {
    #[inline(always)]
    fn value(&mut self, value: Value<'_>) {
        if show_known(self.0, &value).is_err() {
            self.0.push("…");
        }
    }
}

impl EncodeAlone for Wire {
    #[inline(always)]
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, mut out: Output<'b>) -> Alone<'b> {
        let mut block = OpenBlock::begin(&mut out);
        block.put_site(call, &mut out);
        block.open_record(call, &mut out);
        Alone { out, parts: SiteParts::default(), unnamed: 0, block }
    }

    /// The host has the template.
    #[inline(always)]
    fn put_message(_: &mut Alone<'_>, _: &impl Arguments) {}

    #[inline(always)]
    fn put_value<const FORM: u8>(alone: &mut Alone<'_>, value: &Value<'_>) {
        codec::put_known(&mut alone.out, value);
    }

    fn end(alone: &mut Alone<'_>) {
        alone.block.close(&mut alone.out);
        alone.block.finish(&mut alone.out);
    }

    fn put_dropped(&self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>) {
        let mut block = OpenBlock::begin(out);
        block.put_dropped(timestamp, sums, out);
        block.finish(out);
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encode::{Encoder, EncoderCache};
    use crate::record::{LogRecord, Name, Values};
    use crate::stats::{DropReason, Dropped};
    use crate::value::arguments::Typed;
    use crate::wire::{Item, Reader};

    const TIME: Timestamp = Timestamp::Uptime(12_345_678_901);

    /// Writes a call piece by piece.
    fn alone<E: EncodeAlone, A: Arguments>(
        encoder: &E,
        logger: &str,
        site: Site<'static>,
        arguments: &A,
    ) -> Vec<u8> {
        let head = CallHead {
            timestamp: TIME,
            level: site.level(),
            logger,
            quoting: quoting(logger),
            id: 300,
            site,
        };
        let mut room = [0; 512];
        let out = Output::new(&mut room);
        let mut alone = match A::FORM {
            site::PLAIN => encoder.begin::<{ site::PLAIN }>(&head, out),
            site::QUOTED => encoder.begin::<{ site::QUOTED }>(&head, out),
            _ => encoder.begin::<{ site::TEMPLATE }>(&head, out),
        };
        alone.put::<E, A>(arguments);
        E::end(&mut alone);
        alone.out.written().to_vec()
    }

    /// Compares it with what the encoder makes of the record.
    fn compare<A: Arguments>(logger: &str, site: Site<'static>, arguments: &A) {
        arguments.with_values(&mut |values| {
            let record = LogRecord::of_site(TIME, Name::new(logger), site, Values::Slice(values));
            let mut room = [0; 512];
            let mut out = Output::new(&mut room);
            Text.encode(&record, &mut EncoderCache::new(), &mut out);
            let line = out.written().escape_ascii().to_string();
            assert_eq!(alone(&Text, logger, site, arguments).escape_ascii().to_string(), line);
            let block = alone(&Wire, logger, site, arguments);
            let mut items = Reader::new(&block);
            let Some(Item::Record(read)) = items.next() else { panic!("no record") };
            let mut room = [0; 512];
            let mut out = Output::new(&mut room);
            Text.encode(&read, &mut EncoderCache::new(), &mut out);
            assert_eq!(out.written().escape_ascii().to_string(), line);
            assert!(items.next().is_none());
        });
    }

    /// Calls as a macro on a device would, and compares.
    macro_rules! call {
        ($logger:expr, $level:ident, $message:literal $(, $key:literal = $value:expr)*) => {{
            const SOURCE: site::Source<'static> = site::Source {
                level: LogLevel::$level, message: $message, keys: &[$($key),*],
                module: "m", file: "f", line: 1,
            };
            let site = crate::__site!(LogLevel::$level, $message, [$($key),*]);
            compare($logger, site, &Typed::<{ site::form(&SOURCE) }, _>(($(&$value,)*)));
        }};
    }

    #[test]
    fn each_form_of_a_site_is_written_as_by_the_encoder() {
        assert!(quoting("can").is_none() && quoting("a logger").is_some());
        call!("can", Info, "Ready");
        call!("", Warning, "Ready");
        call!("a logger", Info, "Sensor read", "temp" = 21_u32, "raw" = -7_i16, "ok" = true);
        call!("can", Error, "say \"=\" twice", "a key" = 1_u8, "b" = "x y");
        call!("can", Trace, " edge", "über" = 'ü');
        call!("can", Critical, "took {ms} ms on {a key}, {{ok}}", "ms" = 5_u64, "a key" = "a\nb");
        call!("can", Info, "{a}{b}{a}", "a" = 1.5_f32, "b" = None::<u8>);
        call!("can", Info, "Many", "a" = 1, "b" = 2, "c" = 3, "d" = 4, "e" = 5, "f" = 6, "g" = 7, "h" = 8);
    }

    proptest! {
        #[test]
        fn values_of_each_kind_are_written_as_by_the_encoder(
            (unsigned, signed, float, short) in any::<(u64, i64, f64, f32)>(),
            (wide, truth, character) in any::<(i128, bool, char)>(),
            (text, bytes) in (".{0,20}", any::<Vec<u8>>()),
        ) {
            let printed = crate::value::Bytes(&bytes[..bytes.len().min(20)]);
            let shown = Value::Display(&text);
            let duration = core::time::Duration::new(unsigned >> 20, short.to_bits() % 1_000_000_000);
            call!("can", Info, "m", "a" = unsigned, "b" = signed, "c" = float, "d" = short);
            call!("can", Info, "m", "a" = wide, "b" = truth, "c" = text.as_str(), "d" = character);
            call!("can", Info, "m", "a" = printed, "b" = shown, "c" = duration, "d" = [signed, 1]);
            call!("can", Info, "{a} {b} {c} {d}", "a" = unsigned, "b" = signed, "c" = float, "d" = short);
            call!("can", Info, "{a} {b} {c} {d}", "a" = wide, "b" = truth, "c" = text.as_str(), "d" = character);
            call!("can", Info, "{a} {b} {c} {d}", "a" = printed, "b" = shown, "c" = duration, "d" = [signed, 1]);
        }

        #[test]
        fn drops_are_announced_as_by_the_encoder(counts: [[u16; 6]; 6]) {
            let mut dropped = Dropped::default();
            for (level, row) in LogLevel::ALL.into_iter().zip(counts) {
                for (reason, count) in DropReason::ALL.into_iter().zip(row) {
                    // Many zeros.
                    dropped.add(level, reason, usize::from(count).saturating_sub(40_000));
                }
            }
            let (mut room, mut expected) = ([0; 512], [0; 512]);
            let (mut out, mut line) = (Output::new(&mut room), Output::new(&mut expected));
            EncodeAlone::put_dropped(&Text, TIME, &dropped, &mut out);
            super::super::with_announcement(TIME, &dropped, &mut |record| {
                Text.encode(record, &mut EncoderCache::new(), &mut line);
            });
            prop_assert_eq!(out.written(), line.written());
            let mut out = Output::new(&mut room);
            EncodeAlone::put_dropped(&Wire, TIME, &dropped, &mut out);
            let Some(Item::Dropped(report)) = Reader::new(out.written()).next() else { panic!("no report") };
            prop_assert_eq!(report.total(), dropped.total() as u64);
            for (name, count) in report.reasons() {
                let reason = DropReason::ALL.into_iter().find(|reason| reason.name() == name);
                prop_assert_eq!(reason.map(|reason| dropped.of_reason(reason) as u64), Some(count));
            }
        }
    }
}
