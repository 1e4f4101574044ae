//! kakashi with a logger whose records are all left out: what such a call costs.

use std::path::Path;

use ::kakashi_std::{Logger, Sampling, configure, get_logger, info};
use anyhow::Result;

use super::{Kakashi, Sync};
use crate::cli::What;
use crate::contender::Contender;

/// The sync logger, and another that is sampled.
pub struct Sampled {
    logger: Kakashi<Sync>,
    sampled: Logger,
}

impl Contender for Sampled {
    const NAME: &'static str = "kakashi-sampled";
    const NOTE: &'static str = "`kakashi`; its disabled call is one at INFO that a sampler leaves out";
    const EXEMPT: &'static [What] = &[What::Latency, What::Context5];

    fn setup(destination: &Path) -> Result<Self> {
        let logger = Kakashi::setup(destination)?;
        configure().sampling_of("sampled", Sampling::new().first_of_site(0)).apply();
        Ok(Self { logger, sampled: get_logger("sampled") })
    }

    #[inline(always)]
    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        self.logger.log(order_id, symbol, price);
    }

    #[inline(always)]
    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        info!(self.sampled, "Order accepted", order_id = order_id, symbol = symbol, price = price);
    }

    fn finish(self) -> Result<()> {
        self.logger.finish()
    }
}
