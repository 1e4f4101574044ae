//! tracing with tracing-subscriber's `fmt`, in two configurations.
//!
//! `tracing` writes through a `Mutex<File>`, the documented way to log to a
//! file: one `write` a record. `tracing-buffered` puts a `BufWriter` of 64 KiB
//! between them, which takes a handful of lines and a flush of one's own.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use ::tracing::{Level, debug, info, info_span};
use anyhow::{Result, anyhow};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::MutexGuardWriter;

use crate::contender::{Contender, TARGET, open};
use crate::workload::CONTEXT;

pub struct Tracing;

impl Contender for Tracing {
    const NAME: &'static str = "tracing";
    const NOTE: &'static str = "`fmt` layer, `with_writer(Mutex::new(File))`, no ANSI";
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        install(Mutex::new(open(destination)?))?;
        Ok(Tracing)
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        info!(target: TARGET, order_id, symbol, price, "Order accepted");
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        debug!(target: TARGET, order_id, symbol, price, "Order accepted");
    }

    fn in_context(&self, run: impl FnOnce()) {
        in_span(run);
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

pub struct TracingBuffered(Shared);

impl Contender for TracingBuffered {
    const NAME: &'static str = "tracing-buffered";
    const NOTE: &'static str = "`fmt` layer into a `Mutex<BufWriter<File>>`, 64 KiB, no ANSI";
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        let file = BufWriter::with_capacity(64 * 1024, open(destination)?);
        let shared = Shared(Arc::new(Mutex::new(file)));
        install(shared.clone())?;
        Ok(TracingBuffered(shared))
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        info!(target: TARGET, order_id, symbol, price, "Order accepted");
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        debug!(target: TARGET, order_id, symbol, price, "Order accepted");
    }

    fn in_context(&self, run: impl FnOnce()) {
        in_span(run);
    }

    fn finish(&self) -> Result<()> {
        Ok(self.0.0.lock().expect("no panic under the lock").flush()?)
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<BufWriter<File>>>);

impl<'a> MakeWriter<'a> for Shared {
    type Writer = MutexGuardWriter<'a, BufWriter<File>>;

    fn make_writer(&'a self) -> Self::Writer {
        self.0.make_writer()
    }
}

fn install<W>(writer: W) -> Result<()>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_target(true)
        .with_max_level(Level::INFO)
        .with_writer(writer)
        .try_init()
        .map_err(|error| anyhow!(error))
}

fn in_span(run: impl FnOnce()) {
    let c = CONTEXT;
    info_span!(
        target: TARGET,
        "request",
        request_id = c.request_id,
        tenant = c.tenant,
        user = c.user,
        region = c.region,
        attempt = c.attempt,
    )
    .in_scope(run);
}
