//! `flexi_logger`, in its modes: direct, buffered, asynchronous.
//!
//! None of its formats prints a record's target; theirs print the module and
//! the line. So it gets a format function of the kind its documentation shows,
//! with its own date format. `BufferDontFlush` is the buffered mode without the
//! thread that flushes every second, `SupportCapture` is for tests.

use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::Path;

use ::flexi_logger::{
    DeferredNow, FileSpec, Logger, LoggerHandle, TS_DASHES_BLANK_COLONS_DOT_BLANK, WriteMode, json_format,
};
use anyhow::{Context as _, Result};
use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Record};

use super::facade::Backend;
use crate::form::Form;

/// One way to set it up.
pub trait Mode: Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;
    const WRITE_MODE: WriteMode;
    const FORMAT: ::flexi_logger::FormatFunction = line;
}

pub struct Direct;

impl Mode for Direct {
    const NAME: &'static str = "flexi_logger";
    const NOTE: &'static str = "`WriteMode::Direct`, a format function with target and `kv`";
    const WRITE_MODE: WriteMode = WriteMode::Direct;
}

pub struct Buffered;

impl Mode for Buffered {
    const NAME: &'static str = "flexi_logger-buffered";
    const NOTE: &'static str = "the same, `BufferAndFlush`: 8 KiB, flushed every second";
    const WRITE_MODE: WriteMode = WriteMode::BufferAndFlush;
}

pub struct Async;

impl Mode for Async {
    const NAME: &'static str = "flexi_logger-async";
    const NOTE: &'static str = "the same, `Async`: formats in the call, unbounded queue (lossless)";
    const WRITE_MODE: WriteMode = WriteMode::Async;
}

pub struct Json;

impl Mode for Json {
    const NAME: &'static str = "flexi_logger-json";
    const NOTE: &'static str = "`json_format`, `BufferAndFlush`; module and line for a logger name";
    const FORM: Form = Form::Json;
    const WRITE_MODE: WriteMode = WriteMode::BufferAndFlush;
    const FORMAT: ::flexi_logger::FormatFunction = json_format;
}

pub struct FlexiLogger<M>(LoggerHandle, PhantomData<M>);

impl<M: Mode> Backend for FlexiLogger<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;

    fn install(destination: &Path) -> Result<Self> {
        let directory = destination.parent().context("a file without a directory")?;
        let name = destination.file_name().context("a file without a name")?;
        let file = FileSpec::default()
            .directory(directory)
            .basename(name.to_string_lossy())
            .suppress_timestamp()
            .o_suffix(None::<String>);
        let handle = Logger::with(LevelFilter::Info)
            .log_to_file(file)
            .append()
            .use_utc()
            .write_mode(M::WRITE_MODE)
            .format(M::FORMAT)
            .start()?;
        Ok(FlexiLogger(handle, PhantomData))
    }

    fn finish(self) -> Result<()> {
        // `flush` would not wait for the thread of the asynchronous mode.
        self.0.shutdown();
        Ok(())
    }
}

fn line(out: &mut dyn Write, now: &mut DeferredNow, record: &Record<'_>) -> io::Result<()> {
    let time = now.format(TS_DASHES_BLANK_COLONS_DOT_BLANK);
    write!(out, "{time} {} [{}] {}", record.level(), record.target(), record.args())?;
    record.key_values().visit(&mut Pairs(out)).map_err(io::Error::other)
}

struct Pairs<'a>(&'a mut dyn Write);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        Ok(write!(self.0, " {key}={value}")?)
    }
}
