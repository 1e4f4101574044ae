//! What holds of draining, whatever comes between its steps.

use std::rc::Rc;

use super::model::World;
use super::*;
use crate::clock::{FixedClock, Timestamp};
use crate::sink::Sink;
use crate::sink::batch::Batch;
use crate::sink::sink_error::{SinkError, SinkErrorKind};
use crate::wire::{Item, Reader};

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(5));
const LEVELS: [LogLevel; 3] = [LogLevel::Info, LogLevel::Warning, LogLevel::Debug];

/// A RECORD of words that begin with a number.
fn words(number: u32, more: usize) -> Vec<u8> {
    let text = format!("{number:06}{}", "x".repeat(more));
    let len = text.len();
    let head = if len < 0x80 { vec![len as u8] } else { vec![len as u8 | 0x80, (len >> 7) as u8] };
    // No flags, wall time 0, INFO.
    [&[0, 0, 20], &head[..], text.as_bytes()].concat()
}

/// Keeps blocks, fails as often as it is told to, and does something at each.
struct Kept<F: FnMut()> {
    stream: Vec<u8>,
    failures: Random,
    percent: u32,
    at_each: F,
}

impl<F: FnMut()> Kept<F> {
    fn new(at_each: F) -> Self {
        Self { stream: Vec::new(), failures: Random(1), percent: 0, at_each }
    }

    /// The numbers of the records, and what was announced of each level.
    fn taken(&self) -> (Vec<u32>, [u64; 6]) {
        let (mut numbers, mut dropped) = (Vec::new(), [0; 6]);
        for item in Reader::new(&self.stream) {
            match item {
                Item::Record(record) => numbers.push(record.rendered_message()[..6].parse().unwrap()),
                Item::Dropped(report) => {
                    dropped.iter_mut().zip(report.by_level).for_each(|(sum, count)| *sum += count);
                }
                other => panic!("{other:?}"),
            }
        }
        (numbers, dropped)
    }
}

impl<F: FnMut()> Sink for Kept<F> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        (self.at_each)();
        if self.failures.next() % 100 < self.percent {
            return Err(SinkError::new(SinkErrorKind::Retry));
        }
        self.stream.extend_from_slice(batch.bytes());
        Ok(())
    }
}

#[derive(Clone)]
struct Random(u64);

impl Random {
    fn of(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..5).for_each(|_| _ = random.next());
        random
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    fn push(&mut self, ring: &Ring<N>, number: u32) {
        let policy =
            if self.next().is_multiple_of(2) { RingPolicy::DropNewest } else { RingPolicy::DropOldest };
        let more = (self.next() % 60) as usize * if self.next().is_multiple_of(8) { 4 } else { 1 };
        ring.push(LEVELS[self.next() as usize % 3], &words(number, more), policy);
    }
}

/// Miri takes its time.
const RUNS: u64 = if cfg!(miri) { 3 } else { 1000 };

#[test]
fn a_sink_that_logs_ends_all_the_same() {
    let ring = Rc::new(Ring::<N>::new());
    ring.push(LogLevel::Info, &words(0, 0), RingPolicy::DropNewest);
    let shared = ring.clone();
    let mut sink = Kept::new(|| {
        shared.push(LogLevel::Info, &words(1, 0), RingPolicy::DropNewest);
    });
    assert_eq!(ring.drain(&CLOCK, &mut sink, &mut [0; 512]), Ok(1));
    assert_eq!(sink.taken().0, [0]);
    assert!(!ring.is_empty(), "what it logged is for the next time");
}

#[test]
fn a_record_too_large_for_the_room_is_announced_where_it_was() {
    let ring = Ring::<1024>::new();
    for (number, more) in [(0, 0), (1, 190), (2, 0)] {
        ring.push(LogLevel::Error, &words(number, more), RingPolicy::DropNewest);
    }
    let mut sink = Kept::new(|| ());
    assert_eq!(ring.drain(&CLOCK, &mut sink, &mut [0; 120]), Ok(2));
    let kinds: Vec<bool> = Reader::new(&sink.stream).map(|item| matches!(item, Item::Dropped(_))).collect();
    assert_eq!((sink.taken(), kinds), ((vec![0, 2], [0, 0, 0, 0, 1, 0]), vec![false, true, false]));
}

#[test]
fn interrupts_that_push_while_it_drains_cost_nothing_uncounted() {
    for seed in 0..RUNS {
        let mut random = Random::of(seed);
        let ring = Rc::new(World::new(if seed % 2 == 0 { u32::MAX - 1999 } else { 0 }).ring);
        let count = Rc::new(Cell::new(0));
        let number = {
            let count = count.clone();
            move || count.replace(count.get() + 1)
        };
        let mut sink = Kept::new(|| ());
        sink.percent = 20;
        for _ in 0..6 {
            (0..random.next() % 12).for_each(|_| random.push(&ring, number()));
            let (shared, number, mut pushes) = (ring.clone(), number.clone(), random.clone());
            let often = random.next() % 6;
            let handler = move || {
                if pushes.next() % 10 < often {
                    pushes.push(&shared, number());
                }
            };
            run_with_interrupts(handler, || {
                let _ = ring.drain(&CLOCK, &mut sink, &mut [0; 160]);
            });
        }
        sink.percent = 0;
        ring.drain(&CLOCK, &mut sink, &mut [0; 160]).unwrap();
        let (numbers, announced) = sink.taken();
        assert!(numbers.is_sorted_by(|one, next| one < next), "{seed}: {numbers:?}");
        assert_eq!(announced.map(|count| count as u32), ring.dropped(), "{seed}");
        // One that gave way while its block was on its way is both delivered and counted.
        let lost: u32 = ring.dropped().iter().sum();
        assert!(numbers.len() as u32 + lost >= count.get() && ring.is_empty(), "{seed}");
    }
}

#[test]
fn power_that_is_cut_while_it_drains_costs_nothing_uncounted() {
    for seed in 0..RUNS {
        let mut random = Random::of(seed);
        let ring = World::new(if seed % 2 == 0 { u32::MAX - 1999 } else { 0 }).ring;
        let (mut count, mut sink) = (0, Kept::new(|| ()));
        for _ in 0..4 {
            for _ in 0..random.next() % 14 {
                random.push(&ring, count);
                count += 1;
            }
            run_until_store(random.next() as usize % 120, || {
                let _ = ring.drain(&CLOCK, &mut sink, &mut [0; 160]);
            });
            ring.open();
        }
        ring.drain(&CLOCK, &mut sink, &mut [0; 160]).unwrap();
        let (mut numbers, _) = sink.taken();
        numbers.sort_unstable();
        numbers.dedup();
        let lost: u32 = ring.dropped().iter().sum();
        assert!(numbers.len() as u32 + lost >= count, "{seed}: {} and {lost} of {count}", numbers.len());
    }
}
