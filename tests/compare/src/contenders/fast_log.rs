//! `fast_log`: a channel, a thread that formats, a thread that writes.

use std::path::Path;

use ::fast_log::{Config, FastLogFormat, TimeType};
use anyhow::{Context, Result};
use log::LevelFilter;

use super::facade::Backend;

pub struct FastLog;

impl Backend for FastLog {
    const NAME: &'static str = "fast_log";
    const NOTE: &'static str = "file appender, bounded channel of 100,000 as in its readme (lossless); \
                                fields in the message, no logger name";

    fn install(destination: &Path) -> Result<Self> {
        let path = destination.to_str().context("a path that is not UTF-8")?;
        let format = FastLogFormat { time_type: TimeType::Utc, ..FastLogFormat::new() };
        let config = Config::new().level(LevelFilter::Info).chan_len(Some(100_000)).format(format).file(path);
        ::fast_log::init(config)?;
        Ok(FastLog)
    }
}
