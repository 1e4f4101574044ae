//! logforth through the `log` crate: its file appender, at once or behind its
//! thread, and JSON.
//!
//! The appender writes every record on its own. The level is `log`'s, which
//! costs less than a filter behind logforth's dispatch.

use std::marker::PhantomData;
use std::path::Path;

use ::logforth::append::Append;
use ::logforth::append::asynchronous::AsyncBuilder;
use ::logforth::append::file::FileBuilder;
use ::logforth::diagnostic::ThreadLocalDiagnostic;
use ::logforth::layout::{JsonLayout, TextLayout};
use anyhow::{Context as _, Result, anyhow};
use log::LevelFilter;

use super::facade::Backend;
use crate::form::Form;
use crate::workload::CONTEXT;

/// One way to set it up.
pub trait Mode: std::marker::Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form = Form::Text;

    fn append(file: FileBuilder) -> Result<Box<dyn Append>>;
}

pub struct Sync;

impl Mode for Sync {
    const NAME: &'static str = "logforth";
    const NOTE: &'static str =
        "`append::File`, `TextLayout::no_color`; not to `/dev/null`, for it opens only files that it makes";

    fn append(file: FileBuilder) -> Result<Box<dyn Append>> {
        let file = file.layout(TextLayout::default().no_color()).build();
        Ok(Box::new(file.map_err(|error| anyhow!("{error}"))?))
    }
}

pub struct Async;

impl Mode for Async {
    const NAME: &'static str = "logforth-async";
    const NOTE: &'static str = "the same in `append::Async`, 8,192 records, `overflow_block` (lossless)";

    fn append(file: FileBuilder) -> Result<Box<dyn Append>> {
        let append = AsyncBuilder::new("logforth")
            .buffered_lines_limit(Some(8_192))
            .overflow_block()
            .append(Sync::append(file)?)
            .build();
        Ok(Box::new(append))
    }
}

pub struct Json;

impl Mode for Json {
    const NAME: &'static str = "logforth-json";
    const NOTE: &'static str = "`append::File`, `JsonLayout`";
    const FORM: Form = Form::Json;

    fn append(file: FileBuilder) -> Result<Box<dyn Append>> {
        let file = file.layout(JsonLayout::default()).build();
        Ok(Box::new(file.map_err(|error| anyhow!("{error}"))?))
    }
}

pub struct Logforth<M>(PhantomData<M>);

impl<M: Mode> Backend for Logforth<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;
    const HAS_CONTEXT: bool = true;
    const OPENS_PATH: bool = false;

    fn install(destination: &Path) -> Result<Self> {
        let directory = destination.parent().context("a file without a directory")?;
        let name = destination.file_name().context("a file without a name")?.to_string_lossy();
        let append = M::append(FileBuilder::new(directory, name))?;
        ::logforth::starter_log::builder()
            .dispatch(|d| d.diagnostic(ThreadLocalDiagnostic::default()).append(append))
            .apply();
        log::set_max_level(LevelFilter::Info);
        Ok(Logforth(PhantomData))
    }

    fn in_context(&self, run: impl FnOnce()) {
        let c = CONTEXT;
        let pairs = [
            ("request_id", c.request_id.to_string()),
            ("tenant", c.tenant.to_owned()),
            ("user", c.user.to_owned()),
            ("region", c.region.to_owned()),
            ("attempt", c.attempt.to_string()),
        ];
        for (key, value) in pairs.clone() {
            ThreadLocalDiagnostic::insert(key, value);
        }
        run();
        for (key, _) in pairs {
            ThreadLocalDiagnostic::remove(key);
        }
    }
}
