//! kakashi while its directives are reloaded: what that costs the threads that log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ::kakashi_std::configure;
use anyhow::{Result, anyhow};

use super::{Kakashi, Sync};
use crate::cli::What;
use crate::contender::Contender;

/// How long it is from one to the next.
const INTERVAL: Duration = Duration::from_millis(1);

/// In turn: INFO stays on for the logger that is measured.
const DIRECTIVES: [&str; 2] = ["info,hyper=warn", "warn,app::orders=info,sqlx=debug"];

/// The sync logger, and a thread that reloads.
pub struct Reloaded {
    logger: Kakashi<Sync>,
    is_over: Arc<AtomicBool>,
    reloads: JoinHandle<Result<()>>,
}

impl Contender for Reloaded {
    const NAME: &'static str = "kakashi-reloaded";
    const NOTE: &'static str = "`kakashi`, and every ms other directives by `configure().directives(…)`";
    const EXEMPT: &'static [What] = &[What::Latency, What::Context5, What::Disabled];

    fn setup(destination: &Path) -> Result<Self> {
        let logger = Kakashi::setup(destination)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_over);
        let reloads = thread::spawn(move || {
            for directives in DIRECTIVES.iter().cycle() {
                configure().directives(directives)?.apply();
                if seen.load(Ordering::Relaxed) {
                    break;
                }
                thread::park_timeout(INTERVAL);
            }
            Ok(())
        });
        Ok(Self { logger, is_over, reloads })
    }

    #[inline(always)]
    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        self.logger.log(order_id, symbol, price);
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        self.logger.log_disabled(order_id, symbol, price);
    }

    fn finish(self) -> Result<()> {
        self.is_over.store(true, Ordering::Relaxed);
        self.reloads.thread().unpark();
        self.reloads.join().map_err(|_| anyhow!("the thread that reloads panicked"))??;
        self.logger.finish()
    }
}
