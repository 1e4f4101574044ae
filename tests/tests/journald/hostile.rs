//! Whatever a record says, the journal takes its entry, whole.

use kakashi_std::sinks::Journald;
use kakashi_std::{Batch, Field, RecordEnd, Sink as _};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::vectors::vectors;

use crate::receiver::Receiver;

const TEXTS: [&str; 8] = [
    "",
    "=",
    "a=b\nMESSAGE=forged\nPRIORITY=0\n",
    "\n\n\0\u{1b}[2J\r",
    "MESSAGE",
    "\u{202e}\u{2028}\u{9b}ä€𝄞",
    "_PID",
    "\u{fffd}\t\u{7f}",
];

#[test]
fn whatever_keys_and_values_say_no_field_is_forged_lost_or_doubled() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    for key in TEXTS {
        for value in TEXTS {
            let logger = receiver.logger(value);
            let fields = [Field::new(key, value), Field::new("message", value), Field::new("_pid", value)];
            logger.info(value, &fields);
            assert!(logger.flush().is_complete());
            let entry = receiver.take();
            assert_eq!((entry.text("MESSAGE"), entry.text("PRIORITY")), (Some(value), Some("6")));
            assert_eq!(entry.text("LOGGER"), Some(value).filter(|value| !value.is_empty()));
            assert_eq!(entry.text("FIELD_MESSAGE"), Some(value));
            let own = entry.fields.iter().filter(|(name, text)| {
                !name.starts_with("SYSLOG_") && !name.starts_with("CODE_") && text == value.as_bytes()
            });
            // Message, logger, and three fields, of which two may have one key.
            let wanted = 4 + usize::from(!value.is_empty()) - usize::from(key == "_pid");
            assert_eq!(own.count(), wanted, "{key:?} {entry:?}");
        }
    }
    assert!(receiver.is_empty());
}

#[test]
fn the_values_of_the_conformance_vectors_come_as_their_own_text() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let mut sink = Journald::new().socket(receiver.path()).destination().unwrap().sink;
    for vector in vectors() {
        let ends = [RecordEnd { end: vector.block.len(), level: vector.record.level }];
        sink.write(&Batch::new(&vector.block, &ends)).unwrap();
        let entry = receiver.take();
        vector.record.prepare().with(|record| {
            assert_eq!(entry.text("MESSAGE"), Some(&*record.rendered_message()), "{}", vector.name);
            let mut own = entry.fields.len();
            record.for_each_field(|_, _| own -= 1);
            assert!((4..=10).contains(&own), "{}: {entry:?}", vector.name);
        });
    }
    assert!(receiver.is_empty());
}
