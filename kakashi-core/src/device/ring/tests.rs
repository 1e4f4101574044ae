//! What a ring promises, one by one; the folder has what holds of all histories.

use core::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

mod damage;
#[cfg(feature = "alloc")]
mod drains;
mod interrupts;
mod model;
mod power;

const N: usize = 512;

std::thread_local! {
    static STORES: Cell<usize> = const { Cell::new(0) };
    static FUSE: Cell<Option<usize>> = const { Cell::new(None) };
    static BUILD: Cell<u32> = const { Cell::new(1) };
    static INTERRUPT: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// What the ring takes for the build that runs.
pub(super) fn build_mark() -> u32 {
    BUILD.get()
}

/// Called by the ring before each store.
pub(super) fn before_store() {
    let stores = STORES.get();
    if FUSE.get() == Some(stores) {
        resume_unwind(Box::new("power cut"));
    }
    STORES.set(stores + 1);
}

/// Called by the ring before and after each critical section.
pub(super) fn interrupt() {
    // Taken out, so that an interrupt is not interrupted.
    let Some(mut handler) = INTERRUPT.take() else { return };
    handler();
    INTERRUPT.set(Some(handler));
}

/// Runs `change` until a store; says whether it came to its end.
fn run_until_store(store: usize, change: impl FnOnce()) -> bool {
    STORES.set(0);
    FUSE.set(Some(store));
    let ended = catch_unwind(AssertUnwindSafe(change)).is_ok();
    FUSE.set(None);
    ended
}

/// Runs `change` with `handler` as an interrupt at every point where there may be one.
fn run_with_interrupts(handler: impl FnMut() + 'static, change: impl FnOnce()) {
    INTERRUPT.set(Some(Box::new(handler)));
    change();
    INTERRUPT.set(None);
}

#[derive(Clone, PartialEq, Debug)]
enum Taken {
    Record(LogLevel, Vec<u8>),
    Dropped([u32; 6]),
    Damaged(u32),
}

impl From<RingItem<'_>> for Taken {
    fn from(item: RingItem<'_>) -> Self {
        match item {
            RingItem::Record { level, body } => Self::Record(level, body.to_vec()),
            RingItem::Dropped(lost) => Self::Dropped(lost),
            RingItem::Damaged(bytes) => Self::Damaged(bytes),
        }
    }
}

fn pop<const N: usize>(ring: &Ring<N>) -> Option<Taken> {
    let mut room = [0xee; MAX_BODY_LEN];
    let peeked = ring.peek(&mut room)?;
    let taken = peeked.item().into();
    assert!(ring.release(peeked));
    Some(taken)
}

fn drain<const N: usize>(ring: &Ring<N>) -> Vec<Taken> {
    let mut all = Vec::new();
    while let Some(taken) = pop(ring) {
        all.push(taken);
        assert!(all.len() <= 2 * N, "a drain that doesn't end");
    }
    all
}

/// A full ring of eight INFO records, "0" to "7".
fn full_ring() -> Ring<N> {
    let ring = Ring::new();
    for name in 0..8 {
        assert!(ring.push(LogLevel::Info, &named(name), RingPolicy::DropNewest));
    }
    ring
}

/// A body that takes 56 bytes, an eighth of what may be filled.
fn named(name: u8) -> [u8; 48] {
    [name; 48]
}

fn info(name: u8) -> Taken {
    Taken::Record(LogLevel::Info, named(name).to_vec())
}

#[test]
fn records_come_out_as_they_went_in() {
    let ring = Ring::<N>::new();
    for (level, len) in LogLevel::ALL.into_iter().zip([0, 1, 3, 4, 7, 256]) {
        let body: Vec<u8> = (0..=255).cycle().take(len).collect();
        assert!(ring.push(level, &body, RingPolicy::DropNewest));
        assert_eq!(pop(&ring), Some(Taken::Record(level, body)));
    }
    assert_eq!(pop(&ring), None);
    assert!(ring.is_empty());
}

#[test]
fn a_full_ring_drops_the_newest_and_says_so_where_it_was() {
    let ring = full_ring();
    assert!(!ring.push(LogLevel::Info, &named(8), RingPolicy::DropNewest));
    assert!(!ring.push(LogLevel::Debug, b"", RingPolicy::DropNewest));
    assert_eq!(pop(&ring), Some(info(0)));
    assert!(ring.push(LogLevel::Info, &named(9), RingPolicy::DropNewest));
    let mut expected: Vec<Taken> = (1..8).map(info).collect();
    expected.extend([Taken::Dropped([0, 1, 1, 0, 0, 0]), info(9)]);
    assert_eq!(drain(&ring), expected);
    assert_eq!(ring.dropped(), [0, 1, 1, 0, 0, 0]);
}

#[test]
fn the_oldest_give_way_where_the_policy_says_so() {
    let ring = full_ring();
    assert!(ring.push(LogLevel::Info, &named(8), RingPolicy::DropOldest));
    assert!(ring.push(LogLevel::Info, &named(9), RingPolicy::DropOldest));
    let mut expected = vec![Taken::Dropped([0, 0, 2, 0, 0, 0])];
    expected.extend((2..10).map(info));
    assert_eq!(drain(&ring), expected);
}

#[test]
fn the_last_eighth_is_for_warnings() {
    for policy in [RingPolicy::DropNewest, RingPolicy::DropOldest] {
        let ring = full_ring();
        assert!(ring.push(LogLevel::Warning, &named(8), policy));
        assert_eq!(ring.dropped(), [0; 6]);
    }
}

#[test]
fn a_lesser_record_does_not_drive_out_evidence() {
    let ring = Ring::<N>::new();
    assert!(ring.push(LogLevel::Debug, &named(0), RingPolicy::DropOldest));
    assert!(ring.push(LogLevel::Error, b"evidence", RingPolicy::DropOldest));
    let refused = (0..N).find(|_| !ring.push(LogLevel::Info, &named(1), RingPolicy::DropOldest));
    assert!(refused.is_some());
    assert_eq!(ring.dropped(), [0, 1, 1, 0, 0, 0]);
    assert_eq!(pop(&ring), Some(Taken::Dropped([0, 1, 1, 0, 0, 0])));
    assert_eq!(pop(&ring), Some(Taken::Record(LogLevel::Error, b"evidence".to_vec())));
}

#[test]
fn nothing_is_evicted_in_vain() {
    let ring = Ring::<N>::new();
    assert!(ring.push(LogLevel::Debug, b"small", RingPolicy::DropOldest));
    assert!(ring.push(LogLevel::Error, b"evidence", RingPolicy::DropOldest));
    let refused = (0..N).find(|_| !ring.push(LogLevel::Info, &named(1), RingPolicy::DropOldest));
    assert!(refused.is_some());
    assert_eq!(ring.dropped(), [0, 0, 1, 0, 0, 0]);
    assert_eq!(pop(&ring), Some(Taken::Record(LogLevel::Debug, b"small".to_vec())));
}

#[test]
fn newer_evidence_drives_out_older() {
    let ring = Ring::<N>::new();
    for _ in 0..9 {
        ring.push(LogLevel::Warning, &named(0), RingPolicy::DropOldest);
    }
    assert!(ring.push(LogLevel::Error, &named(1), RingPolicy::DropOldest));
    assert_eq!(ring.dropped(), [0, 0, 0, 1, 0, 0]);
    assert!(!ring.push(LogLevel::Error, &named(1), RingPolicy::DropNewest));
    assert_eq!(ring.dropped(), [0, 0, 0, 1, 1, 0]);
}

#[test]
fn a_body_that_is_too_long_is_counted() {
    let ring = Ring::<N>::new();
    assert!(!ring.push(LogLevel::Critical, &[0; 257], RingPolicy::DropOldest));
    assert_eq!(drain(&ring), [Taken::Dropped([0, 0, 0, 0, 0, 1])]);
}

#[test]
fn what_is_not_released_stays() {
    let ring = full_ring();
    let mut room = [0; MAX_BODY_LEN];
    assert_eq!(ring.peek(&mut room).map(|peeked| peeked.item().into()), Some(info(0)));
    assert_eq!(pop(&ring), Some(info(0)));
    ring.push(LogLevel::Error, &[0; 257], RingPolicy::DropNewest);
    while let Some(Taken::Record(..)) = ring.peek(&mut room).map(|peeked| peeked.item().into()) {
        pop(&ring);
    }
    assert_eq!(drain(&ring), [Taken::Dropped([0, 0, 0, 0, 1, 0])]);
}

#[test]
fn an_item_is_released_once() {
    let ring = full_ring();
    let [mut room, mut other] = [[0; MAX_BODY_LEN]; 2];
    let peeked = [ring.peek(&mut room), ring.peek(&mut other)].map(|peeked| peeked.expect("a record"));
    assert_eq!(peeked.map(|peeked| ring.release(peeked)), [true, false]);
    ring.push(LogLevel::Info, &named(8), RingPolicy::DropOldest);
    ring.push(LogLevel::Info, &named(9), RingPolicy::DropOldest);
    let peeked = [ring.peek(&mut room), ring.peek(&mut other)].map(|peeked| peeked.expect("a loss"));
    assert_eq!(peeked.map(|peeked| ring.release(peeked)), [true, false]);
    assert_eq!(drain(&ring).first(), Some(&info(2)));
}

#[test]
fn a_peeked_record_that_is_evicted_counts_as_dropped() {
    let ring = full_ring();
    let mut room = [0; MAX_BODY_LEN];
    let peeked = ring.peek(&mut room).expect("a record");
    assert!(ring.push(LogLevel::Info, &named(8), RingPolicy::DropOldest));
    assert!(!ring.release(peeked));
    let mut expected = vec![Taken::Dropped([0, 0, 1, 0, 0, 0])];
    expected.extend((1..9).map(info));
    assert_eq!(drain(&ring), expected);
}

#[test]
fn threads_lose_nothing_uncounted() {
    static RING: Ring<N> = Ring::new();
    static DONE: AtomicBool = AtomicBool::new(false);
    let pushes = if cfg!(miri) { 30 } else { 3000 };
    let taken = std::thread::scope(|scope| {
        let logging = [RingPolicy::DropNewest, RingPolicy::DropOldest].map(|policy| {
            scope.spawn(move || {
                for count in 0..pushes {
                    RING.push(LogLevel::Info, &named(count as u8), policy);
                }
            })
        });
        let popping = scope.spawn(|| {
            let mut taken = 0;
            while !(DONE.load(Ordering::SeqCst) && RING.is_empty()) {
                let mut room = [0; MAX_BODY_LEN];
                let Some(peeked) = RING.peek(&mut room) else { continue };
                let is_record =
                    matches!(peeked.item(), RingItem::Record { body, .. } if body == named(body[0]));
                taken += u32::from(RING.release(peeked) && is_record);
            }
            taken
        });
        for thread in logging {
            thread.join().expect("no panic");
        }
        DONE.store(true, Ordering::SeqCst);
        popping.join().expect("no panic")
    });
    assert_eq!(taken + RING.dropped().iter().sum::<u32>(), 2 * pushes);
}

#[test]
fn records_of_another_build_are_announced_as_lost_and_not_handed_out() {
    let ring = Ring::<N>::new();
    ring.push(LogLevel::Info, b"before anyone said whose", RingPolicy::DropNewest);
    assert_eq!(ring.open().records, 1, "what was pushed before `open` is this build's");
    ring.push(LogLevel::Error, b"of the first build", RingPolicy::DropNewest);
    assert_eq!(ring.open().records, 2);
    BUILD.set(2);
    let found = ring.open();
    assert_eq!((found.records, found.damaged_bytes), (0, 32 + 28));
    ring.push(LogLevel::Info, b"of the second", RingPolicy::DropNewest);
    assert_eq!(ring.open().records, 1);
    assert_eq!(drain(&ring), [Taken::Damaged(60), Taken::Record(LogLevel::Info, b"of the second".to_vec())]);
    BUILD.set(1);
}
