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
//! # JSON with other names
//!
//! A [`Profile`] has other keys, in another order, and may put fields into objects;
//! values and escapes are those of the JSON line, and no two keys of an object are the same.
//!
//! # Other lines
//!
//! [`Text::pattern`] makes lines of one's own, [`Logfmt`] says what logfmt is here. What a record
//! says is quoted and escaped in them as in the text line.
//!
//! Lines for people ([`Pretty`]) are not to be parsed, and may be several a record: all but the first
//! are indented, and what a record says is escaped in them as in the text line.
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

#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod background;
mod cache;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod columns;
mod encoder;
mod escape;
#[cfg(feature = "alloc")]
mod field_tree;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod human_duration;
mod json;
mod json_value;
mod line;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod line_above;
#[cfg(feature = "alloc")]
mod logfmt;
mod message;
mod number;
mod pretty;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod pretty_exception;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod pretty_fields;
#[cfg(feature = "alloc")]
mod profile;
#[cfg(feature = "alloc")]
mod profiled_json;
#[cfg(feature = "alloc")]
mod record_wire;
#[cfg(feature = "alloc")]
mod refused_key;
mod render;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod terminal_pretty;
mod text;
#[cfg(feature = "alloc")]
mod text_pattern;
mod time;
#[cfg(feature = "alloc")]
mod time_pattern;
#[cfg(any(test, target_os = "none"))]
mod typed_call;
#[cfg(any(test, target_os = "none"))]
mod typed_text;
#[cfg(any(test, target_os = "none"))]
mod typed_wire;
mod wire;
mod wire_cache;
#[cfg(feature = "std")]
mod without_fields;
pub mod writers;

#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub use self::background::Background;
pub use self::cache::EncoderCache;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use self::encoder::is_announcement;
pub use self::encoder::{Encoder, LineForm};
#[cfg(feature = "std")]
pub use self::escape::OneLine;
pub use self::json::Json;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
#[doc(hidden)]
pub use self::line_above::LineAbove;
#[cfg(feature = "alloc")]
pub use self::logfmt::Logfmt;
#[cfg(feature = "serde")]
pub(crate) use self::message::shown;
pub use self::pretty::Pretty;
#[cfg(feature = "alloc")]
pub use self::profile::{JsonKey, LevelStyle, Profile, TimeStyle};
#[cfg(feature = "alloc")]
pub use self::profiled_json::ProfiledJson;
#[cfg(feature = "alloc")]
pub use self::record_wire::RecordWire;
#[cfg(feature = "alloc")]
pub use self::refused_key::RefusedKey;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
#[doc(hidden)]
pub use self::terminal_pretty::Screen;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub use self::terminal_pretty::TerminalPretty;
pub use self::text::Text;
#[cfg(feature = "alloc")]
pub use self::text_pattern::{PatternError, TextPattern};
#[doc(hidden)]
pub use self::time::civil;
#[cfg(any(test, target_os = "none"))]
#[doc(hidden)]
pub use self::typed_call::{CallPath, EncodeTyped, TypedCall};
#[cfg(target_os = "none")]
pub(crate) use self::typed_text::quoting;
pub use self::wire::Wire;
#[cfg(feature = "std")]
pub(crate) use self::without_fields::WithoutFields;
#[cfg(any(test, target_os = "none"))]
#[doc(hidden)]
pub use crate::record::call::CallHead;

#[cfg(test)]
mod tests;
