//! Records logged while a record is being logged: by a `Display`, a filter, a sink, a
//! panic hook.
//!
//! Such a record is encoded as a block of its own and logged when the outer call is
//! done. What nests too deep, needs too many bytes, or comes again in too many rounds
//! is refused: its caller counts it as dropped.

use alloc::{vec, vec::Vec};
use core::cell::{Cell, RefCell};
use core::mem;

use crate::encode::{Encoder as _, EncoderCache, Wire};
use crate::level::LogLevel;
use crate::pipeline::guard::Guard;
use crate::record::LogRecord;
use crate::util::output::Output;
use crate::wire::{BLOCK_OVERHEAD, Item, Reader};

/// How many bytes of records a queue defers at most.
pub const MAX_DEFERRED_BYTES: usize = 256 * 1024;
/// How deep calls may nest: bounds a `Display` that logs itself.
const MAX_DEPTH: usize = 4;
/// How often deferred records may defer others: bounds a sink that logs what it writes.
const MAX_ROUNDS: usize = 8;

/// A deferred record.
#[derive(Debug)]
pub struct Deferred<T> {
    /// Its level.
    pub level: LogLevel,
    /// Where it must go.
    pub target: T,
    /// The record as a block of the wire.
    block: Vec<u8>,
}

/// The records that one thread has deferred.
#[derive(Debug)]
pub struct DeferredQueue<T> {
    records: RefCell<Vec<Deferred<T>>>,
    bytes: Cell<usize>,
    depth: Cell<usize>,
}

impl<T> DeferredQueue<T> {
    /// Makes an empty one.
    pub const fn new() -> Self {
        Self { records: RefCell::new(Vec::new()), bytes: Cell::new(0), depth: Cell::new(0) }
    }

    /// Defers a record that `encode` encodes, by [`encode_deferred`]; false if it is
    /// refused. What `encode` logs comes here again, one level deeper.
    pub fn defer(&self, level: LogLevel, encode: impl FnOnce() -> Option<(Vec<u8>, T)>) -> bool {
        let depth = self.depth.replace(self.depth.get() + 1);
        let encoded = if depth < MAX_DEPTH { encode() } else { None };
        self.depth.set(self.depth.get().saturating_sub(1));
        let Some((block, target)) = encoded else { return false };
        let bytes = self.bytes.get() + block.len();
        let Ok(mut records) = self.records.try_borrow_mut() else { return false };
        if bytes > MAX_DEFERRED_BYTES {
            return false;
        }
        self.bytes.set(bytes);
        records.push(Deferred { level, target, block });
        true
    }

    /// Takes all records.
    pub fn take(&self) -> Vec<Deferred<T>> {
        let Ok(mut records) = self.records.try_borrow_mut() else { return Vec::new() };
        self.bytes.set(0);
        mem::take(&mut *records)
    }

    /// Begins at depth 0 again, after a call that never came back.
    pub fn forget_depth(&self) {
        self.depth.set(0);
    }
}

impl<T> Default for DeferredQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Logs the records that `take` yields, then those that they defer, and so on; after the
/// last round what was deferred is handed to `refuse`.
pub fn replay_deferred<T>(
    mut take: impl FnMut() -> Vec<Deferred<T>>,
    mut log: impl FnMut(&Deferred<T>, &LogRecord<'_>),
    mut refuse: impl FnMut(&Deferred<T>),
) {
    for round in 0.. {
        let records = take();
        if records.is_empty() {
            return;
        }
        for deferred in &records {
            if round == MAX_ROUNDS {
                refuse(deferred);
                continue;
            }
            for item in Reader::new(&deferred.block) {
                if let Item::Record(record) = item {
                    log(deferred, &record);
                }
            }
        }
    }
}

/// Encodes a record as a block; none if its values' code panics, never yields the same
/// length twice, or needs more than `max_bytes`.
pub fn encode_deferred(record: &LogRecord<'_>, guard: &dyn Guard, max_bytes: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 1024];
    for _ in 0..4 {
        let mut cache = EncoderCache::new();
        let mut out = Output::new(&mut bytes);
        let whole = guard.run(&mut || {
            Wire.encode(record, &mut cache, &mut out);
            Wire.finish(&mut cache, &mut out);
        });
        let (needed, overflowed) = (out.position(), out.overflowed());
        if !whole {
            return None;
        }
        if !overflowed {
            bytes.truncate(needed);
            return Some(bytes);
        }
        if needed > max_bytes {
            return None;
        }
        bytes.resize(needed + BLOCK_OVERHEAD, 0);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::record::{Message, Name};

    struct Unguarded;

    impl Guard for Unguarded {
        fn run(&self, code: &mut dyn FnMut()) -> bool {
            code();
            true
        }
    }

    fn defer(queue: &DeferredQueue<u8>, message: &str) -> bool {
        queue.defer(LogLevel::Info, || {
            let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), message);
            Some((encode_deferred(&record, &Unguarded, MAX_DEFERRED_BYTES)?, 7))
        })
    }

    #[test]
    fn records_come_out_in_order_and_as_they_were() {
        let queue = DeferredQueue::new();
        assert!(defer(&queue, "one") && defer(&queue, "two"));
        let mut seen = Vec::new();
        replay_deferred(
            || queue.take(),
            |deferred, record| {
                let Message::Literal(text) = record.message() else { panic!("a literal") };
                seen.push((deferred.target, deferred.level, text.to_owned()));
            },
            |_| panic!("two records are not too many"),
        );
        assert_eq!(seen, ["one", "two"].map(|text| (7, LogLevel::Info, text.to_owned())));
    }

    #[test]
    fn what_is_too_deep_too_much_or_comes_too_often_is_refused() {
        let queue = DeferredQueue::<u8>::new();
        fn nested(queue: &DeferredQueue<u8>) -> usize {
            let mut refused = 0;
            if !queue.defer(LogLevel::Info, || {
                refused += nested(queue);
                let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), "m");
                Some((encode_deferred(&record, &Unguarded, MAX_DEFERRED_BYTES)?, 0))
            }) {
                refused += 1;
            }
            refused
        }
        assert_eq!(nested(&queue), 1);
        assert_eq!(queue.take().len(), MAX_DEPTH);

        let long = "x".repeat(MAX_DEFERRED_BYTES / 2);
        assert!(defer(&queue, &long));
        assert!(!defer(&queue, &long), "no more than the limit");
        assert!(!defer(&queue, &"x".repeat(MAX_DEFERRED_BYTES)), "nor one that is larger");
        queue.take();

        let (mut logged, mut refused) = (0, 0);
        assert!(defer(&queue, "again"));
        replay_deferred(
            || queue.take(),
            |_, _| {
                logged += 1;
                assert!(defer(&queue, "again"));
            },
            |_| refused += 1,
        );
        assert_eq!((logged, refused), (MAX_ROUNDS, 1));
    }
}
