//! What may be wrong with the directory, and with files in it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kakashi_std::sinks::{DiskBuffer, DiskBufferError};
use kakashi_std::wire::{Item, Reader};
use kakashi_std::{Accepted, DropReason, RecordBatch, RecordSink, SinkError, Value, flush};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::eventually;

use super::receiver::{FakeReceiver, Mood};
use super::{close, files, log_numbers, receiver_stats, send_to, waits_on_disk};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Logs while nobody listens, and ends.
fn leave(folder: &TestFolder, numbers: std::ops::Range<u64>) {
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    log_numbers(numbers);
    assert!(flush().is_complete());
    close(&folder.file("buffer"));
}

/// Opens the directory before a receiver that takes everything, until nothing is left.
fn take_all(folder: &TestFolder) -> FakeReceiver {
    let receiver = FakeReceiver::new(Mood::Takes);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    assert!(eventually(|| waits_on_disk(folder).is_empty()));
    assert!(eventually(|| receiver_stats().waiting == 0));
    close(&folder.file("buffer"));
    receiver
}

#[test]
fn files_and_a_folder_that_is_made_are_their_owners_alone() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    log_numbers(0..10);
    assert!(flush().is_complete());
    assert_eq!(mode(&folder.file("buffer")), 0o700);
    for path in files(&folder.file("buffer"), "") {
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }
    close(&folder.file("buffer"));
}

#[test]
fn what_lies_there_is_whole_blocks_of_the_wire() {
    let _alone = alone();
    let folder = TestFolder::new();
    leave(&folder, 0..100);
    let mut read = 0;
    for path in waits_on_disk(&folder) {
        for item in Reader::new(&fs::read(path).unwrap()) {
            let Item::Record(record) = item else { panic!("{item:?}") };
            assert!(matches!(record.field("n"), Some(Value::U64(n)) if n == read), "{record:?}");
            read += 1;
        }
    }
    assert_eq!(read, 100);
}

#[test]
fn a_second_destination_in_the_directory_is_refused_with_what_would_be_right() {
    struct Another;
    impl RecordSink for Another {
        fn write(&mut self, _: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
            Ok(Accepted::ALL)
        }
    }
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Takes);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    std::os::unix::fs::symlink(folder.file("buffer"), folder.file("alias")).unwrap();
    let error = DiskBuffer::new(folder.file("alias")).open(Another).unwrap_err();
    assert!(matches!(error, DiskBufferError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("a directory of its own"), "{error}");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ResourceBusy);
    close(&folder.file("buffer"));
}

#[test]
fn a_directory_that_is_none_is_an_error_that_names_it() {
    let folder = TestFolder::new();
    fs::write(folder.file("buffer"), "a file").unwrap();
    let error = DiskBuffer::new(folder.file("buffer")).open(FakeReceiver::new(Mood::Takes)).unwrap_err();
    assert!(error.to_string().contains("buffer"), "{error}");
    assert_eq!(fs::read(folder.file("buffer")).unwrap(), b"a file");
}

#[test]
fn files_of_others_are_not_touched() {
    let _alone = alone();
    let folder = TestFolder::new();
    leave(&folder, 0..10);
    let others =
        ["shop.klog", "1-2-3.000001.klog", ".1-2-3.lock", "notes.txt", "0000000000001-1-1.000001.klog.bak"];
    for other in others {
        fs::write(folder.file("buffer").join(other), "theirs").unwrap();
    }
    fs::create_dir(folder.file("buffer/0000000000001-1-1.000001.klog")).unwrap();
    let receiver = FakeReceiver::new(Mood::Takes);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    assert!(eventually(|| receiver.count() == 10 && receiver_stats().waiting == 0));
    close(&folder.file("buffer"));
    for other in others {
        assert_eq!(fs::read(folder.file("buffer").join(other)).unwrap(), b"theirs", "{other}");
    }
}

#[test]
fn a_torn_end_costs_its_record_alone() {
    let _alone = alone();
    let folder = TestFolder::new();
    leave(&folder, 0..1000);
    let whole = waits_on_disk(&folder);
    let [path] = &whole[..] else { panic!("{whole:?}") };
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() - 7]).unwrap();
    let numbers = take_all(&folder).numbers();
    assert!(numbers.len() > 900 && numbers.len() < 1000, "{}", numbers.len());
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    assert!(files(&folder.file("buffer"), "").is_empty(), "it is not kept");
}

#[test]
fn damage_costs_the_blocks_it_hits_and_its_file_is_kept() {
    let _alone = alone();
    for damage in
        [&b"noise"[..], b"\xf5kk\xfa\x02\0\0\0\0\0later", b"\xf5kk\xfa\x01\0\xff\xff\xff\x0f", &[0; 4096]]
    {
        let folder = TestFolder::new();
        leave(&folder, 0..100);
        leave(&folder, 100..200);
        let whole = waits_on_disk(&folder);
        // One has damage before its blocks, another is nothing but damage.
        let bytes = fs::read(&whole[0]).unwrap();
        fs::write(&whole[0], [damage, &bytes].concat()).unwrap();
        let stranger = folder.file("buffer/0000000000001-1-1.000007.klog");
        fs::write(stranger, [damage, b"."].concat()).unwrap();
        assert_eq!(take_all(&folder).numbers(), (0..200).collect::<Vec<_>>());
        let kept = files(&folder.file("buffer"), ".unread");
        assert!(kept.len() == 2 || damage.starts_with(b"\xf5kk\xfa\x01"), "{kept:?}");
        assert_eq!(fs::read(kept.last().unwrap()).unwrap(), [damage, &bytes].concat());
    }
}

#[test]
fn a_directory_that_is_removed_is_made_again_and_what_lay_there_is_counted() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    log_numbers(0..100);
    assert!(flush().is_complete());
    fs::remove_dir_all(folder.file("buffer")).unwrap();
    log_numbers(100..200);
    assert!(flush().is_complete());
    receiver.set(Mood::Takes);
    assert!(eventually(|| receiver_stats().waiting == 0));
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.dropped.of_reason(DropReason::SinkFailed)), (100, 100), "{stats}");
    assert_eq!(receiver.numbers(), (100..200).collect::<Vec<_>>());
    close(&folder.file("buffer"));
}

#[test]
fn a_directory_that_takes_no_more_files_leaves_records_in_memory_until_it_does() {
    let _alone = alone();
    let folder = TestFolder::new();
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    // A file in its place: root may write to a directory that is read-only.
    fs::rename(folder.file("buffer"), folder.file("away")).unwrap();
    fs::write(folder.file("buffer"), "").unwrap();
    log_numbers(0..100);
    assert!(!kakashi_std::flush_timeout(std::time::Duration::from_millis(50)).is_complete());
    let stats = receiver_stats();
    assert_eq!((stats.waiting, stats.on_disk, stats.dropped.total()), (100, 0, 0), "{stats}");
    fs::remove_file(folder.file("buffer")).unwrap();
    fs::rename(folder.file("away"), folder.file("buffer")).unwrap();
    assert!(flush().is_complete());
    assert_eq!(receiver_stats().on_disk, 100);
    fs::set_permissions(folder.file("buffer"), Permissions::from_mode(0o700)).unwrap();
    receiver.set(Mood::Takes);
    assert!(eventually(|| receiver.count() == 100));
    assert_eq!(receiver.numbers(), (0..100).collect::<Vec<_>>());
    close(&folder.file("buffer"));
}
