//! `kakashi`: as `kakashi_wire`, its call sites left in the ELF file (`kakashi.x`).

#![no_std]
#![no_main]

use contenders::kakashi::{Serial, Uptime};
use kakashi_core::{DirectLogger, Wire};

static LOG: DirectLogger<'_, Uptime, Wire, Serial> = DirectLogger::new("sensors", Uptime, Wire, Serial);

type Logger = ();

macro_rules! statement {
    ($($form:tt)*) => { contenders::kakashi_statement!($($form)*); };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(());
