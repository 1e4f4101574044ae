//! `log` with key-values, printed by `core::fmt`: timestamp, level, target, text
//! and fields.

#![no_std]
#![no_main]

use core::fmt::{self, Write as _};

use board::systick;
use contenders::sink;
use log::kv::{Error, Key, Value, VisitSource};

type Logger = ();

struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        sink::write(text.as_bytes());
        Ok(())
    }
}

impl<'kvs> VisitSource<'kvs> for Serial {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        Ok(write!(self, " {key}={value}")?)
    }
}

impl log::Log for Serial {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let now = systick::uptime_micros();
        let _ = write!(Self, "{now} {} {} {}", record.level(), record.target(), record.args());
        let _ = record.key_values().visit(&mut Self);
        let _ = writeln!(Self);
    }

    fn flush(&self) {}
}

fn start() {
    let _ = log::set_logger(&Serial);
    log::set_max_level(log::LevelFilter::Info);
}

macro_rules! statement {
    ($logger:ident $values:ident $message:literal [$a:ident $b:ident $c:ident] $braces:tt $typed:tt) => {
        let _ = $logger;
        log::info!($a = $values.temperature(), $b = $values.raw(), $c = $values.ok(); $message);
    };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(start());
