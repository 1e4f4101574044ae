//! TLS: what arrives over it, and receivers with a wrong certificate, none, or no TLS at all.

use std::fs;
use std::io::{BufReader, Read, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use kakashi_core::encode::RecordWire;
use kakashi_core::{
    Batch, DecodingSink, Encoder as _, EncoderCache, LogRecord, Name, Output, RecordEnd, Sink as _, Timestamp,
};
use kakashi_std::config::LoggingConfig;
use kakashi_std::sinks::Syslog;
use kakashi_std::{LogLevel, configure, flush, flush_timeout, get_async_logger, get_logger, info};
use kakashi_tests::harness::certificates::{IssuedCertificate, TestCa};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::parsed::ParsedMessage;
use crate::receivers::{Arrived, TcpReceiver, dead_port, listen, read_frame};
use crate::{assert_written, log_many, receiver_stats, send_to};

const HERE: &str = "DNS:localhost,IP:127.0.0.1";

fn by_tls(config: &Arc<ServerConfig>, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(config.clone()).expect("the settings make sense"), stream)
}

fn receiver_at(port: u16, arrived: &Arrived, config: Arc<ServerConfig>) -> TcpReceiver {
    TcpReceiver::reading(port, arrived, move |stream| Box::new(by_tls(&config, stream)))
}

/// Sends one record directly; returns what the sink says.
fn say_of_one_record(syslog: Syslog) -> String {
    let (mut room, mut cache) = ([0; 256], EncoderCache::new());
    let mut out = Output::new(&mut room);
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("sender"), "Counted");
    RecordWire.encode(&record, &mut cache, &mut out);
    RecordWire.finish(&mut cache, &mut out);
    let ends = [RecordEnd { end: out.position(), level: LogLevel::Info }];
    let mut sink = DecodingSink::new(syslog.open().expect("the settings make sense"));
    match sink.write(&Batch::new(out.written(), &ends)) {
        Ok(()) => "taken".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_record_of_many_threads_arrives_once_and_in_order() {
    let _alone = alone();
    let ca = TestCa::new();
    let receiver = receiver_at(0, &Arrived::default(), ca.issue(HERE).server(None));
    send_to(Syslog::tls(format!("localhost:{}", receiver.port)).ca_certificate(ca.file()));
    on_threads(4, |thread| log_many(thread, 0..2500));
    let async_logger = get_async_logger("sender");
    for n in 0..2500 {
        info!(async_logger, "Counted", thread = 4, n);
    }
    assert!(flush().is_complete());
    receiver.arrived.assert_each_once_in_order(5, 2500);
    assert_written(12_500);
    assert_eq!(receiver_stats().failures, 0);
    receiver.stop();
}

#[test]
fn a_connection_ends_with_close_notify_when_its_destination_does() {
    let _alone = alone();
    let ca = TestCa::new();
    let (listener, config) = (listen(0), ca.issue(HERE).server(None));
    let address = listener.local_addr().unwrap().to_string();
    let reader = thread::spawn(move || {
        let mut rest = Vec::new();
        by_tls(&config, listener.accept().unwrap().0).read_to_end(&mut rest).map(|_| rest.len())
    });
    send_to(Syslog::tls(address).ca_certificate(ca.file()));
    log_many(0, 0..10);
    assert!(eventually(|| flush().is_complete()));
    send_to(Syslog::udp("127.0.0.1:9"));
    // This thread lets go of it by its next record.
    log_many(0, 10..11);
    let read = in_time(|| reader.join().unwrap());
    assert!(read.expect("an end without close_notify is an error") > 100);
}

#[test]
fn a_receiver_that_starts_again_between_records_gets_each_once() {
    let _alone = alone();
    let (ca, arrived) = (TestCa::new(), Arrived::default());
    let config = ca.issue(HERE).server(None);
    let mut receiver = receiver_at(0, &arrived, config.clone());
    let port = receiver.port;
    send_to(Syslog::tls(receiver.address()).ca_certificate(ca.file()));
    for step in 1..=4 {
        log_many(0, (step - 1) * 100..step * 100);
        assert!(eventually(|| flush().is_complete()));
        arrived.assert_each_once_in_order(1, step * 100);
        receiver.stop();
        receiver = receiver_at(port, &arrived, config.clone());
    }
    receiver.stop();
    assert_written(400);
}

#[test]
fn a_receiver_that_does_not_read_holds_up_no_caller_and_gets_whole_messages_later() {
    let _alone = alone();
    let ca = TestCa::new();
    let receiver = receiver_at(0, &Arrived::default(), ca.issue(HERE).server(None));
    send_to(Syslog::tls(receiver.address()).ca_certificate(ca.file()).max_message_bytes(200_000));
    configure().backlog_bytes(256 << 10).stall_timeout(Duration::ZERO).apply();
    // Not before TLS is agreed on: that needs a receiver that reads.
    log_many(0, 0..1);
    assert!(eventually(|| flush().is_complete()));
    let held = receiver.gate.shut_until_dropped();
    let logged = in_time(|| {
        let (logger, large) = (get_logger("sender"), "x".repeat(100_000));
        for n in 1..200 {
            // Small ones too: several are encrypted at once.
            match n % 2 {
                0 => info!(logger, "Large", thread = 0, n, large = &*large),
                _ => info!(logger, "Small", thread = 0, n),
            }
        }
        200
    });
    let _ = flush_timeout(Duration::from_millis(50));
    let stats = receiver_stats();
    assert_eq!(stats.written + stats.waiting + stats.dropped.total(), logged, "{stats}");
    assert!(stats.dropped.total() > 0 && stats.failures == 0, "not now is no failure: {stats}");
    drop(held);
    assert!(eventually(|| flush().is_complete()));
    log_many(0, 200..300);
    assert!(eventually(|| flush().is_complete()));
    let stats = receiver_stats();
    assert_eq!((stats.written + stats.dropped.total(), stats.waiting), (logged + 100, 0));
    // What was encrypted is sent to its end, if its records are dropped meanwhile too.
    assert!(eventually(|| receiver.arrived.numbers().len() >= stats.written));
    let numbers: Vec<_> = receiver.arrived.numbers().iter().map(|(_, n)| *n).collect();
    assert!((stats.written..=stats.written + 40).contains(&numbers.len()), "{numbers:?}");
    assert!(numbers.is_sorted_by(|a, b| a < b), "each once, in order: {numbers:?}");
    assert!(numbers.ends_with(&(200..300).collect::<Vec<_>>()));
    receiver.stop();
}

#[test]
fn what_was_encrypted_and_not_taken_is_not_written_and_comes_again_on_the_next_connection() {
    let _alone = alone();
    let ca = TestCa::new();
    let (listener, config) = (listen(0), ca.issue(HERE).server(None));
    let receiver = Syslog::tls(listener.local_addr().unwrap().to_string()).ca_certificate(ca.file());
    send_to(receiver.max_message_bytes(1 << 20).write_timeout(Duration::from_millis(500)));
    configure().backlog_bytes(64 << 20).apply();
    // It agrees on TLS and reads nothing of the first connection, and all of the others.
    let reader = thread::spawn(move || {
        let mut stuck = by_tls(&config, listener.accept().unwrap().0);
        while stuck.conn.is_handshaking() {
            stuck.conn.complete_io(&mut stuck.sock).unwrap();
        }
        let mut numbers = Vec::new();
        while numbers.last() != Some(&29) {
            let mut stream = BufReader::new(by_tls(&config, listener.accept().unwrap().0));
            while let Ok(Some(frame)) = read_frame(&mut stream) {
                numbers.push(ParsedMessage::read(&frame).unwrap().number().unwrap().1);
            }
        }
        (stuck, numbers)
    });
    let (large, logger) = ("x".repeat(500_000), get_logger("sender"));
    for n in 0..30 {
        info!(logger, "Large", thread = 0, n, large = &*large);
    }
    assert!(eventually(|| flush().is_complete()));
    assert!(receiver_stats().failures >= 1);
    assert_written(30);
    // Closes the connection.
    send_to(Syslog::udp("127.0.0.1:9"));
    let (stuck, numbers) = in_time(|| reader.join().unwrap());
    assert!(numbers.iter().copied().eq(numbers[0]..30), "{numbers:?}");
    // The first has all those before, and a part of one more.
    let mut stuck = BufReader::new(stuck);
    let of_first = std::iter::from_fn(|| read_frame(&mut stuck).ok().flatten());
    assert!(of_first.map(|frame| ParsedMessage::read(&frame).unwrap().number().unwrap().1).eq(0..numbers[0]));
}

/// A receiver that shows a certificate, to as many connections as there are.
fn shows(certificate: &IssuedCertificate, ca_of_clients: Option<&TestCa>) -> TcpListener {
    let (listener, config) = (listen(0), certificate.server(ca_of_clients));
    let accepting = listener.try_clone().unwrap();
    thread::spawn(move || {
        for stream in accepting.incoming().map_while(Result::ok) {
            let _ = by_tls(&config, stream).read_to_end(&mut Vec::new());
        }
    });
    listener
}

/// A receiver that does something else with each connection.
fn does(what: impl Fn(TcpStream) + Send + 'static) -> TcpListener {
    let listener = listen(0);
    let accepting = listener.try_clone().unwrap();
    thread::spawn(move || accepting.incoming().map_while(Result::ok).for_each(what));
    listener
}

#[test]
fn a_receiver_without_the_right_certificate_or_tls_is_an_error_that_says_what_would_be_right() {
    let (ca, other_ca) = (TestCa::new(), TestCa::new());
    let hangs = Arc::new(std::sync::Mutex::new(Vec::new()));
    let right = ca.issue(HERE);
    let silent = {
        let hangs = hangs.clone();
        does(move |stream| hangs.lock().unwrap().push(stream))
    };
    let drips = does(|mut stream| {
        // A handshake message that never ends, a byte at a time.
        let _ = stream.write_all(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc");
        let pause = mpsc::channel::<()>().1;
        while stream.write_all(&[0]).is_ok() {
            let _ = pause.recv_timeout(Duration::from_millis(20));
        }
    });
    for (receiver, text) in [
        (
            shows(&other_ca.issue(HERE), None),
            "comes from no CA that is trusted here: give that CA's by ca_certificate",
        ),
        (shows(&ca.issue("DNS:logs.example.com"), None), "is for another name: connect by a name that the"),
        (shows(&ca.issue_expired(HERE), None), "has expired: it needs a new one"),
        (shows(&right, Some(&ca)), "it wants a certificate of the client: give one by client_certificate"),
        (
            does(|mut stream| drop(stream.write_all(b"220 hello\r\n"))),
            "what is no TLS: give a port at which TLS",
        ),
        (does(drop), "it closes the connection within TLS's handshake: give a port at which TLS is spoken"),
        (silent, "it does not answer in TLS by connect_timeout: give a port at which TLS is spoken"),
        (drips, ""),
    ] {
        let address = receiver.local_addr().unwrap().to_string();
        let syslog = Syslog::tls(address).ca_certificate(ca.file()).connect_timeout(Duration::from_secs(2));
        let said = in_time(move || say_of_one_record(syslog));
        assert!(said.contains(text) && said != "taken", "{said}, not {text}");
    }
    // A public CA's would be right where none is given.
    let receiver = shows(&right, None);
    let said = say_of_one_record(Syslog::tls(receiver.local_addr().unwrap().to_string()));
    assert!(said.contains("no CA that is trusted here"), "{said}");
}

#[test]
fn a_certificate_of_the_client_is_shown_to_whom_it_asks_and_one_that_is_refused_loses_nothing() {
    let _alone = alone();
    let (ca, other_ca) = (TestCa::new(), TestCa::new());
    let (right, wrong) = (ca.issue("DNS:client"), other_ca.issue("DNS:client"));
    let config = ca.issue("DNS:logs.example.com").server(Some(&ca));
    let refuses = shows(&ca.issue("DNS:logs.example.com"), Some(&ca));
    let with = |address: String, client: &IssuedCertificate| {
        let syslog = Syslog::tls(address).ca_certificate(ca.file()).server_name("logs.example.com");
        syslog.client_certificate(&client.certificate, &client.key)
    };
    let said = say_of_one_record(with(refuses.local_addr().unwrap().to_string(), &wrong));
    assert!(
        said.contains("it does not accept the client's certificate: give one by client_certificate"),
        "{said}"
    );
    let receiver = receiver_at(0, &Arrived::default(), config);
    send_to(with(receiver.address(), &right));
    log_many(0, 0..1000);
    assert!(eventually(|| flush().is_complete()));
    receiver.arrived.assert_each_once_in_order(1, 1000);
    assert_written(1000);
    receiver.stop();
}

#[test]
fn records_wait_for_a_receiver_until_its_certificate_is_right() {
    let _alone = alone();
    let (ca, port) = (TestCa::new(), dead_port());
    let expired = ca.issue_expired(HERE).server(None);
    send_to(Syslog::tls(format!("127.0.0.1:{port}")).ca_certificate(ca.file()));
    let listener = listen(port);
    let refused = thread::spawn(move || {
        let mut stream = by_tls(&expired, listener.accept().unwrap().0);
        stream.read(&mut [0])
    });
    in_time(|| log_many(0, 0..1000));
    assert!(eventually(|| receiver_stats().failures > 0));
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
    assert_eq!((receiver_stats().written, receiver_stats().waiting), (0, 1000));
    assert!(in_time(|| refused.join().unwrap()).is_err(), "nothing comes");
    let receiver = receiver_at(port, &Arrived::default(), ca.issue(HERE).server(None));
    assert!(eventually(|| flush().is_complete()));
    receiver.arrived.assert_each_once_in_order(1, 1000);
    assert_written(1000);
    receiver.stop();
}

#[test]
fn a_receiver_that_cuts_each_connection_off_at_once_is_not_stormed() {
    let _alone = alone();
    let ca = TestCa::new();
    let (listener, config) = (listen(0), ca.issue(HERE).server(None));
    send_to(Syslog::tls(listener.local_addr().unwrap().to_string()).ca_certificate(ca.file()));
    let (count, counted) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = by_tls(&config, stream.unwrap());
            let _ = stream.conn.complete_io(&mut stream.sock);
            let _ = stream.sock.shutdown(Shutdown::Both);
            if count.send(()).is_err() {
                return;
            }
        }
    });
    let began = std::time::Instant::now();
    let mut logged = 0;
    while began.elapsed() < Duration::from_millis(1500) {
        log_many(0, logged..logged + 1);
        logged += 1;
        let _ = flush_timeout(Duration::from_millis(5));
    }
    assert!(counted.try_iter().count() <= 8);
    let stats = receiver_stats();
    assert_eq!((stats.written + stats.waiting) as u64 + stats.dropped.total() as u64, logged);
}

#[test]
fn wrong_settings_of_tls_are_named_with_their_value_and_what_would_be_right() {
    let (ca, folder) = (TestCa::new(), TestFolder::new());
    let (one, other) = (ca.issue(HERE), ca.issue(HERE));
    let (none, garbage) = (folder.file("none"), folder.file("garbage"));
    fs::write(&garbage, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let tls = || Syslog::tls("localhost:6514");
    for (syslog, text) in [
        (tls().ca_certificate(&none), "none\" can't be read: "),
        (tls().ca_certificate(&one.key), "has no certificate: give a PEM file"),
        (tls().ca_certificate(&garbage), "garbage\" is none: "),
        (tls().client_certificate(&one.certificate, &none), "none\" can't be read: "),
        (tls().client_certificate(&one.certificate, &one.certificate), "has no key: "),
        (tls().client_certificate(&one.certificate, &other.key), "does not belong to the certificate"),
        (tls().server_name("no name"), "server_name is \"no name\": give a DNS name or an IP address"),
        (Syslog::tcp("localhost:601").ca_certificate(ca.file()), "use tls://host:6514 as the receiver"),
        (tls().max_message_bytes(100), "give a number from 480 to 16777216"),
        (Syslog::tls("localhost"), "the receiver \"localhost\" has no port"),
    ] {
        let error = syslog.open().unwrap_err().to_string();
        assert!(error.contains(text), "{error}, not {text}");
    }
}

#[test]
fn a_file_of_settings_names_a_receiver_and_its_certificates() {
    let _alone = alone();
    let ca = TestCa::new();
    let client = ca.issue("DNS:client");
    let config = ca.issue("DNS:logs.example.com").server(Some(&ca));
    let receiver = receiver_at(0, &Arrived::default(), config);
    let text = format!(
        r#"
        [[destinations]]
        name = "of a file"
        syslog = {{ receiver = "tls://127.0.0.1:{}", ca_certificate = {:?}, client_certificate = {:?}, client_key = {:?}, server_name = "logs.example.com" }}
        "#,
        receiver.port,
        ca.file(),
        client.certificate,
        client.key
    );
    configure().reset().apply();
    LoggingConfig::from_toml(&text).unwrap().configure().unwrap().apply();
    log_many(0, 0..10);
    assert!(eventually(|| flush().is_complete()));
    receiver.arrived.assert_each_once_in_order(1, 10);
    let error = LoggingConfig::from_toml(&text.replace("client_key", "#\n"));
    assert!(error.is_err());
    let without_key = format!(
        "[[destinations]]\nsyslog = {{ receiver = \"tls://localhost:6514\", client_certificate = {:?} }}",
        client.certificate
    );
    let error = LoggingConfig::from_toml(&without_key).unwrap().configure().unwrap_err().to_string();
    assert!(error.contains("has no key: give its file as well"), "{error}");
    configure().reset().apply();
    receiver.stop();
}
