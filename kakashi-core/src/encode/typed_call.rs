//! A call whose values' kinds are types: encoded as a batch of its own.
//!
//! What a device writes at once: no cache, and no code for kinds of values that
//! the program never logs. The bytes are those that [`Encoder::encode`](super::Encoder::encode) and
//! [`Encoder::finish`](super::Encoder::finish) would write.

use core::marker::PhantomData;

use crate::clock::Timestamp;
use crate::record::call::CallHead;
use crate::site::{self, SiteParts};
use crate::stats::DropSums;
use crate::util::output::Output;
use crate::value::Value;
use crate::value::arguments::{Arguments, Visit};
use crate::wire::OpenBlock;

/// A batch of one call that is being written.
#[derive(Debug)]
pub struct TypedCall<'b> {
    pub(crate) out: Output<'b>,
    pub(super) parts: SiteParts<'static>,
    /// Values whose keys are not here.
    pub(super) unnamed: u32,
    pub(super) block: OpenBlock,
}

/// Writes a call piece by piece; the pieces between its values are outlined.
pub trait EncodeTyped {
    /// Writes what stands before the values, a template's message excepted.
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, out: Output<'b>) -> TypedCall<'b>;

    /// Writes the message of a template.
    fn put_message(call: &mut TypedCall<'_>, arguments: &impl Arguments);

    /// Writes the next value.
    fn put_value<const FORM: u8>(call: &mut TypedCall<'_>, value: &Value<'_>);

    /// Writes what stands after the values.
    fn end(call: &mut TypedCall<'_>);

    /// Writes a batch that announces drops.
    fn put_dropped(&self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>);
}

/// How a call is encoded: by its types, where the encoder can, or as a record.
pub trait CallPath {
    /// Encodes the call piece by piece.
    fn typed<E: EncodeTyped, A: Arguments>(self, encoder: &E, arguments: &A);
    /// Encodes the call as a record whose values may be of any kind.
    fn dynamic(self, arguments: &impl Arguments);
}

struct TypedValues<'a, 'b, E, A>(&'a mut TypedCall<'b>, PhantomData<(E, A)>);

impl<E: EncodeTyped, A: Arguments> Visit for TypedValues<'_, '_, E, A> {
    #[inline(always)]
    fn value(&mut self, value: Value<'_>) {
        // A `match`, for want of `put_value::<{ A::FORM }>`.
        match A::FORM {
            site::PLAIN => E::put_value::<{ site::PLAIN }>(self.0, &value),
            _ => E::put_value::<{ site::QUOTED }>(self.0, &value),
        }
    }
}

impl TypedCall<'_> {
    /// Writes the values.
    #[inline(always)]
    pub(crate) fn put<E: EncodeTyped, A: Arguments>(&mut self, arguments: &A) {
        if A::FORM == site::TEMPLATE {
            E::put_message(self, arguments);
        }
        arguments.each(&mut TypedValues::<E, A>(self, PhantomData));
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encode::encoder::with_announcement;
    use crate::encode::typed_text::quoting;
    use crate::encode::{Encoder, EncoderCache, Text, Wire};
    use crate::level::LogLevel;
    use crate::record::{LogRecord, Name, Values};
    use crate::site::Site;
    use crate::stats::{DropReason, Dropped};
    use crate::value::arguments::Typed;
    use crate::wire::{Item, Reader};

    const TIME: Timestamp = Timestamp::Uptime(12_345_678_901);

    /// Writes a call piece by piece.
    fn written<E: EncodeTyped, A: Arguments>(
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
        let mut call = match A::FORM {
            site::PLAIN => encoder.begin::<{ site::PLAIN }>(&head, out),
            site::QUOTED => encoder.begin::<{ site::QUOTED }>(&head, out),
            _ => encoder.begin::<{ site::TEMPLATE }>(&head, out),
        };
        call.put::<E, A>(arguments);
        E::end(&mut call);
        call.out.written().to_vec()
    }

    /// Compares it with what the encoder makes of the record.
    fn compare<A: Arguments>(logger: &str, site: Site<'static>, arguments: &A) {
        arguments.with_values(&mut |values| {
            let record = LogRecord::of_site(TIME, Name::new(logger), site, Values::Slice(values));
            let mut room = [0; 512];
            let mut out = Output::new(&mut room);
            Text.encode(&record, &mut EncoderCache::new(), &mut out);
            let line = out.written().escape_ascii().to_string();
            assert_eq!(written(&Text, logger, site, arguments).escape_ascii().to_string(), line);
            let block = written(&Wire, logger, site, arguments);
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
                for (reason, count) in DropReason::ALL.iter().zip(row) {
                    // Many zeros.
                    dropped.add(level, *reason, usize::from(count).saturating_sub(40_000));
                }
            }
            let (mut room, mut expected) = ([0; 512], [0; 512]);
            let (mut out, mut line) = (Output::new(&mut room), Output::new(&mut expected));
            EncodeTyped::put_dropped(&Text, TIME, &dropped, &mut out);
            with_announcement(TIME, &dropped, &mut |record| {
                Text.encode(record, &mut EncoderCache::new(), &mut line);
            });
            prop_assert_eq!(out.written(), line.written());
            let mut out = Output::new(&mut room);
            EncodeTyped::put_dropped(&Wire, TIME, &dropped, &mut out);
            let Some(Item::Dropped(report)) = Reader::new(out.written()).next() else { panic!("no report") };
            prop_assert_eq!(report.total(), dropped.total() as u64);
            for (name, count) in report.reasons() {
                let reason = DropReason::ALL.iter().find(|reason| reason.name() == name);
                prop_assert_eq!(reason.map(|reason| dropped.of_reason(*reason) as u64), Some(count));
            }
        }
    }
}
