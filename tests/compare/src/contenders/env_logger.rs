//! `env_logger`, its target a pipe to the file, the fields by `log`'s `kv`.
//!
//! It writes and flushes every record on its own whatever the pipe is. Its
//! `color` feature is off: with it, every record to a pipe is copied once more
//! to strip escapes that are not there.

use std::path::Path;

use ::env_logger::{Builder, Target, WriteStyle};
use anyhow::Result;
use log::LevelFilter;

use super::facade::Backend;
use crate::contender::open;

pub struct EnvLogger;

impl Backend for EnvLogger {
    const NAME: &'static str = "env_logger";
    const NOTE: &'static str = "`Target::Pipe(File)`, microseconds, `kv`, no `color` feature";

    fn install(destination: &Path) -> Result<Self> {
        Builder::new()
            .filter_level(LevelFilter::Info)
            .format_timestamp_micros()
            .write_style(WriteStyle::Never)
            .target(Target::Pipe(Box::new(open(destination)?)))
            .try_init()?;
        Ok(EnvLogger)
    }
}
