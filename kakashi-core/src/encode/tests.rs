//! Lines as they are, form by form. What holds of every record is in
//! `tests/tests/format/properties`.

mod values;
#[cfg(feature = "alloc")]
mod wire;

use core::fmt;
use core::time::Duration;

use super::*;
use crate::clock::Timestamp;
use crate::codec::{Cursor, put_pair, put_value};
use crate::level::LogLevel;
use crate::record::{ContextFields, Extra, LogRecord, Name, Values};
use crate::site::Site;
use crate::stats::{DropReason, Dropped};
use crate::util::output::Output;
use crate::value::field::Field;
use crate::value::{Bytes, Composite, List, Map, Packed, ToValue, Value, ValueSink};

const NOON: Timestamp = Timestamp::Wall(1_795_342_320_123_456_789);

fn line(encoder: &dyn Encoder, record: &LogRecord<'_>) -> String {
    let mut room = vec![0; 1 << 16];
    let mut out = Output::new(&mut room);
    encoder.encode(record, &mut EncoderCache::new(), &mut out);
    assert!(!out.overflowed());
    let line = core::str::from_utf8(out.written()).expect("a line is UTF-8");
    line.strip_suffix('\n').expect("a line ends with LF").to_owned()
}

fn record(message: &str) -> LogRecord<'_> {
    LogRecord::new(NOON, LogLevel::Info, Name::new("l"), message)
}

fn of_site<'a>(site: Site<'static>, values: &'a [Value<'a>]) -> LogRecord<'a> {
    LogRecord::of_site(NOON, Name::new("l"), site, Values::Slice(values))
}

/// What stands after `k=` in the text line.
fn text_value<T: ToValue + ?Sized>(value: &T) -> String {
    let line = line(&Text, &record("m").with_fields(&[Field::new("k", value)]));
    line.split_once(" k=").expect("the field is there").1.to_owned()
}

/// What stands after `"k":` in the JSON line.
fn json_value<T: ToValue + ?Sized>(value: &T) -> String {
    let line = line(&Json::new(), &record("m").with_fields(&[Field::new("k", value)]));
    let value = line.split_once(r#","k":"#).expect("the field is there").1;
    value.strip_suffix('}').expect("the object ends").to_owned()
}

/// What a template's only placeholder becomes.
fn shown<T: ToValue + ?Sized>(value: &T) -> String {
    let values = [value.to_value()];
    let line = line(&Json::new(), &of_site(crate::__site!(LogLevel::Info, "<{k}>", ["k"]), &values));
    let message = line.split_once(r#""message":"<"#).expect("the message is there").1;
    message.split_once(r#">","k""#).expect("the message ends").0.to_owned()
}

/// The text line of a bare record whose message is put in by the caller.
fn text_message(message: &str) -> String {
    line(&Text, &record(message)).split_once(" l ").expect("a logger stands before it").1.to_owned()
}

#[test]
fn the_forms_of_one_record() {
    let site = crate::__site!(LogLevel::Warning, "took {ms} ms", ["ms", "path"]);
    let values = [Value::F64(1.5), Value::Str("/a b")];
    let record = LogRecord::of_site(NOON, Name::new("app::orders"), site, Values::Slice(&values));
    let time = "2026-11-22T10:12:00.123456Z";
    assert_eq!(line(&Text, &record), format!(r#"{time} WARNING app::orders took 1.5 ms ms=1.5 path="/a b""#));
    let head =
        format!(r#"{{"timestamp":"{time}","level":"WARNING","logger":"app::orders","message":"took 1.5 ms""#);
    assert_eq!(line(&Json::new(), &record), format!(r#"{head},"ms":1.5,"path":"/a b"}}"#));
    let (file, at) = (file!(), record.location().expect("a site knows its place").line);
    assert_eq!(
        line(&Json::new().location(true), &record),
        format!(r#"{head},"file":"{file}","line":{at},"ms":1.5,"path":"/a b"}}"#)
    );
    assert_eq!(
        line(&Pretty::new(), &record),
        r#"10:12:00.123 WARNING  app::orders  took 1.5 ms  ms=1.5 path="/a b""#
    );
}

#[cfg(feature = "alloc")]
#[test]
fn a_record_with_too_few_values_takes_none_from_those_after_it() {
    let site = crate::__site!(LogLevel::Info, "m", ["a", "b"]);
    let name = Name::judged("t", true, 1);
    let values = [Value::U64(1), Value::U64(2)];
    for encoder in [&Text as &dyn Encoder, &Json::new()] {
        let mut cache = EncoderCache::new();
        let mut line = |values| {
            let mut room = [0; 256];
            let mut out = Output::new(&mut room);
            let record = LogRecord::of_site(Timestamp::Wall(0), name, site, Values::Slice(values));
            encoder.encode(&record, &mut cache, &mut out);
            String::from_utf8(out.written().to_vec()).expect("a line is UTF-8")
        };
        let (short, whole, again) = (line(&values[..1]), line(&values), line(&values[..1]));
        assert_eq!(short, again);
        let digits = whole.split("m").last().expect("fields").matches(['1', '2']).count();
        assert_eq!(digits, 2, "{whole}");
        assert!(short.ends_with('\n') && whole.ends_with('\n'));
    }
}

#[test]
fn a_message_is_quoted_only_where_it_must_be() {
    for bare in ["m", "two words", "null", "42", "[1]", "a,b;c'd", "é\u{a0}日本", "{x}"] {
        assert_eq!(text_message(bare), bare);
    }
    for (text, quoted) in [
        ("", r#""""#),
        (" m", r#"" m""#),
        ("m ", r#""m ""#),
        ("a  b", r#""a  b""#),
        ("a=b", r#""a=b""#),
        (r#"say "x""#, r#""say \"x\"""#),
        (r"a\b", r#""a\\b""#),
        ("a\r\n\tb", r#""a\r\n\tb""#),
    ] {
        assert_eq!(text_message(text), quoted);
    }
}

#[test]
fn loggers_and_keys_are_quoted_only_where_they_must_be() {
    let named = |logger| LogRecord::new(NOON, LogLevel::Info, Name::new(logger), "m");
    for (name, written) in
        [("", r#""""#), ("a b", r#""a b""#), ("a=b", r#""a=b""#), ("null", "null"), ("5", "5")]
    {
        assert_eq!(line(&Text, &named(name)), format!("2026-11-22T10:12:00.123456Z INFO {written} m"));
        let fields = [Field::new(name, &1)];
        assert!(line(&Text, &record("m").with_fields(&fields)).ends_with(&format!(" m {written}=1")));
    }
}

#[test]
fn a_control_character_never_gets_through() {
    let controls = (0..=0x1f_u32)
        .chain(0x7f..=0x9f)
        .chain([0x61c, 0x200e, 0x200f])
        .chain(0x2028..=0x202e)
        .chain(0x2066..=0x2069);
    for scalar in controls.step_by(STEP) {
        let control = char::from_u32(scalar).expect("no surrogates among them");
        let text = &*format!("a{control}b");
        let escaped = match control {
            '\n' => r"a\nb".to_owned(),
            '\r' => r"a\rb".to_owned(),
            '\t' => r"a\tb".to_owned(),
            _ => format!("a\\u{scalar:04x}b"),
        };
        let fields = [Field::new(text, text)];
        let list = [text];
        let map = Map([(text, text)]);
        let record = LogRecord::new(NOON, LogLevel::Info, Name::new(text), text).with_fields(&fields);
        assert_eq!(
            line(&Text, &record),
            format!(r#"2026-11-22T10:12:00.123456Z INFO "{escaped}" "{escaped}" "{escaped}"="{escaped}""#)
        );
        assert!(
            line(&Json::new(), &record).ends_with(&format!(
                r#""logger":"{escaped}","message":"{escaped}","{escaped}":"{escaped}"}}"#
            ))
        );
        assert_eq!(
            line(&Pretty::new(), &record),
            format!(r#"10:12:00.123 INFO     "{escaped}"  "{escaped}"  "{escaped}"="{escaped}""#)
        );
        for value in [text_value(&list), json_value(&list)] {
            assert_eq!(value, format!(r#"["{escaped}"]"#));
        }
        assert_eq!(json_value(&map), format!(r#"{{"{escaped}":"{escaped}"}}"#));
        assert_eq!(text_value(&Bytes(text.as_bytes())), format!(r#""{escaped}""#));
        assert_eq!(text_value(&control), format!(r#""{}""#, &escaped[1..escaped.len() - 1]));
        assert_eq!(shown(text), escaped);
    }
}

#[test]
fn what_is_no_control_stands_as_it_is() {
    let text = "\u{a0}\u{ad}\u{200d}\u{2027}\u{202f}\u{2065}\u{206a}\u{feff}\u{fffd}\u{10ffff}é日🦀";
    assert_eq!(text_value(text), text);
    assert_eq!(json_value(text), format!("\"{text}\""));
}

#[test]
fn braces_and_placeholders_are_rendered_once() {
    let site = crate::__site!(LogLevel::Info, "{{{a}}} {b}{b} {{a}}", ["a", "b"]);
    let values = [Value::Str("{b}"), Value::U64(7)];
    // A value with braces in it is no template.
    assert!(line(&Text, &of_site(site, &values)).ends_with(r#" l {{b}} 77 {a} a="{b}" b=7"#));
}

#[test]
fn a_rendered_message_is_quoted_as_any() {
    let site = || crate::__site!(LogLevel::Info, "{k}", ["k"]);
    for (value, message) in [
        (Value::Str("two words"), "two words"),
        (Value::Str("a=b"), r#""a=b""#),
        (Value::Str(""), r#""""#),
        (Value::Str(" x"), r#"" x""#),
        (Value::Str("42"), "42"),
        (Value::U64(42), "42"),
        (Value::Bytes(b"\x1b"), r#""\u001b""#),
    ] {
        let values = [value];
        let line = line(&Text, &of_site(site(), &values));
        assert!(line.contains(&format!(" l {message} k=")), "{line}");
    }
    // Spaces that meet only when it is rendered.
    let values = [Value::Str(" x")];
    let site = crate::__site!(LogLevel::Info, "a {k}", ["k"]);
    assert!(line(&Text, &of_site(site, &values)).contains(r#" l "a  x" k="#));
}

#[test]
fn no_field_takes_a_name_that_json_has() {
    let names = ["timestamp", "level", "logger", "message", "file", "line", "level_", "line__", "lines"];
    let fields = names.map(|name| Field::new(name, &1));
    let whole = line(&Json::new(), &record("m").with_fields(&fields));
    assert_eq!(
        whole.split_once(r#""m","#).expect("fields follow the message").1,
        concat!(
            r#""timestamp_":1,"level_":1,"logger_":1,"message_":1,"file_":1,"line_":1,"#,
            r#""level__":1,"line___":1,"lines":1}"#
        )
    );
    let site = crate::__site!(LogLevel::Info, "m", ["message"]);
    assert!(line(&Json::new(), &of_site(site, &[Value::Null])).ends_with(r#""m","message_":null}"#));
}

#[test]
fn the_nearest_field_of_a_key_is_the_one_that_is_written() {
    let site = crate::__site!(LogLevel::Info, "m", ["a"]);
    let values = [Value::U64(1)];
    let extra = [Field::new("a", &2), Field::new("b", &3), Field::new("b", &4)];
    let mut room = [0; 64];
    let mut out = Output::new(&mut room);
    for key in ["a", "b", "c"] {
        put_pair(&mut out, key, &Value::U64(5));
    }
    let context = ContextFields { id: 9, mask: u64::MAX, pairs: out.written() };
    let record = of_site(site, &values).with_extra(Extra::Slice(&extra)).with_context(context);
    assert!(line(&Text, &record).ends_with(" l m a=1 b=3 c=5"));
    assert!(line(&Json::new(), &record).ends_with(r#""a":1,"b":3,"c":5}"#));
    assert!(line(&Pretty::new(), &record).ends_with("  m  a=1 b=3 c=5"));
}

#[test]
fn drops_are_a_line_like_any_other() {
    let mut dropped = Dropped::default();
    dropped.add(LogLevel::Debug, DropReason::QueueFull, 15);
    dropped.add(LogLevel::Error, DropReason::TooLarge, 2);
    let line = |encoder: &dyn Encoder| {
        let mut room = [0; 256];
        let mut out = Output::new(&mut room);
        encoder.encode_dropped(Timestamp::Uptime(0), &dropped, &mut EncoderCache::new(), &mut out);
        core::str::from_utf8(out.written()).expect("a line is UTF-8").to_owned()
    };
    assert_eq!(
        line(&Text),
        concat!(
            r#"+0.000000s WARNING kakashi Records were dropped dropped=17 levels={"DEBUG":15,"ERROR":2} "#,
            r#"reasons={"queue_full":15,"too_large":2}"#,
            "\n"
        )
    );
    assert!(line(&Json::new()).contains(r#","dropped":17,"levels":{"DEBUG":15,"ERROR":2},"#));
}

#[test]
fn counts_at_their_limit_are_told_without_a_panic() {
    let mut most = Dropped::default();
    for level in LogLevel::ALL {
        DropReason::ALL.iter().for_each(|reason| most.add(level, *reason, usize::MAX));
    }
    for encoder in [&Text as &dyn Encoder, &Json::new(), &Wire] {
        let mut room = [0; 1024];
        let mut out = Output::new(&mut room);
        encoder.encode_dropped(NOON, &most, &mut EncoderCache::new(), &mut out);
        assert!(!out.overflowed());
    }
}

#[test]
fn only_a_stack_trace_takes_more_than_one_line_and_only_in_pretty() {
    let trace = "0: main\n1: \u{1b}[31mstart\r\n";
    let fields = [Field::new("exception.stacktrace", trace), Field::new("k", &1)];
    let record = record("failed").with_fields(&fields);
    assert_eq!(
        line(&Pretty::new(), &record),
        "10:12:00.123 INFO     l  failed  k=1\n    0: main\n    1: \\u001b[31mstart"
    );
    assert!(!line(&Text, &record).contains('\n'));
}

/// Everything that can stand in a record, and takes every path through the encoders.
fn with_rich_record<R>(then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
    let site = crate::__site!(LogLevel::Error, "saw {text} and {bytes}", ["text", "bytes", "a key"]);
    let error = "x".parse::<u8>().expect_err("x is no number");
    let values = [Value::Display(&"42"), Value::Bytes(b"7"), Value::error(&error)];
    let list = [Some(1.5), None];
    let extra = [Field::new("list", &list), Field::new("wide", &u128::MAX), Field::new("message", "a  b")];
    let mut room = [0; 64];
    let mut out = Output::new(&mut room);
    put_pair(&mut out, "who", &Value::Str("é\n"));
    put_pair(&mut out, "raw", &Value::Bytes(b"true"));
    let context = ContextFields { id: 3, mask: u64::MAX, pairs: out.written() };
    then(&of_site(site, &values).with_fields(&extra).with_context(context))
}

/// Miri takes its time: it looks at some sizes only.
const STEP: usize = if cfg!(miri) { 41 } else { 1 };

#[test]
fn a_record_that_does_not_fit_says_how_much_room_it_takes() {
    let located = Json::new().location(true);
    let coloured = Pretty::new().colour(true);
    let encoders: [&dyn Encoder; 4] = [&Text, &Json::new(), &located, &coloured];
    with_rich_record(|record| {
        for encoder in encoders {
            let whole = line(encoder, record).len() + 1;
            let mut cache = EncoderCache::new();
            let mut room = vec![0; whole + 16];
            for len in (0..whole).step_by(STEP) {
                let mut out = Output::new(&mut room[..len]);
                encoder.encode(record, &mut cache, &mut out);
                assert!(out.overflowed(), "{len} of {whole} bytes");
                let asked = out.position();
                assert!(asked >= whole, "{asked} bytes were asked for, {whole} are needed");
                assert!(asked <= whole + 16, "{asked} bytes were asked for, {whole} are needed");
            }
            // The failures left nothing behind.
            let mut out = Output::new(&mut room[..whole]);
            encoder.encode(record, &mut cache, &mut out);
            assert!(!out.overflowed());
            assert_eq!(out.written(), (line(encoder, record) + "\n").as_bytes());
        }
    });
}

#[test]
fn plain_values_that_do_not_fit_are_counted_to_the_byte() {
    let site = crate::__site!(LogLevel::Info, "took {ms} ms", ["ms", "who", "a key"]);
    let values = [Value::F64(0.1), Value::Str("42"), Value::I128(Packed::new(i128::MIN))];
    let record = of_site(site, &values);
    for encoder in [&Text as &dyn Encoder, &Json::new(), &Wire] {
        let needed = |room: &mut [u8]| {
            let mut out = Output::new(room);
            encoder.encode(&record, &mut EncoderCache::new(), &mut out);
            out.position()
        };
        let whole = needed(&mut [0; 1024]);
        for len in (0..whole).step_by(STEP) {
            assert_eq!(needed(&mut vec![0; len]), whole);
        }
    }
}
