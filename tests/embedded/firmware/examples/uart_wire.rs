//! The wire over a serial line: the chip formats nothing, `kakashi decode` does.

#![no_std]
#![no_main]

use board::{Uart, exit, systick};
use cortex_m_rt::entry;
use firmware::{Serial, Uptime};
use kakashi_core::{DirectLogger, Wire, info, warning};

#[entry]
fn main() -> ! {
    systick::start_clock();
    let sink = Serial(Uart::start());
    let logger: DirectLogger<'_, _, _, _, 256> = DirectLogger::new("sensors", Uptime, Wire, sink);

    info!(logger, "Sensor {id} read", id = 17_u8, temp = 23.5_f32, ok = true);
    warning!(logger, "Battery low", millivolts = 2950_u16);
    if logger.stats().written == 2 { exit::success() } else { exit::failure() }
}
