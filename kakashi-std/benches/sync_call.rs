//! One call of the synchronous logger beside two floors: `cargo bench -p kakashi-std`.
//!
//! All write to /dev/null, batches included. *std* is what plain code does: `write!`
//! into one locked buffer. *limit* is a hand-tuned loop: no lock, digits by `itoa`
//! and `zmij`, the time's text kept for its second. Ratios within a run are what
//! counts; `tests/compare` measures the same record beside other loggers.

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kakashi_std::{Format, LogContext, Scope, configure, debug, fields, get_logger, info, sinks};

const SYMBOLS: [&str; 4] = ["EURUSD", "GBPUSD", "USDJPY", "AUDUSD"];

/// The fields of record `n`, changing from call to call.
fn record(n: u64) -> (u64, &'static str, f64) {
    (n, SYMBOLS[(n % 4) as usize], (10_000 + n % 90_001) as f64 / 10_000.0)
}

fn null() -> File {
    OpenOptions::new().write(true).open("/dev/null").expect("there is a /dev/null")
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970")
}

/// Days since 1970 as year, month and day (H. Hinnant, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Writes a second as the text line has it, up to its fraction.
fn write_second(out: &mut impl Write, seconds: u64) {
    let (year, month, day) = civil((seconds / 86_400) as i64);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.")
        .expect("it takes everything");
}

fn floors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("floor");
    group.throughput(Throughput::Elements(1));
    let mut n = 0;
    group.bench_function("empty loop", |bencher| {
        bencher.iter(|| {
            n += 1;
            black_box(n)
        });
    });
    let writer = Mutex::new(BufWriter::with_capacity(64 * 1024, null()));
    group.bench_function("std", |bencher| {
        bencher.iter(|| {
            n += 1;
            let ((id, symbol, price), now) = (record(n), since_epoch());
            let mut writer = writer.lock().expect("nobody panics");
            write_second(&mut *writer, now.as_secs());
            writeln!(
                writer,
                "{:06}Z INFO app::orders Order accepted order_id={id} symbol={symbol} price={price}",
                now.subsec_micros()
            )
            .expect("/dev/null takes everything");
        });
    });
    let (mut buffer, mut file) = (Vec::with_capacity(80 * 1024), null());
    let (mut second, mut second_text) = (0, Vec::new());
    group.bench_function("limit", |bencher| {
        bencher.iter(|| {
            n += 1;
            let ((id, symbol, price), now) = (record(n), since_epoch());
            if now.as_secs() != second {
                second = now.as_secs();
                second_text.clear();
                write_second(&mut second_text, second);
            }
            buffer.extend_from_slice(&second_text);
            let micros = 1_000_000 + now.subsec_micros();
            buffer.extend_from_slice(&itoa::Buffer::new().format(micros).as_bytes()[1..]);
            buffer.extend_from_slice(b"Z INFO app::orders Order accepted order_id=");
            buffer.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
            buffer.extend_from_slice(b" symbol=");
            buffer.extend_from_slice(symbol.as_bytes());
            buffer.extend_from_slice(b" price=");
            buffer.extend_from_slice(zmij::Buffer::new().format(price).as_bytes());
            buffer.push(b'\n');
            if buffer.len() >= 64 * 1024 {
                file.write_all(&buffer).expect("/dev/null takes everything");
                buffer.clear();
            }
        });
    });
    group.finish();
}

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    group.throughput(Throughput::Elements(1));
    configure().destination(sinks::file("/dev/null").expect("there is a /dev/null")).apply();
    let logger = get_logger("app::orders");
    let mut n = 0;
    group.bench_function("disabled", |bencher| {
        bencher.iter(|| {
            n += 1;
            debug!(logger, "Order accepted", order_id = black_box(n));
        });
    });
    let mut call = |bencher: &mut criterion::Bencher<'_>| {
        bencher.iter(|| {
            n += 1;
            let (id, symbol, price) = record(n);
            info!(logger, "Order accepted", order_id = id, symbol = symbol, price = price);
        });
    };
    group.bench_function("text", &mut call);
    group.bench_function("text, five context fields", |bencher| {
        let fields =
            fields![request_id = 7_340_021, tenant = "acme", user = "u-1", region = "eu-1", attempt = 2];
        LogContext::new().with_custom(fields).within(|| call(bencher));
    });
    for (name, format) in [("json", Format::Json), ("wire", Format::Wire)] {
        configure().format(format).apply();
        group.bench_function(name, &mut call);
    }
    configure().format(Format::Text).apply();
    group.bench_function("text, template", |bencher| {
        bencher.iter(|| {
            n += 1;
            info!(logger, "Order {id} accepted", id = n);
        });
    });
    group.bench_function("text, function", |bencher| {
        bencher.iter(|| {
            n += 1;
            let (id, symbol, price) = record(n);
            logger.info("Order accepted", fields![order_id = id, symbol = symbol, price = price]);
        });
    });
    group.bench_function("text, list", |bencher| {
        bencher.iter(|| {
            n += 1;
            info!(logger, "Order accepted", order_id = [n, 2, 3, 4]);
        });
    });
    group.bench_function("context, merge", |bencher| {
        let a = LogContext::new().with_custom(fields![request_id = 7_340_021, tenant = "acme", user = "u-1"]);
        let b = LogContext::new().with_custom(fields![region = "eu-1", attempt = 2]).with_ip("1.2.3.4");
        bencher.iter(|| a.merge(&b));
    });
    group.bench_function("text, Display", |bencher| {
        bencher.iter(|| {
            n += 1;
            info!(logger, "Order accepted", order_id = %n);
        });
    });
    group.finish();
}

criterion_group!(benches, floors, calls);
criterion_main!(benches);
