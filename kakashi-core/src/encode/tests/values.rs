//! How each kind of value is written.

use super::*;

#[test]
fn a_string_value_never_reads_as_another_type() {
    for bare in ["x", "nulls", "True", "1.", ".5", "01", "1e", "--1", "-NaN", "infinite", "a[", "1s", "é"] {
        assert_eq!(text_value(bare), bare);
    }
    for text in
        ["", "null", "true", "false", "0", "-1.5", "1e5", "1E+05", "NaN", "inf", "-inf", "[", "{", "a b"]
    {
        assert_eq!(text_value(text), format!("\"{text}\""));
        assert_eq!(text_value(&Value::Display(&text)), format!("\"{text}\""));
        assert_eq!(text_value(&Bytes(text.as_bytes())), format!("\"{text}\""));
    }
    assert_eq!(text_value(&'5'), r#""5""#);
    assert_eq!(text_value(&'é'), "é");
}

#[test]
fn numbers_have_all_their_digits() {
    assert_eq!(text_value(&u128::MAX), "340282366920938463463374607431768211455");
    assert_eq!(json_value(&i128::MIN), "-170141183460469231731687303715884105728");
    assert_eq!(json_value(&u64::MAX), "18446744073709551615");
    assert_eq!(text_value(&i64::MIN), "-9223372036854775808");
    assert_eq!(text_value(&0.1_f32), "0.1");
    assert_eq!(text_value(&f64::from(0.1_f32)), "0.10000000149011612");
    assert_eq!(json_value(&1e16), "1e+16");
    assert_eq!(text_value(&-0.0), "-0.0");
}

#[test]
fn json_has_no_number_for_what_is_none() {
    for (number, text, json) in [
        (f64::NAN, "NaN", "NaN"),
        (f64::INFINITY, "inf", "Infinity"),
        (f64::NEG_INFINITY, "-inf", "-Infinity"),
    ] {
        assert_eq!(text_value(&number), text);
        assert_eq!(text_value(&(number as f32)), text);
        assert_eq!(json_value(&number), format!("\"{json}\""));
        assert_eq!(json_value(&(number as f32)), format!("\"{json}\""));
        assert_eq!(text_value(&[number]), format!("[\"{json}\"]"));
        assert_eq!(shown(&number), text);
    }
}

#[test]
fn bytes_are_text_where_they_can_be_and_base64_in_json() {
    for (bytes, text, json, message) in [
        (b"".as_slice(), r#""""#, "", ""),
        (b"abc", "abc", "YWJj", "abc"),
        (b"a b", r#""a b""#, "YSBi", "a b"),
        (b"a\xffb", r#""a\xffb""#, "Yf9i", "a\u{fffd}b"),
        (b"\xc3\xa9", "é", "w6k=", "é"),
        // An unfinished character counts by its bytes.
        (b"\xe2\x80", r#""\xe2\x80""#, "4oA=", "\u{fffd}\u{fffd}"),
        (b"\xff", r#""\xff""#, "/w==", "\u{fffd}"),
    ] {
        assert_eq!(text_value(&Bytes(bytes)), text);
        assert_eq!(json_value(&Bytes(bytes)), format!("\"{json}\""));
        assert_eq!(shown(&Bytes(bytes)), message);
        assert_eq!(text_value(&[Bytes(bytes)]), format!("[\"{json}\"]"));
    }
}

#[test]
fn durations_are_seconds() {
    let length = Duration::from_millis(1500);
    assert_eq!(text_value(&length), "1.5s");
    assert_eq!(json_value(&length), "1.5");
    assert_eq!(text_value(&[length]), "[1.5]");
    assert_eq!(shown(&length), "1.5s");
}

#[test]
fn lists_and_maps_are_compact_json_everywhere() {
    let nested = Map([("a", [None, Some("x y")].as_slice()), ("", &[])]);
    let json = r#"{"a":[null,"x y"],"":[]}"#;
    assert_eq!(text_value(&nested), json);
    assert_eq!(json_value(&nested), json);
    assert_eq!(shown(&nested), json.replace('"', r#"\""#));
    assert_eq!(text_value(&List(0..0)), "[]");
}

#[test]
fn a_list_in_wire_form_is_written_as_one_that_is_borrowed() {
    let list = [[Some(1.5), None].as_slice(), &[]];
    let mut room = [0; 64];
    let mut out = Output::new(&mut room);
    put_value(&mut out, &list.to_value());
    let wire = Cursor::new(out.written()).value().expect("it was just written");
    assert!(matches!(wire, Value::List(_)));
    assert_eq!(text_value(&wire), text_value(&list));
    assert_eq!(json_value(&wire), json_value(&list));
    assert_eq!(shown(&wire), shown(&list));
}

/// Describes itself as a single value, as `Serde` does of a string.
struct Unnested<'a>(Value<'a>);

impl Composite for Unnested<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        sink.value(self.0);
    }
}

#[test]
fn a_described_scalar_is_written_as_the_scalar() {
    for value in [
        Value::Str("x"),
        Value::Str("a b"),
        Value::Str("42"),
        Value::U64(42),
        Value::F64(f64::NAN),
        Value::Bytes(b"\xff"),
        Value::Char('c'),
        Value::Duration(Duration::from_secs(1)),
        Value::Null,
    ] {
        let unnested = Unnested(value);
        let described = Value::Composite(&unnested);
        assert_eq!(json_value(&described), json_value(&value));
        // Through the wire it becomes the scalar: the line must not depend on the path.
        assert_eq!(text_value(&described), text_value(&value));
        assert_eq!(shown(&described), shown(&value));
    }
}

/// Prints a part and gives up.
struct GivesUp;

impl fmt::Display for GivesUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_display_that_gives_up_is_ended_and_the_line_goes_on() {
    let value = Value::Display(&GivesUp);
    assert_eq!(text_value(&value), "half…");
    assert_eq!(json_value(&value), r#""half…""#);
    assert_eq!(text_value(&[value, Value::Null]), r#"["half…",null]"#);
    assert_eq!(shown(&value), "half…");
}

/// An error that is its own cause.
#[derive(Debug)]
struct Circle;

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("o")
    }
}

impl core::error::Error for Circle {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(self)
    }
}

#[test]
fn an_error_that_causes_itself_comes_to_an_end() {
    let expected = format!("\"o{}: …\"", ": o".repeat(64));
    assert_eq!(text_value(&Value::error(&Circle)), expected);
    assert_eq!(json_value(&Value::error(&Circle)), expected);
}
