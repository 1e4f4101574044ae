//! Blocks byte by byte. What holds of every record and every kind of damage
//! is in `tests/tests/properties.rs`.

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
fn a_malformed_item_costs_itself_alone() {
    for wrong in [
        "01 02 01 15",                   // a level that is none
        "01 08 01 14 01 ff 00 01 00 00", // a template that is not UTF-8
        "01 04 01 14 00 05",             // fewer keys than it says
        "02 02 01 05",                   // a name that ends early
        "03 03 01 01 6b",                // a key without a value
        "03 05 01 01 6b 81 ff",          // a value that is not UTF-8
        "04 00",                         // a record of nothing
        "04 05 00 00 15 01 6d",          // a level that is none
        "04 06 08 00 14 00 01 6b",       // an extra key without a value
        "04 06 10 00 14 00 80 80",       // a number that never ends
        "05 01 00",
    ] {
        let wrong = hex(&[wrong]);
        let items = [wrong.as_slice(), &hex(&["04 05 00 00 14 01 6d"])].concat();
        assert_eq!(read(&block(&items)), [format!("skipped {}", wrong.len()), plain_line("m")]);
    }
}

#[test]
fn an_item_that_leaves_its_block_makes_it_none() {
    for items in ["04 06 00 00 14 01 6d", "04", "04 80", "04 ffffffff ffffffff ff01"] {
        let stream = block(&hex(&[items]));
        assert_eq!(read(&stream), [format!("skipped {}", stream.len())]);
    }
}

#[test]
fn blocks_are_found_between_other_bytes() {
    let (a, b) = (plain("a"), golden());
    let stream = [b"junk\xf5".as_slice(), &a, b"\xf5kk\xfa\x01\x00", &b, &a, b"\xf5kk"].concat();
    let expected = [
        "skipped 5".to_owned(),
        plain_line("a"),
        "skipped 6".to_owned(),
        GOLDEN_TEXT.to_owned(),
        plain_line("a"),
        "skipped 3".to_owned(),
    ];
    assert_eq!(read(&stream), expected);
    assert_eq!(read(b""), [""; 0]);
    assert_eq!(read(&block(&[])), [""; 0]);
}

#[test]
fn a_stream_cut_anywhere_gives_the_whole_blocks_and_the_rest_as_skipped() {
    let blocks = [plain("a"), golden(), plain("c")];
    let lines = [plain_line("a"), GOLDEN_TEXT.to_owned(), plain_line("c")];
    let stream = blocks.concat();
    for cut in (0..=stream.len()).step_by(STEP) {
        let (mut whole, mut end) = (0, 0);
        while whole < blocks.len() && end + blocks[whole].len() <= cut {
            end += blocks[whole].len();
            whole += 1;
        }
        let mut expected = lines[..whole].to_vec();
        expected.extend((end < cut).then(|| format!("skipped {}", cut - end)));
        assert_eq!(read(&stream[..cut]), expected, "cut at {cut}");
        // Whoever waits for more keeps just the block that has begun.
        assert_eq!(Reader::new(&stream[..cut]).unfinished(), cut - end, "cut at {cut}");
    }
}

#[test]
fn every_changed_byte_costs_one_block() {
    let blocks = [plain("a"), golden(), plain("c")];
    let stream = blocks.concat();
    let hit = blocks[0].len()..blocks[0].len() + blocks[1].len();
    for at in hit.clone().step_by(STEP) {
        for bit in 0..8 {
            let mut damaged = stream.clone();
            damaged[at] ^= 1 << bit;
            let expected = [plain_line("a"), format!("skipped {}", hit.len()), plain_line("c")];
            assert_eq!(read(&damaged), expected, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn what_is_unfinished_is_only_what_no_whole_block_follows() {
    assert_eq!(Reader::new(b"").unfinished(), 0);
    assert_eq!(Reader::new(b"text").unfinished(), 0);
    assert_eq!(Reader::new(b"text\xf5").unfinished(), 1);
    assert_eq!(Reader::new(b"\xf5kk").unfinished(), 3);
    assert_eq!(Reader::new(b"\xf5kk\xf5").unfinished(), 1);
    // A head that says there is much more to come: it may be damaged, it may not.
    let head = b"\xf5kk\xfa\x01\x00\x00\x00\x10\x00";
    assert_eq!(Reader::new(head).unfinished(), head.len());
    assert_eq!(Reader::new(&[head.as_slice(), b"text"].concat()).unfinished(), head.len() + 4);
    // Whole blocks behind it have been told as records: nobody may read them twice.
    let stream = [head.as_slice(), &plain("a")].concat();
    assert_eq!(read(&stream), ["skipped 10".to_owned(), plain_line("a")]);
    assert_eq!(Reader::new(&stream).unfinished(), 0);
    let stream = [head.as_slice(), &plain("a"), b"\xf5kk\xfa"].concat();
    assert_eq!(Reader::new(&stream).unfinished(), 4);
    // No block is that long.
    assert_eq!(Reader::new(b"\xf5kk\xfa\x01\x00\x01\x00\x00\x10").unfinished(), 0);
    assert_eq!(Reader::new(b"\xf5kk\xfa\x02\x00\x01\x00\x00\x00").unfinished(), 0);
}

#[test]
fn markers_in_markers_are_passed_over_in_time_and_the_block_after_them_is_found() {
    // Each is the head of a block up to the end of them all: read for each, these
    // would be a hundred thousand million bytes.
    const COUNT: usize = 40_000;
    let mut stream = Vec::new();
    for at in 0..COUNT {
        let rest = (COUNT - at) * 14 - 14;
        // What follows is one item, of a kind that nobody knows.
        stream.extend_from_slice(&SYNC);
        stream.extend_from_slice(&[1, 0]);
        stream.extend_from_slice(&(rest as u32).to_le_bytes());
        let body = rest.saturating_sub(4) as u32;
        stream.extend_from_slice(&[0x70, body as u8 | 0x80, (body >> 7) as u8 | 0x80, (body >> 14) as u8]);
    }
    let before = stream.len();
    stream.extend_from_slice(&plain("after"));
    assert_eq!(read(&stream), [format!("skipped {before}"), plain_line("after")]);
    assert_eq!(Reader::new(&stream).unfinished(), 0);
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

/// What a linker makes of two sites and a name: nothing at 0, a place for one of them.
fn section() -> Vec<u8> {
    let site = |mark: u8, level: u8, message: &str, key: &str| {
        let texts = [&[message.len() as u8], message.as_bytes(), &[1, key.len() as u8], key.as_bytes()];
        [vec![mark, level], texts.concat()].concat()
    };
    let located = [site(0x31, 40, "Stopped", "rpm"), vec![7, 1, b'm', 1, b'f']].concat();
    [vec![0, 0], site(0x10, 20, "Read {temp}", "temp"), vec![0x40, 3, b'c', b'a', b'n'], located].concat()
}

#[test]
fn a_builds_sites_explain_its_blocks_and_no_others() {
    let section = section();
    let (first, name) = (2_u8, 2 + 20_u8);
    let second = name + 5;
    assert_eq!(section[usize::from(second)], 0x31, "the offsets above are right");
    let builds = [&b"12345679"[..], b"12345678-and-more"]
        .map(|build_id| SiteTable::new(&section, build_id).expect("a section"));
    let sites = &builds[1];
    assert_eq!((sites.len(), sites.is_empty(), sites.build_id()), (2, false, &b"12345678-and-more"[..]));
    let item = |kind: u8, body: &[u8]| [&[kind, body.len() as u8], body].concat();
    let build = item(kind::BUILD, b"12345678");
    // Site and logger, uptime 0, the site, the logger, one value.
    let record = |site: u8, value: u8| item(kind::RECORD, &[3, 0x20, site, name, 0x11, value]);
    let stream =
        [block(&[build.clone(), record(first, 21), record(second, 9)].concat()), block(&record(first, 21))]
            .concat();
    let skipped = |record: &[u8]| format!("skipped {}", record.len());
    assert_eq!(
        all(Reader::new(&stream).with_sites(&builds)),
        [
            "+0.000000s INFO can Read 21 temp=21".into(),
            "+0.000000s ERROR can Stopped rpm=9".into(),
            // A block that names no build has ids of its own.
            skipped(&record(first, 21)),
        ]
    );
    for reader in [Reader::new(&stream), Reader::new(&stream).with_sites(&builds[..1])] {
        let told = all(reader);
        assert_eq!(told[0], format!("needs the sites of {:x?}", b"12345678"));
        assert_eq!(told[1..], [(); 3].map(|()| skipped(&record(first, 21))));
    }
}

#[test]
fn what_is_no_section_of_sites_is_refused() {
    let section = section();
    assert!(SiteTable::new(b"", b"").is_ok_and(|sites| sites.is_empty()));
    for len in [3, 5, 20, section.len() - 1] {
        assert!(SiteTable::new(&section[..len], b"").is_err(), "{len}");
    }
    // A mark that nobody knows, a name that is not UTF-8, a level that is none, a key twice.
    let twice = [0x10, 20, 1, b'm', 2, 1, b'k', 1, b'k'];
    for wrong in [&[0x08, 1][..], &[0x40, 2, 0xff, 0xff], &[0x10, 21, 0, 0], &twice] {
        assert!(SiteTable::new(wrong, b"").is_err(), "{wrong:x?}");
    }
}

#[test]
fn a_site_that_does_not_say_where_it_stands_is_read_and_written_again() {
    // SITE 1: INFO, "m", no keys; RECORD: of it, uptime 0.
    let stream = block(&[kind::SITE, 5, 1, 20, 1, b'm', 0, kind::RECORD, 3, 1, 0x20, 1]);
    let Some(Item::Record(record)) = Reader::new(&stream).next() else { panic!("no record") };
    assert_eq!(record.location(), None);
    assert_eq!(line(&Text, &record), r#"+0.000000s INFO "" m"#);
    let mut room = [0; 256];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    Wire.encode(&record, &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    assert_eq!(read(out.written()), [r#"+0.000000s INFO "" m"#]);
}
