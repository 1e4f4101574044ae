//! `log`, printed by `core::fmt`: timestamp, level, target and text.

#![no_std]
#![no_main]

use core::fmt::{self, Write as _};

use board::systick;
use contenders::sink;

type Logger = ();

struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        sink::write(text.as_bytes());
        Ok(())
    }
}

impl log::Log for Serial {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let now = systick::uptime_micros();
        let _ = writeln!(Self, "{now} {} {} {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

fn start() {
    let _ = log::set_logger(&Serial);
    log::set_max_level(log::LevelFilter::Info);
}

macro_rules! statement {
    ($logger:ident $values:ident $message:literal $keys:tt $braces:literal $typed:tt) => {
        let _ = $logger;
        log::info!($braces, $values.temperature(), $values.raw(), $values.ok());
    };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(start());
