//! What messages say: of any record the strict reader finds the same fields.

use std::time::Duration;

use kakashi_core::{Batch, DecodingSink, LogLevel, RecordEnd, Sink as _};
use kakashi_std::sinks::{Facility, Syslog};
use kakashi_tests::harness::lines::relay;
use kakashi_tests::harness::vectors::vectors;
use kakashi_tests::model::record::OwnedRecord;
use kakashi_tests::model::strategies::record;
use kakashi_tests::oracle::expected;
use kakashi_tests::oracle::json::{ParsedJson, is_control};
use proptest::prelude::*;
use std::net::UdpSocket;

use crate::parsed::ParsedMessage;

/// Returns a text as it is shown: what can't be, escaped.
fn shown(text: &str) -> String {
    let show = |c: char| match c {
        '\n' => r"\n".to_owned(),
        '\r' => r"\r".to_owned(),
        '\t' => r"\t".to_owned(),
        c if is_control(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(show).collect()
}

fn shown_json(json: &ParsedJson) -> String {
    let ParsedJson::String(text) = json else {
        let mut text = String::new();
        json.write(&mut text);
        return text;
    };
    shown(text)
}

fn word(text: &str, most: usize, forbidden: &str) -> String {
    let clean = |c: char| if c.is_ascii_graphic() && !forbidden.contains(c) { c } else { '_' };
    text.chars().take(most).map(clean).collect()
}

fn severity(level: LogLevel) -> u8 {
    [7, 7, 6, 4, 3, 2][level.index()]
}

/// A sink and its receiver, both in this process.
struct Loopback {
    sink: DecodingSink<kakashi_std::sinks::SyslogSink>,
    receiver: UdpSocket,
}

impl Loopback {
    fn new(settings: impl FnOnce(Syslog) -> Syslog) -> Self {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let address = receiver.local_addr().unwrap().to_string();
        let syslog = settings(Syslog::udp(address).host_name("web-1").app_name("shop").proc_id("42"));
        Self { sink: DecodingSink::new(syslog.open().unwrap()), receiver }
    }

    fn message_of(&mut self, block: &[u8], level: LogLevel) -> ParsedMessage {
        let ends = [RecordEnd { end: block.len(), level }];
        self.sink.write(&Batch::new(block, &ends)).expect("the datagram is taken");
        let mut room = vec![0; 1 << 16];
        let len = self.receiver.recv(&mut room).expect("it has come");
        ParsedMessage::read(&room[..len]).expect("a message is by the RFC")
    }
}

fn check(loopback: &mut Loopback, record: &OwnedRecord) {
    let block = record.prepare().with(relay);
    let message = loopback.message_of(&block, record.level);
    assert_eq!(message.priority, 17 * 8 + severity(record.level));
    assert_eq!((&*message.host, &*message.app, &*message.process), ("web-1", "shop", "42"));
    let id = if record.logger.is_empty() { "-".into() } else { word(&record.logger, 32, "") };
    assert_eq!(message.id, id);
    let pairs = expected::json(record, false);
    let of = |key: &str| pairs.iter().find(|(candidate, _)| candidate == key).map(|(_, value)| value);
    assert_eq!(message.text, shown_json(of("message").unwrap()));
    let mut params = Vec::new();
    if !record.logger.is_empty() && id != record.logger {
        params.push(("logger".to_owned(), shown(&record.logger)));
    }
    // JSON's own keys have an underscore more there.
    let own = ["timestamp", "level", "logger", "message", "file", "line"];
    params.extend(pairs[3..].iter().map(|(key, value)| {
        let is_own = own.contains(&key.trim_end_matches('_'));
        let key = if is_own { &key[..key.len() - 1] } else { key };
        (if key.is_empty() { "_".into() } else { word(key, 32, "=]\"") }, shown_json(value))
    }));
    assert_eq!(message.params, params);
}

proptest! {
    #[test]
    fn a_message_says_what_the_record_does_whatever_is_in_it(records in prop::collection::vec(record(), 1..4)) {
        let mut loopback = Loopback::new(|syslog| syslog.facility(Facility::Local1).max_message_bytes(65_507));
        for record in records {
            check(&mut loopback, &record);
        }
    }

    #[test]
    fn a_message_keeps_to_its_length_and_the_grammar(record in record(), most in 480_usize..700) {
        let mut loopback = Loopback::new(|syslog| syslog.max_message_bytes(most));
        let block = record.prepare().with(relay);
        // It panics where the reader does not take it.
        let message = loopback.message_of(&block, record.level);
        prop_assert!(message.text.len() <= most);
    }
}

#[test]
fn the_vectors_arrive_as_they_are() {
    let mut loopback = Loopback::new(|syslog| syslog.facility(Facility::Local1).max_message_bytes(65_507));
    let vectors = vectors();
    assert!(vectors.len() > 100);
    for vector in vectors {
        check(&mut loopback, &vector.record);
    }
}
