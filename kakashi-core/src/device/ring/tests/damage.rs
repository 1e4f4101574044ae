//! Memory that held something else, or did not last.

use proptest::prelude::*;

use super::model::{Op, World, ops, span, starts};
use super::*;

/// As much as a ring has, of all kinds.
pub(super) fn garbage(seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..152 + N).map(|_| next()).collect()
}

/// All bytes of a ring's memory, in their order.
pub(super) fn bytes_of<const N: usize>(ring: &Ring<N>) -> Vec<u8> {
    let mut bytes = Vec::new();
    ring.locked(|memory| {
        words(memory, |word| bytes.extend(word.get().to_le_bytes()));
        bytes.extend(memory.bytes.iter().map(Cell::get));
    });
    bytes
}

pub(super) fn set_bytes<const N: usize>(ring: &Ring<N>, bytes: &[u8]) {
    let (chunks, _) = bytes.as_chunks();
    let mut chunks = chunks.iter();
    ring.locked(|memory| {
        words(memory, |word| word.set(u32::from_le_bytes(*chunks.next().expect("enough bytes"))));
        for (cell, byte) in memory.bytes.iter().zip(chunks.as_slice().as_flattened()) {
            cell.set(*byte);
        }
    });
}

fn words<const N: usize>(memory: &Memory<N>, mut each: impl FnMut(&Cell<u32>)) {
    [&memory.magic, &memory.write, &memory.write_inverse, &memory.owner].into_iter().for_each(&mut each);
    for header in &memory.headers {
        header.words.iter().for_each(&mut each);
        each(&header.checksum);
    }
}

fn assert_known(known: &[(LogLevel, Vec<u8>)], taken: Option<Taken>) {
    if let Some(Taken::Record(level, body)) = taken {
        assert!(known.contains(&(level, body.clone())), "a record that nobody pushed: {level} {body:?}");
    }
}

#[test]
fn records_of_an_earlier_life_do_not_rise() {
    let ring = full_ring();
    ring.locked(|memory| memory.magic.set(0));
    assert_eq!(ring.open(), Recovered::default());
    ring.push(LogLevel::Info, &named(9), RingPolicy::DropNewest);
    // Now all of the memory is looked through.
    ring.locked(|memory| {
        memory.write.set(1);
        memory.write_inverse.set(1);
    });
    assert_eq!(ring.open().records, 1);
    assert_eq!(pop(&ring), Some(info(9)));
    assert!(matches!(drain(&ring)[..], [Taken::Damaged(_), ..]));
}

#[test]
fn zeroes_are_no_record_at_any_position() {
    for at in (0..if cfg!(miri) { 1 << 8 } else { 1 << 20 }).step_by(4).chain([u32::MAX - 3]) {
        assert!(Slot::parse(0, at).is_none());
    }
}

#[test]
fn neither_head_nor_sum_of_an_earlier_lap_is_taken() {
    let slot = Slot::new(LogLevel::Info, 48);
    for lap in 1..1000 {
        assert!(Slot::parse(slot.word(N as u32), (lap + 1) * N as u32).is_none());
    }
    // The same record at the same place, a lap apart.
    let (early, late) = (Ring::<N>::new(), World::new(3 * N as u32).ring);
    for ring in [&early, &late] {
        ring.push(LogLevel::Info, &named(0), RingPolicy::DropNewest);
    }
    let mut bytes = bytes_of(&late);
    bytes[152..156].copy_from_slice(&bytes_of(&early)[152..156]);
    set_bytes(&late, &bytes);
    assert_eq!(pop(&late), Some(Taken::Damaged(56)));
}

#[test]
fn a_lost_header_is_told() {
    let ring = full_ring();
    ring.locked(|memory| memory.headers.iter().for_each(|header| header.checksum.set(0)));
    assert_eq!(ring.open(), Recovered { records: 0, damaged_bytes: N as u32 });
    assert_eq!(drain(&ring), [Taken::Damaged(N as u32)]);
    assert_eq!(ring.open(), Recovered::default());
}

#[test]
fn a_ring_of_another_size_is_emptied() {
    let (ring, other) = (full_ring(), Ring::<{ 2 * N }>::new());
    set_bytes(&other, &[bytes_of(&ring), vec![0; N]].concat());
    assert_eq!(other.open(), Recovered::default());
    assert_eq!(drain(&other), []);
}

proptest! {
    #[test]
    fn no_damage_brings_forth_a_wrong_record(
        start in starts(),
        ops in ops(40),
        flips in proptest::collection::vec((0..152 + N, 0..8u32), 1..20),
        headers_only in any::<bool>(),
        more in ops(20),
    ) {
        let world = World::new(start);
        for op in &ops {
            world.apply(op);
        }
        let ring = &world.ring;
        let mut bytes = bytes_of(ring);
        for (at, bit) in flips {
            bytes[if headers_only { at % 152 } else { at }] ^= 1 << bit;
        }
        set_bytes(ring, &bytes);
        // What was popped before may come again, from an older header.
        let mut known = world.pushed.take();
        let found = ring.open();
        for op in more {
            match op {
                Op::Push((level, len, policy)) => {
                    let body = world.body(len);
                    ring.push(level, &body, policy);
                    known.push((level, body));
                }
                Op::Pop(_) => assert_known(&known, pop(ring)),
                Op::Open => { ring.open(); }
            }
        }
        for taken in drain(ring) {
            assert_known(&known, Some(taken));
        }
        prop_assert!(ring.is_empty());
        prop_assert!(found.records <= 64);
    }

    #[test]
    fn damage_to_records_costs_them_and_is_told(
        ops in ops(40),
        flips in proptest::collection::vec((0..N, 0..8u32), 1..8),
    ) {
        let world = World::new(0);
        for op in &ops {
            world.apply(op);
        }
        let ring = &world.ring;
        let mut bytes = bytes_of(ring);
        for (at, bit) in flips {
            bytes[152 + at] ^= 1 << bit;
        }
        set_bytes(ring, &bytes);
        let found = ring.open();
        let records = world.model.borrow().records.clone();
        let mut should_be = records.iter().map(|(level, body)| Taken::Record(*level, body.clone()));
        let (mut kept, mut kept_bytes, mut damaged_bytes) = (0, 0, 0);
        for taken in drain(ring) {
            match taken {
                Taken::Record(level, ref body) => {
                    kept += 1;
                    kept_bytes += span(body.len()) as u32;
                    prop_assert!(should_be.any(|expected| expected == Taken::Record(level, body.clone())));
                }
                Taken::Damaged(bytes) => damaged_bytes += bytes,
                Taken::Dropped(_) => {}
            }
        }
        let all: usize = records.iter().map(|(_, body)| span(body.len())).sum();
        prop_assert_eq!(kept_bytes + damaged_bytes, all as u32, "every byte is a record's or is told");
        prop_assert_eq!(found, Recovered { records: kept, damaged_bytes });
        prop_assert_eq!(ring.dropped(), world.model.borrow().lost);
    }

    #[test]
    fn any_memory_opens_as_an_empty_ring(seed in any::<u64>(), zeroed in any::<bool>(), opens in any::<bool>()) {
        let bytes = if zeroed { vec![0; 152 + N] } else { garbage(seed) };
        let ring = Ring::<N>::new();
        set_bytes(&ring, &bytes);
        if opens {
            prop_assert_eq!(ring.open(), Recovered::default());
        }
        prop_assert_eq!(ring.dropped(), [0; 6]);
        prop_assert!(ring.push(LogLevel::Info, b"first", RingPolicy::DropNewest));
        prop_assert_eq!(drain(&ring), [Taken::Record(LogLevel::Info, b"first".to_vec())]);
    }
}
