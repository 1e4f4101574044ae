//! Which logger, which policy, which form.

use std::path::Path;

use ::kakashi_std::{
    AsyncConfig, AsyncLogger, BlackBox, Format, Log, Logger, OverflowPolicy, PerformanceLogger,
    black_box_stats, configure, get_async_logger, get_logger, get_performance_logger,
    sinks::{self, RotatingFile},
};
use anyhow::{Result, ensure};

use crate::contender::TARGET;
use crate::form::Form;

/// One way to set kakashi up.
pub trait Mode {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;
    /// As [`Contender::OPENS_PATH`](crate::contender::Contender::OPENS_PATH).
    const OPENS_PATH: bool = true;
    type Logger: Log + std::marker::Sync;

    fn set_up(destination: &Path) -> Result<Self::Logger>;
}

macro_rules! modes {
    ($($mode:ident $name:literal $note:literal $form:ident $policy:ident $logger:ident = $get:ident;)*) => {$(
        pub struct $mode;

        impl Mode for $mode {
            const NAME: &'static str = $name;
            const NOTE: &'static str = $note;
            const FORM: Form = Form::$form;
            type Logger = $logger;

            fn set_up(destination: &Path) -> Result<$logger> {
                configure()
                    .format(Format::$form)
                    .async_logging(AsyncConfig::new().overflow(OverflowPolicy::$policy))
                    .destination(sinks::file(destination)?)
                    .apply();
                Ok($get(TARGET))
            }
        }
    )*};
}

modes! {
    Sync "kakashi" "`get_logger`, `sinks::file`, defaults"
        Text Block Logger = get_logger;
    Async "kakashi-async" "`get_async_logger`, default policy: the caller waits (lossless)"
        Text Block AsyncLogger = get_async_logger;
    DropNewest "kakashi-async-newest" "the same, `DropNewest`: drops and counts"
        Text DropNewest AsyncLogger = get_async_logger;
    DropOldest "kakashi-async-oldest" "the same, `DropOldest`: drops and counts"
        Text DropOldest AsyncLogger = get_async_logger;
    Performance "kakashi-performance" "`get_performance_logger`: never waits, drops and counts"
        Text Block PerformanceLogger = get_performance_logger;
    SyncJson "kakashi-json" "`get_logger`, `Format::Json`"
        Json Block Logger = get_logger;
    SyncWire "kakashi-wire" "`get_logger`, `Format::Wire`: binary, read back by its reader"
        Wire Block Logger = get_logger;
    AsyncJson "kakashi-async-json" "`get_async_logger`, `Format::Json`, lossless"
        Json Block AsyncLogger = get_async_logger;
    AsyncWire "kakashi-async-wire" "`get_async_logger`, `Format::Wire`, lossless"
        Wire Block AsyncLogger = get_async_logger;
}

/// Text, to files that follow one another.
pub struct Rotating;

impl Mode for Rotating {
    const NAME: &'static str = "kakashi-rotating";
    const NOTE: &'static str = "`get_logger`, `RotatingFile`: by day, and 16 MiB a file";
    const OPENS_PATH: bool = false;
    type Logger = Logger;

    fn set_up(destination: &Path) -> Result<Logger> {
        let files = RotatingFile::new(destination).daily().max_bytes(16 << 20).no_link();
        configure().format(Format::Text).destination(files.destination()?).apply();
        Ok(get_logger(TARGET))
    }
}

/// Text, with buffers that outlive the process.
pub struct BlackBoxed;

/// The same by the async logger.
pub struct AsyncBlackBoxed;

/// Writes text to a file, and has a black box in memory.
fn set_up_black_box(destination: &Path) -> Result<()> {
    configure()
        .format(Format::Text)
        .black_box(BlackBox::in_memory())
        .destination(sinks::file(destination)?)
        .apply();
    ensure!(black_box_stats().directory.is_some(), "there is no black box");
    Ok(())
}

impl Mode for BlackBoxed {
    const NAME: &'static str = "kakashi-black-box";
    const NOTE: &'static str = "`kakashi` with `BlackBox::in_memory()`: a killed process loses nothing";
    type Logger = Logger;

    fn set_up(destination: &Path) -> Result<Logger> {
        set_up_black_box(destination)?;
        Ok(get_logger(TARGET))
    }
}

impl Mode for AsyncBlackBoxed {
    const NAME: &'static str = "kakashi-async-black-box";
    const NOTE: &'static str = "`kakashi-async` with `BlackBox::in_memory()`";
    type Logger = AsyncLogger;

    fn set_up(destination: &Path) -> Result<AsyncLogger> {
        set_up_black_box(destination)?;
        Ok(get_async_logger(TARGET))
    }
}
