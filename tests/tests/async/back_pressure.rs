//! What happens when a thread's queue is full, under every policy: who waits,
//! which record is dropped, and that it is counted and announced.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    AsyncConfig, DropReason, LogLevel, OverflowPolicy, configure, critical, dropped_by_logger, error, flush,
    flush_timeout, get_async_logger, info, warning,
};
use kakashi_tests::harness::fake_sinks::{Gate, OpenOnDrop, behind, hold_writer};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, announced, assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, in_time};

/// Tiny rings with this policy, and the worker held inside the sink; begins to count.
struct Scene {
    memory: MemorySink,
    held: OpenOnDrop,
    before: StatsSince,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    fn new(policy: OverflowPolicy) -> Self {
        let alone = alone();
        let gate = Gate::default();
        let memory = behind(&gate, AsyncConfig::new().ring_bytes(4096).overflow(policy));
        assert!(flush().is_complete());
        let before = StatsSince::now();
        let held = hold_writer(&gate, || info!(get_async_logger("held"), "OpenOnDrop"));
        Self { memory, held, before, _alone: alone }
    }

    /// Lets the worker go on; returns what arrived, without its first record.
    /// All of `sent` are written, or counted and announced.
    fn outcome(self, sent: usize) -> Vec<ArrivedRecord> {
        drop(self.held);
        assert!(flush().is_complete());
        let entries = text(&self.memory.bytes());
        let dropped = self.before.dropped();
        assert_eq!(self.before.written() - 1 + dropped.total(), sent, "{dropped:?}");
        assert_eq!(dropped.of_reason(DropReason::QueueFull), dropped.total());
        assert_eq!(announced(&entries), dropped.total() as u64, "what was dropped is announced");
        entries.into_iter().filter(|entry| entry.logger != "held").collect()
    }
}

fn only(entries: &[ArrivedRecord]) -> Vec<u64> {
    numbers(entries).remove(&0).unwrap_or_default()
}

#[test]
fn block_has_the_caller_wait_and_loses_nothing() {
    let scene = Scene::new(OverflowPolicy::Block);
    let logged = Arc::new(AtomicU64::new(0));
    let counter = logged.clone();
    let waits = thread::spawn(move || {
        let logger = get_async_logger("pressure::block");
        for n in 0..1000 {
            info!(logger, "Counted", thread = 0, n);
            counter.store(n + 1, Ordering::Relaxed);
        }
    });
    // It waits when it gets no further; too early a look sees less.
    let mut last = (0, Instant::now());
    assert!(eventually(|| {
        let now = logged.load(Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        }
        now > 0 && last.1.elapsed() > Duration::from_millis(200)
    }));
    let before_full = logged.load(Ordering::Relaxed);
    assert!(before_full < 400, "{before_full} records of some twenty bytes in 4096");
    let Scene { memory, held, before, _alone } = scene;
    drop(held);
    waits.join().unwrap();
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 1, 1000);
    assert_eq!(before.dropped().total(), 0);
}

#[test]
fn drop_newest_keeps_the_oldest_and_counts_the_rest() {
    let scene = Scene::new(OverflowPolicy::DropNewest);
    let before = scene.before;
    let logger = get_async_logger("pressure::newest");
    (0..1000).for_each(|n| info!(logger, "Counted", thread = 0, n));
    let entries = scene.outcome(1000);
    let kept = only(&entries);
    // Those after them may have found room again, when some had left the queue.
    assert!(kept.is_sorted() && kept.iter().copied().take(50).eq(0..50), "{kept:?}");
    assert_eq!(before.dropped().of_level(LogLevel::Info), 1000 - kept.len());
    assert_eq!(logger.dropped().of_level(LogLevel::Info), 1000 - kept.len());
}

#[test]
fn drop_oldest_keeps_the_newest_and_counts_the_rest() {
    let scene = Scene::new(OverflowPolicy::DropOldest);
    let logger = get_async_logger("pressure::oldest");
    (0..1000).for_each(|n| info!(logger, "Counted", thread = 0, n));
    let entries = scene.outcome(1000);
    let kept = only(&entries);
    // The first had left the queue before it was full.
    let newest = kept.iter().rev().zip((0..1000).rev()).take_while(|(n, newest)| *n == newest).count();
    assert!(newest > 50 && kept.is_sorted(), "{kept:?}");
    assert_eq!(logger.dropped().of_level(LogLevel::Info), 1000 - kept.len());
}

/// A collection that begins while the queue is full leaves the youngest records, which are not old
/// enough for it: they must not go for a newcomer that has room without them.
#[test]
fn drop_oldest_pushes_out_no_young_record_while_a_collection_makes_room() {
    const ROUNDS: u64 = 500;
    let _alone = alone();
    let config = AsyncConfig::new().ring_bytes(4096).overflow(OverflowPolicy::DropOldest);
    let memory = behind(&Gate::default(), config);
    assert!(flush().is_complete());
    let logger = get_async_logger("pressure::race");
    let dropped_before = logger.dropped().total();
    let (begun, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut last = BTreeMap::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                while begun.load(Ordering::Acquire) <= round && !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                // At another moment of the round each time.
                (0..50 * (round % 100)).for_each(|_| std::hint::spin_loop());
                flush_timeout(Duration::ZERO);
            }
        });
        for round in 0..ROUNDS {
            assert!(flush().is_complete());
            let dropped = logger.dropped().total();
            begun.store(round + 1, Ordering::Release);
            // Until one has gone, if it does.
            last.insert(
                round,
                (0..1000).find(|&n| {
                    info!(logger, "Counted", thread = round, n);
                    logger.dropped().total() > dropped
                }),
            );
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(flush().is_complete());
    let found = numbers(&text(&memory.bytes()));
    let mut gone = 0;
    for (round, last) in last {
        let Some(last) = last else { continue };
        let missing: Vec<_> = (0..=last).filter(|n| !found[&round].contains(n)).collect();
        // Two where they are shorter than the newcomer.
        assert!(matches!(missing.len(), 1 | 2), "round {round}: {missing:?} of {last}");
        assert!(missing.iter().all(|n| n + 50 < last), "round {round}: {missing:?} went for {last}");
        gone += missing.len();
    }
    assert_eq!(logger.dropped().total() - dropped_before, gone);
}

#[test]
fn there_is_room_for_warnings_where_there_is_none_for_less() {
    for policy in [OverflowPolicy::DropNewest, OverflowPolicy::DropOldest] {
        let scene = Scene::new(policy);
        let logger = get_async_logger("pressure::reserve");
        let dropped = logger.dropped().of_level(LogLevel::Info);
        (0..500).for_each(|n| info!(logger, "Counted", thread = 1, n));
        let full = logger.dropped().of_level(LogLevel::Info);
        assert!(full > dropped, "the queue is full");
        warning!(logger, "Counted", thread = 0, n = 0);
        error!(logger, "Counted", thread = 0, n = 1);
        critical!(logger, "Counted", thread = 0, n = 2);
        assert_eq!(logger.dropped().of_level(LogLevel::Info), full, "nothing had to go");
        // And what comes after does not push them out.
        (500..1000).for_each(|n| info!(logger, "Counted", thread = 1, n));
        assert_eq!(only(&scene.outcome(1003)), [0, 1, 2], "{policy:?}");
    }
}

#[test]
fn a_warning_is_not_pushed_out_by_less_even_as_the_oldest() {
    let scene = Scene::new(OverflowPolicy::DropOldest);
    let logger = get_async_logger("pressure::evidence");
    warning!(logger, "Counted", thread = 0, n = 0);
    (0..2000).for_each(|n| info!(logger, "Counted", thread = 1, n));
    assert_eq!(only(&scene.outcome(2001)), [0]);
}

#[test]
fn warnings_push_out_what_is_older_and_each_is_counted_at_its_level() {
    let scene = Scene::new(OverflowPolicy::DropOldest);
    let before = scene.before;
    let logger = get_async_logger("pressure::warnings");
    (0..500).for_each(|n| info!(logger, "Counted", thread = 1, n));
    (0..500).for_each(|n| warning!(logger, "Counted", thread = 0, n));
    let entries = scene.outcome(1000);
    let kept = only(&entries);
    let newest = kept.iter().rev().zip((0..500).rev()).take_while(|(n, newest)| *n == newest).count();
    assert!(newest > 50 && kept.is_sorted(), "{kept:?}");
    let dropped = before.dropped();
    assert_eq!(dropped.of_level(LogLevel::Warning), 500 - kept.len());
    // Some had left the queue before.
    let arrived = numbers(&entries).get(&1).map_or(0, Vec::len);
    assert_eq!(dropped.of_level(LogLevel::Info), 500 - arrived);
}

#[test]
fn each_loggers_losses_are_its_own() {
    let scene = Scene::new(OverflowPolicy::DropNewest);
    let loggers = ["pressure::a", "pressure::b"].map(get_async_logger);
    for n in 0..1000 {
        info!(loggers[0], "Counted", thread = 0, n);
        info!(loggers[1], "Counted", thread = 1, n);
        info!(loggers[1], "Counted", thread = 2, n);
    }
    let found = numbers(&scene.outcome(3000));
    let kept = [0, 1, 2].map(|thread| found[&thread].len());
    assert_eq!(loggers[0].dropped().total(), 1000 - kept[0]);
    assert_eq!(loggers[1].dropped().total(), 2000 - kept[1] - kept[2]);
    let list = dropped_by_logger();
    for logger in &loggers {
        let its: Vec<_> = list.iter().filter(|(name, _)| name == logger.name()).collect();
        assert_eq!(its.len(), 1);
        assert_eq!(its[0].1, logger.dropped());
    }
}

#[test]
fn large_records_are_dropped_and_counted_like_small_ones() {
    for policy in [OverflowPolicy::DropNewest, OverflowPolicy::DropOldest] {
        let scene = Scene::new(policy);
        let sent = in_time(|| {
            let logger = get_async_logger("pressure::large");
            let long = "x".repeat(1 << 20);
            (0..50).for_each(|n| info!(logger, "Counted", thread = 0, n, long));
            50
        });
        let entries = scene.outcome(sent);
        let kept = only(&entries);
        assert!(!kept.is_empty() && kept.len() < 10, "{policy:?}: {kept:?}");
        let wanted = if policy == OverflowPolicy::DropNewest { 0 } else { 49 };
        assert!(kept.contains(&wanted), "{policy:?}: {kept:?}");
    }
}

#[test]
fn drop_oldest_does_not_wait_for_a_large_record_that_the_worker_has_in_its_hands() {
    let _alone = alone();
    let gate = Gate::default();
    let config = AsyncConfig::new().ring_bytes(4096).overflow(OverflowPolicy::DropOldest);
    let memory = behind(&gate, config);
    configure().batch_bytes(256).apply();
    let before = StatsSince::now();
    let logger = get_async_logger("pressure::hands");
    let long = "x".repeat(5 << 20);
    let held = hold_writer(&gate, || info!(logger, "OpenOnDrop"));
    // More than the buffers that may be under way: the worker is stuck before
    // the large one, and has taken it out of the queue.
    (0..100).for_each(|n| info!(logger, "Counted", thread = 1, n));
    info!(logger, "Counted", thread = 0, n = 0, long);
    let visits = gate.visits();
    gate.let_one_in();
    gate.wait_for_visits(visits + 1);
    let inner = logger.clone();
    in_time(move || (1..4).for_each(|n| info!(inner, "Counted", thread = 0, n, long)));
    drop(held);
    assert!(flush().is_complete());
    assert_eq!(before.written() + before.dropped().total(), 105);
    let found = numbers(&text(&memory.bytes()));
    assert_eq!((found[&0][0], found[&1].len()), (0, 100));
}

#[test]
fn drops_are_announced_although_no_call_follows() {
    let scene = Scene::new(OverflowPolicy::DropNewest);
    let logger = get_async_logger("pressure::announced");
    (0..1000).for_each(|n| info!(logger, "Counted", thread = 0, n));
    let Scene { memory, held, before, _alone } = scene;
    drop(held);
    let announced_count = || announced(&text(&memory.bytes()));
    assert!(eventually(|| announced_count() > 0 && announced_count() == before.dropped().total() as u64));
}
