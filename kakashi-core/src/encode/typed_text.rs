//! A typed call as a text line.

use super::escape::{Quoter, put_quoted_bytes};
use super::message::show_known;
use super::number::put_u64;
use super::text::{Text, put_drops, put_known};
use super::time::put_time;
use super::typed_call::{EncodeTyped, TypedCall};
use crate::clock::Timestamp;
use crate::codec::Cursor;
use crate::record::call::{CallHead, Quoting};
use crate::record::template::{Piece, next_piece};
use crate::site::{self, SiteFlags, SiteParts};
use crate::stats::DropSums;
use crate::util::char_class::{as_text, is_plain};
use crate::util::output::Output;
use crate::value::Value;
use crate::value::arguments::{Arguments, Visit};
use crate::wire::OpenBlock;

/// Returns the function that writes a logger's name, if it needs quotes.
pub(crate) const fn quoting(name: &str) -> Option<Quoting> {
    if is_plain(name.as_bytes(), false) { None } else { Some(put_quoted_bytes) }
}

impl EncodeTyped for Text {
    #[inline(always)]
    fn begin<'b, const FORM: u8>(&self, call: &CallHead<'_>, mut out: Output<'b>) -> TypedCall<'b> {
        put_time(call.timestamp, &mut out);
        let (parts, flags) = put_text_head(call, &mut out);
        match FORM {
            site::PLAIN => out.put(parts.message),
            site::QUOTED if flags.message_is_plain() => out.put(parts.message),
            site::QUOTED => put_quoted_bytes(parts.message, &mut out),
            _ => {}
        }
        TypedCall { out, parts, unnamed: 0, block: OpenBlock::default() }
    }

    #[inline(always)]
    fn put_message(call: &mut TypedCall<'_>, arguments: &impl Arguments) {
        let parts = call.parts;
        let mut quoter = Quoter::new(&mut call.out, true);
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
    fn put_value<const FORM: u8>(call: &mut TypedCall<'_>, value: &Value<'_>) {
        put_next_key::<FORM>(call);
        put_known(&mut call.out, value);
    }

    fn end(call: &mut TypedCall<'_>) {
        call.out.put_byte(b'\n');
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
fn put_next_key<const FORM: u8>(call: &mut TypedCall<'_>) {
    call.out.put_byte(b' ');
    let Some(left) = call.parts.key_count.checked_sub(1) else {
        // The site is exported: a number for each value.
        call.unnamed += 1;
        put_u64(&mut call.out, call.unnamed.into());
        return call.out.put_byte(b'=');
    };
    call.parts.key_count = left;
    let mut keys = Cursor::new(call.parts.keys);
    let key = keys.text_bytes().unwrap_or_default();
    call.parts.keys = keys.rest();
    if FORM == site::PLAIN || is_plain(key, false) {
        call.out.put(key);
    } else {
        put_quoted_bytes(key, &mut call.out);
    }
    call.out.put_byte(b'=');
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
