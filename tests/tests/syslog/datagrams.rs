//! UDP and local sockets of datagrams.

use std::fs;
use std::net::UdpSocket;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kakashi_std::sinks::Syslog;
use kakashi_std::{LogLevel, flush, flush_timeout, get_async_logger, get_logger, info};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};

use crate::receivers::{Arrived, read_datagrams, read_local_datagrams};
use crate::{assert_written, log_many, receiver_stats, send_to};

#[test]
fn each_record_of_many_threads_is_one_datagram_in_order() {
    let _alone = alone();
    let (port, arrived) = read_datagrams(0);
    send_to(Syslog::udp(format!("127.0.0.1:{port}")));
    // What a socket's buffer takes at a time: a datagram more would be lost.
    for step in 0..20 {
        on_threads(4, |thread| log_many(thread, step * 10..step * 10 + 10));
        assert!(flush().is_complete());
        assert!(eventually(|| arrived.len() as u64 == (step + 1) * 40));
    }
    arrived.assert_each_once_in_order(4, 200);
    assert_written(800);
    assert_eq!(receiver_stats().failures, 0);
}

#[test]
fn a_flush_returns_when_the_system_has_the_datagrams() {
    let _alone = alone();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    send_to(Syslog::udp(socket.local_addr().unwrap().to_string()));
    let async_logger = get_async_logger("sender");
    for n in 0..50 {
        info!(async_logger, "Counted", thread = 0, n);
        info!(get_logger("sender"), "Counted", thread = 1, n);
    }
    assert!(flush().is_complete());
    let arrived = std::iter::from_fn(|| socket.recv(&mut [0; 2048]).ok()).count();
    assert_eq!(arrived, 100);
}

#[cfg(target_os = "linux")]
#[test]
fn records_wait_for_a_port_at_which_nobody_listens_but_the_first_that_finds_out() {
    let _alone = alone();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    send_to(Syslog::udp(format!("127.0.0.1:{port}")));
    log_many(0, 0..1);
    assert!(flush().is_complete(), "the system has taken it");
    let logged = in_time(|| {
        log_many(1, 0..100);
        100
    });
    assert!(!flush_timeout(Duration::from_millis(100)).is_complete());
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.waiting, stats.dropped.total()), (1, logged, 0));
    let (_, arrived) = read_datagrams(port);
    assert!(eventually(|| flush().is_complete()));
    assert!(eventually(|| arrived.len() == logged));
    assert!(arrived.numbers().into_iter().eq((0..100).map(|n| (1, n))), "{:?}", arrived.numbers());
    assert_written(101);
}

#[test]
fn a_record_that_no_datagram_holds_is_cut_and_says_so() {
    let _alone = alone();
    let (port, arrived) = read_datagrams(0);
    send_to(Syslog::udp(format!("127.0.0.1:{port}")).max_message_bytes(2048));
    let logger = get_logger("sender");
    let large = "ä".repeat(200_000);
    info!(logger, "Large", thread = 0, n = 0, large = &*large);
    info!(logger, "{large}", thread = 0, n = 1, large = &*large);
    log_many(0, 2..3);
    assert!(flush().is_complete());
    arrived.assert_each_once_in_order(1, 3);
    let all = arrived.all();
    assert_eq!((all[0].param("left_out"), &*all[0].text), (Some("1"), "Large"));
    assert_eq!(all[1].param("left_out"), Some("1"));
    assert!(all[1].text.ends_with("ä…") && all[1].text.len() > 1500);
    assert_written(3);
}

#[test]
fn a_local_receiver_that_starts_again_gets_the_rest() {
    let _alone = alone();
    let (folder, arrived) = (TestFolder::new(), Arrived::default());
    let path = folder.file("log");
    send_to(Syslog::local_at(&path).rfc5424());
    log_many(0, 0..100);
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete(), "there is no receiver yet");
    for step in 1..=3 {
        let (stop, thread) = read_local_datagrams(&path, &arrived);
        log_many(0, step * 100..step * 100 + 50);
        assert!(eventually(|| flush().is_complete()));
        stop.store(true, Ordering::SeqCst);
        thread.join().unwrap();
        fs::remove_file(&path).unwrap();
        log_many(0, step * 100 + 50..step * 100 + 100);
        assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
        assert_eq!(receiver_stats().waiting, 50);
    }
    let (stop, thread) = read_local_datagrams(&path, &arrived);
    assert!(eventually(|| flush().is_complete()));
    arrived.assert_each_once_in_order(1, 400);
    assert_written(400);
    stop.store(true, Ordering::SeqCst);
    thread.join().unwrap();
}

#[test]
fn a_local_receiver_that_reads_nothing_holds_up_no_caller() {
    let _alone = alone();
    let (folder, arrived) = (TestFolder::new(), Arrived::default());
    let path = folder.file("log");
    let stuck = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    send_to(Syslog::local_at(&path).rfc5424());
    let logged = in_time(|| {
        log_many(0, 0..5000);
        5000
    });
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
    // What a call has sent is counted when it returns.
    assert!(eventually(|| receiver_stats().written > 0));
    let stats = receiver_stats();
    assert_eq!((stats.written + stats.waiting, stats.dropped.total()), (logged, 0));
    assert!(stats.waiting > 0 && stats.failures == 0, "not now is no failure: {stats}");
    // It starts again elsewhere; what it had in its socket is gone with it.
    drop(stuck);
    fs::remove_file(&path).unwrap();
    // Once a message has failed, all that its socket took are counted.
    assert!(eventually(|| receiver_stats().failures > 0));
    let lost = receiver_stats().written as u64;
    let (stop, thread) = read_local_datagrams(&path, &arrived);
    assert!(eventually(|| flush().is_complete()));
    assert!(eventually(|| arrived.len() as u64 >= 5000 - lost));
    let numbers = arrived.numbers();
    assert!(numbers.is_sorted() && numbers.last() == Some(&(0, 4999)), "in order, to the last");
    assert!(numbers.windows(2).all(|pair| pair[0].1 + 1 == pair[1].1), "without a gap");
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.waiting), (logged, 0));
    assert_eq!(stats.dropped.of_level(LogLevel::Info), 0);
    stop.store(true, Ordering::SeqCst);
    thread.join().unwrap();
}
