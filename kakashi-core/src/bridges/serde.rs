//! Any serde type as a value.

use ::serde::ser::{self, Serialize};
use alloc::string::ToString;
use core::fmt::{self, Display};

use crate::value::{Composite, Packed, ToValue, Value, ValueSink};

/// Logs what serde makes of a type: `order = Serde(&order)`.
///
/// Structs and maps become maps, sequences and tuples lists, unit variants
/// their name, other variants a map from their name to their content.
#[derive(Clone, Copy, Debug)]
pub struct Serde<T>(pub T);

impl<T: Serialize> Composite for Serde<T> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        if let Err(error) = self.0.serialize(Writer { sink }) {
            sink.value(Value::Display(&error));
        }
    }
}

impl<T: Serialize> ToValue for Serde<T> {
    fn to_value(&self) -> Value<'_> {
        Value::Composite(self)
    }
}

/// What a `Serialize` says when it gives up.
#[derive(Debug)]
struct Failed(alloc::string::String);

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[can't be serialized: {}]", self.0)
    }
}

impl ser::StdError for Failed {}

impl ser::Error for Failed {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Writer<'s> {
    sink: &'s mut dyn ValueSink,
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
        value.serialize(self)
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
        value.serialize(self)
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
        value.serialize(Writer { sink: &mut *self.sink })?;
        self.sink.end_map();
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self.sink, None))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self.sink, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self.sink, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'s>, Failed> {
        Ok(Open::list(self.sink, Some(variant)))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Open<'s>, Failed> {
        Ok(Open::map(self.sink, None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'s>, Failed> {
        Ok(Open::map(self.sink, None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'s>, Failed> {
        Ok(Open::map(self.sink, Some(variant)))
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
    map: bool,
    variant: bool,
}

impl<'s> Open<'s> {
    fn list(sink: &'s mut dyn ValueSink, variant: Option<&'static str>) -> Self {
        Self::begin_variant(sink, variant);
        sink.begin_list();
        Self { sink, map: false, variant: variant.is_some() }
    }

    fn map(sink: &'s mut dyn ValueSink, variant: Option<&'static str>) -> Self {
        Self::begin_variant(sink, variant);
        sink.begin_map();
        Self { sink, map: true, variant: variant.is_some() }
    }

    fn begin_variant(sink: &mut dyn ValueSink, variant: Option<&'static str>) {
        if let Some(variant) = variant {
            sink.begin_map();
            sink.key(variant);
        }
    }

    fn put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        value.serialize(Writer { sink: &mut *self.sink })
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
        // A key is the text that it has in a message: a tuple's is its JSON.
        self.sink.key(&crate::encode::shown(&Serde(key).to_value()));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.put(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close()
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::{Encoder, EncoderCache, Field, Json, LogLevel, LogRecord, Name, Output, Timestamp};
    use std::collections::BTreeMap;

    #[derive(::serde::Serialize)]
    enum Kind {
        Unit,
        New(u8),
        Tuple(u8, f32),
        Struct { a: Option<bool> },
    }

    #[derive(::serde::Serialize)]
    struct Order {
        id: u128,
        kinds: Vec<Kind>,
        by_number: BTreeMap<u8, &'static str>,
        pair: (char, ()),
    }

    #[test]
    fn every_shape_of_serde_becomes_json() {
        let order = Order {
            id: 1 << 100,
            kinds: vec![Kind::Unit, Kind::New(1), Kind::Tuple(2, 0.1), Kind::Struct { a: None }],
            by_number: BTreeMap::from([(7, "seven")]),
            pair: ('x', ()),
        };
        let order = Serde(&order);
        let fields = [Field::new("order", &order)];
        let record =
            LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), "m").with_fields(&fields);
        let mut room = [0; 512];
        let mut out = Output::new(&mut room);
        Json::new().encode(&record, &mut EncoderCache::new(), &mut out);
        let line = String::from_utf8(out.written().to_vec()).unwrap();
        assert_eq!(
            line.split_once(r#""order":"#).unwrap().1,
            concat!(
                r#"{"id":1267650600228229401496703205376,"kinds":["Unit",{"New":1},{"Tuple":[2,0.1]},"#,
                r#"{"Struct":{"a":null}}],"by_number":{"7":"seven"},"pair":["x",null]}}"#,
                "\n"
            )
        );
    }
}
