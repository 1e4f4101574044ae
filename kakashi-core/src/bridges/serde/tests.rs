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
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), "m").with_fields(&fields);
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

/// What a value is as JSON, described on a thread with a stack of 512 KiB.
fn json_of(value: impl Serialize + Send + 'static) -> String {
    let encode = move || crate::encode::shown(&Serde(&value).to_value());
    std::thread::Builder::new().stack_size(512 << 10).spawn(encode).unwrap().join().unwrap()
}

/// One in another.
#[derive(::serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Chain {
    End,
    List(Vec<&'static Chain>),
    Some(Option<&'static Chain>),
    Map(BTreeMap<&'static str, &'static Chain>),
    Tuple(u8, &'static Chain),
    Struct { next: &'static Chain },
}

#[derive(::serde::Serialize)]
struct Newtype(Option<&'static Newtype>);

fn chain(of: impl Fn(&'static Chain) -> Chain) -> &'static Chain {
    (0..1_000_000).fold(&Chain::End, |chain, _| Box::leak(Box::new(of(chain))))
}

#[test]
fn a_million_levels_end_at_the_sixteenth_without_the_stack() {
    let shapes: [(&dyn Fn(&'static Chain) -> Chain, &str); 5] = [
        (&|next| Chain::List(vec![next]), r#"{"list":["#),
        (&|next| Chain::Some(Some(next)), r#"{"some":"#),
        (&|next| Chain::Map(BTreeMap::from([("k", next)])), r#"{"map":{"k":"#),
        (&|next| Chain::Tuple(1, next), r#"{"tuple":[1,"#),
        (&|next| Chain::Struct { next }, r#"{"struct":{"next":"#),
    ];
    for (shape, begin) in shapes {
        let shown = json_of(chain(shape));
        assert_eq!(shown.matches(['[', '{']).count(), crate::value::MAX_DEPTH, "{shown}");
        assert!(shown.starts_with(begin) && shown.contains(r#""…""#), "{shown}");
    }
    let newtypes =
        (0..1_000_000).fold(&Newtype(None), |newtypes, _| Box::leak(Box::new(Newtype(Some(newtypes)))));
    assert_eq!(json_of(newtypes), "…");
}

/// Contains itself: in a list, in a map's key, three times.
enum Circle {
    List,
    Key,
    Thrice,
    Endless,
}

impl Serialize for Circle {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List => serializer.collect_seq([self]),
            Self::Key => serializer.collect_map([(self, 1)]),
            Self::Thrice => serializer.collect_seq([self, self, self]),
            Self::Endless => serializer.collect_seq(core::iter::repeat(self)),
        }
    }
}

#[test]
fn a_value_that_contains_itself_ends() {
    let list = json_of(Circle::List);
    assert_eq!(list, format!("{}\"…\"{}", "[".repeat(16), "]".repeat(16)));
    let key = json_of(Circle::Key);
    assert!(key.starts_with(r#"{"{\"{"#) && key.contains('…'), "{key:.100}");
    for circle in [Circle::Thrice, Circle::Endless] {
        let most = 2 * crate::value::MAX_SIZE;
        let shown = json_of(circle);
        assert!(shown.contains('…') && shown.len() < most, "{} bytes", shown.len());
    }
}
