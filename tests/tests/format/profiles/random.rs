//! Fields that meet each other's keys, and records full of traps.

use std::collections::{BTreeMap, BTreeSet};

use kakashi_core::{EncoderCache, Json, Profile, ProfiledJson, ToValue, Value};
use kakashi_tests::harness::lines;
use kakashi_tests::model::record::{OwnedMessage, OwnedRecord, OwnedValue};
use kakashi_tests::model::strategies;
use kakashi_tests::oracle::json::{ParsedJson, is_control};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

const ALL: [Profile; 7] = [
    Profile::Plain,
    Profile::Ecs,
    Profile::Gcp,
    Profile::Datadog,
    Profile::OpenTelemetry,
    Profile::Pino,
    Profile::Bunyan,
];

/// Keys that meet each other's places, the platforms' names, and objects.
#[rustfmt::skip]
const KEYS: &[&str] = &[
    "user", "user.id", "user.id.x", "user.id.x.y", "user_id", "ip", "a", "a.b.c", "a.b.d", "a.c", "a..b",
    ".a", "a.", ".", "", "_", "error", "error_", "error.message", "error.x", "exception.type",
    "exception.message", "log", "log.level", "log.level.x", "log.logger", "log.x", "message", "message_",
    "message.x", "msg", "msg.x", "level.x", "timestamp", "time", "severity", "status", "logger",
    "logger.name", "logger.name.x", "name", "service", "service.name", "service_name", "version", "env",
    "err", "err.x", "err_", "trace_id", "TraceId", "Attributes", "Resource.x", "Body", "code.file.path",
    "v", "pid", "hostname.x", "@timestamp", "ecs", "ecs.version", "ecs.version.y", "stack_trace",
    "logging.googleapis.com/trace", "serviceContext", "serviceContext.service", "file", "line.x",
    "\u{1b}[31m.\n", "d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d", "d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d",
];

/// A record with some of the keys, in any of the three places, each with a value of its own.
pub(crate) fn crowded() -> impl Strategy<Value = OwnedRecord> {
    let keys = subsequence(KEYS, 0..=KEYS.len()).prop_shuffle();
    (strategies::record(), keys, any::<Index>(), any::<Index>()).prop_map(|(mut record, keys, one, other)| {
        let field = |(at, key): (usize, &&str)| ((*key).to_owned(), OwnedValue::U64(1000 + at as u64));
        let mut fields: Vec<_> = keys.iter().enumerate().map(field).collect();
        record.context = fields.split_off(one.index(fields.len() + 1));
        record.extra = fields.split_off(other.index(fields.len() + 1));
        record.message = match record.message {
            OwnedMessage::Site { module, file, line, .. } => {
                OwnedMessage::Site { template: Vec::new(), fields, module, file, line }
            }
            literal @ (OwnedMessage::Literal(_) | OwnedMessage::Placed { .. }) => {
                record.extra.extend(fields);
                literal
            }
        };
        record
    })
}

/// All encoders, flat and nested.
fn encoders() -> Vec<ProfiledJson> {
    let both = |profile| [false, true].map(|nested| Json::profile(profile).nested(nested).location(nested));
    ALL.into_iter().flat_map(both).collect()
}

/// Adds each leaf with the names above it; a name that comes twice in an object is an error.
fn leaves(path: &str, json: &ParsedJson, into: &mut BTreeMap<String, ParsedJson>) -> Result<(), String> {
    let ParsedJson::Map(pairs) = json else {
        return match into.insert(path.to_owned(), json.clone()) {
            None => Ok(()),
            Some(_) => Err(format!("{path} stands twice")),
        };
    };
    let mut names = BTreeSet::new();
    for (name, value) in pairs {
        if !names.insert(name) {
            return Err(format!("{name:?} stands twice in {path:?}"));
        }
        leaves(&format!("{path}\u{0}{name}"), value, into)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_stands_twice_and_no_field_is_lost(records in proptest::collection::vec(crowded(), 1..4)) {
        let mut cache = EncoderCache::new();
        for record in &records {
            let prepared = record.prepare();
            for encoder in encoders() {
                let bytes = prepared.with(|borrowed| lines::encode_with(&encoder, borrowed, &mut cache));
                let line = String::from_utf8(bytes).expect("JSON is UTF-8");
                let body = line.strip_suffix('\n').expect("a line ends with LF");
                prop_assert!(!body.contains(is_control), "{line:?}");
                let read = ParsedJson::read_within(body, 64).map_err(TestCaseError::fail)?;
                let mut found = BTreeMap::new();
                leaves("", &read, &mut found).map_err(|error| TestCaseError::fail(format!("{error}: {line}")))?;
                let number = |json: &ParsedJson| match json {
                    ParsedJson::Number(digits) => digits.parse::<u64>().ok().filter(|number| *number >= 1000),
                    _ => None,
                };
                let numbers: BTreeSet<u64> = found.values().filter_map(number).collect();
                for (key, value) in record.own().iter().chain(&record.extra).chain(&record.context) {
                    let Value::U64(value) = value.to_value() else { unreachable!() };
                    prop_assert!(numbers.contains(&value), "{key:?}={value} is not in {line}");
                }
            }
        }
    }

    #[test]
    fn hostile_records_are_valid_json_on_one_line(record in strategies::record()) {
        let prepared = record.prepare();
        for encoder in encoders() {
            let line = prepared.with(|borrowed| lines::line(&encoder, borrowed));
            let body = line.strip_suffix('\n').expect("a line ends with LF");
            prop_assert!(!body.contains(is_control), "{line:?}");
            // As strict as for kakashi's own JSON: what is escaped, and how.
            ParsedJson::read_within(body, 64).map_err(|error| TestCaseError::fail(format!("{error}: {line}")))?;
            serde_json::from_str::<serde::de::IgnoredAny>(body)
                .map_err(|error| TestCaseError::fail(format!("{error}: {line}")))?;
        }
    }

    #[test]
    fn a_record_through_the_wire_gives_the_same_profiles(record in crowded()) {
        let prepared = record.prepare();
        let read = lines::block([&prepared]);
        let read = lines::only_record(&read);
        for encoder in encoders() {
            prop_assert_eq!(lines::line(&encoder, &read), prepared.with(|borrowed| lines::line(&encoder, borrowed)));
        }
    }
}
