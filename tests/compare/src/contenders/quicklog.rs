//! quicklog: one queue to a thread of the program's own that calls `flush!`.
//!
//! The queue is for one producer, so this runs on one thread only. It drops
//! what does not fit and gives it back, so that a caller can try again; without
//! that 1,000,000 records would be the end. Its `FileFlusher` opens the file
//! for every line; a `Flush` with a `BufWriter` is better for it. Its levels
//! are constants, so there is no disabled call to measure.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use ::quicklog::Log as _;
use anyhow::{Result, anyhow};
use quicklog_flush::Flush;

use super::shared_file::SharedFile;
use crate::cli::What;
use crate::contender::{Contender, TARGET, open};

pub struct Quicklog {
    stop: Arc<AtomicBool>,
    worker: JoinHandle<()>,
    file: SharedFile,
}

impl Contender for Quicklog {
    const NAME: &'static str = "quicklog";
    const NOTE: &'static str = "a thread that calls `flush!`, a `Flush` of 64 KiB, tries again when full \
                                (lossless); fields and name in the message; one thread, no run-time level";
    const EXEMPT: &'static [What] = &[What::Disabled];
    const MOST_THREADS: u64 = 1;

    fn setup(destination: &Path) -> Result<Self> {
        let file = SharedFile::new(open(destination)?);
        ::quicklog::init!();
        ::quicklog::with_flush!(file.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let worker = thread::spawn(move || {
            loop {
                // Looked at first: what was logged before it is set is written.
                let last = stopped.load(Ordering::Acquire);
                // One record a call.
                while ::quicklog::try_flush!().is_ok() {}
                if last {
                    break;
                }
                thread::yield_now();
            }
        });
        Ok(Quicklog { stop, worker, file })
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        let mut sent = ::quicklog::try_log!(
            ::quicklog::level::Level::Info,
            "{} Order accepted {} {} {}",
            TARGET,
            order_id = order_id,
            symbol = symbol,
            price = price
        );
        while let Err((_, line)) = sent {
            thread::yield_now();
            sent = ::quicklog::logger().log(line);
        }
    }

    fn log_disabled(&self, _: u64, _: &'static str, _: f64) {}

    fn finish(self) -> Result<()> {
        self.stop.store(true, Ordering::Release);
        self.worker.join().map_err(|_| anyhow!("the flushing thread panicked"))?;
        self.file.flush()
    }
}

impl Flush for SharedFile {
    fn flush_one(&mut self, line: String) {
        let mut file = self.0.lock().expect("no panic under the lock");
        file.write_all(line.as_bytes()).expect("writing a line");
    }
}
