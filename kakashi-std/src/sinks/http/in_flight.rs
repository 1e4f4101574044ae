//! Records at the front of a queue of which a receiver has said something.
//!
//! A batch that was not taken whole is offered again. Which of its records are settled, and by
//! which id the others were sent, is known by their lines: should the queue have dropped some in
//! between, what is no longer the same begins anew.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::process;

use kakashi_core::Accepted;

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemState {
    Open,
    Taken,
    Rejected(&'static str),
}

struct SentRecord {
    hash: u64,
    number: u64,
    state: ItemState,
}

/// The first records of the batch that was offered last.
pub(super) struct InFlight {
    items: VecDeque<SentRecord>,
    hasher: RandomState,
    /// What this process's ids begin with, and the number of the next.
    prefix: u64,
    next: u64,
    pid: u32,
}

impl InFlight {
    pub(super) fn new() -> Self {
        let hasher = RandomState::new();
        let prefix = hasher.hash_one(process::id());
        Self { items: VecDeque::new(), hasher, prefix, next: 0, pid: process::id() }
    }

    /// Forgets the parent's records in the child of a fork, who has ids of its own.
    pub(super) fn begin(&mut self) {
        if self.pid != process::id() {
            *self = Self::new();
        }
    }

    /// Finds or adds a record by its line.
    pub(super) fn note(&mut self, at: usize, line: &[u8]) -> ItemState {
        let hash = self.hasher.hash_one(line);
        match self.items.get(at) {
            Some(item) if item.hash == hash => item.state,
            _ => {
                self.items.truncate(at);
                self.items.push_back(SentRecord { hash, number: self.next, state: ItemState::Open });
                self.next += 1;
                ItemState::Open
            }
        }
    }

    /// Writes a record's id: the same whenever it is sent, and no other process's. Ids that
    /// grow and have one beginning are the cheapest for an index.
    pub(super) fn put_id(&self, at: usize, id: &mut String) {
        let number = self.items.get(at).map_or(0, |item| item.number);
        // Writing to a `String` does not fail.
        let _ = write!(id, "{:016x}-{number:010x}", self.prefix);
    }

    pub(super) fn set(&mut self, at: usize, state: ItemState) {
        if let Some(item) = self.items.get_mut(at) {
            item.state = state;
        }
    }

    /// Sets those among the first so many that are open, in their order, as long as there are states.
    pub(super) fn set_open(&mut self, records: usize, states: impl IntoIterator<Item = ItemState>) {
        let open = self.items.iter_mut().take(records).filter(|item| item.state == ItemState::Open);
        open.zip(states).for_each(|(item, state)| item.state = state);
    }

    /// Takes the settled ones among the first so many off the front; nothing if the first is open.
    pub(super) fn take_settled(&mut self, records: usize) -> Option<Accepted> {
        let front = self.items.iter().take(records);
        let settled = front.take_while(|item| item.state != ItemState::Open).count();
        if settled == 0 {
            return None;
        }
        let causes = self.items.drain(..settled).filter_map(|item| match item.state {
            ItemState::Rejected(cause) => Some(cause),
            ItemState::Open | ItemState::Taken => None,
        });
        let (mut rejected, mut last) = (0, None);
        causes.for_each(|cause| {
            rejected += 1;
            last = Some(cause);
        });
        let accepted = Accepted::first(settled).rejecting(rejected);
        Some(last.map_or(accepted, |cause| accepted.because(cause)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(flight: &InFlight, at: usize) -> String {
        let mut id = String::new();
        flight.put_id(at, &mut id);
        id
    }

    #[test]
    fn a_record_that_comes_again_has_its_id_and_what_was_said_of_it() {
        let mut flight = InFlight::new();
        for (at, line) in ["a", "b", "b", "c"].into_iter().enumerate() {
            assert!(flight.note(at, line.as_bytes()) == ItemState::Open);
        }
        let ids: Vec<_> = (0..4).map(|at| id(&flight, at)).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
        flight.set_open(4, [ItemState::Taken, ItemState::Open, ItemState::Rejected("no"), ItemState::Taken]);
        let accepted = flight.take_settled(4).expect("the first is settled");
        assert_eq!((accepted.records(), accepted.rejected()), (1, 0));
        assert!(flight.take_settled(3).is_none());
        assert!(flight.note(0, b"b") == ItemState::Open && id(&flight, 0) == ids[1]);
        assert!(flight.note(1, b"b") == ItemState::Rejected("no"));
        flight.set(0, ItemState::Taken);
        let accepted = flight.take_settled(3).expect("all are");
        assert_eq!((accepted.records(), accepted.rejected(), accepted.cause()), (3, 1, Some("no")));
    }

    #[test]
    fn records_that_are_others_begin_anew() {
        let mut flight = InFlight::new();
        for (at, line) in ["a", "b", "c"].into_iter().enumerate() {
            flight.note(at, line.as_bytes());
        }
        let third = id(&flight, 2);
        flight.set_open(3, [ItemState::Open, ItemState::Taken, ItemState::Taken]);
        assert!(flight.note(0, b"a") == ItemState::Open);
        assert!(flight.note(1, b"c") == ItemState::Open, "b was dropped");
        assert_ne!(id(&flight, 1), third);
    }
}
