//! Finds the blocks of a stream that arrives in pieces.
//!
//! [`Reader`](kakashi_std::wire::Reader) finds them in a slice. On a piece of a stream
//! it would find a whole block inside one that has not arrived completely, and so show
//! as records bytes that a program had logged as a value. Here a block that has begun is
//! waited for, so that the size of the pieces makes no difference.

use kakashi_std::wire::{BLOCK_OVERHEAD, MAX_ITEMS_LEN, SYNC, VERSION};

/// Bytes before the items.
const HEAD: usize = 10;

/// How often each byte of a stream is checked on average while blocks are searched: as
/// often as the reader of slices does.
const MAX_CHECKS: u64 = 24;

/// What the bytes begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Front {
    /// A whole block of this length.
    Block(usize),
    /// This many bytes that are no part of a block.
    Damage(usize),
    /// Undecided until this many bytes are there.
    Undecided(usize),
}

/// Finds blocks, and counts its checks, so that hostile bytes cost bounded time.
#[derive(Debug, Default)]
pub(crate) struct BlockFinder {
    /// How many bytes were checked in vain.
    checked: u64,
    /// How many were decided.
    decided: u64,
}

impl BlockFinder {
    /// Tells what the bytes begin with; at the end of a stream nothing is undecided.
    pub(crate) fn front(&mut self, bytes: &[u8], at_end: bool) -> Front {
        let front = match find_sync(bytes, 0, at_end) {
            0 => self.candidate(bytes, at_end),
            damaged => Front::Damage(damaged),
        };
        if let Front::Block(len) | Front::Damage(len) = front {
            self.decided += len as u64;
        }
        front
    }

    /// Finds a whole block behind the one that has begun at the front.
    ///
    /// The block found may lie inside that one: this is for streams that lose bytes, where
    /// a damaged length must not hold up all later blocks.
    pub(crate) fn later(bytes: &[u8]) -> Option<usize> {
        let (mut blocks, mut at) = (Self::default(), 0);
        while at < bytes.len() {
            match blocks.front(&bytes[at..], true) {
                Front::Block(_) => return Some(at),
                Front::Damage(len) => at += len,
                Front::Undecided(_) => return None,
            }
        }
        None
    }

    /// Checks bytes that begin with a sync marker, or with the beginning of one.
    fn candidate(&mut self, bytes: &[u8], at_end: bool) -> Front {
        let wrong = || Front::Damage(find_sync(bytes, 1, at_end));
        let Some(head) = bytes.first_chunk::<HEAD>() else {
            return if at_end { wrong() } else { Front::Undecided(HEAD) };
        };
        let items = u32::from_le_bytes([head[6], head[7], head[8], head[9]]) as usize;
        if head[4] != VERSION || head[5] != 0 || items > MAX_ITEMS_LEN {
            return wrong();
        }
        let len = items + BLOCK_OVERHEAD;
        let Some(block) = bytes.get(..len) else {
            return if at_end { wrong() } else { Front::Undecided(len) };
        };
        if checksum_holds(block) {
            return Front::Block(len);
        }
        self.checked += len as u64;
        if self.checked / MAX_CHECKS > self.decided + len as u64 {
            // Heads nested in heads: made on purpose, not by damage.
            return Front::Damage(len);
        }
        wrong()
    }
}

/// Finds where the next block may begin, at `from` or after: at a sync marker,
/// or, if more may come, at the beginning of one; the end if there is none.
fn find_sync(bytes: &[u8], from: usize, at_end: bool) -> usize {
    let mut at = from.min(bytes.len());
    while let Some(found) = bytes[at..].iter().position(|&byte| byte == SYNC[0]) {
        at += found;
        let here = &bytes[at..];
        if here.starts_with(&SYNC) || (!at_end && SYNC.starts_with(here)) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

fn checksum_holds(block: &[u8]) -> bool {
    let (head, checksum) = block.split_at(block.len() - 4);
    crc32fast::hash(&head[4..]).to_le_bytes() == checksum
}

#[cfg(test)]
pub(crate) mod tests {
    use kakashi_core::Name;
    use kakashi_std::wire::{Item, Reader};
    use kakashi_std::{
        Bytes, Encoder as _, EncoderCache, LogLevel, LogRecord, Output, Timestamp, Wire, fields,
    };

    use super::*;

    /// Writes a block of one record whose field is these bytes.
    pub(crate) fn block(payload: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; payload.len() + 1024];
        let (mut out, mut cache) = (Output::new(&mut buffer), EncoderCache::new());
        let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), "Said");
        Wire.encode(&record.with_fields(fields![payload = Bytes(payload)]), &mut cache, &mut out);
        Wire.finish(&mut cache, &mut out);
        out.written().to_vec()
    }

    /// Finds all blocks and damage in bytes that arrive `piece` at a time.
    fn walk(bytes: &[u8], piece: usize) -> Vec<Front> {
        let (mut blocks, mut at, mut there) = (BlockFinder::default(), 0, piece.min(bytes.len()));
        let mut found = Vec::new();
        while at < bytes.len() {
            let at_end = there == bytes.len();
            match blocks.front(&bytes[at..there], at_end) {
                Front::Undecided(wanted) => {
                    assert!(!at_end && wanted > there - at, "{wanted} of {}", there - at);
                    there = (there + piece).min(bytes.len());
                    continue;
                }
                Front::Damage(len) => {
                    at += len;
                    if let Some(Front::Damage(before)) = found.last_mut() {
                        *before += len;
                    } else {
                        found.push(Front::Damage(len));
                    }
                }
                Front::Block(len) => {
                    at += len;
                    found.push(Front::Block(len));
                }
            }
        }
        found
    }

    #[test]
    fn pieces_of_any_size_make_no_difference() {
        let (inner, other) = (block(b"inner"), block(b"other"));
        let (outer, torn) = (block(&inner), block(&other));
        let long = [&SYNC[..], &[VERSION, 0, 0xff, 0xff, 0, 0], &other].concat();
        let stream = [
            &b"text \xf5\xf5kk"[..],
            &outer,
            &SYNC,
            &torn[..torn.len() / 2],
            &other,
            &outer[..20],
            &long,
            &SYNC[..3],
        ]
        .concat();
        let expected = [
            Front::Damage(9),
            Front::Block(outer.len()),
            Front::Damage(4 + torn.len() / 2),
            Front::Block(other.len()),
            Front::Damage(20 + 10),
            Front::Block(other.len()),
            Front::Damage(3),
        ];
        for piece in 1..=stream.len() {
            assert_eq!(walk(&stream, piece), expected, "pieces of {piece}");
        }
    }

    #[test]
    fn a_whole_block_is_found_behind_one_that_is_not() {
        let (one, two) = (block(b"one"), block(b"two"));
        let half = &one[..one.len() / 2];
        assert_eq!(BlockFinder::later(&[half, &two, half].concat()), Some(half.len()));
        assert_eq!(BlockFinder::later(&[half, b"\xf5", &two, &one].concat()), Some(half.len() + 1));
        for bytes in [&b""[..], half, &[half, half].concat(), &two[1..]] {
            assert_eq!(BlockFinder::later(bytes), None);
        }
    }

    #[test]
    fn it_finds_the_same_blocks_as_the_reader_of_slices() {
        let (one, two) = (block(b"one"), block(&block(b"two")));
        let whole = [b"before".as_slice(), &one, &two, &one[..one.len() - 1], &two, &one].concat();
        for at in 0..whole.len() {
            let mut stream = whole.clone();
            stream[at] ^= 0x40;
            let blocks = walk(&stream, 64);
            let records = Reader::new(&stream).filter(|item| matches!(item, Item::Record(_))).count();
            assert_eq!(
                blocks.iter().filter(|front| matches!(front, Front::Block(_))).count(),
                records,
                "{at}"
            );
        }
    }

    #[test]
    fn markers_in_markers_cost_a_bounded_number_of_checks() {
        // Every ten bytes a block seems to begin that goes on to the end.
        let count = 30_000_u32;
        let mut stream = Vec::new();
        for at in 0..count {
            let left = (count - at) * 10 - 14;
            stream.extend_from_slice(&[&SYNC[..], &[VERSION, 0], &left.to_le_bytes()].concat());
            if left < 10 {
                break;
            }
        }
        assert_eq!(walk(&stream, stream.len()), [Front::Damage(stream.len())]);
    }

    #[test]
    fn a_whole_block_between_two_markers_does_not_start_the_count_again() {
        // Every second block seems to go on to the end.
        let (count, small) = (20_000_usize, [&SYNC[..], &[VERSION, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat());
        let mut small = small;
        let checksum = crc32fast::hash(&small[4..10]);
        small[10..].copy_from_slice(&checksum.to_le_bytes());
        let mut stream = Vec::new();
        for at in 0..count {
            let left = ((count - at) * 24 - 14) as u32;
            stream.extend_from_slice(&[&SYNC[..], &[VERSION, 0], &left.to_le_bytes(), &small].concat());
        }
        let (mut finder, mut at) = (BlockFinder::default(), 0);
        while at < stream.len() {
            match finder.front(&stream[at..], true) {
                Front::Block(len) | Front::Damage(len) => at += len,
                Front::Undecided(_) => panic!("it has ended"),
            }
        }
        assert!(finder.checked <= (MAX_CHECKS + 2) * stream.len() as u64, "{} bytes", finder.checked);
        let items = Reader::new(&stream).count();
        assert!(items > 0);
    }
}
