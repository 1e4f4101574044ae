//! slog: `slog-term`'s full format, at once or behind `slog-async`, and JSON.
//!
//! A slog logger has no name; its users give the root logger a key. The
//! decorators flush every record; JSON does not. The one without a lock has no
//! buffer either, so that its file gets one. What `in_context` hands on is a
//! child logger, which is how slog's contexts work.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::panic::UnwindSafe;
use std::path::Path;
use std::sync::Mutex;

use ::slog::{Drain, Level, LevelFilter, Logger, SendSyncRefUnwindSafeDrain};
use ::slog_async::{Async as AsyncDrain, AsyncGuard, OverflowStrategy};
use ::slog_term::{FullFormat, PlainDecorator, PlainSyncDecorator};
use anyhow::Result;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::contender::{Contender, TARGET, open};
use crate::form::Form;
use crate::workload::CONTEXT;

/// What waits for a thread of slog's.
type Guard = Option<AsyncGuard>;

/// One way to set it up.
pub trait Mode: std::marker::Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;

    fn logger(file: File) -> (Logger, Guard);
}

pub struct Sync;

impl Mode for Sync {
    const NAME: &'static str = "slog";
    const NOTE: &'static str = "`slog_term::FullFormat`, `PlainSyncDecorator`, microseconds; name as a field";

    fn logger(file: File) -> (Logger, Guard) {
        let format = FullFormat::new(PlainSyncDecorator::new(file)).use_custom_timestamp(micros).build();
        (root(format), None)
    }
}

pub struct Async;

impl Mode for Async {
    const NAME: &'static str = "slog-async";
    const NOTE: &'static str = "the same (`PlainDecorator`, a `BufWriter`) behind `slog_async`, \
                                channel of 8,192, `Block` (lossless)";

    fn logger(file: File) -> (Logger, Guard) {
        let format =
            FullFormat::new(PlainDecorator::new(BufWriter::new(file))).use_custom_timestamp(micros).build();
        let (drain, guard) = AsyncDrain::new(format.fuse())
            .chan_size(8_192)
            .overflow_strategy(OverflowStrategy::Block)
            .build_with_guard();
        (root(drain), Some(guard))
    }
}

pub struct Json;

impl Mode for Json {
    const NAME: &'static str = "slog-json";
    const NOTE: &'static str =
        "`slog_json` by default into a `BufWriter` of 64 KiB behind a `Mutex`; name as a field";
    const FORM: Form = Form::Json;

    fn logger(file: File) -> (Logger, Guard) {
        (root(Mutex::new(::slog_json::Json::default(BufWriter::with_capacity(64 * 1024, file)))), None)
    }
}

/// slog in one of its modes.
pub struct Slog<M> {
    logger: Logger,
    guard: Guard,
    mode: PhantomData<M>,
}

impl<M: Mode> Contender for Slog<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;
    const HAS_CONTEXT: bool = true;

    fn setup(destination: &Path) -> Result<Self> {
        let (logger, guard) = M::logger(open(destination)?);
        Ok(Slog { logger, guard, mode: PhantomData })
    }

    fn log(&self, order_id: u64, symbol: &'static str, price: f64) {
        ::slog::info!(
            self.logger, "Order accepted";
            "order_id" => order_id, "symbol" => symbol, "price" => price
        );
    }

    fn log_disabled(&self, order_id: u64, symbol: &'static str, price: f64) {
        ::slog::debug!(
            self.logger, "Order accepted";
            "order_id" => order_id, "symbol" => symbol, "price" => price
        );
    }

    fn in_context(&self, run: impl FnOnce(&Self)) {
        let c = CONTEXT;
        let logger = self.logger.new(::slog::o!(
            "request_id" => c.request_id,
            "tenant" => c.tenant,
            "user" => c.user,
            "region" => c.region,
            "attempt" => c.attempt,
        ));
        run(&Slog { logger, guard: None, mode: PhantomData });
    }

    fn finish(self) -> Result<()> {
        // The guard waits for the thread; a buffer is written with its drain.
        drop(self.guard);
        drop(self.logger);
        Ok(())
    }
}

fn root<D>(drain: D) -> Logger
where
    D: SendSyncRefUnwindSafeDrain + UnwindSafe + 'static,
    D::Err: Debug,
{
    let drain = LevelFilter::new(drain.fuse(), Level::Info).fuse();
    Logger::root(drain, ::slog::o!("logger" => TARGET))
}

fn micros(out: &mut dyn Write) -> io::Result<()> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    let mut out = out;
    OffsetDateTime::now_utc().format_into(&mut out, format).map_err(io::Error::other)?;
    Ok(())
}
