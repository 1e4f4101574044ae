//! What a call costs with a black box, beside one without, in one run:
//! `cargo bench -p kakashi-std --features black-box --bench black_box`.
//!
//! All write to /dev/null, batches included. The black box lies where it does by default.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kakashi_std::{
    AsyncLogger, BlackBox, Configure, Format, Logger, configure, get_async_logger, get_logger, info, sinks,
};

fn with(change: Configure, format: Format) {
    let null = sinks::file("/dev/null").expect("there is a /dev/null");
    change.format(format).destination(null).apply();
}

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("black_box");
    group.throughput(Throughput::Elements(1));
    let (logger, queued): (Logger, AsyncLogger) = (get_logger("bench"), get_async_logger("bench_async"));
    for (format, name) in [(Format::Text, "text"), (Format::Json, "json"), (Format::Wire, "wire")] {
        for boxed in [false, true] {
            let change = configure().reset();
            with(if boxed { change.black_box(BlackBox::in_memory()) } else { change }, format);
            let suffix = if boxed { "boxed" } else { "heap" };
            let mut n = 0_u64;
            group.bench_function(format!("{name}, {suffix}"), |bencher| {
                bencher.iter(|| {
                    n += 1;
                    info!(logger, "Order accepted", n, symbol = "EURUSD", price = 1.2345);
                });
            });
            group.bench_function(format!("async {name}, {suffix}"), |bencher| {
                bencher.iter(|| {
                    n += 1;
                    info!(queued, "Order accepted", n, symbol = "EURUSD", price = 1.2345);
                });
            });
        }
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);
