//! `defmt` with its usual logger: frames into a debugger's channel in memory.

#![no_std]
#![no_main]

use board::systick;
use defmt_rtt as _;

type Logger = ();

defmt::timestamp!("{=u64:us}", systick::uptime_micros());

macro_rules! statement {
    ($logger:ident $values:ident $message:literal $keys:tt $braces:tt $typed:tt) => {
        let _ = $logger;
        defmt::info!($typed, $values.temperature(), $values.raw(), $values.ok());
    };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!((), contenders::rtt::drain);
