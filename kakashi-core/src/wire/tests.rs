//! Blocks byte by byte. What holds of every record and every kind of damage
//! is in `tests/tests/format/properties`.

mod damage;
mod site_table;

use super::*;
use crate::clock::Timestamp;
use crate::codec::{put_pair, put_value};
use crate::encode::{Encoder, EncoderCache, Json, Text, Wire};
use crate::level::LogLevel;
use crate::record::{ContextFields, LogRecord, Name};
use crate::stats::{DropReason, Dropped};
use crate::util::crc::crc32;
use crate::util::output::Output;
use crate::value::Value;
use crate::value::field::Field;

fn hex(pieces: &[&str]) -> Vec<u8> {
    let digits: String = pieces.concat().split(' ').collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

const HI: &str = "01 15 01 14 06 4869207b6e7d 01 01 6e ac02 01 6d 04 662e7273";
const APP: &str = "02 05 02 03 617070";
const USER: &str = "03 05 03 01 75 11 07";

/// One record with everything that it can have.
fn golden() -> Vec<u8> {
    hex(&[
        "f56b6bfa 01 00 47000000",
        HI,                            // SITE 1: INFO, "Hi {n}", keys: n, line 300, module m, file f.rs
        APP,                           // NAME 2: app
        USER,                          // CONTEXT 3: u = 7
        "04 9f00 1f 02 e803 01 02 03", // RECORD: all flags, 1000 ns after 1970, site 1, logger 2, context 3
        "05 21 01",                    // sequence 5, n = -2
        "01 6b 81 76",                 // k = "v"
        "01 6c 09 0a000000 00",        // l = [null,
        "03 000000000000f83f",         //      1.5]
        "11f4ef89",
    ])
}

const GOLDEN_TEXT: &str = "1970-01-01T00:00:00.000001Z INFO app Hi -2 n=-2 k=v l=[null,1.5] u=7";

/// Wraps items as a block; the checksum is counted a bit at a time.
fn block(items: &[u8]) -> Vec<u8> {
    let mut checked = vec![1, 0];
    checked.extend_from_slice(&(items.len() as u32).to_le_bytes());
    checked.extend_from_slice(items);
    [SYNC.as_slice(), &checked, &slow_crc32(&checked).to_le_bytes()].concat()
}

fn slow_crc32(bytes: &[u8]) -> u32 {
    let mut rest = u32::MAX;
    for byte in bytes {
        rest ^= u32::from(*byte);
        for _ in 0..8 {
            rest = if rest & 1 == 1 { rest >> 1 ^ 0xedb8_8320 } else { rest >> 1 };
        }
    }
    !rest
}

fn line(encoder: &dyn Encoder, record: &LogRecord<'_>) -> String {
    let mut room = vec![0; 4096];
    let mut out = Output::new(&mut room);
    encoder.encode(record, &mut EncoderCache::new(), &mut out);
    String::from_utf8(out.written().to_vec()).expect("a line is UTF-8").trim_end().to_owned()
}

/// What is in a stream, in short: lines, `skipped 5`, `dropped 17`.
fn read(stream: &[u8]) -> Vec<String> {
    all(Reader::new(stream))
}

fn all(reader: Reader<'_>) -> Vec<String> {
    let shown = |item| match item {
        Item::Record(record) => line(&Text, &record),
        Item::Dropped(report) => format!("dropped {}", report.total()),
        Item::NeedsSites(id) => format!("needs the sites of {id:x?}"),
        Item::Skipped(bytes) => format!("skipped {bytes}"),
    };
    reader.map(shown).collect()
}

/// Miri takes its time: it looks at some places only.
const STEP: usize = if cfg!(miri) { 17 } else { 1 };

/// A block of one record whose message is `message`.
fn plain(message: &str) -> Vec<u8> {
    let mut body = vec![0, 0, 20, message.len() as u8];
    body.extend_from_slice(message.as_bytes());
    block(&[&[4, body.len() as u8], body.as_slice()].concat())
}

fn plain_line(message: &str) -> String {
    format!("1970-01-01T00:00:00.000000Z INFO \"\" {message}")
}

#[test]
fn a_block_is_written_as_documented() {
    let mut room = [0; 64];
    let mut out = Output::new(&mut room);
    put_pair(&mut out, "u", &Value::U64(7));
    let context = ContextFields { id: 0, mask: u64::MAX, pairs: out.written() };
    let mut room = [0; 64];
    let mut list = Output::new(&mut room);
    put_value(&mut list, &Value::Null);
    put_value(&mut list, &Value::F64(1.5));
    let extra = [Field::new("k", "v"), Field { key: "l", value: Value::List(list.written()) }];
    // The golden site's body has another file and line than any site here.
    let bytes = golden();
    let Some(Item::Record(read)) = Reader::new(&bytes).next() else { panic!("a record") };
    let mut record = read.with_fields(&extra).with_context(context);
    record.sequence = Some(5);
    let mut room = [0; 128];
    let mut out = Output::new(&mut room);
    let block = BlockWriter::begin(&mut out);
    block.put_site(&mut out, 1, &hex(&[HI])[3..]);
    let text_at = block.put_name(&mut out, 2, "app");
    assert_eq!(&out.written()[text_at..], b"app");
    block.put_context(&mut out, 3, context.pairs);
    block.put_record(&mut out, &record, RecordIds { site: Some(1), logger: Some(2), context: Some(3) });
    block.finish(&mut out);
    assert_eq!(out.written(), bytes);
}

#[test]
fn a_block_is_read_as_documented() {
    assert_eq!(read(&golden()), [GOLDEN_TEXT]);
    let bytes = golden();
    let Some(Item::Record(record)) = Reader::new(&bytes).next() else { panic!("a record") };
    assert_eq!(record.sequence, Some(5));
    let location = record.location().expect("the site says where it stands");
    assert_eq!((location.module, location.file, location.line), ("m", "f.rs", 300));
    assert_eq!(
        line(&Json::new().location(true), &record),
        concat!(
            r#"{"timestamp":"1970-01-01T00:00:00.000001Z","level":"INFO","logger":"app","message":"Hi -2","#,
            r#""file":"f.rs","line":300,"n":-2,"k":"v","l":[null,1.5],"u":7}"#
        )
    );
}

#[test]
fn the_wire_encoder_numbers_what_it_explains_from_one() {
    let golden = golden();
    let Some(Item::Record(record)) = Reader::new(&golden).next() else { panic!("a record") };
    let mut room = [0; 128];
    let mut out = Output::new(&mut room);
    let mut cache = EncoderCache::new();
    Wire.encode(&record, &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    assert_eq!(out.written(), golden);
}

#[test]
fn the_checksum_is_that_of_zlib() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(crc32(b""), 0);
    assert_eq!(crc32(&golden()), slow_crc32(&golden()));
}

#[test]
fn times_take_the_bytes_they_need_in_both_directions() {
    for (time, text) in [
        ("00", "1970-01-01T00:00:00.000000Z"),
        ("02 e803", "1970-01-01T00:00:00.000001Z"),
        ("08 e8030000 00000000", "1970-01-01T00:00:00.000001Z"),
        ("08 ffffffff ffffff7f", "2262-04-11T23:47:16.854775Z"),
        ("10", "1969-12-31T23:59:59.999999Z"),
        ("18 ffffffff ffffff7f", "1677-09-21T00:12:43.145224Z"),
        ("20", "+0.000000s"),
        ("28 ffffffff ffffffff", "+18446744073.709551s"),
    ] {
        let body = hex(&["00", time, "14 01 6d"]);
        let items = [&[4, body.len() as u8], body.as_slice()].concat();
        assert_eq!(read(&block(&items)), [format!("{text} INFO \"\" m")]);
    }
    for wrong in ["09 00000000 00000000 00", "08 00000000 00000080", "18 00000000 00000080", "30", "f0", "01"]
    {
        let body = hex(&["00", wrong, "14 01 6d"]);
        let items = [&[4, body.len() as u8], body.as_slice()].concat();
        assert_eq!(read(&block(&items)), [format!("skipped {}", items.len())]);
    }
}

#[test]
fn what_is_known_of_a_future_item_is_passed_over() {
    let items = [
        hex(&["07 03 010203"]), // a kind that nobody knows yet
        hex(&["ff 00"]),
        hex(&[HI]),
        hex(&["02 07 02 03 617070 0102"]), // a NAME with more behind its text
        hex(&["04 0b 03 00 01 02 11 07 80 03 010203"]), // a RECORD with more behind its values
    ];
    assert_eq!(read(&block(&items.concat())), ["1970-01-01T00:00:00.000000Z INFO app Hi 7 n=7"]);
}

#[test]
fn a_flag_that_is_not_known_is_refused() {
    // Of a block: all of it.
    let mut flagged = golden();
    flagged[5] = 1;
    let end = flagged.len() - 4;
    let checksum = slow_crc32(&flagged[4..end]);
    flagged[end..].copy_from_slice(&checksum.to_le_bytes());
    assert_eq!(read(&flagged), [format!("skipped {}", flagged.len())]);
    // Of a record: that record.
    for flag in ["20", "40", "80"] {
        let items = hex(&["04 05", flag, "00 14 01 6d", "04 05 00 00 14 01 6e"]);
        assert_eq!(read(&block(&items)), ["skipped 7".to_owned(), plain_line("n")]);
    }
}

#[test]
fn another_version_is_refused() {
    for version in [0, 2, 255] {
        let mut other = golden();
        other[4] = version;
        let end = other.len() - 4;
        let checksum = slow_crc32(&other[4..end]);
        other[end..].copy_from_slice(&checksum.to_le_bytes());
        let stream = [other.as_slice(), &plain("after")].concat();
        assert_eq!(read(&stream), [format!("skipped {}", other.len()), plain_line("after")]);
    }
}

#[test]
fn an_id_means_what_it_was_last_given_for_its_kind_alone() {
    let items = hex(&[
        "02 03 01 01 61", // NAME 1: a
        "04 06 02 00 14 01 6d 01",
        "02 03 01 01 62", // NAME 1: b
        "04 06 02 00 14 01 6d 01",
        "03 05 01 01 6b 11 05", // CONTEXT 1: k = 5
        "03 04 01 01 6b 10",    // CONTEXT 1: k = 0
        "04 07 06 00 14 01 6d 01 01",
    ]);
    let expected = ["a m", "b m", "b m k=0"];
    assert_eq!(read(&block(&items)), expected.map(|rest| format!("1970-01-01T00:00:00.000000Z INFO {rest}")));
}

#[test]
fn an_id_means_nothing_before_it_is_given_or_in_another_block() {
    let name = hex(&["02 03 01 01 61"]);
    let record = hex(&["04 06 02 00 14 01 6d 01"]);
    let before = block(&[record.as_slice(), &name].concat());
    assert_eq!(read(&before), ["skipped 8"]);
    for (explains, uses) in [
        ("02 03 01 01 61", "04 06 02 00 14 01 6d 01"),
        ("01 09 01 14 01 6d 00 00 00 00 00", "04 03 01 00 01"),
        ("03 04 01 01 6b 10", "04 06 04 00 14 01 6d 01"),
    ] {
        let (explains, uses) = (hex(&[explains]), hex(&[uses]));
        let together = block(&[explains.as_slice(), &uses].concat());
        assert!(matches!(Reader::new(&together).next(), Some(Item::Record(_))));
        let apart = [block(&explains), block(&uses)].concat();
        assert_eq!(read(&apart), [format!("skipped {}", uses.len())]);
    }
    for unknown in ["04 03 01 00 09", "04 06 04 00 14 01 6d 09"] {
        let items = hex(&[unknown]);
        assert_eq!(read(&block(&items)), [format!("skipped {}", items.len())]);
    }
}

#[test]
fn drops_are_read_as_they_were_counted() {
    let mut dropped = Dropped::default();
    dropped.add(LogLevel::Trace, DropReason::QueueFull, 300);
    dropped.add(LogLevel::Critical, DropReason::QueueFull, 1);
    dropped.add(LogLevel::Critical, DropReason::Shutdown, 2);
    let mut room = [0; 128];
    let mut out = Output::new(&mut room);
    let mut cache = EncoderCache::new();
    Wire.encode_dropped(Timestamp::Wall(1000), &dropped, &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    let expected = block(&hex(&[
        "05 22 02 e803 ac02 00 00 00 00 03", // 300 of TRACE, 3 of CRITICAL
        "02 0a 71756575655f66756c6c ad02",   // queue_full: 301
        "08 73687574646f776e 02",            // shutdown: 2
    ]));
    assert_eq!(out.written(), expected);
    let Some(Item::Dropped(report)) = Reader::new(&expected).next() else { panic!("a report") };
    assert_eq!(report.timestamp, Timestamp::Wall(1000));
    assert_eq!(report.by_level, [300, 0, 0, 0, 0, 3]);
    assert_eq!(report.total(), 303);
    assert_eq!(report.reasons().collect::<Vec<_>>(), [("queue_full", 301), ("shutdown", 2)]);
}

#[test]
fn reasons_that_are_not_known_are_read_too() {
    let items = hex(&["05 0c 00 00 00 00 00 00 05 01 02 6d65 05"]);
    let stream = block(&items);
    let Some(Item::Dropped(report)) = Reader::new(&stream).next() else { panic!("a report") };
    assert_eq!(report.reasons().collect::<Vec<_>>(), [("me", 5)]);
    // More reasons than there are.
    let items = hex(&["05 09 00 00 00 00 00 00 05 ff 01"]);
    assert_eq!(read(&block(&items)), ["skipped 11"]);
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    for (context, taken) in
        [("03 07 01 01 6b 10 01 6c 10", true), ("03 09 01 01 6b 11 05 01 6b 11 06", false)]
    {
        let items = [hex(&[context]), hex(&["04 06 04 00 14 01 6d 01"])];
        let expected = if taken {
            vec![plain_line("m k=0 l=0")]
        } else {
            vec![format!("skipped {}", items[0].len()), format!("skipped {}", items[1].len())]
        };
        assert_eq!(read(&block(&items.concat())), expected);
    }
    let site = hex(&["01 0c 01 14 01 6d 02 01 6b 01 6b 00 00 00"]);
    assert_eq!(read(&block(&site)), [format!("skipped {}", site.len())]);
    // Of extra pairs the first counts.
    let twice = hex(&["04 0b 08 00 14 01 6d 01 6b 10 01 6b 00"]);
    assert_eq!(read(&block(&twice)), [plain_line("m k=0")]);
}

#[test]
fn what_nests_too_deep_is_refused() {
    let nested = |depth: usize| {
        let mut value = vec![0];
        for _ in 0..depth {
            value = [&[9], (value.len() as u32).to_le_bytes().as_slice(), &value].concat();
        }
        let body = [hex(&["08 00 14 01 6d 01 6b"]), value].concat();
        block(&[&[4, body.len() as u8], body.as_slice()].concat())
    };
    assert!(read(&nested(16))[0].ends_with(&format!("k={}null{}", "[".repeat(16), "]".repeat(16))));
    assert!(read(&nested(17))[0].starts_with("skipped"));
}

#[test]
fn a_record_without_names_is_written_in_full() {
    let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Critical, Name::new("unused"), "m{");
    let mut room = [0; 64];
    let mut out = Output::new(&mut room);
    let writer = BlockWriter::begin(&mut out);
    assert_eq!(writer.start(), 0);
    writer.put_record(&mut out, &record, RecordIds::default());
    writer.finish(&mut out);
    assert_eq!(out.written(), block(&hex(&["04 8600 00 20 32 02 6d7b"])));
    assert_eq!(read(out.written()), [r#"+0.000000s CRITICAL "" m{"#]);
    assert_eq!(out.position(), BLOCK_OVERHEAD + 9);
}
