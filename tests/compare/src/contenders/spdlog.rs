//! spdlog-rs: its file sink, synchronous and behind its thread pool.
//!
//! The full formatter prints local time to the millisecond; the sink's buffer
//! is that of a default `BufWriter`.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use spdlog::formatter::JsonFormatter;
use spdlog::sink::{AsyncPoolSink, FileSink, OverflowPolicy, Sink};
use spdlog::{Level, LevelFilter, Logger, ThreadPool};

use crate::contender::{Contender, TARGET};
use crate::form::Form;

/// One way to set it up.
pub trait Mode: std::marker::Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;

    fn sink(destination: &Path) -> Result<Arc<dyn Sink>>;
}

pub struct Sync;

impl Mode for Sync {
    const NAME: &'static str = "spdlog-rs";
    const NOTE: &'static str = "`FileSink` and `FullFormatter` by default: milliseconds, `kv`";

    fn sink(destination: &Path) -> Result<Arc<dyn Sink>> {
        Ok(FileSink::builder().path(destination).build_arc()?)
    }
}

pub struct Async;

impl Mode for Async {
    const NAME: &'static str = "spdlog-rs-async";
    const NOTE: &'static str =
        "the same sink in an `AsyncPoolSink`, default pool of 8,192, `Block` (lossless)";

    fn sink(destination: &Path) -> Result<Arc<dyn Sink>> {
        Ok(AsyncPoolSink::builder()
            .sink(Sync::sink(destination)?)
            .overflow_policy(OverflowPolicy::Block)
            .thread_pool(Arc::new(ThreadPool::new()?))
            .build_arc()?)
    }
}

pub struct Json;

impl Mode for Json {
    const NAME: &'static str = "spdlog-rs-json";
    const NOTE: &'static str = "`FileSink`, `JsonFormatter`: milliseconds";
    const FORM: Form = Form::Json;

    fn sink(destination: &Path) -> Result<Arc<dyn Sink>> {
        Ok(FileSink::builder().path(destination).formatter(JsonFormatter::new()).build_arc()?)
    }
}

pub struct Spdlog<M>(Arc<Logger>, PhantomData<M>);

impl<M: Mode> Contender for Spdlog<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;

    fn setup(destination: &Path) -> Result<Self> {
        let logger = Logger::builder()
            .name(TARGET)
            .level_filter(LevelFilter::MoreSevereEqual(Level::Info))
            .sink(M::sink(destination)?)
            .build_arc()?;
        Ok(Spdlog(logger, PhantomData))
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        spdlog::info!(logger: self.0, "Order accepted", kv: { order_id, symbol, price });
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        spdlog::debug!(logger: self.0, "Order accepted", kv: { order_id, symbol, price });
    }

    fn finish(self) -> Result<()> {
        // `flush` only asks the pool for one; this waits for what is queued.
        for sink in self.0.sinks() {
            sink.flush_on_exit()?;
        }
        Ok(())
    }
}
