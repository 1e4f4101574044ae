//! Programs whose records go to systemd's journal, or may.

use std::fs;
use std::path::Path;

use kakashi_std::sinks::{self, Journald};
use kakashi_std::{
    Bytes, DropReason, Field, Format, LoggerConfig, configure, create_custom_logger, error, exception, flush,
    info, root_logger, stats_by_destination, warning,
};

/// Chooses nothing.
pub(crate) fn uses_the_defaults() {
    info!("By default");
    flush();
    let own = create_custom_logger("own", LoggerConfig::new());
    info!(own, "By a logger of its own");
}

/// Chooses a format, and no destination.
pub(crate) fn chooses_a_format() {
    configure().format(Format::Json).apply();
    info!("Chosen");
}

/// Chooses the destination that would be the default one.
pub(crate) fn chooses_stderr() {
    configure().destination(sinks::stderr()).apply();
    info!("Chosen");
}

/// Chooses one format after the other.
pub(crate) fn changes_the_format() {
    info!("Auto");
    configure().format(Format::Json).apply();
    info!("Json");
    configure().format(Format::Auto).apply();
    info!("Auto again");
    configure().destination(sinks::stdout()).apply();
    configure().default_destination().apply();
    info!("Default again");
}

/// Logs what can't be sent between what can.
pub(crate) fn logs_too_much(socket: &Path) {
    let destination = Journald::new().socket(socket).destination().expect("it listens");
    configure().destination(destination).backlog_bytes(64 << 20).apply();
    info!("Before");
    info!("Large", large = "x".repeat(20 << 20));
    info!("After");
    flush();
    flush();
    let stats =
        stats_by_destination().into_iter().find(|stats| &*stats.name == "journald").expect("it is used");
    println!("{} written, {} rejected", stats.written, stats.dropped.of_reason(DropReason::Rejected));
}

/// Logs a record for each pair of a key and a value that the file has, as JSON, then others.
pub(crate) fn logs_pairs(file: &Path) {
    let pairs = fs::read_to_string(file).expect("the file is there");
    let pairs: Vec<(String, String)> = serde_json::from_str(&pairs).expect("it has pairs");
    for (key, value) in &pairs {
        root_logger().info(value, &[Field::new(key, value)]);
    }
    info!("Order {id} paid", id = 42, raw = Bytes(&[0, 255, 10]));
    warning!("Slow");
    error!("Large", large = "x".repeat(20 << 20));
    let failure = std::io::Error::other("first line\nsecond line");
    exception!(failure, "Failed");
}
