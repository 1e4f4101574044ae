//! Sinks that take a part, nothing, or nothing for long.

mod fakes;

use fakes::{Memory, quiet, since, to_memory};
use kakashi_wasm::{
    DropReason, Format, LogLevel, SinkError, SinkErrorKind, Wire, error, flush, info, stats, warning, wire,
};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn what_was_taken_in_part_is_finished_and_never_repeated() {
    for kind in [SinkErrorKind::Retry, SinkErrorKind::Full, SinkErrorKind::Closed, SinkErrorKind::Failed] {
        let memory = to_memory();
        *memory.errors.borrow_mut() = [70, 1, 0, 13].map(|bytes| SinkError::new(kind).accepted(bytes)).into();
        let before = stats();
        info!("one");
        info!("two", n = 2);
        info!("three");
        let left: Vec<usize> = (0..5).map(|_| flush().left).collect();
        assert_eq!(left, [3, 3, 3, 2, 0]);
        assert_eq!(
            memory.lines(),
            ["INFO failing_sinks one", "INFO failing_sinks two n=2", "INFO failing_sinks three"]
        );
        assert_eq!(since(&before), (3, 0));
        assert_eq!(stats().bytes - before.bytes, memory.bytes.borrow().len());
    }
}

#[wasm_bindgen_test]
fn beyond_the_limit_records_are_dropped_counted_and_announced() {
    let memory = Memory::default();
    quiet().batch_bytes(64 * 1024).destination(memory.destination()).apply();
    let before = stats();
    memory.down.set(true);
    let filler = "x".repeat(1000);
    for number in 0..6000 {
        info!("filler", number, filler = filler);
    }
    warning!("a warning among them");
    let left = flush().left;
    let (written, dropped) = since(&before);
    assert_eq!((written, left + dropped), (0, 6001));
    assert!((3900..4300).contains(&left), "{left} wait");
    let by_level = stats().dropped.of_level(LogLevel::Info) - before.dropped.of_level(LogLevel::Info);
    assert!(by_level >= dropped - 1);
    let failed = |stats: &kakashi_wasm::Stats| stats.dropped.of_reason(DropReason::SinkFailed);
    assert_eq!(failed(&stats()) - failed(&before), dropped);
    memory.down.set(false);
    info!("well again");
    assert!(flush().is_complete());
    let (written, dropped) = since(&before);
    assert_eq!(written + dropped, 6002);
    let lines = memory.lines();
    let announcements: Vec<&String> =
        lines.iter().filter(|line| line.contains("Records were dropped")).collect();
    assert_eq!(announcements.len(), 1, "{announcements:?}");
    assert!(
        announcements[0].starts_with(&format!("WARNING kakashi Records were dropped dropped={dropped} ")),
        "{announcements:?}"
    );
    assert_eq!(lines.len() - 1, written);
    let announced: usize = memory.batches.borrow().iter().map(|batch| batch.1).sum();
    let records: usize = memory.batches.borrow().iter().map(|batch| batch.0).sum();
    assert_eq!((records, announced), (written, dropped));
}

#[wasm_bindgen_test]
fn a_destination_that_is_replaced_while_it_fails_is_counted() {
    let memory = to_memory();
    let before = stats();
    memory.down.set(true);
    info!("one");
    error!("two");
    let other = to_memory();
    info!("three");
    flush();
    assert_eq!(since(&before), (1, 2));
    assert_eq!(other.lines(), ["INFO failing_sinks three"]);
}

#[wasm_bindgen_test]
fn the_wires_blocks_carry_a_number_that_grows() {
    let memory = Memory::default();
    quiet().format(Format::Wire).destination(memory.destination().encoder(Wire)).apply();
    for _ in 0..3 {
        info!("one site", n = 1);
    }
    flush();
    info!("another block");
    flush();
    let bytes = memory.bytes.borrow();
    let numbers: Vec<u64> = wire::Reader::new(&bytes)
        .filter_map(|item| match item {
            wire::Item::Record(record) => record.sequence,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers.len(), 4);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}
