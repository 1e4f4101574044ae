//! Settings that make no sense: each is an error that says what would be right.

use std::time::Duration;

use kakashi_std::config::LoggingConfig;
use kakashi_std::sinks::{self, Syslog};
use kakashi_std::{configure, flush, get_logger, info};
use kakashi_tests::harness::global_state::alone;

use crate::receivers::read_datagrams;

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
    for wrong in ["localhost:514", "tcp+tls://localhost:6514", "unix://log", "udp://localhost", ""] {
        let error = sinks::syslog(wrong).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.contains(wrong.trim_start_matches("udp://")) && text.contains("514"), "{text}");
    }
    let tls = sinks::syslog("tls://localhost:6514");
    if cfg!(feature = "tls") {
        assert!(tls.is_ok());
    } else {
        let text = tls.unwrap_err().to_string();
        assert!(text.contains("tls://localhost:6514") && text.contains("\"syslog-tls\""), "{text}");
    }
}

#[test]
fn a_file_of_settings_names_a_receiver_and_what_messages_say() {
    let _alone = alone();
    let (port, arrived) = read_datagrams(0);
    let text = format!(
        r#"
        [[destinations]]
        syslog = {{ receiver = "udp://127.0.0.1:{port}", facility = "local7", app_name = "app", host_name = "host", structured_data_id = "kakashi@32473", rfc = 5424, max_message_bytes = 480, connect_timeout_millis = 100, write_timeout_millis = 100 }}
        "#
    );
    configure().reset().apply();
    LoggingConfig::from_toml(&text).unwrap().configure().unwrap().apply();
    info!(get_logger("sender"), "{text}", text = "x".repeat(1000));
    assert!(flush().is_complete());
    assert!(kakashi_tests::harness::wait::eventually(|| arrived.len() == 1));
    let message = arrived.all().remove(0);
    assert_eq!((message.priority, &*message.app, &*message.host), (23 * 8 + 6, "app", "host"));
    assert!(message.text.ends_with('…') && message.param("left_out") == Some("1"));
    configure().reset().apply();
}

#[test]
fn a_file_of_settings_may_put_a_disk_buffer_before_a_receiver() {
    let _alone = alone();
    let folder = kakashi_tests::harness::process::TestFolder::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
    let text = format!(
        r#"
        [[destinations]]
        name = "buffered"
        [destinations.syslog]
        receiver = "tcp://127.0.0.1:{port}"
        disk_buffer = {{ path = "{}", max_bytes = 65536, max_file_bytes = 4096, remove_oldest_when_full = true, sync = true }}
        "#,
        folder.file("buffer").display()
    );
    configure().reset().apply();
    LoggingConfig::from_toml(&text).unwrap().configure().unwrap().apply();
    info!(get_logger("sender"), "Stored", n = 1);
    assert!(flush().is_complete(), "it lies on the disk");
    let stats = kakashi_std::stats_by_destination();
    let buffered = stats.iter().find(|stats| &*stats.name == "buffered").unwrap();
    assert_eq!((buffered.on_disk, buffered.written), (1, 0), "{buffered}");
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let (mut connection, _) = listener.accept().unwrap();
    let mut message = [0; 16];
    std::io::Read::read_exact(&mut connection, &mut message).unwrap();
    assert!(message.ends_with(b" ") || message.contains(&b'<'), "{message:?}");
    let is_sent = || {
        let stats = kakashi_std::stats_by_destination();
        stats.iter().any(|stats| &*stats.name == "buffered" && (stats.on_disk, stats.written) == (0, 1))
    };
    assert!(kakashi_tests::harness::wait::eventually(is_sent));
    configure().reset().apply();
}
