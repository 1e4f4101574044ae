//! Cases that random records rarely are.

use std::collections::BTreeMap;

use kakashi_core::{
    Encoder, EncoderCache, Field, Json, LogContext, LogLevel, LogRecord, LoggerKind, Name, Registry, Serde,
    Text, Timestamp, key_bit,
};
use kakashi_tests::harness::lines;
use kakashi_tests::model::record::{OwnedMessage, OwnedRecord, OwnedValue, PreparedRecord, TemplatePiece};
use kakashi_tests::oracle::text_line::{ParsedLine, ParsedTime};

#[test]
fn uptimes_and_wall_times_stay_distinct() {
    let mut record = OwnedRecord::of("m");
    record.timestamp = Timestamp::Uptime(12_345_678_901);
    let line = record.prepare().with(|record| lines::line(&Text, record));
    assert_eq!(ParsedLine::read(&line).unwrap().time, ParsedTime::Uptime(12_345_678));
}

#[test]
fn call_sites_and_loggers_that_share_a_place_in_the_cache_stay_apart() {
    // More than an encoder remembers, so that they take each other's places.
    let records: Vec<OwnedRecord> = (0..100)
        .map(|number| {
            let template = vec![TemplatePiece::Text(format!("call {number}"))];
            let fields = vec![(format!("key{number}"), OwnedValue::U64(number))];
            let message =
                OwnedMessage::Site { template, fields, module: String::new(), file: String::new(), line: 1 };
            OwnedRecord { message, ..OwnedRecord::of("") }
        })
        .collect();
    let registry = Registry::new();
    let names = (0..100).map(|number| format!("logger{number}"));
    let loggers: Vec<_> = names.map(|name| registry.get(LoggerKind::Sync, &name, None)).collect();
    let prepared: Vec<PreparedRecord<'_>> = records.iter().map(OwnedRecord::prepare).collect();
    for encoder in [&Text as &dyn Encoder, &Json::new()] {
        let mut cache = EncoderCache::new();
        for _ in 0..2 {
            for (at, record) in prepared.iter().enumerate() {
                for (which, logger) in loggers.iter().enumerate() {
                    record.with(|record| {
                        let mut record = *record;
                        record.logger = logger.name();
                        let remembered = lines::encode_with(encoder, &record, &mut cache);
                        assert_eq!(remembered, lines::encode(encoder, &record), "site {at}, logger {which}");
                    });
                }
            }
        }
    }
}

#[test]
fn a_context_is_hidden_by_the_keys_that_hide_it_and_by_no_others() {
    // Two keys with one bit in a mask: only a look at the keys tells them apart.
    let twin = (0..).map(|number| format!("k{number}")).find(|key| key_bit(key.as_bytes()) == key_bit(b"k"));
    let twin = twin.expect("one of a few hundred");
    let keys = ["k", &twin];
    let contexts =
        keys.map(|key| LogContext::new().with_custom(&[Field::new(key, "context"), Field::new("z", &1)]));
    let records: Vec<OwnedRecord> = (0..60)
        .map(|number| {
            let fields = vec![(keys[number % 2].to_owned(), OwnedValue::U64(7))];
            let (module, file) = (String::new(), String::new());
            let template = vec![TemplatePiece::Text("m".to_owned())];
            OwnedRecord {
                message: OwnedMessage::Site { template, fields, module, file, line: 1 },
                ..OwnedRecord::of("")
            }
        })
        .collect();
    let prepared: Vec<PreparedRecord<'_>> = records.iter().map(OwnedRecord::prepare).collect();
    let without_keys = OwnedRecord::of("m");
    let without_keys = without_keys.prepare();
    for encoder in [&Text as &dyn Encoder, &Json::new()] {
        let mut cache = EncoderCache::new();
        let mut check = |record: &PreparedRecord<'_>, context: &LogContext| {
            record.with(|record| {
                let record = record.with_context(context.fields());
                let remembered = lines::encode_with(encoder, &record, &mut cache);
                assert_eq!(remembered, lines::encode(encoder, &record));
            });
        };
        // Site by site, then context by context: whatever is remembered of one
        // stands beside another.
        for record in &prepared {
            for context in contexts.iter().cycle().take(4) {
                check(&without_keys, context);
                check(record, context);
            }
        }
        for context in contexts.iter().cycle().take(4) {
            check(&without_keys, context);
            prepared.iter().for_each(|record| check(record, context));
        }
    }
}

#[test]
fn a_map_key_that_is_no_text_is_written_as_its_json() {
    let by_pair = BTreeMap::from([((1, "a b"), 'x'), ((2, ""), 'y')]);
    let by_option = BTreeMap::from([(None, 1), (Some(7), 2)]);
    let (by_pair, by_option) = (Serde(&by_pair), Serde(&by_option));
    let fields = [Field::new("by_pair", &by_pair), Field::new("by_option", &by_option)];
    let record =
        LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("l"), "m").with_fields(&fields);
    let expected = r#""by_pair":{"[1,\"a b\"]":"x","[2,\"\"]":"y"},"by_option":{"null":1,"7":2}}"#;
    let line = lines::line(&Json::new(), &record);
    assert_eq!(line.trim_end().split_once(r#""m","#).unwrap().1, expected);
    let read = lines::relay(&record);
    assert_eq!(lines::line(&Json::new(), &lines::only_record(&read)), line);
}
