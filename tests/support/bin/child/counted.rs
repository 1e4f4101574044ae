//! Programs whose counts go to an OTLP receiver.

use std::io;
use std::path::Path;
use std::time::Duration;

use kakashi_std::metrics::OtlpMetrics;
use kakashi_std::sinks::{MemorySink, OtlpCompression, OtlpProtocol};
use kakashi_std::{Destination, LevelFilter, bridges, configure, error, flush, get_logger, info};

/// A name that means something to a form.
const HOSTILE: &str = "a\"b\\\n\u{202e}\0";

/// Also what libraries say by `log` is logged, at each level: that of the client that sends the counts is not.
fn prepare() {
    bridges::log::install().expect("nobody else has");
    configure()
        .level(LevelFilter::ALL)
        .service("shop", "1.4.2", "test")
        .destination(Destination::new(MemorySink::new()).named(HOSTILE))
        .apply();
}

fn log_four() {
    (0..3).for_each(|n| info!(get_logger(HOSTILE), "Counted", n));
    error!(get_logger("shop"), "Failed");
}

/// Sends in one of the forms when it ends, and not before.
pub(crate) fn at_its_end(endpoint: &Path, is_json: bool) {
    prepare();
    let metrics =
        OtlpMetrics::new(&endpoint.to_string_lossy()).expect("a URL").interval(Duration::from_secs(3600));
    let metrics = match is_json {
        true => metrics.protocol(OtlpProtocol::Json).compression(OtlpCompression::Gzip),
        false => metrics,
    };
    metrics.header("x-tenant", "blue").resource("host.name", "web-1").start().expect("it makes sense");
    log_four();
}

/// Sends on the period that the variables say, until its input ends.
pub(crate) fn on_its_period() {
    prepare();
    OtlpMetrics::from_env().and_then(OtlpMetrics::start).expect("the variables make sense");
    log_four();
    let mut line = String::new();
    while io::stdin().read_line(&mut line).expect("input") > 0 {
        log_four();
    }
}

/// Flushes again and again while its receiver fails.
pub(crate) fn to_one_that_fails(endpoint: &Path) {
    prepare();
    let metrics =
        OtlpMetrics::new(&endpoint.to_string_lossy()).expect("a URL").interval(Duration::from_secs(3600));
    metrics.start().expect("it makes sense");
    for _ in 0..5 {
        log_four();
        assert!(flush().is_complete());
    }
}
