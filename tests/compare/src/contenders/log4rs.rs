//! log4rs: its file appender with a pattern, or with its JSON encoder.
//!
//! The appender flushes every record. A pattern has to name each field, be it
//! there or not; so there is no pattern that serves both the plain record and
//! one with a context (`log-mdc`), and log4rs has no part in that measure.

use std::marker::PhantomData;
use std::path::Path;

use ::log4rs::append::file::FileAppender;
use ::log4rs::config::{Appender, Config, Root};
use ::log4rs::encode::Encode;
use ::log4rs::encode::json::JsonEncoder;
use ::log4rs::encode::pattern::PatternEncoder;
use anyhow::Result;
use log::LevelFilter;

use super::facade::Backend;
use crate::form::Form;

const PATTERN: &str = "{d(%Y-%m-%dT%H:%M:%S%.6fZ)(utc)} {l} {t} {m} \
                       order_id={K(order_id)} symbol={K(symbol)} price={K(price)}{n}";

/// One way to set it up.
pub trait Mode: Sync {
    const NAME: &'static str;
    const NOTE: &'static str;
    const FORM: Form;

    fn encoder() -> Box<dyn Encode>;
}

pub struct Pattern;

impl Mode for Pattern {
    const NAME: &'static str = "log4rs";
    const NOTE: &'static str = "`FileAppender`, a pattern with microseconds and each `kv` by name";
    const FORM: Form = Form::Text;

    fn encoder() -> Box<dyn Encode> {
        Box::new(PatternEncoder::new(PATTERN))
    }
}

pub struct Json;

impl Mode for Json {
    const NAME: &'static str = "log4rs-json";
    const NOTE: &'static str = "`FileAppender`, `JsonEncoder`";
    const FORM: Form = Form::Json;

    fn encoder() -> Box<dyn Encode> {
        Box::new(JsonEncoder::new())
    }
}

pub struct Log4rs<M>(PhantomData<M>);

impl<M: Mode> Backend for Log4rs<M> {
    const NAME: &'static str = M::NAME;
    const NOTE: &'static str = M::NOTE;
    const FORM: Form = M::FORM;

    fn install(destination: &Path) -> Result<Self> {
        let file = FileAppender::builder().append(true).encoder(M::encoder()).build(destination)?;
        let config = Config::builder()
            .appender(Appender::builder().build("file", Box::new(file)))
            .build(Root::builder().appender("file").build(LevelFilter::Info))?;
        ::log4rs::init_config(config)?;
        Ok(Log4rs(PhantomData))
    }
}
