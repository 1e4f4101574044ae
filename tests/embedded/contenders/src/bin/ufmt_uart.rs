//! `ufmt`: `uwriteln!` after a timestamp and a level, which a function writes.

#![no_std]
#![no_main]

use core::convert::Infallible;

use board::systick;
use contenders::sink;
use ufmt::{uWrite, uwrite};

type Logger = ();

struct Serial;

impl uWrite for Serial {
    type Error = Infallible;

    fn write_str(&mut self, text: &str) -> Result<(), Infallible> {
        sink::write(text.as_bytes());
        Ok(())
    }
}

#[inline(never)]
fn info() -> Serial {
    let Ok(()) = uwrite!(&mut Serial, "{} INFO ", systick::uptime_micros());
    Serial
}

macro_rules! statement {
    ($logger:ident $values:ident $message:literal $keys:tt $braces:tt $typed:tt) => {
        let _ = $logger;
        let Ok(()) =
            ufmt::uwriteln!(&mut crate::info(), $braces, $values.temperature(), $values.raw(), $values.ok());
    };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(());
