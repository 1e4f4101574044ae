//! `env_logger`, its target a pipe to the file, the fields by `log`'s `kv`.
//!
//! It writes and flushes every record on its own whatever the pipe is. Its
//! `color` feature is off: with it, every record to a pipe is copied once more
//! to strip escapes that are not there.

use std::path::Path;

use ::env_logger::{Builder, Target, WriteStyle};
use anyhow::Result;
use log::LevelFilter;

use crate::contender::{Contender, TARGET, open};

pub struct EnvLogger;

impl Contender for EnvLogger {
    const NAME: &'static str = "env_logger";
    const NOTE: &'static str = "`Target::Pipe(File)`, microseconds, `kv`, no `color` feature";

    fn setup(destination: &Path) -> Result<Self> {
        Builder::new()
            .filter_level(LevelFilter::Info)
            .format_timestamp_micros()
            .write_style(WriteStyle::Never)
            .target(Target::Pipe(Box::new(open(destination)?)))
            .try_init()?;
        Ok(EnvLogger)
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        log::info!(target: TARGET, order_id, symbol, price; "Order accepted");
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        log::debug!(target: TARGET, order_id, symbol, price; "Order accepted");
    }

    fn finish(&self) -> Result<()> {
        log::logger().flush();
        Ok(())
    }
}
