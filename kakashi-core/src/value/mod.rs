//! What a field can hold.
//!
//! A [`Value`] borrows everything and fits three words: the call site copies
//! a few of them and formats nothing. Values whose text somebody else's code
//! makes (`Display`, `Debug`, errors, lists, maps, serde) are *foreign*: a
//! logger turns them into the wire first, outside every lock, so that code
//! which panics, blocks or logs can hurt only itself.

pub mod arguments;
pub(crate) mod field;

use core::fmt;
use core::time::Duration;

/// How deep lists and maps may nest; what lies deeper is written as `"…"`.
pub const MAX_DEPTH: usize = 16;

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
        matches!(self, Self::Composite(_) | Self::Display(_) | Self::Debug(_) | Self::Error(_))
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
/// An implementation hands over exactly one value, a list or a map.
pub trait Composite {
    /// Hands the value over.
    fn describe(&self, sink: &mut dyn ValueSink);
}

/// Receives a value piece by piece.
pub trait ValueSink {
    /// Receives a value: the whole, an item of a list, or what a key stands for.
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

macro_rules! to_value {
    ($($type:ty => |$this:ident| $value:expr $(, at most $bytes:literal bytes)?;)*) => {$(
        impl ToValue for $type {
            #[inline(always)]
            fn to_value(&self) -> Value<'_> {
                let $this = self;
                $value
            }

            $(
                #[inline(always)]
                fn most_bytes(&self) -> usize {
                    $bytes
                }
            )?
        }
    )*};
}

to_value! {
    () => |_this| Value::Null, at most 1 bytes;
    bool => |this| Value::Bool(*this), at most 1 bytes;
    i8 => |this| Value::I64(i64::from(*this)), at most 2 bytes;
    i16 => |this| Value::I64(i64::from(*this)), at most 3 bytes;
    i32 => |this| Value::I64(i64::from(*this)), at most 5 bytes;
    i64 => |this| Value::I64(*this), at most 9 bytes;
    isize => |this| Value::I64(*this as i64), at most 9 bytes;
    u8 => |this| Value::U64(u64::from(*this)), at most 2 bytes;
    u16 => |this| Value::U64(u64::from(*this)), at most 3 bytes;
    u32 => |this| Value::U64(u64::from(*this)), at most 5 bytes;
    u64 => |this| Value::U64(*this), at most 9 bytes;
    usize => |this| Value::U64(*this as u64), at most 9 bytes;
    i128 => |this| Value::I128(Packed::new(*this));
    u128 => |this| Value::U128(Packed::new(*this));
    f32 => |this| Value::F32(*this), at most 5 bytes;
    f64 => |this| Value::F64(*this), at most 9 bytes;
    char => |this| Value::Char(*this), at most 5 bytes;
    str => |this| Value::Str(this);
    Duration => |this| Value::Duration(*this);
    core::net::IpAddr => |this| Value::Display(this);
    core::net::Ipv4Addr => |this| Value::Display(this);
    core::net::Ipv6Addr => |this| Value::Display(this);
    core::net::SocketAddr => |this| Value::Display(this);
    core::net::SocketAddrV4 => |this| Value::Display(this);
    core::net::SocketAddrV6 => |this| Value::Display(this);
    fmt::Arguments<'_> => |this| Value::Display(this);
    crate::LogLevel => |this| Value::Str(this.name());
    dyn core::error::Error => |this| Value::Error(this);
    dyn core::error::Error + Send => |this| Value::Error(this);
    dyn core::error::Error + Send + Sync => |this| Value::Error(this);
    core::num::NonZeroI8 => |this| Value::I64(i64::from(this.get()));
    core::num::NonZeroI16 => |this| Value::I64(i64::from(this.get()));
    core::num::NonZeroI32 => |this| Value::I64(i64::from(this.get()));
    core::num::NonZeroI64 => |this| Value::I64(this.get());
    core::num::NonZeroIsize => |this| Value::I64(this.get() as i64);
    core::num::NonZeroI128 => |this| Value::I128(Packed::new(this.get()));
    core::num::NonZeroU8 => |this| Value::U64(u64::from(this.get()));
    core::num::NonZeroU16 => |this| Value::U64(u64::from(this.get()));
    core::num::NonZeroU32 => |this| Value::U64(u64::from(this.get()));
    core::num::NonZeroU64 => |this| Value::U64(this.get());
    core::num::NonZeroUsize => |this| Value::U64(this.get() as u64);
    core::num::NonZeroU128 => |this| Value::U128(Packed::new(this.get()));
}

impl ToValue for Value<'_> {
    #[inline(always)]
    fn to_value(&self) -> Value<'_> {
        *self
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    #[inline(always)]
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }

    #[inline(always)]
    fn most_bytes(&self) -> usize {
        (**self).most_bytes()
    }
}

impl<T: ToValue + ?Sized> ToValue for &mut T {
    #[inline(always)]
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }

    #[inline(always)]
    fn most_bytes(&self) -> usize {
        (**self).most_bytes()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    #[inline]
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

/// Logs a slice of bytes as bytes, where a `Vec<u8>` or `[u8; N]` would be a
/// list of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl ToValue for Bytes<'_> {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self.0)
    }
}

/// `%value` where a call hands over references: its kind is its type's.
#[cfg(target_os = "none")]
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct Displayed<'a, T: ?Sized>(pub &'a T);

#[cfg(target_os = "none")]
impl<T: fmt::Display + ?Sized> fmt::Display for Displayed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(target_os = "none")]
impl<T: fmt::Display + ?Sized> ToValue for Displayed<'_, T> {
    #[inline(always)]
    fn to_value(&self) -> Value<'_> {
        Value::Display(self)
    }
}

/// `?value`, likewise.
#[cfg(target_os = "none")]
#[doc(hidden)]
pub struct Debugged<'a, T: ?Sized>(pub &'a T);

#[cfg(target_os = "none")]
impl<T: fmt::Debug + ?Sized> fmt::Debug for Debugged<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(target_os = "none")]
impl<T: fmt::Debug + ?Sized> ToValue for Debugged<'_, T> {
    #[inline(always)]
    fn to_value(&self) -> Value<'_> {
        Value::Debug(self)
    }
}

fn describe_list<T: ToValue>(items: impl IntoIterator<Item = T>, sink: &mut dyn ValueSink) {
    sink.begin_list();
    for item in items {
        sink.value(item.to_value());
    }
    sink.end_list();
}

fn describe_map<K: AsRef<str>, V: ToValue>(
    entries: impl IntoIterator<Item = (K, V)>,
    sink: &mut dyn ValueSink,
) {
    sink.begin_map();
    for (key, value) in entries {
        sink.key(key.as_ref());
        sink.value(value.to_value());
    }
    sink.end_map();
}

impl<T: ToValue> Composite for &[T] {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe_list(self.iter(), sink);
    }
}

impl<T: ToValue> ToValue for &[T] {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

impl<T: ToValue, const N: usize> Composite for [T; N] {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe_list(self.iter(), sink);
    }
}

impl<T: ToValue, const N: usize> ToValue for [T; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

/// Logs what an iterator yields as a list: `ids = List(&set)`.
#[derive(Clone, Copy, Debug)]
pub struct List<I>(pub I);

impl<I: IntoIterator<Item: ToValue> + Clone> Composite for List<I> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe_list(self.0.clone(), sink);
    }
}

impl<I: IntoIterator<Item: ToValue> + Clone> ToValue for List<I> {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

/// Logs the pairs of an iterator as a map: `headers = Map(&hash_map)`.
#[derive(Clone, Copy, Debug)]
pub struct Map<I>(pub I);

impl<K: AsRef<str>, V: ToValue, I: IntoIterator<Item = (K, V)> + Clone> Composite for Map<I> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe_map(self.0.clone(), sink);
    }
}

impl<K: AsRef<str>, V: ToValue, I: IntoIterator<Item = (K, V)> + Clone> ToValue for Map<I> {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

#[cfg(feature = "alloc")]
mod with_alloc {
    use super::{Composite, ToValue, Value, ValueSink, describe_list, describe_map};
    use alloc::{
        borrow::{Cow, ToOwned},
        boxed::Box,
        collections::{BTreeMap, BTreeSet, VecDeque},
        rc::Rc,
        string::String,
        vec::Vec,
    };

    to_value! {
        String => |this| Value::Str(this);
    }

    impl<T: ToOwned + ToValue + ?Sized> ToValue for Cow<'_, T> {
        fn to_value(&self) -> Value<'_> {
            (**self).to_value()
        }
    }

    macro_rules! pointer {
        ($($type:ident)*) => {$(
            impl<T: ToValue + ?Sized> ToValue for $type<T> {
                fn to_value(&self) -> Value<'_> {
                    (**self).to_value()
                }
            }
        )*};
    }
    pointer! { Box Rc }

    #[cfg(target_has_atomic = "ptr")]
    impl<T: ToValue + ?Sized> ToValue for alloc::sync::Arc<T> {
        fn to_value(&self) -> Value<'_> {
            (**self).to_value()
        }
    }

    macro_rules! list {
        ($($type:ident)*) => {$(
            impl<T: ToValue> Composite for $type<T> {
                fn describe(&self, sink: &mut dyn ValueSink) {
                    describe_list(self.iter(), sink);
                }
            }

            impl<T: ToValue> ToValue for $type<T> {
                fn to_value(&self) -> Value<'_> {
                    Value::Composite(self)
                }
            }
        )*};
    }
    list! { Vec VecDeque BTreeSet }

    impl<K: AsRef<str>, V: ToValue> Composite for BTreeMap<K, V> {
        fn describe(&self, sink: &mut dyn ValueSink) {
            describe_map(self.iter(), sink);
        }
    }

    impl<K: AsRef<str>, V: ToValue> ToValue for BTreeMap<K, V> {
        fn to_value(&self) -> Value<'_> {
            Value::Composite(self)
        }
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
