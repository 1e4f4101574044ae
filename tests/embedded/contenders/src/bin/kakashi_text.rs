//! `kakashi`: a `DirectLogger` that writes lines of text.

#![no_std]
#![no_main]

use contenders::kakashi::{Serial, Uptime};
use kakashi_core::{DirectLogger, Text};

static LOG: DirectLogger<'_, Uptime, Text, Serial> = DirectLogger::new("sensors", Uptime, Text, Serial);

type Logger = ();

macro_rules! statement {
    ($($form:tt)*) => { contenders::kakashi_statement!($($form)*); };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(());
