//! A buffer that has no more room.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use kakashi_std::sinks::DiskBuffer;
use kakashi_std::{DropReason, configure, flush_timeout};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{TestFolder, spawn};
use kakashi_tests::harness::wait::eventually;

use super::receiver::{FakeReceiver, Mood};
use super::{close, log_numbers, receiver_stats, send_to, waits_on_disk};

fn bytes_on_disk(folder: &TestFolder) -> u64 {
    waits_on_disk(folder).iter().map(|path| fs::metadata(path).unwrap().len()).sum()
}

#[test]
fn a_full_buffer_keeps_what_lies_there_and_what_comes_waits_in_memory_or_is_counted() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")).max_bytes(16 << 10).max_file_bytes(4 << 10));
    configure().backlog_bytes(32 << 10).apply();
    log_numbers(0..20_000);
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete(), "not all of it is safe");
    assert!(bytes_on_disk(&folder) <= 16 << 10);
    let stats = receiver_stats();
    let dropped = stats.dropped.of_reason(DropReason::SinkFailed);
    assert_eq!((stats.written, stats.waiting + dropped), (0, 20_000), "{stats}");
    assert!(stats.on_disk > 100 && stats.waiting > stats.on_disk && dropped > 0, "{stats}");
    receiver.set(Mood::Takes);
    assert!(eventually(|| receiver_stats().waiting == 0));
    assert!(eventually(|| receiver.announced() as usize == dropped));
    assert!(receiver.numbers().is_sorted_by(|one, next| one < next));
    assert_eq!(receiver.count() + dropped, 20_000);
    assert_eq!(receiver.numbers()[..100], (0..100).collect::<Vec<_>>());
    configure().backlog_bytes(4 << 20).apply();
    close(&folder.file("buffer"));
}

#[test]
fn a_full_buffer_that_removes_the_oldest_counts_and_announces_what_goes() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    let buffer = DiskBuffer::new(folder.file("buffer")).max_bytes(16 << 10).max_file_bytes(4 << 10);
    send_to(&receiver, buffer.remove_oldest_when_full());
    log_numbers(0..20_000);
    assert!(kakashi_std::flush().is_complete(), "what was not removed lies there");
    assert!(bytes_on_disk(&folder) <= 16 << 10);
    let stats = receiver_stats();
    let dropped = stats.dropped.of_reason(DropReason::QueueFull);
    assert_eq!((stats.written, stats.on_disk + dropped), (0, 20_000), "{stats}");
    receiver.set(Mood::Takes);
    assert!(eventually(|| receiver_stats().waiting == 0));
    let all_announced = eventually(|| receiver.announced() as usize == dropped);
    assert!(all_announced, "{} of {dropped}", receiver.announced());
    let numbers = receiver.numbers();
    assert!(numbers.is_sorted_by(|one, next| one < next));
    assert_eq!((numbers.len(), numbers.last()), (20_000 - dropped, Some(&19_999)));
    close(&folder.file("buffer"));
}

/// Has a program log to a buffer on a disk of its own, of 64 KiB, while nobody listens, and then drain
/// it; `before` is done to the disk at first, where it is `$disk`. Returns what it printed, or none if no
/// disk can be mounted here.
fn log_to_small_disk(folder: &TestFolder, before: &str, records: u64) -> Option<String> {
    let disk = folder.file("disk");
    fs::create_dir(&disk).unwrap();
    std::os::unix::fs::symlink(disk.join("buffer"), folder.file("buffer")).unwrap();
    let script = format!(
        "disk={}; mount -t tmpfs -o size=64k none $disk && mkdir $disk/buffer && {before} && \
         echo 0 {records} 0 | {} disk_buffer_drain {}",
        disk.display(),
        env!("CARGO_BIN_EXE_child"),
        folder.file("").display()
    );
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script]).stdin(Stdio::null());
    let ended = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped())).wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    if stderr.contains("unshare failed") || stderr.contains("permission denied") {
        eprintln!("not tested: no disk can be mounted here: {stderr}");
        return None;
    }
    assert!(ended.status.success(), "{stderr}");
    assert!(stderr.contains("No space left on device"), "{stderr}");
    let received = fs::read_to_string(folder.file("received")).unwrap();
    let numbers: Vec<u64> = received.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(numbers, (0..records).collect::<Vec<_>>(), "{stderr}");
    Some(String::from_utf8(ended.stdout).unwrap())
}

#[test]
fn on_a_full_disk_records_wait_in_memory_and_none_is_torn_or_sent_twice() {
    let folder = TestFolder::new();
    let Some(printed) = log_to_small_disk(&folder, "true", 300) else { return };
    let safe = printed.lines().filter(|line| line.starts_with("safe ")).count();
    assert!(safe > 20 && safe < 300, "{safe}");
    assert_eq!(printed.lines().last(), Some("dropped 0"));
}

#[test]
fn a_program_starts_though_its_buffers_disk_is_full() {
    let folder = TestFolder::new();
    let fill = "! head -c 100000 /dev/zero > $disk/other 2> /dev/null";
    let Some(printed) = log_to_small_disk(&folder, fill, 100) else { return };
    assert_eq!(printed, "dropped 0\n");
}
