//! Records by proptest: few keys, so that they meet; texts full of traps.

use std::collections::HashSet;
use std::time::Duration;

use kakashi_core::{LogLevel, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::record::{DisplayText, ErrorChain, OwnedMessage, OwnedRecord, OwnedValue, TemplatePiece};

/// What must be quoted, escaped or renamed, and what only looks like it.
const TRAPS: &[&str] = &[
    "",
    " ",
    "  ",
    " a",
    "a ",
    "a b",
    "a  b",
    "=",
    "\"",
    "\\",
    "a=b",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{8}",
    "\u{c}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "\u{9b}31m",
    "\u{9f}",
    "\u{a0}",
    "\u{61c}",
    "\u{200d}",
    "\u{200e}",
    "\u{200f}",
    "\u{2027}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{202f}",
    "\u{2066}",
    "\u{2069}",
    "\u{206a}",
    "\u{feff}",
    "\u{fffd}",
    "\u{10ffff}",
    "é",
    "日本",
    "🦀",
    "null",
    "true",
    "false",
    "nulls",
    "NaN",
    "inf",
    "-inf",
    "-NaN",
    "+inf",
    "0",
    "-0",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e5",
    "1E+05",
    "1e",
    "-",
    "42",
    "18446744073709551616",
    "[",
    "]",
    "[1]",
    "{",
    "}",
    "{a}",
    "{{a}}",
    "\\x41",
    "\\u0041",
    "\\n",
    "timestamp",
    "level",
    "logger",
    "message",
    "file",
    "line",
    "message_",
    "message__",
    "timestamps",
    "r#type",
    "kakashi",
    "a",
    "b",
];

/// Any text, with more traps than there are in nature.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z:]{1,12}",
        4 => select(TRAPS).prop_map(str::to_owned),
        2 => vec(select(TRAPS), 0..5).prop_map(|traps| traps.concat()),
        1 => any::<String>(),
        1 => "[a-z]{120,135}",
    ]
}

/// Keys: few, so that they clash.
pub fn key() -> impl Strategy<Value = String> {
    prop_oneof![5 => "[a-e]", 2 => select(TRAPS).prop_map(str::to_owned), 1 => text()]
}

/// Floats of every size, and round ones.
fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<f32>().prop_map(f64::from),
        (any::<i32>(), -20..20_i32).prop_map(|(digits, power)| f64::from(digits) * 10_f64.powi(power)),
        select(
            &[0.0, -0.0, 1e16, 1e15, 9_999_999_999_999_998.0, 1e-5, 9.9e-6, 5e-324, f64::MAX, f64::NAN][..]
        ),
    ]
}

fn duration() -> impl Strategy<Value = Duration> {
    (any::<u64>(), 0..64_u32, 0..1_000_000_000_u32, 0..10_u32).prop_map(|(seconds, shift, nanos, round)| {
        let unit = 10_u32.pow(round);
        Duration::new(seconds >> shift, nanos / unit * unit)
    })
}

fn failure() -> impl Strategy<Value = ErrorChain> {
    vec(text(), 1..4).prop_map(|texts| {
        let mut texts = texts.into_iter();
        let last = ErrorChain { text: texts.next().unwrap_or_default(), source: None };
        texts.fold(last, |source, text| ErrorChain { text, source: Some(Box::new(source)) })
    })
}

fn scalar() -> impl Strategy<Value = OwnedValue> {
    prop_oneof![
        1 => Just(OwnedValue::Null),
        1 => any::<bool>().prop_map(OwnedValue::Bool),
        2 => (any::<i64>(), 0..64_u32).prop_map(|(number, shift)| OwnedValue::I64(number >> shift)),
        2 => (any::<u64>(), 0..64_u32).prop_map(|(number, shift)| OwnedValue::U64(number >> shift)),
        1 => (any::<i128>(), 0..128_u32).prop_map(|(number, shift)| OwnedValue::I128(number >> shift)),
        1 => (any::<u128>(), 0..128_u32).prop_map(|(number, shift)| OwnedValue::U128(number >> shift)),
        2 => any::<u32>().prop_map(|bits| OwnedValue::F32(f32::from_bits(bits))),
        1 => float().prop_map(|number| OwnedValue::F32(number as f32)),
        3 => float().prop_map(OwnedValue::F64),
        1 => any::<char>().prop_map(OwnedValue::Char),
        1 => (0..0x2100_u32).prop_map(|scalar| OwnedValue::Char(char::from_u32(scalar).unwrap_or('x'))),
        4 => text().prop_map(OwnedValue::Str),
        1 => vec(any::<u8>(), 0..20).prop_map(OwnedValue::Bytes),
        1 => (text(), vec(any::<u8>(), 0..3), text())
            .prop_map(|(a, b, c)| OwnedValue::Bytes([a.as_bytes(), &b, c.as_bytes()].concat())),
        1 => duration().prop_map(OwnedValue::Duration),
        2 => (text(), prop::bool::weighted(0.2)).prop_map(|(text, gives_up)| OwnedValue::Display(DisplayText { text, gives_up })),
        1 => text().prop_map(OwnedValue::Debug),
        1 => failure().prop_map(OwnedValue::Error),
    ]
}

/// Any value; one in a few is so deep that its inside is left out.
pub fn value() -> impl Strategy<Value = OwnedValue> {
    let nested = scalar().prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(OwnedValue::List),
            vec((key(), inner), 0..4).prop_map(OwnedValue::Map)
        ]
    });
    let deep = (12..20_usize, any::<u32>(), scalar()).prop_map(|(depth, maps, scalar)| {
        (0..depth).fold(scalar, |inner, level| {
            if maps >> level & 1 == 1 {
                OwnedValue::Map(vec![("k".to_owned(), inner)])
            } else {
                OwnedValue::List(vec![inner])
            }
        })
    });
    prop_oneof![12 => scalar(), 6 => nested, 1 => deep]
}

fn pairs(most: usize) -> impl Strategy<Value = Vec<(String, OwnedValue)>> {
    vec((key(), value()), 0..most)
}

fn retain_first(pairs: &mut Vec<(String, OwnedValue)>) {
    let mut seen = HashSet::new();
    pairs.retain(|(key, _)| seen.insert(key.clone()));
}

/// Any time.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>().prop_map(Timestamp::Wall),
        (1_795_342_320_000_000_000..1_795_342_323_000_000_000_i64).prop_map(Timestamp::Wall),
        (any::<u64>(), 0..64_u32).prop_map(|(nanos, shift)| Timestamp::Uptime(nanos >> shift)),
    ]
}

/// Tells whether a template can name a key: `{{` and a `}` are something else.
fn can_be_named(key: &str) -> bool {
    !key.contains('}') && !key.starts_with('{')
}

fn message() -> impl Strategy<Value = OwnedMessage> {
    let site =
        (vec((text(), any::<prop::sample::Index>(), any::<bool>()), 0..4), pairs(5), text(), 0..100_u32)
            .prop_map(|(pieces, mut fields, file, line)| {
                // A site strips `r#`, as the macros ask of it; the compiler refuses a key twice.
                fields.retain(|(key, _)| !key.starts_with("r#"));
                retain_first(&mut fields);
                let named: Vec<usize> = (0..fields.len()).filter(|&at| can_be_named(&fields[at].0)).collect();
                let piece = |(text, at, place): (String, prop::sample::Index, bool)| match place
                    && !named.is_empty()
                {
                    true => TemplatePiece::Field(*at.get(&named)),
                    false => TemplatePiece::Text(text),
                };
                let template = pieces.into_iter().map(piece).collect();
                OwnedMessage::Site { template, fields, module: "kakashi::tests".to_owned(), file, line }
            });
    let placed = (text(), text(), text(), 0..300_u32)
        .prop_map(|(text, module, file, line)| OwnedMessage::Placed { text, module, file, line });
    prop_oneof![1 => placed, 1 => text().prop_map(OwnedMessage::Literal), 1 => "[a-z ]{0,20}".prop_map(OwnedMessage::Literal), 2 => site]
}

/// Any record.
pub fn record() -> impl Strategy<Value = OwnedRecord> {
    let level = select(&LogLevel::ALL[..]);
    let sequence = prop::option::weighted(0.2, any::<u64>());
    let context = pairs(4).prop_map(|mut context| {
        retain_first(&mut context);
        context
    });
    (timestamp(), level, text(), message(), pairs(4), context, sequence).prop_map(
        |(timestamp, level, logger, message, extra, context, sequence)| OwnedRecord {
            timestamp,
            level,
            logger,
            message,
            extra,
            context,
            sequence,
        },
    )
}
