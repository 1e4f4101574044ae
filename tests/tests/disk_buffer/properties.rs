//! Any bytes at all as a file of the buffer.

use std::fs;

use kakashi_std::sinks::DiskBuffer;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::eventually;
use kakashi_tests::oracle::block;
use proptest::prelude::*;

use super::receiver::{FakeReceiver, Mood};
use super::{close, log_numbers, receiver_stats, send_to, waits_on_disk};

/// A piece of a file.
#[derive(Clone, Debug)]
enum Piece {
    /// One of the blocks that were written.
    Whole(usize),
    /// The front of one, or one with a wrong byte.
    Cut(usize, usize),
    Wrong(usize, usize),
    Noise(Vec<u8>),
    /// A block whose checksum holds, with any items.
    Items(Vec<u8>),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        3 => any::<usize>().prop_map(Piece::Whole),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(block, at)| Piece::Cut(block, at)),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(block, at)| Piece::Wrong(block, at)),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Piece::Noise),
        1 => proptest::collection::vec(any::<u8>(), 0..60).prop_map(Piece::Items),
    ]
}

/// Blocks as a process leaves them, one a record.
fn blocks(folder: &TestFolder) -> Vec<Vec<u8>> {
    let receiver = FakeReceiver::new(Mood::Dead);
    send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
    for n in 0..8 {
        log_numbers(n..n + 1);
        assert!(kakashi_std::flush().is_complete());
    }
    close(&folder.file("buffer"));
    let paths = waits_on_disk(folder);
    let bytes: Vec<u8> = paths.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    paths.iter().for_each(|path| fs::remove_file(path).unwrap());
    let mut blocks = Vec::new();
    let mut rest = &bytes[..];
    while let Some(&[a, b, c, d]) = rest.get(6..10) {
        let (block, after) = rest.split_at(14 + u32::from_le_bytes([a, b, c, d]) as usize);
        blocks.push(block.to_vec());
        rest = after;
    }
    assert_eq!(blocks.len(), 8);
    blocks
}

#[test]
fn of_any_bytes_each_whole_block_is_sent_once_in_order() {
    let _alone = alone();
    let folder = TestFolder::new();
    let blocks = blocks(&folder);
    let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(pieces in proptest::collection::vec(piece(), 0..12))| {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Whole(at) => {
                    bytes.extend(&blocks[at % 8]);
                    expected.push((at % 8) as u64);
                }
                Piece::Cut(at, len) => {
                    let block = &blocks[at % 8];
                    bytes.extend(&block[..len % block.len()]);
                }
                Piece::Wrong(at, place) => {
                    let mut block = blocks[at % 8].clone();
                    let place = place % block.len();
                    block[place] ^= 0x55;
                    bytes.extend(block);
                }
                Piece::Noise(noise) => bytes.extend(noise),
                Piece::Items(items) => bytes.extend(block::of_items(&items)),
            }
        }
        fs::write(folder.file("buffer/0000000000001-1-1.000001.klog"), &bytes).unwrap();
        let receiver = FakeReceiver::new(Mood::Takes);
        send_to(&receiver, DiskBuffer::new(folder.file("buffer")));
        assert!(eventually(|| waits_on_disk(&folder).is_empty() && receiver_stats().waiting == 0));
        close(&folder.file("buffer"));
        prop_assert_eq!(receiver.numbers(), expected);
    });
}
