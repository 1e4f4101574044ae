//! A share of the traces: the ones that OpenTelemetry's own sampler chooses.

#![forbid(unsafe_code)]

use std::thread;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, DropReason, Format, LogContext, LogLevel, Sampling, Scope as _, configure, error, fields,
    flush, get_async_logger, get_logger, info,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::text;
use opentelemetry::trace::{SpanKind, TraceId};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample as _};
use proptest::prelude::*;

/// Begins anew: so large a share of the traces is written to this memory as text.
fn begin(ratio: f64) -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .reset()
        .format(Format::Text)
        .destination(Destination::new(memory.clone()))
        .sampling(Sampling::new().trace_ratio(ratio))
        .apply();
    memory
}

fn trace(id: u128) -> LogContext {
    LogContext::new().with_custom(fields![trace_id = format!("{id:032x}")])
}

/// Returns the numbers of the program's records.
fn numbers(memory: &MemorySink) -> Vec<u64> {
    assert!(flush().is_complete());
    text(&memory.bytes()).iter().filter_map(|record| record.number("n")).collect()
}

fn is_sampled_by_opentelemetry(ratio: f64, id: u128) -> bool {
    let sampler = Sampler::TraceIdRatioBased(ratio);
    let result = sampler.should_sample(
        None,
        TraceId::from_bytes(id.to_be_bytes()),
        "span",
        &SpanKind::Server,
        &[],
        &[],
    );
    result.decision == SamplingDecision::RecordAndSample
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_traces_are_those_of_opentelemetry(
        ratio in prop_oneof![Just(0.0), Just(1.0), Just(2.0), 0.0..1.0],
        ids in proptest::collection::vec(1..u128::MAX, 1..50),
    ) {
        let _alone = alone();
        let memory = begin(ratio);
        let expected: Vec<_> =
            ids.iter().zip(0..).filter(|(id, _)| is_sampled_by_opentelemetry(ratio, **id)).map(|(_, n)| n).collect();
        let logger = get_logger("traced");
        for (id, n) in ids.iter().zip(0_u64..) {
            trace(*id).within(|| info!(logger, "In a trace", n));
        }
        prop_assert_eq!(numbers(&memory), expected);
    }
}

#[test]
fn a_trace_is_whole_or_left_out_in_all_threads_and_by_all_loggers() {
    let _alone = alone();
    let memory = begin(0.5);
    let before = StatsSince::now();
    // The lower half of the numbers is chosen.
    let (chosen, left_out) = (7_u128, u128::from(u64::MAX));
    thread::scope(|scope| {
        for n in 0..4_u64 {
            scope.spawn(move || {
                let (sync, queued) = (get_logger("traced"), get_async_logger("traced"));
                for id in [chosen, left_out] {
                    trace(id).within(|| {
                        info!(sync, "Sync", n, id = id as u64);
                        info!(queued, "Async", n, id = id as u64);
                        sync.info("Words", fields![n, id = id as u64]);
                        error!(sync, "Never left out", n);
                    });
                }
                info!(sync, "Without a trace", n);
                LogContext::new()
                    .with_custom(fields![trace_id = "none"])
                    .within(|| info!(sync, "Without an id", n));
            });
        }
    });
    assert_eq!(numbers(&memory).len(), 4 * (3 + 2 + 2));
    let records = text(&memory.bytes());
    assert!(records.iter().filter_map(|record| record.number("id")).all(|id| id == 7));
    assert_eq!(before.dropped().of(LogLevel::Info, DropReason::Sampled), 4 * 3);
    let announced: u64 = records.iter().filter_map(|record| record.number("left_out")).sum();
    assert_eq!(announced, 12, "what is missing is announced");
}
