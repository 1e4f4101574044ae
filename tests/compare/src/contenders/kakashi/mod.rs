//! kakashi: its three kinds of loggers, to a file with everything as it comes.

mod modes;
mod reloaded;
mod sampled;

use std::path::Path;

use ::kakashi_std::{LogContext, Scope, debug, fields, flush, info, stats};
use anyhow::{Result, ensure};

use crate::contender::Contender;
use crate::form::Form;
use crate::workload::CONTEXT;
pub use modes::{
    Async, AsyncBlackBoxed, AsyncJson, AsyncWire, BlackBoxed, DropNewest, DropOldest, Mode, Performance,
    Rotating, Sync, SyncJson, SyncWire,
};
pub use reloaded::Reloaded;
pub use sampled::Sampled;

/// kakashi in one of its modes.
pub struct Kakashi<M: Mode>(M::Logger);

impl<M: Mode> Contender for Kakashi<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;
    const HAS_CONTEXT: bool = true;
    const OPENS_PATH: bool = M::OPENS_PATH;

    fn setup(destination: &Path) -> Result<Self> {
        Ok(Self(M::set_up(destination)?))
    }

    #[inline(always)]
    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        info!(self.0, "Order accepted", order_id = order_id, symbol = symbol, price = price);
    }

    #[inline(always)]
    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        debug!(self.0, "Order accepted", order_id = order_id, symbol = symbol, price = price);
    }

    fn in_context(&self, run: impl FnOnce(&Self)) {
        LogContext::new()
            .with_custom(fields![
                request_id = CONTEXT.request_id,
                tenant = CONTEXT.tenant,
                user = CONTEXT.user,
                region = CONTEXT.region,
                attempt = CONTEXT.attempt,
            ])
            .within(|| run(self));
    }

    fn finish(self) -> Result<()> {
        let left = flush().left;
        ensure!(left == 0, "{left} records were not written");
        Ok(())
    }

    fn dropped() -> u64 {
        stats().dropped.total() as u64
    }
}
