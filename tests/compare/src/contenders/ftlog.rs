//! `ftlog`: a bounded channel to a thread that formats and writes.
//!
//! Dropping its guard writes what is in the channel.

use std::path::Path;

use ::ftlog::LoggerGuard;
use ::ftlog::appender::FileAppender;
use anyhow::{Result, anyhow};
use log::LevelFilter;
use time::format_description::parse_owned;

use super::facade::Backend;

/// The format `ftlog` has itself, with microseconds.
const TIME: &str = "[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6]";

pub struct Ftlog(LoggerGuard);

impl Backend for Ftlog {
    const NAME: &'static str = "ftlog";
    const NOTE: &'static str = "`FileAppender`, bounded channel of 100,000 that blocks (lossless), \
                                microseconds; fields in the message, file and line for a logger name";

    fn install(destination: &Path) -> Result<Self> {
        let guard = ::ftlog::builder()
            .max_log_level(LevelFilter::Info)
            .bounded(100_000, true)
            .utc()
            .time_format(parse_owned::<2>(TIME)?)
            .root(FileAppender::new(destination))
            .build()?
            .init()
            .map_err(|error| anyhow!(error))?;
        Ok(Ftlog(guard))
    }

    fn finish(self) -> Result<()> {
        drop(self.0);
        Ok(())
    }
}
