//! spdlog-rs, synchronous: its file sink and full formatter as they come.
//!
//! The full formatter prints local time to the millisecond; the sink's buffer
//! is that of a default `BufWriter`.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use spdlog::sink::FileSink;
use spdlog::{Level, LevelFilter, Logger};

use crate::contender::{Contender, TARGET};

pub struct Spdlog(Arc<Logger>);

impl Contender for Spdlog {
    const NAME: &'static str = "spdlog-rs";
    const NOTE: &'static str = "`FileSink` and `FullFormatter` by default: milliseconds, `kv`";

    fn setup(destination: &Path) -> Result<Self> {
        let sink = FileSink::builder().path(destination).build_arc()?;
        let logger = Logger::builder()
            .name(TARGET)
            .level_filter(LevelFilter::MoreSevereEqual(Level::Info))
            .sink(sink)
            .build_arc()?;
        Ok(Spdlog(logger))
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        spdlog::info!(logger: self.0, "Order accepted", kv: { order_id, symbol, price });
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        spdlog::debug!(logger: self.0, "Order accepted", kv: { order_id, symbol, price });
    }

    fn finish(&self) -> Result<()> {
        self.0.flush();
        Ok(())
    }
}
