//! Properties of random records, read back by readers that share no code with the encoders.

use std::collections::HashSet;
use std::fmt;

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{
    Encoder, EncoderCache, Json, LogRecord, Logfmt, LoggerKind, Name, Output, Pretty, Profile, Registry,
    Text, Value, Wire,
};
use kakashi_tests::harness::lines;
use kakashi_tests::model::record::{OwnedRecord, PreparedRecord};
use kakashi_tests::model::strategies;
use kakashi_tests::oracle::json::is_control;
use kakashi_tests::oracle::text_line::ParsedLine;
use kakashi_tests::oracle::{block, expected, json};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A JSON object for serde, which refuses a key that comes twice.
struct Object(Vec<String>);

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> serde::de::Visitor<'de> for Keys {
            type Value = Vec<String>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
                let mut seen = HashSet::new();
                let mut keys = Vec::new();
                while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    if !seen.insert(key.clone()) {
                        return Err(serde::de::Error::custom(format!("{key:?} stands twice")));
                    }
                    keys.push(key);
                }
                Ok(keys)
            }
        }
        deserializer.deserialize_map(Keys).map(Object)
    }
}

fn check_no_control(line: &str) -> Result<(), TestCaseError> {
    let body = line.strip_suffix('\n').expect("a line ends with LF");
    prop_assert!(!body.contains(is_control), "{line:?}");
    Ok(())
}

fn check_json(line: &str, record: &OwnedRecord, location: bool) -> Result<(), TestCaseError> {
    check_no_control(line)?;
    let body = line.trim_end_matches('\n');
    let keys: Object =
        serde_json::from_str(body).map_err(|error| TestCaseError::fail(format!("{error}: {line}")))?;
    prop_assert_eq!(keys.0.first().map(String::as_str), Some("timestamp"));
    let json::ParsedJson::Map(mut pairs) = json::ParsedJson::read(body).map_err(TestCaseError::fail)? else {
        return Err(TestCaseError::fail("not an object"));
    };
    let (_, timestamp) = pairs.remove(0);
    let json::ParsedJson::String(timestamp) = timestamp else {
        return Err(TestCaseError::fail("the timestamp is no string"));
    };
    // The same form as in a text line, so the same reader.
    let shortest = ParsedLine::read(&format!("{timestamp} INFO l m\n")).map_err(TestCaseError::fail)?;
    prop_assert_eq!(shortest.time, expected::time(record.timestamp));
    prop_assert_eq!(pairs, expected::json(record, location));
    Ok(())
}

/// All forms of a record that need no block.
fn forms(record: &LogRecord<'_>) -> [String; 4] {
    [
        lines::line(&Text, record),
        lines::line(&Json::new(), record),
        lines::line(&Json::new().location(true), record),
        lines::line(&Pretty::new(), record),
    ]
}

proptest! {
    // A failing input is printed whole: no file of seeds is needed.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_line_reads_back_as_what_was_said(record in strategies::record()) {
        let line = record.prepare().with(|borrowed| lines::line(&Text, borrowed));
        check_no_control(&line)?;
        let read = ParsedLine::read(&line).map_err(|error| TestCaseError::fail(format!("{error} in {line:?}")))?;
        prop_assert_eq!(read, expected::text(&record), "{}", line);
    }

    #[test]
    fn a_json_line_is_valid_and_says_what_was_said(record in strategies::record()) {
        let prepared = record.prepare();
        for location in [false, true] {
            let line = prepared.with(|borrowed| lines::line(&Json::new().location(location), borrowed));
            check_json(&line, &record, location)?;
        }
    }

    #[test]
    fn a_pretty_line_has_no_control_but_its_own_colours(record in strategies::record()) {
        let prepared = record.prepare();
        let plain = prepared.with(|borrowed| lines::line(&Pretty::new(), borrowed));
        check_no_control(&plain)?;
        let coloured = prepared.with(|borrowed| lines::line(&Pretty::new().colour(true), borrowed));
        let mut bare = String::new();
        for (at, part) in coloured.split("\u{1b}[").enumerate() {
            bare.push_str(if at == 0 { part } else { part.split_once('m').expect("a colour ends with m").1 });
        }
        prop_assert_eq!(bare, plain);
    }

    #[test]
    fn what_an_encoder_remembers_changes_no_line(
        records in vec(strategies::record(), 1..4), calls in vec((0..4_usize, 0..4_usize, 0..4_usize), 12)
    ) {
        let registry = Registry::new();
        let prepared: Vec<PreparedRecord<'_>> = records.iter().map(OwnedRecord::prepare).collect();
        let encoders: [&dyn Encoder; 5] =
            [&Text, &Json::new(), &Json::new().location(true), &Pretty::new(), &Logfmt];
        let mut caches = [(); 5].map(|()| EncoderCache::new());
        // Sites, loggers and contexts meet in every way, so that a cache that
        // looks at too few of them is found out.
        for (site, logger, context) in calls {
            let context = prepared[context % prepared.len()].context();
            let name = &records[logger % records.len()].logger;
            let logger = registry.get(LoggerKind::Sync, name, None);
            prepared[site % prepared.len()].with(|record| {
                let mut record = record.with_context(context.fields());
                for (encoder, cache) in encoders.into_iter().zip(&mut caches) {
                    record.logger = logger.name();
                    let remembered = lines::encode_with(encoder, &record, cache);
                    record.logger = Name::new(name);
                    prop_assert_eq!(remembered, lines::encode(encoder, &record));
                }
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_record_through_the_wire_gives_the_same_lines(records in vec(strategies::record(), 1..5), cut in any::<Index>()) {
        let prepared: Vec<PreparedRecord<'_>> = records.iter().map(OwnedRecord::prepare).collect();
        let direct: Vec<[String; 4]> = prepared.iter().map(|record| record.with(forms)).collect();
        let (first, second) = prepared.split_at(cut.index(prepared.len()));
        let stream = [first, second].map(|batch| lines::block(batch.iter())).concat();
        let mut read = Vec::new();
        for item in Reader::new(&stream) {
            let Item::Record(record) = item else {
                return Err(TestCaseError::fail(format!("not a record: {item:?}")));
            };
            prop_assert_eq!(record.sequence, records[read.len()].sequence);
            // Once more through the wire: a relay changes nothing.
            prop_assert_eq!(forms(&lines::only_record(&lines::relay(&record))), forms(&record));
            read.push(forms(&record));
        }
        prop_assert_eq!(read, direct);
    }

    #[test]
    fn a_block_written_by_the_spec_alone_is_read(record in strategies::record(), id in any::<u64>()) {
        let bytes = block::of_record(&record, id);
        let read = lines::only_record(&bytes);
        prop_assert_eq!(forms(&read), record.prepare().with(forms));
    }

    #[test]
    fn what_does_not_fit_is_asked_for_and_harms_nothing(
        records in vec(strategies::record(), 1..4), rooms in vec(any::<Index>(), 6)
    ) {
        let prepared: Vec<PreparedRecord<'_>> = records.iter().map(OwnedRecord::prepare).collect();
        let profiles = [Json::profile(Profile::OpenTelemetry), Json::profile(Profile::Ecs).nested(true)];
        let pattern = Text::pattern("{level:>9} {message:>9}|{logger:>9}|{fields}").expect("a pattern");
        let encoders: [&dyn Encoder; 8] = [
            &Text,
            &Json::new(),
            &Json::new().location(true),
            &Pretty::new().colour(true),
            &Wire,
            &profiles[0],
            &profiles[1],
            &Logfmt,
        ];
        for encoder in encoders {
            check_small_rooms(encoder, 0, &prepared, &rooms)?;
        }
        check_small_rooms(&pattern, 3 * 9, &prepared, &rooms)?;
    }

    #[test]
    fn damage_costs_the_blocks_it_hits_and_every_byte_is_accounted_for(
        records in vec(vec(strategies::record(), 1..3), 1..5),
        wounds in vec((any::<Index>(), wound()), 0..4),
        between in vec(vec(any::<u8>(), 0..20), 6),
    ) {
        let prepared: Vec<Vec<PreparedRecord<'_>>> =
            records.iter().map(|batch| batch.iter().map(OwnedRecord::prepare).collect()).collect();
        let whole: Vec<Vec<u8>> = prepared.iter().map(|batch| lines::block(batch.iter())).collect();
        let mut damaged = whole.clone();
        for (which, wound) in &wounds {
            wound.hurt(&mut damaged[which.index(whole.len())]);
        }
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        let mut lost = 0;
        for (at, block) in damaged.iter().enumerate() {
            let noise = &between[at];
            stream.extend(noise.iter().chain(block));
            lost += noise.len();
            lost += block.len();
            // A block may be whole though something was put into it: a first byte twice.
            if block.windows(whole[at].len()).any(|window| window == whole[at]) {
                lost -= whole[at].len();
                expected.extend(prepared[at].iter().map(|record| record.with(forms)));
            }
        }
        let (mut found, mut skipped) = (Vec::new(), 0);
        for item in Reader::new(&stream) {
            match item {
                Item::Record(record) => found.push(forms(&record)),
                Item::Skipped(bytes) => skipped += bytes,
                other => return Err(TestCaseError::fail(format!("nobody wrote {other:?}"))),
            }
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(skipped, lost);
    }

    #[test]
    fn any_bytes_are_safe_to_read(bytes in vec(any::<u8>(), 0..400)) {
        // Once as a stream, once as the items of a block whose checksum holds.
        for stream in [bytes.clone(), block::of_items(&bytes)] {
            for item in Reader::new(&stream) {
                if let Item::Record(record) = item {
                    forms(&record);
                }
            }
            prop_assert!(Reader::new(&stream).unfinished() <= stream.len());
        }
    }
}

/// Encodes with too little room at several sizes, then with what was asked
/// for: as if the failures had not been.
/// `padding` spaces may be asked for and not needed: how many characters a text has is not
/// known where there is no room for it.
fn check_small_rooms(
    encoder: &dyn Encoder,
    padding: usize,
    prepared: &[PreparedRecord<'_>],
    rooms: &[Index],
) -> Result<(), TestCaseError> {
    let encode_all = |spoil: bool| -> Result<Vec<u8>, TestCaseError> {
        let mut cache = EncoderCache::new();
        let mut bytes = vec![0; 1 << 17];
        let mut at = 0;
        for record in prepared {
            let mut asked = None;
            let end = record.with(|record| {
                if spoil {
                    let before = bytes[..at].to_vec();
                    let mut plenty = bytes.clone();
                    let mut out = Output::resume(&mut plenty, at);
                    encoder.encode(record, &mut EncoderCache::new(), &mut out);
                    let upper = out.position();
                    for room in rooms {
                        let room = at + room.index(upper - at + 1);
                        let mut out = Output::resume(&mut bytes[..room], at);
                        encoder.encode(record, &mut cache, &mut out);
                        if !out.overflowed() {
                            // It fitted after all: that is this record written.
                            return Ok::<_, TestCaseError>(out.position());
                        }
                        asked = Some(out.position());
                        prop_assert_eq!(&bytes[..at], &before, "what stood before was changed");
                    }
                }
                let room = asked.unwrap_or(bytes.len());
                let mut out = Output::resume(&mut bytes[..room], at);
                encoder.encode(record, &mut cache, &mut out);
                prop_assert!(!out.overflowed(), "{room} bytes were asked for, {} are needed", out.position());
                let slack = asked.map_or(0, |asked| asked - out.position());
                // Text that is still unread may need two quotes, and Pretty a space.
                let mut foreign = 0;
                record.for_each_field(|_, value| {
                    foreign += usize::from(value.is_foreign() || matches!(value, Value::Bytes(_)));
                });
                prop_assert!(slack <= 2 * foreign + 1 + padding, "{slack} bytes too many were asked for");
                Ok(out.position())
            })?;
            at = end;
        }
        let mut out = Output::resume(&mut bytes, at);
        encoder.finish(&mut cache, &mut out);
        Ok(out.written().to_vec())
    };
    prop_assert_eq!(encode_all(true)?, encode_all(false)?);
    Ok(())
}

/// One way to damage a block.
#[derive(Clone, Debug)]
enum Wound {
    Flip(Index, u8),
    Cut(Index, Index),
    Insert(Index, Vec<u8>),
}

fn wound() -> impl Strategy<Value = Wound> {
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Wound::Flip(at, 1 << bit)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Wound::Cut(from, to)),
        (any::<Index>(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Wound::Insert(at, bytes)),
    ]
}

impl Wound {
    fn hurt(&self, block: &mut Vec<u8>) {
        if block.len() < 2 {
            return;
        }
        match self {
            Self::Flip(at, bit) => {
                let at = at.index(block.len());
                block[at] ^= bit;
            }
            Self::Cut(from, to) => {
                let (from, to) = (from.index(block.len()), to.index(block.len()));
                block.drain(from.min(to)..from.max(to));
            }
            Self::Insert(at, bytes) => {
                // Inside: at an edge the block would stay whole.
                let at = 1 + at.index(block.len() - 1);
                block.splice(at..at, bytes.iter().copied());
            }
        }
    }
}
