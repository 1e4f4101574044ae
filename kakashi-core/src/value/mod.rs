//! What a field can hold.
//!
//! A [`Value`] borrows everything and fits three words: the call site copies
//! a few of them and formats nothing. Values whose text the program's own
//! code makes (`Display`, `Debug`, errors, lists, maps, serde) are *foreign*: a
//! logger turns them into the wire first, outside every lock, so that code
//! which panics, blocks or logs can hurt only itself.

#[doc(hidden)]
pub mod arguments;
pub(crate) mod field;
mod kind;
mod secret;
mod to_value;

#[doc(hidden)]
pub use self::kind::KINDS;
pub use self::secret::Secret;
pub use self::to_value::{Bytes, List, Map};
#[cfg(target_os = "none")]
#[doc(hidden)]
pub use self::to_value::{Debugged, Displayed};

use core::fmt;
use core::time::Duration;

/// How deep lists and maps may nest; what lies deeper is written as `"…"`.
pub const MAX_DEPTH: usize = 16;

/// How many composites may hand over one another, each as its only value or an item of
/// a list; a further one is written as `"…"`.
pub const MAX_WITHIN: usize = 64;

/// How many bytes one value may have: a list or map (an item counts its text and 16
/// bytes) ends after them with the item `"…"`, the text of a `Display`, `Debug` or error
/// with `…`.
pub const MAX_SIZE: usize = 64 << 20;

/// Stands in place of a value that must not be written.
pub(crate) const REDACTED: Value<'static> = Value::Str(REDACTED_TEXT);
pub(crate) const REDACTED_TEXT: &str = "[REDACTED]";

/// Holds one value, borrowed.
///
/// Integers are one kind: a reader gives a non-negative `i64` back as a
/// `u64`, and no encoder tells them apart.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing, as in `None` or `()`.
    Null,
    /// True or false.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A wide signed integer.
    I128(Packed<i128>),
    /// A wide unsigned integer.
    U128(Packed<u128>),
    /// A float of 32 bits, printed with the digits that 32 bits need.
    F32(f32),
    /// A float of 64 bits.
    F64(f64),
    /// One character; written like a string.
    Char(char),
    /// Text.
    Str(&'a str),
    /// Bytes: text where they are UTF-8 and `\xNN` elsewhere, base64 in JSON.
    Bytes(&'a [u8]),
    /// A length of time: seconds.
    Duration(Duration),
    /// A list in wire form: its items, one after the other.
    List(&'a [u8]),
    /// A map in wire form: its keys and values in turn.
    Map(&'a [u8]),
    /// A borrowed list, map, or anything else that can describe itself.
    Composite(&'a dyn Composite),
    /// Text made by `Display` when it is needed.
    Display(&'a dyn fmt::Display),
    /// Text made by `Debug` when it is needed.
    Debug(&'a dyn fmt::Debug),
    /// An error: its text, and `: ` with the text of each of its sources.
    Error(&'a (dyn core::error::Error + 'a)),
}

/// The pattern of values that a number, a word or nothing stands for: they hold no text, no
/// other value and no code.
macro_rules! scalar {
    () => {
        $crate::value::Value::Null
            | $crate::value::Value::Bool(_)
            | $crate::value::Value::I64(_)
            | $crate::value::Value::U64(_)
            | $crate::value::Value::I128(_)
            | $crate::value::Value::U128(_)
            | $crate::value::Value::F32(_)
            | $crate::value::Value::F64(_)
            | $crate::value::Value::Duration(_)
    };
}
pub(crate) use scalar;

impl<'a> Value<'a> {
    /// Makes a value of an error; its text is followed by those of its sources.
    pub fn error<E: core::error::Error>(error: &'a E) -> Self {
        Self::Error(error)
    }

    /// Makes a value of a dynamically typed error.
    pub fn dyn_error(error: &'a (dyn core::error::Error + 'a)) -> Self {
        Self::Error(error)
    }

    /// Tells whether reading this value runs code that is not kakashi's.
    #[inline]
    pub const fn is_foreign(&self) -> bool {
        match self {
            Self::Composite(_) | Self::Display(_) | Self::Debug(_) | Self::Error(_) => true,
            scalar!() | Self::Char(_) | Self::Str(_) | Self::Bytes(_) | Self::List(_) | Self::Map(_) => false,
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(value) => write!(f, "Bool({value})"),
            Self::I64(value) => write!(f, "I64({value})"),
            Self::U64(value) => write!(f, "U64({value})"),
            Self::I128(value) => write!(f, "I128({})", value.get()),
            Self::U128(value) => write!(f, "U128({})", value.get()),
            Self::F32(value) => write!(f, "F32({value:?})"),
            Self::F64(value) => write!(f, "F64({value:?})"),
            Self::Char(value) => write!(f, "Char({value:?})"),
            Self::Str(value) => write!(f, "Str({value:?})"),
            Self::Bytes(value) => write!(f, "Bytes({value:?})"),
            Self::Duration(value) => write!(f, "Duration({value:?})"),
            Self::List(wire) => write!(f, "List({} bytes)", wire.len()),
            Self::Map(wire) => write!(f, "Map({} bytes)", wire.len()),
            Self::Composite(_) => f.write_str("Composite"),
            Self::Display(value) => write!(f, "Display({value})"),
            Self::Debug(value) => write!(f, "Debug({value:?})"),
            Self::Error(error) => write!(f, "Error({error})"),
        }
    }
}

/// Holds a 128-bit integer at the alignment of a word, so that a [`Value`]
/// stays three words long.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
pub struct Packed<T>(T);

impl<T: Copy> Packed<T> {
    /// Wraps a number.
    pub const fn new(number: T) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn get(self) -> T {
        self.0
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Packed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// Describes itself to a [`ValueSink`]: what lists, maps and serde types do.
///
/// An implementation hands over exactly one value, a list or a map. It is called on the
/// thread that logs (or that makes a context), perhaps several times for one record, and
/// never under a lock of kakashi's; it may log and may panic, which costs its own value.
///
/// What is large or has no end asks [`ValueSink::is_full`] and stops. Nesting is bounded
/// for values that are handed to the sink; a `describe` that calls another's `describe`
/// itself has to count by itself.
///
/// ```
/// use kakashi_core::{Composite, Value, ValueSink};
///
/// /// All the powers of two.
/// struct Powers;
///
/// impl Composite for Powers {
///     fn describe(&self, sink: &mut dyn ValueSink) {
///         sink.begin_list();
///         let mut power = 1_u64;
///         while !sink.is_full() {
///             sink.value(Value::U64(power));
///             power = power.wrapping_mul(2).max(1);
///         }
///         sink.end_list();
///     }
/// }
/// ```
pub trait Composite {
    /// Hands the value over.
    fn describe(&self, sink: &mut dyn ValueSink);
}

/// Receives a value piece by piece.
pub trait ValueSink {
    /// Receives a value: the whole, an item of a list, or the value of the last key.
    fn value(&mut self, value: Value<'_>);
    /// Begins a list.
    fn begin_list(&mut self);
    /// Ends the innermost list.
    fn end_list(&mut self);
    /// Begins a map.
    fn begin_map(&mut self);
    /// Receives the key of the map's next value.
    fn key(&mut self, key: &str);
    /// Ends the innermost map.
    fn end_map(&mut self);
    /// Tells whether what comes next is left out: it nests too deep, or there is too much.
    fn is_full(&self) -> bool {
        false
    }
}

/// Turns a type into a [`Value`]; what macros call for each `key = value`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be logged as it is",
    label = "not a log value",
    note = "write `%value` to log it through `Display`, `?value` through `Debug`, or implement `ToValue`",
    note = "an error is logged as `Value::error(&value)`, any serde type (feature `serde`) as `Serde(&value)`"
)]
pub trait ToValue {
    /// Borrows as a value.
    fn to_value(&self) -> Value<'_>;

    /// Tells how many bytes it takes on the wire at most.
    #[doc(hidden)]
    #[inline(always)]
    fn most_bytes(&self) -> usize {
        usize::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_three_words() {
        assert!(size_of::<Value<'_>>() <= 3 * size_of::<u64>());
    }

    #[test]
    fn references_options_and_collections_are_values() {
        let text = &&"x";
        assert!(matches!(text.to_value(), Value::Str("x")));
        assert!(matches!(None::<u8>.to_value(), Value::Null));
        assert!(matches!(Some(-1_i8).to_value(), Value::I64(-1)));
        assert!([1, 2].to_value().is_foreign());
        assert!(!7_u128.to_value().is_foreign());
    }
}
