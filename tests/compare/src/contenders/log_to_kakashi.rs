//! kakashi behind the `log` crate, the fields by `log`'s `kv`.

use std::path::Path;

use anyhow::{Result, ensure};
use kakashi_std::{Format, bridges, configure, flush, sinks};

use super::facade::Backend;

pub struct LogToKakashi;

impl Backend for LogToKakashi {
    const NAME: &'static str = "log→kakashi";
    const NOTE: &'static str = "`kakashi_std::bridges::log::install()`, `sinks::file`, defaults";

    fn install(destination: &Path) -> Result<Self> {
        configure().format(Format::Text).destination(sinks::file(destination)?).apply();
        bridges::log::install()?;
        Ok(LogToKakashi)
    }

    fn finish(self) -> Result<()> {
        let left = flush().left;
        ensure!(left == 0, "{left} records were not written");
        Ok(())
    }
}
