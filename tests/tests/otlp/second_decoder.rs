//! Requests as OpenTelemetry's messages for Python read them: what was logged, hostile values too.

use std::process::Command;
use std::{env, fs};

use kakashi_std::sinks::{Otlp, OtlpProtocol};
use kakashi_std::{Field, LogLevel, Map, Value as LogValue, configure, get_logger};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use serde_json::{Value as Json, json};

use super::receiver::Receiver;
use super::{flush_all, send};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/otlp/decode.py");

/// Texts that a form may trip over, as message, key and value.
const HOSTILE: &[&str] = &[
    "plain",
    "ä € 𝄞 漢字",
    r#"say "no" to C:\temp"#,
    "two\nlines\r\n\tand a tab",
    "\u{1b}[2J\0\u{1}\u{7f}\u{9b}\u{202e}\u{2028}\u{feff}",
    r#"","traceId":"00","x":{"#,
    r"\u0000\ud800",
    "\u{fffd}\u{ffff}\u{10ffff}",
];

fn double(number: f64) -> Json {
    let hex: String = number.to_be_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    json!(["double", hex])
}

fn int(number: i64) -> Json {
    json!(["int", number.to_string()])
}

/// A record: its level, message and fields, and the values that a reader must find.
type Case<'a> = (LogLevel, String, Vec<(String, LogValue<'a>, Json)>);

fn cases<'a>(large: &'a str, map: &'a Map<[(&'a str, &'a str); 2]>, list: &'a [i64; 3]) -> Vec<Case<'a>> {
    let mut cases: Vec<Case<'a>> = LogLevel::ALL.map(|level| (level, "Said".into(), Vec::new())).to_vec();
    for text in HOSTILE {
        let field = (format!("key {text}"), LogValue::Str(text), json!(["string", text]));
        cases.push((LogLevel::Info, (*text).into(), vec![field]));
    }
    let mut numbers = Vec::new();
    for (at, number) in
        [0, 1, -1, 127, 128, 1 << 53, (1 << 53) + 1, i64::MIN, i64::MAX].into_iter().enumerate()
    {
        numbers.push((format!("int{at}"), LogValue::I64(number), int(number)));
    }
    let doubles = [0.0, -0.0, 0.1, 1e300, 5e-324, f64::MIN_POSITIVE, f64::MAX, 9_007_199_254_740_993.0];
    for (at, number) in doubles.into_iter().enumerate() {
        numbers.push((format!("double{at}"), LogValue::F64(number), double(number)));
    }
    cases.push((LogLevel::Info, "Numbers".into(), numbers));
    cases.push((
        LogLevel::Error,
        "Kinds".into(),
        vec![
            ("wide".into(), LogValue::U64(u64::MAX), json!(["string", u64::MAX.to_string()])),
            ("unsigned".into(), LogValue::U64(7), int(7)),
            ("yes".into(), LogValue::Bool(true), json!(["bool", true])),
            ("no".into(), LogValue::Bool(false), json!(["bool", false])),
            ("nothing".into(), LogValue::Null, json!(["none"])),
            ("character".into(), LogValue::Char('\u{1}'), json!(["string", "\u{1}"])),
            ("bytes".into(), LogValue::Bytes(b"\0\xff\xfe\x80"), json!(["bytes", "00fffe80"])),
            ("no bytes".into(), LogValue::Bytes(b""), json!(["bytes", ""])),
            ("empty".into(), LogValue::Str(""), json!(["string", ""])),
            (String::new(), LogValue::I64(1), int(1)),
            ("large".into(), LogValue::Str(large), json!(["string", large])),
        ],
    ));
    let of_map = json!(["kvlist", [["a\"b", ["string", "x\ny"]], ["", ["string", "\u{0}"]]]]);
    let of_list = json!(["array", [["int", "1"], ["int", "-1"], ["int", i64::MIN.to_string()]]]);
    cases.push((
        LogLevel::Critical,
        "Nested".into(),
        vec![
            ("map".into(), Field::new("map", map).value, of_map),
            ("list".into(), Field::new("list", list).value, of_list),
        ],
    ));
    cases
}

#[test]
#[ignore = "it needs Python with opentelemetry-proto: tests/run otlp has it"]
fn python_reads_what_was_logged() {
    let _alone = alone();
    let (large, list) = ("\u{1}ä".repeat(50_000), [1, -1, i64::MIN]);
    let map = Map([("a\"b", "x\ny"), ("", "\0")]);
    let cases = cases(&large, &map, &list);
    for (protocol, name) in [(OtlpProtocol::Protobuf, "protobuf"), (OtlpProtocol::Json, "json")] {
        let (receiver, folder) = (Receiver::start(), TestFolder::new());
        send(Otlp::new(&receiver.url()).expect("a URL").protocol(protocol));
        configure().service("shop \"1\"", "1.4.2", "production").apply();
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let logger = get_logger("shop::\u{202e}orders");
        for (level, message, fields) in &cases {
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value, _)| Field { key, value: *value }).collect();
            fields.push(Field { key: "trace_id", value: LogValue::Str(trace) });
            fields.push(Field { key: "span_id", value: LogValue::Str(span) });
            logger.log(*level, message, &fields);
        }
        flush_all();
        let mut command = Command::new("python3");
        command.arg(PROGRAM).arg(name);
        command.env("PYTHONPATH", env::var_os("KAKASHI_OTLP_PYTHON").expect("tests/run otlp sets it"));
        for (at, request) in receiver.take_requests().iter().enumerate() {
            let path = folder.file(&at.to_string());
            fs::write(&path, &request.body).expect("a file in the test's folder");
            command.arg(path);
        }
        let done = command.output().expect("Python");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let lines = String::from_utf8(done.stdout).expect("it is UTF-8");
        let records: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert_eq!(records.len(), cases.len());
        for (record, (level, message, fields)) in records.iter().zip(&cases) {
            let number = 1 + 4 * LogLevel::ALL.iter().position(|known| known == level).expect("it is one");
            assert_eq!(record["severity"], json!([number, level.to_string()]), "{name}");
            assert_eq!(record["body"], json!(["string", message]), "{name}");
            assert_eq!(record["scope"], "shop::\u{202e}orders");
            assert_eq!(record["has_times"], true);
            assert_eq!(record["ids"], json!([trace, span]));
            assert_eq!(record["dropped"], 0);
            assert_eq!(record["resource"]["service.name"], json!(["string", "shop \"1\""]));
            let expected: Vec<_> = fields.iter().map(|(key, _, value)| json!([key, value])).collect();
            assert_eq!(record["attributes"], json!(expected), "{name}: {message}");
        }
    }
}
