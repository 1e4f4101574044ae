//! Any serde type as a value.

use ::serde::ser::{self, Serialize};
use alloc::string::String;
use core::fmt::{self, Display};

use crate::codec::print;
use crate::value::{Composite, Packed, REDACTED_TEXT, Secret, ToValue, Value, ValueSink};

/// Logs what serde makes of a type: `order = Serde(&order)`.
///
/// Structs and maps become maps, sequences and tuples lists, unit variants
/// their name, other variants a map from their name to their content.
///
/// A value that contains itself, or nests very deep, is no danger: what lies in more than
/// [16](crate::value::MAX_DEPTH) lists and maps, or in more than 128 lists, maps, options
/// and newtypes (a key counts 32 of them), is written as `"…"` and its code is not run;
/// after [64 MiB](crate::value::MAX_SIZE) nothing more is.
#[derive(Clone, Copy, Debug)]
pub struct Serde<T>(pub T);

impl<T: Serialize> Composite for Serde<T> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe(&self.0, sink, 0);
    }
}

fn describe<T: Serialize + ?Sized>(value: &T, sink: &mut dyn ValueSink, layers: u32) {
    if let Err(error) = serialize(value, sink, layers) {
        sink.value(Value::Display(&error));
    }
}

/// How many values may lie in one another: not only lists and maps, which the sink counts,
/// for options and newtypes need stack as well.
const MAX_LAYERS: u32 = 128;

/// What a key counts: its text is quoted in the text of the key that it is in, so that each
/// level doubles the escapes.
const KEY_LAYERS: u32 = MAX_LAYERS / 4;

/// How many items are skipped where there is no room for any, before the code that yields
/// them is stopped by an error: a loop may have no end.
const MAX_SKIPPED: usize = 1 << 20;

/// Serializes a value that lies in others, if there is room for it.
fn serialize<T: Serialize + ?Sized>(value: &T, sink: &mut dyn ValueSink, layers: u32) -> Result<(), Failed> {
    if layers >= MAX_LAYERS {
        sink.value(Value::Str("…"));
    } else if !sink.is_full() {
        value.serialize(Writer { sink, layers: layers + 1 })?;
    }
    Ok(())
}

/// A map's key, as the value that it is.
struct MapKey<'a, T: ?Sized> {
    key: &'a T,
    layers: u32,
}

impl<T: Serialize + ?Sized> Composite for MapKey<'_, T> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe(self.key, sink, self.layers);
    }
}

impl<T: Serialize> ToValue for Serde<T> {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED_TEXT)
    }
}

/// What a `Serialize` says when it gives up.
#[derive(Debug)]
struct Failed(String);

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[can't be serialized: {}]", self.0)
    }
}

impl ser::StdError for Failed {}

impl ser::Error for Failed {
    fn custom<T: Display>(message: T) -> Self {
        let mut text = String::new();
        if print(&mut text, &Value::Display(&message)).is_err() {
            text.push('…');
        }
        Self(text)
    }
}

struct Writer<'s> {
    sink: &'s mut dyn ValueSink,
    /// The value, and what it lies in.
    layers: u32,
}

macro_rules! plain {
    ($($name:ident $type:ty;)*) => {$(
        fn $name(self, value: $type) -> Result<(), Failed> {
            self.sink.value(value.to_value());
            Ok(())
        }
    )*};
}

impl<'s> ser::Serializer for Writer<'s> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Open<'s>;
    type SerializeTuple = Open<'s>;
    type SerializeTupleStruct = Open<'s>;
    type SerializeTupleVariant = Open<'s>;
    type SerializeMap = Open<'s>;
    type SerializeStruct = Open<'s>;
    type SerializeStructVariant = Open<'s>;

    plain! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_f32 f32;
        serialize_f64 f64;
        serialize_char char;
        serialize_str &str;
    }

    fn serialize_i128(self, value: i128) -> Result<(), Failed> {
        self.sink.value(Value::I128(Packed::new(value)));
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Failed> {
        self.sink.value(Value::U128(Packed::new(value)));
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failed> {
        self.sink.value(Value::Bytes(value));
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        serialize(value, self.sink, self.layers)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.sink.value(Value::Null);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Failed> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        serialize(value, self.sink, self.layers)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.sink.begin_map();
        self.sink.key(variant);
        serialize(value, &mut *self.sink, self.layers)?;
        self.sink.end_map();
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self, None))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self, Some(variant)))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Open<'s>, Failed> {
        Ok(Open::map(self, None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'s>, Failed> {
        Ok(Open::map(self, None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'s>, Failed> {
        Ok(Open::map(self, Some(variant)))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failed> {
        self.sink.value(Value::Display(&format_args!("{value}")));
        Ok(())
    }
}

/// A list or map that is being written, inside the map of its variant's name
/// if it has one.
struct Open<'s> {
    sink: &'s mut dyn ValueSink,
    layers: u32,
    map: bool,
    variant: bool,
    skipped: usize,
}

impl<'s> Open<'s> {
    fn list(writer: Writer<'s>, variant: Option<&'static str>) -> Self {
        let open = Self::new(writer, variant, false);
        open.sink.begin_list();
        open
    }

    fn map(writer: Writer<'s>, variant: Option<&'static str>) -> Self {
        let open = Self::new(writer, variant, true);
        open.sink.begin_map();
        open
    }

    fn new(writer: Writer<'s>, variant: Option<&'static str>, map: bool) -> Self {
        let Writer { sink, layers } = writer;
        Self::begin_variant(sink, variant);
        Self { sink, layers, map, variant: variant.is_some(), skipped: 0 }
    }

    fn begin_variant(sink: &mut dyn ValueSink, variant: Option<&'static str>) {
        if let Some(variant) = variant {
            sink.begin_map();
            sink.key(variant);
        }
    }

    fn put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        if self.sink.is_full() {
            self.skip()?;
        }
        serialize(value, &mut *self.sink, self.layers)
    }

    fn skip(&mut self) -> Result<(), Failed> {
        self.skipped += 1;
        if self.skipped > MAX_SKIPPED { Err(Failed("too many items".into())) } else { Ok(()) }
    }

    fn close(self) -> Result<(), Failed> {
        if self.map {
            self.sink.end_map();
        } else {
            self.sink.end_list();
        }
        if self.variant {
            self.sink.end_map();
        }
        Ok(())
    }
}

macro_rules! open {
    ($($trait:ident $method:ident($($argument:ident: $type:ty)?);)*) => {$(
        impl ser::$trait for Open<'_> {
            type Ok = ();
            type Error = Failed;

            fn $method<T: Serialize + ?Sized>(&mut self, $($argument: $type,)? value: &T) -> Result<(), Failed> {
                $(self.sink.key($argument);)?
                self.put(value)
            }

            fn end(self) -> Result<(), Failed> {
                self.close()
            }
        }
    )*};
}

open! {
    SerializeSeq serialize_element();
    SerializeTuple serialize_element();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeStruct serialize_field(key: &'static str);
    SerializeStructVariant serialize_field(key: &'static str);
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        if !self.sink.is_full() {
            // A key is the text that it has in a message: a tuple's is its JSON.
            let key = MapKey { key, layers: self.layers + KEY_LAYERS };
            self.sink.key(&crate::encode::shown(&Value::Composite(&key)));
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.put(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close()
    }
}

#[cfg(test)]
mod tests;
