//! TCP, and local sockets that are streams.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::Syslog;
use kakashi_std::{DropReason, configure, flush, flush_timeout, get_async_logger, get_logger, info, warning};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, run};
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};

use crate::parsed::ParsedMessage;
use crate::receivers::{Arrived, TcpReceiver, dead_port, listen, read_frame};
use crate::{assert_written, log_many, receiver_stats, send_to};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

#[test]
fn each_record_of_many_threads_arrives_once_and_in_order() {
    let _alone = alone();
    let receiver = TcpReceiver::at(0, &Arrived::default());
    send_to(Syslog::tcp(receiver.address()));
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
fn a_receiver_that_starts_late_gets_everything() {
    let _alone = alone();
    let port = dead_port();
    send_to(Syslog::tcp(format!("127.0.0.1:{port}")));
    in_time(|| log_many(0, 0..1000));
    assert!(!flush_timeout(Duration::from_millis(100)).is_complete());
    assert_eq!((receiver_stats().written, receiver_stats().waiting), (0, 1000));
    let receiver = TcpReceiver::at(port, &Arrived::default());
    assert!(eventually(|| flush().is_complete()));
    receiver.arrived.assert_each_once_in_order(1, 1000);
    assert_written(1000);
    receiver.stop();
}

#[test]
fn a_receiver_that_starts_again_between_records_gets_each_once() {
    let _alone = alone();
    let arrived = Arrived::default();
    let mut receiver = TcpReceiver::at(0, &arrived);
    let port = receiver.port;
    send_to(Syslog::tcp(receiver.address()));
    for step in 1..=4 {
        log_many(0, (step - 1) * 100..step * 100);
        assert!(eventually(|| flush().is_complete()));
        arrived.assert_each_once_in_order(1, step * 100);
        receiver.stop();
        receiver = TcpReceiver::at(port, &arrived);
    }
    receiver.stop();
    assert_written(400);
}

#[test]
fn a_dead_receiver_holds_up_no_caller_and_everything_is_accounted() {
    let _alone = alone();
    let port = dead_port();
    send_to(Syslog::tcp(format!("127.0.0.1:{port}")));
    configure().backlog_bytes(64 << 10).stall_timeout(Duration::ZERO).apply();
    let logged = in_time(|| {
        log_many(0, 0..20_000);
        warning!(get_logger("sender"), "Kept", thread = 1, n = 0);
        20_001
    });
    let _ = flush_timeout(Duration::from_millis(50));
    let stats = receiver_stats();
    assert_eq!(stats.written + stats.waiting + stats.dropped.total(), logged, "{stats}");
    assert_eq!((stats.written, stats.dropped.of_reason(DropReason::SinkFailed)), (0, stats.dropped.total()));
    let receiver = TcpReceiver::at(port, &Arrived::default());
    assert!(eventually(|| flush().is_complete()));
    let stats = receiver_stats();
    assert_eq!((stats.written + stats.dropped.total(), stats.waiting), (logged, 0));
    assert!(eventually(|| receiver.arrived.numbers().len() == stats.written));
    let numbers = receiver.arrived.numbers();
    assert!(numbers.contains(&(1, 0)), "WARNING is kept");
    assert!(numbers.iter().filter(|(thread, _)| *thread == 0).is_sorted());
    receiver.stop();
}

#[test]
fn a_receiver_that_does_not_read_holds_up_no_caller_and_gets_whole_messages_later() {
    let _alone = alone();
    let receiver = TcpReceiver::at(0, &Arrived::default());
    send_to(Syslog::tcp(receiver.address()).max_message_bytes(200_000));
    configure().backlog_bytes(256 << 10).stall_timeout(Duration::ZERO).apply();
    let held = receiver.gate.shut_until_dropped();
    let logged = in_time(|| {
        let (logger, large) = (get_logger("sender"), "x".repeat(100_000));
        for n in 0..200 {
            info!(logger, "Large", thread = 0, n, large = &*large);
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
    let of_ours = |numbers: &[(u64, u64)]| numbers.iter().map(|(_, n)| *n).collect::<Vec<_>>();
    // A message that was begun is sent to its end, if its record is dropped meanwhile too.
    assert!(eventually(|| receiver.arrived.numbers().len() >= stats.written));
    let numbers = of_ours(&receiver.arrived.numbers());
    assert!((stats.written..=stats.written + 1).contains(&numbers.len()), "{numbers:?}");
    assert!(numbers.is_sorted_by(|a, b| a < b), "each once, in order: {numbers:?}");
    assert!(numbers.ends_with(&(200..300).collect::<Vec<_>>()));
    receiver.stop();
}

#[test]
fn a_message_within_which_the_receiver_closed_comes_again_whole() {
    let _alone = alone();
    let listener = listen(0);
    let port = listener.local_addr().unwrap().port();
    send_to(Syslog::tcp(format!("127.0.0.1:{port}")));
    configure().backlog_bytes(64 << 20).apply();
    // It reads five messages and a half, and closes with the rest unread.
    let first = thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let read = |stream: &mut BufReader<_>| ParsedMessage::read(&read_frame(stream).unwrap().unwrap());
        let numbers: Vec<_> = (0..5).map(|_| read(&mut stream).unwrap().number().unwrap()).collect();
        stream.read_exact(&mut [0; 30]).unwrap();
        numbers
    });
    let large = "x".repeat(4000);
    let logger = get_logger("sender");
    let log_large = |n: u64| info!(logger, "Large", thread = 0, n, large = &*large);
    (0..2000).for_each(log_large);
    assert!(first.join().unwrap().into_iter().eq((0..5).map(|n| (0, n))));
    let receiver = TcpReceiver::at(port, &Arrived::default());
    (2000..2100).for_each(log_large);
    assert!(eventually(|| flush().is_complete()));
    log_many(0, 2100..2200);
    assert!(eventually(|| flush().is_complete()));
    assert!(eventually(|| receiver.arrived.numbers().last() == Some(&(0, 2199))));
    let numbers = receiver.arrived.numbers();
    // What lay in the first connection's buffers is lost, which nobody can know; the rest is whole.
    let gap = numbers.windows(2).find(|pair| pair[0].1 + 1 != pair[1].1);
    assert_eq!(gap, None, "in order, without a gap");
    assert_written(2200);
    receiver.stop();
}

#[test]
fn a_receiver_that_closes_each_connection_at_once_is_not_stormed() {
    let _alone = alone();
    let listener = listen(0);
    send_to(Syslog::tcp(listener.local_addr().unwrap().to_string()));
    let (count, counted) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            drop(stream);
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
    // 50, 100, 200, 400 ms and so on.
    assert!(counted.try_iter().count() <= 8);
    let stats = receiver_stats();
    assert_eq!((stats.written + stats.waiting) as u64 + stats.dropped.total() as u64, logged);
}

#[test]
fn a_connection_that_takes_nothing_for_too_long_is_given_up_for_another() {
    let _alone = alone();
    let listener = listen(0);
    let receiver = Syslog::tcp(listener.local_addr().unwrap().to_string()).max_message_bytes(1 << 20);
    send_to(receiver.write_timeout(Duration::from_millis(500)));
    configure().backlog_bytes(64 << 20).apply();
    // It reads nothing of the first connection, and all of the others, if there must be more.
    let reader = thread::spawn(move || {
        let stuck = listener.accept().unwrap().0;
        let mut numbers = Vec::new();
        while numbers.last() != Some(&29) {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
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
    let (stuck, numbers) = reader.join().unwrap();
    assert!(numbers.iter().copied().eq(numbers[0]..30), "{numbers:?}");
    // The first has all those before, and a part of one more.
    let mut stuck = BufReader::new(stuck);
    let of_first = std::iter::from_fn(|| read_frame(&mut stuck).ok().flatten());
    assert!(of_first.map(|frame| ParsedMessage::read(&frame).unwrap().number().unwrap().1).eq(0..numbers[0]));
}

#[test]
fn a_local_stream_gets_a_line_for_each_record() {
    let _alone = alone();
    let folder = TestFolder::new();
    let path = folder.file("log");
    let listener = UnixListener::bind(&path).unwrap();
    send_to(Syslog::local_at(&path).rfc5424());
    let reader = thread::spawn(move || {
        let stream = BufReader::new(listener.accept().unwrap().0);
        let numbers = |line: std::io::Result<String>| {
            ParsedMessage::read(line.unwrap().as_bytes()).unwrap().number().unwrap().1
        };
        stream.lines().take(1000).map(numbers).collect::<Vec<_>>()
    });
    log_many(0, 0..1000);
    assert!(eventually(|| flush().is_complete()));
    assert!(reader.join().unwrap().into_iter().eq(0..1000));
    assert_written(1000);
}

#[test]
fn parent_and_child_of_a_fork_have_connections_of_their_own() {
    let _alone = alone();
    let listener = listen(0);
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let reader = thread::spawn(move || {
        let read = |stream| {
            let mut stream = BufReader::new(stream);
            let mut messages = Vec::new();
            while let Some(frame) = read_frame(&mut stream).expect("no frame is torn") {
                messages.push(ParsedMessage::read(&frame).unwrap());
            }
            messages
        };
        let connections: Vec<_> = (0..2).map(|_| listener.accept().unwrap().0).collect();
        let readers: Vec<_> =
            connections.into_iter().map(|stream| thread::spawn(move || read(stream))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    let ended = run(CHILD, ["syslog_fork", &address]);
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""));
    let connections = in_time(move || reader.join().unwrap());
    let mut ids = Vec::new();
    for (messages, (thread, count)) in connections.iter().zip([(0, 1200), (1, 500)]) {
        let numbers = messages.iter().map(|message| message.number().unwrap());
        assert!(numbers.eq((0..count).map(|n| (thread, n))), "of {thread}");
        ids.extend(messages.first().map(|message| message.process.clone()));
        assert!(messages.iter().all(|message| message.process == ids[ids.len() - 1]));
    }
    assert_ne!(ids[0], ids[1], "each has its own process's id");
}
