//! What a record costs that the flight recorder keeps, beside one that is disabled and one that an async logger queues:
//! `cargo bench -p kakashi-std --bench flight_recorder`.
//!
//! Ratios within a run are what counts. The rings are full: each record that is kept lets the oldest go.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kakashi_std::{
    FlightRecorder, LogContext, LogLevel, Scope as _, configure, debug, get_async_logger, get_logger, info,
    sinks,
};

const SYMBOLS: [&str; 4] = ["EURUSD", "GBPUSD", "USDJPY", "AUDUSD"];

/// The fields of record `n`, changing from call to call.
fn record(n: u64) -> (u64, &'static str, f64) {
    (n, SYMBOLS[(n % 4) as usize], (10_000 + n % 90_001) as f64 / 10_000.0)
}

fn calls(criterion: &mut Criterion) {
    configure().destination(sinks::wire_file("/dev/null").expect("there is a /dev/null")).apply();
    let (logger, queued) = (get_logger("bench"), get_async_logger("bench"));
    let mut group = criterion.benchmark_group("flight recorder");
    group.throughput(Throughput::Elements(1));
    let mut n = 0;
    let mut kept = || {
        n += 1;
        let (id, symbol, price) = black_box(record(n));
        debug!(logger, "Order accepted", id, symbol, price);
    };
    group.bench_function("disabled", |bencher| bencher.iter(&mut kept));
    configure().flight_recorder(FlightRecorder::new().level(LogLevel::Debug)).apply();
    group.bench_function("kept by a thread", |bencher| bencher.iter(&mut kept));
    LogContext::new().with_request_id("r-1").within(|| {
        group.bench_function("kept by a scope", |bencher| bencher.iter(&mut kept));
    });
    group.bench_function("two contexts in turn", |bencher| {
        let contexts = ["a", "b"].map(|step| LogContext::new().with_user_id(step));
        let mut at = 0;
        bencher.iter(|| {
            at ^= 1;
            contexts[at].within(&mut kept);
        });
    });
    configure().no_flight_recorder().apply();
    let mut n = 0;
    group.bench_function("written", |bencher| {
        bencher.iter(|| {
            n += 1;
            let (id, symbol, price) = black_box(record(n));
            info!(logger, "Order accepted", id, symbol, price);
        });
    });
    group.bench_function("queued", |bencher| {
        bencher.iter(|| {
            n += 1;
            let (id, symbol, price) = black_box(record(n));
            info!(queued, "Order accepted", id, symbol, price);
        });
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
