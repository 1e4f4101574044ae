//! tracing with tracing-subscriber's `fmt`, in four configurations, with kakashi, and with nobody.
//!
//! `tracing` writes through a `Mutex<File>`, the documented way to log to a
//! file: one `write` a record. `tracing-buffered` puts a `BufWriter` of 64 KiB
//! between them, which takes a handful of lines and a flush of one's own.
//! `tracing-appender` is the documented way to have a thread write: text is
//! still made in the call.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Mutex;

use ::tracing::{Level, debug, info, info_span};
use ::tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use anyhow::{Result, anyhow, ensure};
use kakashi_std::{bridges, sinks};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::MutexGuardWriter;

use super::shared_file::SharedFile;
use crate::cli::What;
use crate::contender::{Contender, TARGET, open};
use crate::form::Form;
use crate::workload::CONTEXT;

/// One way to set it up.
pub trait Mode: Sized + Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;
    const EXEMPT: &'static [What] = &[];

    fn install(destination: &Path) -> Result<Self>;

    /// As [`Contender::finish`].
    fn finish(self) -> Result<()> {
        Ok(())
    }
}

pub struct Direct;

impl Mode for Direct {
    const NAME: &'static str = "tracing";
    const NOTE: &'static str = "`fmt` layer, `with_writer(Mutex::new(File))`, no ANSI";

    fn install(destination: &Path) -> Result<Self> {
        install(Mutex::new(open(destination)?))?;
        Ok(Direct)
    }
}

pub struct Buffered(SharedFile);

impl Mode for Buffered {
    const NAME: &'static str = "tracing-buffered";
    const NOTE: &'static str = "`fmt` layer into a `Mutex<BufWriter<File>>`, 64 KiB, no ANSI";

    fn install(destination: &Path) -> Result<Self> {
        let shared = SharedFile::new(open(destination)?);
        install(shared.clone())?;
        Ok(Buffered(shared))
    }

    fn finish(self) -> Result<()> {
        self.0.flush()
    }
}

pub struct Appender(WorkerGuard);

impl Mode for Appender {
    const NAME: &'static str = "tracing-appender";
    const NOTE: &'static str = "`fmt` layer into `NonBlocking`, 128,000 lines, `lossy(false)`, no ANSI";

    fn install(destination: &Path) -> Result<Self> {
        let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(open(destination)?);
        install(writer)?;
        Ok(Appender(guard))
    }

    fn finish(self) -> Result<()> {
        // Waits for the thread.
        drop(self.0);
        Ok(())
    }
}

pub struct Json(SharedFile);

impl Mode for Json {
    const NAME: &'static str = "tracing-json";
    const NOTE: &'static str = "`fmt().json()`, flattened, into a `Mutex<BufWriter<File>>`, 64 KiB";
    const FORM: Form = Form::Json;

    fn install(destination: &Path) -> Result<Self> {
        let shared = SharedFile::new(open(destination)?);
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(Level::INFO)
            .with_writer(shared.clone())
            .try_init()
            .map_err(|error| anyhow!(error))?;
        Ok(Json(shared))
    }

    fn finish(self) -> Result<()> {
        self.0.flush()
    }
}

/// kakashi behind `tracing`.
pub struct ToKakashi;

impl Mode for ToKakashi {
    const NAME: &'static str = "tracing→kakashi";
    const NOTE: &'static str = "`kakashi_std::bridges::tracing::install()`, `sinks::file`, defaults";

    fn install(destination: &Path) -> Result<Self> {
        kakashi_std::configure()
            .format(kakashi_std::Format::Text)
            .destination(sinks::file(destination)?)
            .apply();
        bridges::tracing::install()?;
        Ok(ToKakashi)
    }

    fn finish(self) -> Result<()> {
        let left = kakashi_std::flush().left;
        ensure!(left == 0, "{left} records were not written");
        Ok(())
    }
}

/// No subscriber: what a disabled event costs that nobody listens to.
pub struct Absent;

impl Mode for Absent {
    const NAME: &'static str = "no-subscriber";
    const NOTE: &'static str = "`tracing` with no subscriber at all";
    const EXEMPT: &'static [What] = &[What::Latency, What::Throughput, What::Context5];

    fn install(_: &Path) -> Result<Self> {
        Ok(Absent)
    }
}

/// tracing in one of its modes.
pub struct Tracing<M>(M);

impl<M: Mode> Contender for Tracing<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;
    const EXEMPT: &'static [What] = M::EXEMPT;
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        M::install(destination).map(Tracing)
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        info!(target: TARGET, order_id, symbol, price, "Order accepted");
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        debug!(target: TARGET, order_id, symbol, price, "Order accepted");
    }

    fn in_context(&self, run: impl FnOnce(&Self)) {
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
        .in_scope(|| run(self));
    }

    fn finish(self) -> Result<()> {
        self.0.finish()
    }
}

impl<'a> MakeWriter<'a> for SharedFile {
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
