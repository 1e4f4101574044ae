//! Values as compact JSON: in a JSON line, and lists and maps in every other line.

use core::fmt::{self, Write as _};

use super::escape::{Escaper, write_base64};
use super::number::write_plain;
use crate::codec::bounds::Depth;
use crate::codec::composite::{self, Structure};
use crate::codec::{Items, Pairs, print};
use crate::value::{Composite, Value, scalar};

/// Writes a value as compact JSON.
pub(super) fn write_nested(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    write_at(out, value, Depth::ZERO)
}

/// Writes a value inside of `depth` lists and maps.
#[inline(never)]
fn write_at(mut out: &mut dyn fmt::Write, value: &Value<'_>, depth: Depth) -> fmt::Result {
    match *value {
        // Bytes that a reader took nest no deeper; a program can make others.
        Value::List(_) | Value::Map(_) if depth.is_most() => write_string(out, "…"),
        Value::List(items) => {
            out.write_char('[')?;
            for (at, item) in Items::new(items).enumerate() {
                if at > 0 {
                    out.write_char(',')?;
                }
                write_at(out, &item, depth.inside())?;
            }
            out.write_char(']')
        }
        Value::Map(pairs) => {
            out.write_char('{')?;
            for (at, (key, value)) in Pairs::new(pairs).enumerate() {
                if at > 0 {
                    out.write_char(',')?;
                }
                write_string(out, key)?;
                out.write_char(':')?;
                write_at(out, &value, depth.inside())?;
            }
            out.write_char('}')
        }
        Value::Composite(composite) => {
            describe(&mut out, composite, |out, value| {
                let _ = write_nested(out, value);
            });
            Ok(())
        }
        Value::Str(text) => write_string(out, text),
        Value::Char(character) => write_string(out, character.encode_utf8(&mut [0; 4])),
        Value::Bytes(bytes) => {
            out.write_char('"')?;
            write_base64(out, bytes)?;
            out.write_char('"')
        }
        Value::Display(_) | Value::Debug(_) | Value::Error(_) => write_printed(out, value),
        scalar!() => write_plain(out, value, true),
    }
}

fn write_string(out: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    Escaper(out).write_str(text)?;
    out.write_char('"')
}

fn write_printed(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    out.write_char('"')?;
    if print(&mut Escaper(out), value).is_err() {
        out.write_str("…")?;
    }
    out.write_char('"')
}

/// Writes what a composite describes: lists and maps as compact JSON, a value
/// that is neither by `put_scalar`.
pub(super) fn describe<W: fmt::Write>(
    out: &mut W,
    composite: &dyn Composite,
    put_scalar: impl FnMut(&mut W, &Value<'_>),
) {
    composite::describe(composite, &mut JsonComposite { out, put_scalar, depth: 0, begun: 0 });
}

struct JsonComposite<'w, W, F> {
    out: &'w mut W,
    put_scalar: F,
    depth: usize,
    /// A bit for each depth: it has an item already.
    begun: u32,
}

impl<W: fmt::Write, F> JsonComposite<'_, W, F> {
    fn separate(&mut self, depth: usize) {
        let bit = 1 << depth;
        if self.begun & bit != 0 {
            let _ = self.out.write_char(',');
        }
        self.begun |= bit;
    }
}

impl<W: fmt::Write, F: FnMut(&mut W, &Value<'_>)> Structure for JsonComposite<'_, W, F> {
    fn scalar(&mut self, value: &Value<'_>) {
        if self.depth == 0 {
            (self.put_scalar)(self.out, value);
        } else {
            let _ = write_nested(self.out, value);
        }
    }

    fn begin(&mut self, map: bool, depth: usize) {
        self.depth += 1;
        self.begun &= !(1 << depth);
        let _ = self.out.write_char(if map { '{' } else { '[' });
    }

    fn item(&mut self, depth: usize) {
        self.separate(depth);
    }

    fn key(&mut self, key: &str, depth: usize) {
        self.separate(depth);
        let _ = write_string(self.out, key);
        let _ = self.out.write_char(':');
    }

    fn end(&mut self, map: bool, _depth: usize) {
        self.depth -= 1;
        let _ = self.out.write_char(if map { '}' } else { ']' });
    }
}
