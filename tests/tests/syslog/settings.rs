//! Settings that make no sense: each is an error that says what would be right.

use std::time::Duration;

use kakashi_std::sinks::{self, Syslog};

#[test]
fn wrong_settings_are_named_with_their_value_and_what_would_be_right() {
    let udp = || Syslog::udp("localhost:514");
    for (receiver, text) in [
        (Syslog::udp("localhost"), "the receiver \"localhost\" has no port: give host and port, such as"),
        (
            Syslog::tcp("[::1]:x"),
            "the receiver \"[::1]:x\" has a port that is no number from 1 to 65535: give",
        ),
        (udp().app_name("my shop"), "app_name is \"my shop\": give 1 to 48 printable ASCII characters"),
        (udp().host_name(""), "host_name is \"\": give 1 to 255 printable ASCII characters"),
        (udp().proc_id("ä"), "proc_id is \"ä\": give 1 to 128 printable ASCII characters"),
        (
            udp().structured_data_id("a=b"),
            "structured_data_id is \"a=b\": give 1 to 32 printable ASCII characters, without =, ] and \"",
        ),
        (udp().max_message_bytes(100), "max_message_bytes is 100: give a number from 480 to 65507"),
        (udp().max_message_bytes(65_508), "max_message_bytes is 65508: give a number from 480 to 65507"),
        (
            udp().connect_timeout(Duration::ZERO),
            "connect_timeout is 0ns: give a duration from a millisecond to an hour",
        ),
        (udp().write_timeout(Duration::MAX), "give a duration from a millisecond to an hour"),
    ] {
        let error = receiver.open().unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_receiver_may_be_given_as_one_text() {
    for right in ["udp://localhost:514", "tcp://[::1]:601", "unix:///run/log", "local"] {
        assert!(sinks::syslog(right).is_ok(), "{right}");
    }
    for wrong in ["localhost:514", "tls://localhost:6514", "unix://log", "udp://localhost", ""] {
        let error = sinks::syslog(wrong).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.contains(wrong.trim_start_matches("udp://")) && text.contains("514"), "{text}");
    }
}
