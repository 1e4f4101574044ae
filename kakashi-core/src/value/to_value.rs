//! Which types are values, and by which kind.

use core::fmt;
use core::time::Duration;

use super::{Composite, Packed, ToValue, Value, ValueSink};
use crate::level::LogLevel;

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
    LogLevel => |this| Value::Str(this.name());
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
        // An iterator need not end.
        if sink.is_full() {
            break;
        }
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
        if sink.is_full() {
            break;
        }
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
