//! A logging call allocates nothing once its thread is warm.
//!
//! Only logging calls are watched, on the thread that makes them: the flusher may
//! allocate. A run is long enough that buffers are handed over many times.

mod counting;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kakashi_std::sinks::{FileSink, FunctionSink};
use kakashi_std::{
    AsyncConfig, Batch, Bytes, Destination, Format, Json, LogContext, LogLevel, LogRecord, Logger,
    LoggerConfig, OverflowPolicy, Pretty, Scope, Sink, SinkError, Text, Value, Wire, configure,
    create_custom_logger, error, exception, fields, flush, get_async_logger, get_logger,
    get_performance_logger, info, metric, stats,
};

use counting::{COUNT, FIRST, LOGS, watched};

/// Keeps the flusher, not the thread that logs, inside the sink while it is shut.
struct Latch {
    open: Mutex<bool>,
    opened: Condvar,
}

static LATCH: Latch = Latch { open: Mutex::new(true), opened: Condvar::new() };

impl Latch {
    fn set(&self, open: bool) {
        *self.open.lock().expect("no panic under the lock") = open;
        self.opened.notify_all();
    }

    fn pass(&self) {
        if !LOGS.get() {
            let shut = self.open.lock().expect("no panic under the lock");
            drop(self.opened.wait_while(shut, |open| !*open).expect("no panic under the lock"));
        }
    }
}

/// Writes where another sink does, behind the latch.
struct LatchedSink<S>(S);

impl<S: Sink> Sink for LatchedSink<S> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        LATCH.pass();
        self.0.write(batch)
    }
}

fn nowhere() -> Destination {
    Destination::new(LatchedSink(FunctionSink::new(|_: &Batch<'_>| Ok(()))))
}

/// Settings are the whole process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let alone = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // No sweep takes what a thread keeps that waits for long, on a loaded machine, between two calls.
    configure().flush_after_millis(3_600_000).apply();
    alone
}

/// The size of a batch.
const BUFFER: u64 = 64 * 1024;
/// How many records are watched at least.
const RECORDS: u64 = 10_000;

/// Checks that a call allocates nothing, the hand-over of full buffers included.
fn check(name: &str, mut call: impl FnMut(u64)) {
    check_rounds(name, false, &mut call);
}

/// Checks a call that writes what it logs before it returns.
fn check_urgent(name: &str, mut call: impl FnMut(u64)) {
    check_rounds(name, true, &mut call);
}

fn check_rounds(name: &str, urgent: bool, call: &mut impl FnMut(u64)) {
    let round = warm_up(2 * BUFFER + BUFFER / 2, urgent, call);
    let rounds = 16.max(RECORDS.div_ceil(round));
    COUNT.set(0);
    for _ in 0..rounds {
        (0..round).for_each(|number| watched(|| call(number)));
        flush();
    }
    let (count, first) = (COUNT.get(), FIRST.take());
    assert!(count == 0, "{name}: {count} allocations in {} calls; the first: {first}", rounds * round);
}

/// Makes a call until nothing is new to it: in rounds of so many bytes, with a
/// flush after each. Returns how many calls a round has.
///
/// The flusher is kept from giving buffers back before the flush: so as many are
/// made as a round can ever need, in any schedule of threads.
fn warm_up(bytes: u64, urgent: bool, call: &mut impl FnMut(u64)) -> u64 {
    LOGS.set(true);
    flush();
    let before = stats().bytes;
    (0..100).for_each(&mut *call);
    flush();
    let round = bytes * 100 / (stats().bytes - before) as u64;
    for _ in 0..16 {
        // A thread that writes itself would wait for a flusher inside the sink.
        LATCH.set(urgent);
        (0..round).for_each(&mut *call);
        LATCH.set(true);
        flush();
    }
    round
}

/// The logger after all root records have been sent nowhere, in a form.
fn logger(format: Format) -> Logger {
    configure().format(format).destination(nowhere()).apply();
    get_logger("app::orders")
}

fn three_fields(logger: &Logger, number: u64) {
    info!(logger, "Order accepted", order_id = number, symbol = "EURUSD", price = number as f64 / 7.0);
}

#[test]
fn a_watched_allocation_is_seen() {
    COUNT.set(0);
    watched(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(COUNT.get(), 1);
    assert!(FIRST.take().contains("no_alloc"));
}

#[test]
fn three_fields_in_every_form() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Pretty, Format::Wire] {
        let logger = logger(format);
        check(&format!("{format:?}"), |number| three_fields(&logger, number));
    }
}

#[test]
fn every_kind_of_value() {
    let _alone = alone();
    let address = std::net::Ipv4Addr::LOCALHOST;
    let broken = "x".parse::<u8>().unwrap_err();
    for format in [Format::Text, Format::Json, Format::Wire] {
        let logger = logger(format);
        check(&format!("plain values as {format:?}"), |number| {
            info!(
                logger,
                "Values",
                text = "two words",
                float = number as f64 * 0.1,
                truth = number % 2 == 0,
                length = Duration::from_micros(number),
                bytes = Bytes(b"a\xff\n"),
                nothing = None::<u8>,
                wide = u128::MAX,
                character = 'x',
            );
        });
        check(
            &format!("Display as {format:?}"),
            |number| info!(logger, "Value", path = %number, ip = address),
        );
        check(&format!("Debug as {format:?}"), |number| info!(logger, "Value", pair = ?(number, "a")));
        check(&format!("a list as {format:?}"), |number| info!(logger, "Value", ids = [number, 2, 3]));
        check(&format!("an error as {format:?}"), |_| info!(logger, "Value", error = Value::error(&broken)));
    }
}

#[test]
fn a_template() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Wire] {
        let logger = logger(format);
        check(&format!("a template as {format:?}"), |number| {
            info!(logger, "Order {id} of {name} accepted", id = number, name = "a = b");
        });
    }
}

#[test]
fn fields_of_a_context() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Wire] {
        let logger = logger(format);
        let context = |user: &str| {
            LogContext::new().with_user_id(user).with_custom(fields![
                tenant = "acme",
                attempt = 2,
                trial = true
            ])
        };
        context("u-1").within(|| {
            check(&format!("a context as {format:?}"), |number| three_fields(&logger, number));
            check(&format!("a context whose key the call has too, as {format:?}"), |number| {
                info!(logger, "Order accepted", attempt = number);
            });
        });
        let contexts = [context("u-1"), context("u-2")];
        check(&format!("two contexts by turns as {format:?}"), |number| {
            contexts[number as usize % 2].within(|| three_fields(&logger, number));
        });
    }
}

#[test]
fn functions_and_events() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Wire] {
        let logger = logger(format);
        check(&format!("a function as {format:?}"), |number| {
            logger.info("Order accepted", fields![order_id = number, price = 1.5, path = %number]);
        });
        check(&format!("words as {format:?}"), |_| logger.info("Nothing is a {placeholder} here", &[]));
        check(&format!("a metric as {format:?}"), |number| {
            metric("queue.depth", number, fields![unit = "jobs"])
        });
    }
}

#[test]
fn a_record_that_is_written_at_once() {
    let _alone = alone();
    let logger = logger(Format::Text);
    check_urgent("an error", |number| error!(logger, "Order failed", order_id = number));
    // A backtrace takes memory, and the lock that ours would need.
    let backtrace = ["RUST_LIB_BACKTRACE", "RUST_BACKTRACE"].into_iter().find_map(std::env::var_os);
    if backtrace.is_none_or(|value| value == "0") {
        let broken = "x".parse::<u8>().unwrap_err();
        check_urgent("an exception", |number| exception!(logger, &broken, "Order failed", order_id = number));
    }
}

#[test]
fn a_thread_that_outruns_its_sink_makes_no_more_buffers() {
    let _alone = alone();
    let logger = logger(Format::Text);
    // Fewer buffers than are kept for one destination, and less than is packed where it waits.
    let burst = warm_up(8 * BUFFER, false, &mut |number| three_fields(&logger, number));
    COUNT.set(0);
    for _ in 0..4 {
        // The sink takes nothing before all is logged.
        LATCH.set(false);
        (0..burst).for_each(|number| watched(|| three_fields(&logger, number)));
        LATCH.set(true);
        flush();
    }
    let (count, first) = (COUNT.get(), FIRST.take());
    assert!(count == 0, "{count} allocations in {} calls; the first: {first}", 4 * burst);
}

#[test]
fn two_destinations() {
    let _alone = alone();
    configure().destination(nowhere().encoder(Text)).destination(nowhere().encoder(Json::new())).apply();
    let logger = get_logger("app::orders");
    check("two destinations", |number| three_fields(&logger, number));
    let noisy = nowhere().encoder(Pretty::new()).threshold(LogLevel::Warning);
    configure().destination(nowhere().encoder(Wire)).destination(noisy).apply();
    check("a destination's threshold", |number| three_fields(&logger, number));
}

#[test]
fn a_logger_with_its_own_destination() {
    let _alone = alone();
    let config = LoggerConfig::new()
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| {
            add("host", Value::Str("web-1"));
        })
        .filter(|record: &LogRecord<'_>| record.field("secret").is_none())
        .destination(nowhere().encoder(Text));
    let custom = create_custom_logger("payments", config).with_fields(fields![currency = "EUR"]);
    check("a custom logger", |number| info!(custom, "Paid", amount = number));
}

#[test]
fn redaction() {
    let _alone = alone();
    configure().format(Format::Text).redact(["password"]).destination(nowhere()).apply();
    let logger = get_logger("app::orders");
    check("redaction", |number| info!(logger, "Login", user = number, password = "secret"));
    configure().redact([""; 0]).apply();
}

#[test]
fn many_call_sites_by_turns() {
    let _alone = alone();
    let logger = logger(Format::Text);
    macro_rules! sites {
        ($number:ident: $($message:literal)*) => {
            [$((|logger: &Logger, $number: u64| info!(logger, $message, order_id = $number)) as fn(&Logger, u64)),*]
        };
    }
    let sites = sites![number:
        "one" "two" "three" "four" "five" "six" "seven" "eight" "nine" "ten" "eleven" "twelve" "thirteen"
        "fourteen" "fifteen" "sixteen" "seventeen" "eighteen" "nineteen" "twenty" "21" "22" "23" "24" "25" "26"
        "27" "28" "29" "30" "31" "32" "33" "34" "35" "36" "37" "38" "39" "40" "41" "42" "43" "44" "45" "46" "47"
        "48" "49" "50" "51" "52" "53" "54" "55" "56" "57" "58" "59" "60" "61" "62" "63" "64" "65" "66" "67" "68"];
    check("many call sites", |number| sites[number as usize % sites.len()](&logger, number));
}

#[test]
fn a_file_is_written_without_a_copy() {
    let _alone = alone();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_alloc.log");
    let sink = FileSink::open(&file).expect("a file can be made");
    configure().format(Format::Text).destination(Destination::new(LatchedSink(sink))).apply();
    let logger = get_logger("app::orders");
    check("a file", |number| three_fields(&logger, number));
    check_urgent("an error to a file", |number| error!(logger, "Order failed", order_id = number));
    configure().destination(nowhere()).apply();
    std::fs::remove_file(file).expect("the file is there");
}

/// Queues that hold a whole round: no call waits for a worker at the latch.
fn with_long_queues() {
    configure()
        .format(Format::Text)
        .async_logging(AsyncConfig::new().ring_bytes(1 << 20))
        .destination(nowhere())
        .apply();
    // The ring grows as far as a round may need, however fast the worker is.
    info!(get_async_logger("app::orders"), "Long", text = "x".repeat(200 << 10));
    flush();
}

#[test]
fn async_and_performance_loggers() {
    let _alone = alone();
    with_long_queues();
    let queued = get_async_logger("app::orders");
    check("an async logger", |number| info!(queued, "Order accepted", order_id = number, price = 1.5));
    check("an async logger's Display", |number| info!(queued, "Order accepted", path = %number));
    check("an async logger's error", |number| error!(queued, "Order failed", order_id = number));
    check("an async logger's function", |number| queued.info("Order", fields![order_id = number]));
    let quick = get_performance_logger("app::tick");
    check("a performance logger", |number| info!(quick, "Tick", number, symbol = "EURUSD"));
}

#[test]
fn contexts_that_go_to_a_worker() {
    let _alone = alone();
    with_long_queues();
    let queued = get_async_logger("app::orders");
    let contexts = ["u-1", "u-2"].map(|user| LogContext::new().with_user_id(user));
    contexts[0].within(|| check("a context for the worker", |number| info!(queued, "Order", number)));
    let contexts = |number: u64| &contexts[number as usize / 100 % 2];
    // Another context at each call: more wait at once than while the worker is late below.
    (0..3000).for_each(|number| contexts(100 * number).within(|| info!(queued, "Order", number)));
    check("two contexts by turns for the worker", |number| {
        contexts(number).within(|| info!(queued, "Order", number));
    });
}

#[test]
fn records_that_find_no_room_in_a_queue() {
    let _alone = alone();
    with_long_queues();
    let quick = get_performance_logger("app::dropped");
    check("what is not dropped", |number| info!(quick, "Tick", number));
    for policy in [OverflowPolicy::DropNewest, OverflowPolicy::DropOldest] {
        let long = "x".repeat(1000);
        configure().async_logging(AsyncConfig::new().ring_bytes(1 << 20).overflow(policy)).apply();
        let queued = get_async_logger("app::dropped");
        LATCH.set(false);
        let log = |number: u64| info!(queued, "Order", number, long);
        // More than the queue and all buffers hold.
        (0..4000).for_each(log);
        COUNT.set(0);
        (0..4000).for_each(|number| watched(|| log(number)));
        LATCH.set(true);
        flush();
        let (count, first) = (COUNT.get(), FIRST.take());
        assert!(count == 0, "{policy:?}: {count} allocations; the first: {first}");
        assert!(queued.dropped().total() > 2000);
    }
    configure().async_logging(AsyncConfig::new()).apply();
}
