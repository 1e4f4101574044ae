//! TLS: certificates of one's own, and receivers whose certificate is wrong.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use kakashi_std::flush_timeout;
use kakashi_std::sinks::Otlp;
use kakashi_tests::harness::certificates::TestCa;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, start_command};
use kakashi_tests::harness::wait::eventually;
use rustls::ServerConfig;

use super::receiver::Receiver;
use super::{assert_all_in_order, flush_all, log_numbers, send, settled, stats_of};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
const HERE: &str = "DNS:localhost,IP:127.0.0.1";

fn to(receiver: &Receiver) -> Otlp {
    Otlp::new(&receiver.url()).expect("a URL")
}

/// Has a program send what nobody takes; returns what it prints.
fn printed(server: Arc<ServerConfig>, variables: &[(&str, &str)]) -> (String, usize) {
    let receiver = Receiver::by_tls(server);
    let mut command = Command::new(CHILD);
    command.args(["otlp_return", &receiver.url()]).envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = {
        // A child has a copy of other tests' sockets until it executes.
        let _alone = alone();
        start_command(command)
    };
    let ended = child.ends();
    (ended.stderr, receiver.numbers().len())
}

#[test]
fn a_receiver_with_a_certificate_of_a_ca_that_was_given_gets_everything() {
    let _alone = alone();
    let ca = TestCa::new();
    let client = ca.issue("DNS:client");
    for clients_of in [None, Some(&ca)] {
        let receiver = Receiver::by_tls(ca.issue(HERE).server(clients_of));
        let otlp = to(&receiver).ca_certificate(ca.file());
        send(match clients_of {
            None => otlp,
            Some(_) => otlp.client_certificate(&client.certificate, &client.key),
        });
        log_numbers(0..1000);
        flush_all();
        assert_all_in_order(&receiver, 1000);
        assert_eq!(settled(&receiver), (1000, 0));
    }
}

#[test]
fn the_standard_variables_name_certificates() {
    let ca = TestCa::new();
    let client = ca.issue("DNS:client");
    let [ca_file, certificate, key] =
        [&ca.file(), &client.certificate, &client.key].map(|path| path.display().to_string());
    let variables = [
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", &*ca_file),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/not/this/one"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &*certificate),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &*key),
    ];
    assert_eq!(printed(ca.issue(HERE).server(Some(&ca)), &variables), (String::new(), 1000));
}

#[test]
fn a_receiver_without_the_right_certificate_is_an_error_that_says_what_would_be_right() {
    let (ca, other_ca) = (TestCa::new(), TestCa::new());
    let (right, refused) = (ca.issue(HERE), other_ca.issue("DNS:client"));
    let ca_file = ca.file().display().to_string();
    let [certificate, key] = [&refused.certificate, &refused.key].map(|path| path.display().to_string());
    let with_ca = ("OTEL_EXPORTER_OTLP_CERTIFICATE", &*ca_file);
    let client = [
        with_ca,
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &*certificate),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &*key),
    ];
    let cases = [
        (
            right.server(None),
            &[][..],
            "comes from no CA that is trusted here: give that CA's by ca_certificate",
        ),
        (other_ca.issue(HERE).server(None), &[with_ca], "comes from no CA that is trusted here"),
        (ca.issue("DNS:logs.example.com").server(None), &[with_ca], "is for another name: connect by a name"),
        (ca.issue_expired(HERE).server(None), &[with_ca], "has expired: it needs a new one"),
        (right.server(Some(&ca)), &[with_ca], "it wants a certificate of the client"),
        (right.server(Some(&ca)), &client, "it does not accept the client's certificate"),
    ];
    // At once: each waits at its end for as long as it may.
    std::thread::scope(|scope| {
        for (server, variables, text) in cases {
            scope.spawn(move || {
                let (printed, taken) = printed(server, variables);
                assert!(printed.contains(text), "{printed}, not {text}");
                assert!(printed.contains("1000 records could not be written"), "{printed}");
                assert_eq!(taken, 0);
            });
        }
    });
}

#[test]
fn records_wait_until_the_certificate_is_right() {
    let _alone = alone();
    let ca = TestCa::new();
    let mut receiver = Receiver::by_tls(ca.issue_expired(HERE).server(None));
    send(to(&receiver).ca_certificate(ca.file()));
    log_numbers(0..100);
    assert!(eventually(|| stats_of(&receiver).failures > 0));
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
    assert_eq!((stats_of(&receiver).written, stats_of(&receiver).waiting), (0, 100));
    receiver.kill();
    receiver.shows(ca.issue(HERE).server(None));
    receiver.start_again();
    flush_all();
    assert_all_in_order(&receiver, 100);
    assert_eq!(settled(&receiver), (100, 0));
}

#[test]
fn a_file_that_is_no_certificate_is_refused_with_what_would_be_right() {
    let (ca, folder) = (TestCa::new(), TestFolder::new());
    let (one, other) = (ca.issue(HERE), ca.issue(HERE));
    let https = || Otlp::new("https://localhost:4318").expect("a URL");
    for (otlp, text) in [
        (https().ca_certificate(folder.file("none")), "none\" can't be read: "),
        (https().ca_certificate(&one.key), "has no certificate: give a PEM file"),
        (https().client_certificate(&one.certificate, &other.key), "does not belong to the certificate"),
    ] {
        let error = otlp.destination().expect_err("it is none").to_string();
        assert!(error.contains(text), "{error}, not {text}");
    }
}
