use super::*;
use crate::util::output::Output;
use crate::value::{Composite, Packed, ToValue, Value, ValueSink};
use core::time::Duration;

fn bytes_of(value: Value<'_>) -> Vec<u8> {
    let mut room = vec![0; 4096];
    let mut out = Output::new(&mut room);
    put_value(&mut out, &value);
    out.written().to_vec()
}

fn shown(bytes: &[u8]) -> String {
    let mut cursor = Cursor::new(bytes);
    let value = cursor.check_value().expect("what was written can be read");
    assert!(cursor.is_empty());
    format!("{value:?}")
}

#[test]
fn integers_take_the_bytes_they_need() {
    assert_eq!(bytes_of(Value::U64(0)), [0x10]);
    assert_eq!(bytes_of(Value::U64(255)), [0x11, 255]);
    assert_eq!(bytes_of(Value::U64(256)), [0x12, 0, 1]);
    assert_eq!(bytes_of(Value::I64(-1)), [0x20]);
    assert_eq!(bytes_of(Value::I64(-257)), [0x22, 0, 1]);
    assert_eq!(bytes_of(Value::U64(u64::MAX)).len(), 9);
    for number in [i64::MIN, -129, -128, -1, 0, 1, 127, 128, i64::MAX] {
        let expected = if number < 0 { format!("I64({number})") } else { format!("U64({number})") };
        assert_eq!(shown(&bytes_of(Value::I64(number))), expected);
    }
    assert_eq!(shown(&bytes_of(Value::I128(Packed::new(-5)))), "I64(-5)");
    assert_eq!(shown(&bytes_of(Value::I128(Packed::new(i128::MIN)))), format!("I128({})", i128::MIN));
    assert_eq!(shown(&bytes_of(Value::U128(Packed::new(u128::MAX)))), format!("U128({})", u128::MAX));
}

#[test]
fn an_integer_is_right_in_a_slice_that_ends_where_it_ends() {
    let mut room = [0; 3];
    let mut out = Output::new(&mut room);
    put_value(&mut out, &Value::U64(0x1234));
    assert!(!out.overflowed());
    assert_eq!(room, [0x12, 0x34, 0x12]);
}

#[test]
fn every_kind_is_read_back() {
    for value in [
        Value::Null,
        Value::Bool(true),
        Value::F32(0.1),
        Value::F64(-0.0),
        Value::Char('é'),
        Value::Str(""),
        Value::Bytes(b"\xff\x00"),
        Value::Duration(Duration::new(3, 999_999_999)),
    ] {
        assert_eq!(shown(&bytes_of(value)), format!("{value:?}"));
    }
    let long = "x".repeat(200);
    assert_eq!(shown(&bytes_of(Value::Str(&long))), format!("Str({long:?})"));
    assert_eq!(shown(&bytes_of(Value::Display(&long))), format!("Str({long:?})"));
}

/// Describes itself wrongly in every way there is.
struct Liar;

impl Composite for Liar {
    fn describe(&self, sink: &mut dyn ValueSink) {
        sink.begin_map();
        sink.value(Value::Bool(true));
        sink.key("a");
        sink.key("b");
        for _ in 0..100 {
            sink.begin_list();
        }
        sink.value(Value::Null);
        sink.end_map();
        sink.key("late");
    }
}

struct Silent;

impl Composite for Silent {
    fn describe(&self, _sink: &mut dyn ValueSink) {}
}

#[test]
fn a_composite_that_breaks_the_rules_still_gives_one_whole_value() {
    shown(&bytes_of(Value::Composite(&Liar)));
    assert_eq!(shown(&bytes_of(Value::Composite(&Silent))), "Null");
}

#[test]
fn lists_nest_up_to_the_limit() {
    struct Deep(usize);
    impl Composite for Deep {
        fn describe(&self, sink: &mut dyn ValueSink) {
            sink.begin_list();
            if self.0 > 1 {
                sink.value(Value::Composite(&Deep(self.0 - 1)));
            }
            sink.end_list();
        }
    }
    let at_limit = bytes_of(Value::Composite(&Deep(16)));
    shown(&at_limit);
    let beyond = bytes_of(Value::Composite(&Deep(40)));
    shown(&beyond);
    assert!(beyond.windows(3).any(|window| window == "…".as_bytes()));
}

#[test]
fn an_error_is_followed_by_its_sources() {
    #[derive(Debug)]
    struct Outer(core::num::ParseIntError);
    impl core::fmt::Display for Outer {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("no port")
        }
    }
    impl core::error::Error for Outer {
        fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let error = Outer("x".parse::<u16>().unwrap_err());
    assert_eq!(shown(&bytes_of(Value::error(&error))), r#"Str("no port: invalid digit found in string")"#);
}

#[test]
fn damaged_bytes_are_an_error_and_never_a_panic() {
    let whole = bytes_of([["ab"].as_slice(), &["c", "d"]].to_value());
    for cut in 0..whole.len() {
        assert!(Cursor::new(&whole[..cut]).check_value().is_err());
    }
    for at in 0..whole.len() {
        // Miri takes its time.
        for byte in (0..=255).step_by(if cfg!(miri) { 51 } else { 1 }) {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            let _ = Cursor::new(&damaged).check_value();
        }
    }
    assert!(Cursor::new(&[0x19]).value().is_err());
    assert!(Cursor::new(&[0x80; 11]).leb().is_err());
    assert!(Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).leb().is_err());
}
