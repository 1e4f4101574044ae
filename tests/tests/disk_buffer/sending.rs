//! What is stored when, and in which order it is sent.

use std::time::{Duration, Instant};

use kakashi_std::sinks::DiskBuffer;
use kakashi_std::{DropReason, Durability, NotKept, configure, error, flush, get_logger, try_audit};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::eventually;

use super::receiver::{FakeReceiver, Mood};
use super::{NAME, close, files, log_numbers, receiver_stats, send_to, waits_on_disk};

#[test]
fn while_the_receiver_takes_records_nothing_is_written_to_the_disk() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Takes);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    let lock = files(&folder.file("buffer"), ".lock");
    let before = std::fs::metadata(&lock[0]).unwrap().modified().unwrap();
    log_numbers(0..1000);
    assert!(flush().is_complete());
    assert_eq!(receiver.numbers(), (0..1000).collect::<Vec<_>>());
    assert!(waits_on_disk(&folder).is_empty());
    assert_eq!(std::fs::metadata(&lock[0]).unwrap().modified().unwrap(), before);
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.waiting, stats.on_disk, stats.failures), (1000, 0, 0, 0), "{stats}");
    close(&folder.file("buffer"));
}

#[test]
fn what_a_dead_receiver_misses_is_sent_in_order_when_it_is_back_before_what_comes_then() {
    let _alone = alone();
    for mood in [Mood::Takes, Mood::TakesFew(7)] {
        let folder = TestFolder::new();
        let receiver = FakeReceiver::new(Mood::Dead);
        send_to(&receiver, DiskBuffer::new(folder.file("buffer")).max_file_bytes(2048));
        log_numbers(0..1000);
        assert!(flush().is_complete(), "all of it lies on the disk");
        let stats = receiver_stats();
        assert_eq!((stats.written, stats.waiting, stats.on_disk), (0, 1000, 1000), "{stats}");
        assert!(waits_on_disk(&folder).len() > 3, "more than a file");
        assert!(receiver.calls() < 30, "with pauses");
        receiver.set(mood);
        log_numbers(1000..2000);
        assert!(flush().is_complete());
        assert!(eventually(|| receiver.count() == 2000));
        assert_eq!(receiver.numbers(), (0..2000).collect::<Vec<_>>());
        assert!(eventually(|| waits_on_disk(&folder).is_empty()), "what was sent is removed");
        assert!(eventually(|| receiver_stats().waiting == 0));
        let stats = receiver_stats();
        assert_eq!((stats.written, stats.on_disk, stats.dropped.total()), (2000, 0, 0), "{stats}");
        close(&folder.file("buffer"));
    }
}

#[test]
fn a_receiver_that_dies_and_comes_back_again_and_again_gets_each_record_once_in_order() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Takes);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")).max_file_bytes(4096));
    let moods = [Mood::Dead, Mood::TakesFew(3), Mood::Busy, Mood::Takes, Mood::Panics, Mood::TakesFew(50)];
    for round in 0..30 {
        receiver.set(moods[round as usize % moods.len()]);
        log_numbers(100 * round..100 * (round + 1));
        if round % 2 == 0 {
            flush();
        }
    }
    receiver.set(Mood::Takes);
    assert!(flush().is_complete());
    assert!(eventually(|| receiver.count() == 3000));
    assert_eq!(receiver.numbers(), (0..3000).collect::<Vec<_>>());
    assert!(eventually(|| receiver_stats().waiting == 0));
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.dropped.total()), (3000, 0), "{stats}");
    close(&folder.file("buffer"));
}

#[test]
fn a_receiver_that_does_not_answer_holds_up_nobody_and_its_late_answer_counts() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Takes);
    receiver.gate.close();
    let buffer = DiskBuffer::new(folder.file("buffer"));
    send_to(
        &receiver,
        buffer.answer_timeout(Duration::from_millis(20)).drain_timeout(Duration::from_millis(20)),
    );
    log_numbers(0..500);
    error!(get_logger("sender"), "Counted", n = 500);
    assert!(flush().is_complete());
    assert_eq!(receiver_stats().on_disk, 501);
    receiver.gate.wait_for_visits(1);
    receiver.gate.open();
    assert!(eventually(|| receiver_stats().waiting == 0));
    assert_eq!(receiver.numbers(), (0..=500).collect::<Vec<_>>(), "none twice");
    close(&folder.file("buffer"));
}

#[test]
fn flush_waits_while_the_receiver_takes_what_lies_on_the_disk() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    let hour = Duration::from_secs(3600);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")).drain_timeout(hour));
    log_numbers(0..500);
    let start = Instant::now();
    assert!(flush().is_complete(), "it does not wait for a dead one");
    assert!(start.elapsed() < hour / 2);
    receiver.set(Mood::Takes);
    assert!(eventually(|| receiver.count() > 0));
    log_numbers(500..600);
    assert!(flush().is_complete());
    assert_eq!(receiver.count(), 600);
    close(&folder.file("buffer"));
}

#[test]
fn what_the_receiver_refuses_of_the_disk_is_counted_as_rejected_and_announced() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    log_numbers(1..101);
    assert!(flush().is_complete());
    receiver.set(Mood::Refuses(4));
    assert!(eventually(|| receiver_stats().waiting == 0));
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.dropped.of_reason(DropReason::Rejected)), (75, 25), "{stats}");
    assert!(flush().is_complete());
    assert!(eventually(|| receiver.announced() == 25), "{}", receiver.announced());
    close(&folder.file("buffer"));
}

#[test]
fn another_receiver_for_the_directory_goes_on_with_what_lies_there() {
    let _alone = alone();
    let folder = TestFolder::new();
    let (first, second) = (FakeReceiver::new(Mood::Dead), FakeReceiver::new(Mood::Takes));
    send_to(&first, DiskBuffer::new(folder.file("buffer")));
    log_numbers(0..100);
    assert!(flush().is_complete());
    // As when settings are read again.
    send_to(&second, DiskBuffer::new(folder.file("buffer")));
    log_numbers(100..200);
    assert!(eventually(|| second.count() == 200));
    assert_eq!(second.numbers(), (0..200).collect::<Vec<_>>());
    assert_eq!(first.count(), 0);
    close(&folder.file("buffer"));
}

#[test]
fn a_buffer_that_is_opened_again_sends_what_was_left_and_counts_it_as_found() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")).max_file_bytes(1024));
    log_numbers(0..100);
    assert!(flush().is_complete());
    close(&folder.file("buffer"));
    assert!(!waits_on_disk(&folder).is_empty());
    let receiver = FakeReceiver::new(Mood::Takes);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    log_numbers(100..150);
    assert!(flush().is_complete());
    assert!(eventually(|| receiver.count() == 150));
    assert_eq!(receiver.numbers(), (0..150).collect::<Vec<_>>());
    assert!(eventually(|| receiver_stats().waiting == 0));
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.found, stats.dropped.total()), (150, 100, 0), "{stats}");
    close(&folder.file("buffer"));
    assert!(files(&folder.file("buffer"), "").is_empty(), "nothing is left, no lock either");
}

#[test]
fn a_buffer_that_syncs_keeps_what_must_outlast_a_loss_of_power() {
    let _alone = alone();
    for syncs in [true, false] {
        let folder = TestFolder::new();
        let receiver = FakeReceiver::new(Mood::Dead);
        let buffer = DiskBuffer::new(folder.file("buffer"));
        let buffer = if syncs { buffer.sync() } else { buffer };
        let destination = buffer.destination(receiver.clone()).unwrap().named(NAME);
        configure().reset().destination(destination.durability(Durability::Synced)).apply();
        let kept = try_audit("delete", "account", &[]);
        let not_synced = NotKept::NotSynced { destination: NAME.into() };
        assert_eq!(kept, if syncs { Ok(()) } else { Err(not_synced) });
        receiver.set(Mood::Takes);
        close(&folder.file("buffer"));
    }
}
