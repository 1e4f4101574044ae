//! What an entry has.

use kakashi_std::{
    Bytes, clear_request_context, critical, debug, error, exception, fields, info, set_custom_context, trace,
    warning,
};
use kakashi_tests::harness::process::TestFolder;

use crate::receiver::Receiver;

#[test]
fn an_entry_has_level_message_place_logger_and_each_field() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let logger = receiver.logger("shop::orders");
    set_custom_context(fields![tenant = 7]);
    let line = line!() + 1;
    info!(
        logger,
        "Order {id} paid by {who}",
        id = 42,
        who = "Ann",
        share = 0.5,
        list = [1, 2],
        none = None::<u8>
    );
    clear_request_context();
    assert!(logger.flush().is_complete());
    let entry = receiver.take();
    for (name, value) in [
        ("PRIORITY", "6"),
        ("SYSLOG_IDENTIFIER", "till"),
        ("MESSAGE", "Order 42 paid by Ann"),
        ("MESSAGE_TEMPLATE", "Order {id} paid by {who}"),
        ("LEVEL", "INFO"),
        ("LOGGER", "shop::orders"),
        ("CODE_FILE", file!()),
        ("CODE_LINE", &*line.to_string()),
        ("CODE_FUNC", module_path!()),
        ("ID", "42"),
        ("WHO", "Ann"),
        ("SHARE", "0.5"),
        ("LIST", "[1,2]"),
        ("NONE", "null"),
        ("TENANT", "7"),
    ] {
        assert_eq!(entry.text(name), Some(value), "{name}");
    }
    let time = entry.text("SYSLOG_TIMESTAMP").unwrap();
    assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
    assert!(receiver.is_empty());
}

#[test]
fn each_level_has_syslogs_severity() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let logger = receiver.logger("levels");
    trace!(logger, "m");
    debug!(logger, "m");
    info!(logger, "m");
    warning!(logger, "m");
    error!(logger, "m");
    critical!(logger, "m");
    assert!(logger.flush().is_complete());
    let found = [(); 6].map(|()| {
        let entry = receiver.take();
        (entry.text("LEVEL").unwrap().to_owned(), entry.text("PRIORITY").unwrap().to_owned())
    });
    let wanted =
        [("TRACE", "7"), ("DEBUG", "7"), ("INFO", "6"), ("WARNING", "4"), ("ERROR", "3"), ("CRITICAL", "2")];
    assert_eq!(found, wanted.map(|(level, priority)| (level.to_owned(), priority.to_owned())));
}

#[test]
fn an_exception_and_a_value_of_several_lines_or_of_bytes_come_whole() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let logger = receiver.logger("shop");
    let failure = std::io::Error::other("first line\nsecond line");
    exception!(logger, failure, "Failed", raw = Bytes(&[0, 255, 10]));
    assert!(logger.flush().is_complete());
    let entry = receiver.take();
    assert_eq!(entry.text("MESSAGE"), Some("Failed"));
    assert_eq!(entry.text("EXCEPTION_MESSAGE"), Some("first line\nsecond line"));
    assert!(entry.text("EXCEPTION_TYPE").is_some_and(|name| name.contains("Error")), "{entry:?}");
    assert_eq!(entry.get("RAW"), Some(&[0, 255, 10][..]));
}

#[test]
fn an_entry_too_large_for_a_datagram_comes_in_a_sealed_file_in_its_place() {
    let folder = TestFolder::new();
    let receiver = Receiver::at(folder.file("socket"));
    let logger = receiver.logger("large");
    // No socket takes so much: the system's limit is below.
    let large = "x".repeat(20 << 20);
    info!(logger, "Before");
    info!(logger, "Large", large);
    info!(logger, "After");
    assert!(logger.flush().is_complete());
    assert_eq!(receiver.take().text("MESSAGE"), Some("Before"));
    assert_eq!(receiver.files.get(), 0);
    let entry = receiver.take();
    assert_eq!((entry.text("MESSAGE"), receiver.files.get()), (Some("Large"), 1));
    assert!(entry.text("LARGE") == Some(&large));
    assert_eq!(receiver.take().text("MESSAGE"), Some("After"));
    assert_eq!(receiver.files.get(), 1);
}
