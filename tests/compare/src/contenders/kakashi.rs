//! kakashi, synchronous: a file destination with everything as it comes.

use std::path::Path;

use ::kakashi_std::{LogContext, Logger, Scope, configure, debug, fields, get_logger, info, sinks};
use anyhow::Result;

use crate::contender::{Contender, TARGET};
use crate::workload::CONTEXT;

pub struct Kakashi(Logger);

impl Contender for Kakashi {
    const NAME: &'static str = "kakashi";
    const NOTE: &'static str = "`sinks::file`, defaults";
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        configure().destination(sinks::file(destination)?).apply();
        Ok(Self(get_logger(TARGET)))
    }

    #[inline(always)]
    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        info!(self.0, "Order accepted", order_id = order_id, symbol = symbol, price = price);
    }

    #[inline(always)]
    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        debug!(self.0, "Order accepted", order_id = order_id, symbol = symbol, price = price);
    }

    fn in_context(&self, run: impl FnOnce()) {
        LogContext::new()
            .with_custom(fields![
                request_id = CONTEXT.request_id,
                tenant = CONTEXT.tenant,
                user = CONTEXT.user,
                region = CONTEXT.region,
                attempt = CONTEXT.attempt,
            ])
            .within(run);
    }

    fn finish(&self) -> Result<()> {
        let left = self.0.flush().left;
        anyhow::ensure!(left == 0, "{left} records were not written");
        Ok(())
    }
}
