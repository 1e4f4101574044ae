//! A process that dies between any two stores leaves whole records: each state in which the memory of a ring has
//! been is read as a recovery reads it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kakashi_core::wire::{RecordIds, put_record};
use kakashi_core::{
    LogContext, LogLevel, LogRecord, LoggerEntry, LoggerKind, Name, Output, Registry, Timestamp, fields,
};

use super::memory::MEMORY;
use super::record_ring::RecordRing;
use crate::blackbox::recovery::damage::Damage;
use crate::blackbox::recovery::kept_records::{KeptFile, read_kept};
use crate::blackbox::recovery::left_record::RecordBody;
use crate::dispatch::logger_core::LoggerCore;
use crate::segment::kept_entry::HEAD;
use crate::segment::live::test_memory::TestMemory;

/// Pages that are the same are compared at once.
const PAGE: usize = 4096;

fn message(tick: u64) -> String {
    format!("record {tick:04}{}", "x".repeat(tick as usize * 7 % 40))
}

/// What has been seen of the file.
#[derive(Default)]
struct Seen {
    file: Vec<u8>,
    /// The first and the last tick that were read last.
    first: u64,
    last: u64,
    states: usize,
}

impl Seen {
    /// Reads the file as it is.
    fn read(&mut self) {
        let mut damage = Damage::default();
        let kept = read_kept(&[KeptFile { bytes: &self.file }], None, false, &mut damage);
        assert_eq!(damage, Damage::default(), "after {} states", self.states);
        let records = kept.get(&0).map(|(records, _)| &records[..]).unwrap_or_default();
        for record in records {
            let RecordBody::Block(block) = &record.body else { panic!("no block") };
            let message = message(record.place.tick);
            assert!(block.windows(message.len()).any(|part| part == message.as_bytes()));
        }
        let ticks: Vec<_> = records.iter().map(|record| record.place.tick).collect();
        assert!(ticks.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ticks:?}");
        let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else {
            panic!("there were {} to {}", self.first, self.last)
        };
        assert!(*first >= self.first && *last >= self.last && *last <= self.last + 1);
        (self.first, self.last) = (*first, *last);
        self.states += 1;
    }

    /// Goes on to another state. The stores between the two are a copy of bytes, whose order nobody knows: each is tried forward,
    /// backward, and mixed.
    fn go_on(&mut self, after: &[u8]) {
        if self.file.is_empty() {
            self.file = after.to_vec();
            return;
        }
        let before = self.file.clone();
        let pages = (0..after.len()).step_by(PAGE).map(|at| at..after.len().min(at + PAGE));
        let pages = pages.filter(|page| before[page.clone()] != after[page.clone()]);
        let changed: Vec<usize> = pages.flatten().filter(|at| before[*at] != after[*at]).collect();
        if changed.is_empty() {
            return;
        }
        let (mut backward, mut mixed) = (changed.clone(), changed.clone());
        backward.reverse();
        mixed.sort_by_key(|at| at.wrapping_mul(0x9e37_79b9) % 65_521);
        // A store of a word is one.
        let is_word = changed.len() <= 8 && changed[changed.len() - 1] / 8 == changed[0] / 8;
        let step = if is_word { changed.len() } else { 1.max(changed.len() / 8) };
        for order in [changed, backward, mixed] {
            self.file.copy_from_slice(&before);
            for stored in order.chunks(step) {
                stored.iter().for_each(|at| self.file[*at] = after[*at]);
                self.read();
            }
        }
    }
}

#[test]
fn a_process_that_dies_between_two_stores_leaves_whole_records_only() {
    MEMORY.set_most(1 << 20);
    let made = TestMemory::new(4 << 20);
    let _root = made.put_root();
    static REGISTRY: std::sync::LazyLock<Registry> = std::sync::LazyLock::new(Registry::new);
    let entry: Arc<LoggerEntry> = REGISTRY.get(LoggerKind::Sync, "torn", None);
    let core = LoggerCore::new(entry, None);
    let contexts = [1, 2, 3].map(|step| LogContext::new().with_custom(fields![step]));
    let mut ring = RecordRing::default();
    let push = |ring: &mut RecordRing, tick: u64| {
        let text = message(tick);
        let record = LogRecord::new(Timestamp::Wall(tick as i64), LogLevel::Debug, Name::new("torn"), &text);
        let mut entry = vec![0; 200];
        let mut out = Output::resume(&mut entry, HEAD);
        put_record(&mut out, &record, RecordIds { site: None, logger: None, context: None });
        let len = out.position();
        ring.push(&core, &contexts[tick as usize / 16 % 3], LogLevel::Debug, tick, &mut entry[..len], 3000);
    };
    push(&mut ring, 1);
    ring.move_to(Some(&made.memory));
    let seen = Rc::new(RefCell::new(Seen { first: 1, last: 1, ..Seen::default() }));
    let watching = TestMemory::watch({
        let seen = seen.clone();
        move |file| seen.borrow_mut().go_on(file)
    });
    for tick in 2..=70 {
        push(&mut ring, tick);
    }
    drop(watching);
    let seen = seen.borrow();
    assert!(seen.last == 70 && seen.first > 20 && seen.states > 1000, "{} to {}", seen.first, seen.last);
    let kept = ring.take();
    assert!(kept.mapped.is_some() && kept.overwritten as u64 == seen.first - 1);
}
