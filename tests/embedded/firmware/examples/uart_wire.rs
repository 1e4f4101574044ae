//! The wire over a serial line: the chip formats nothing, `kakashi decode` does.

#![no_std]
#![no_main]

use board::{Uart, exit, systick};
use cortex_m_rt::entry;
use firmware::{Serial, Uptime};
use kakashi_core::{DirectLogger, Wire, info, warning};

static LOG: DirectLogger<'_, Uptime, Wire, Serial<Uart>> =
    DirectLogger::new("sensors", Uptime, Wire, Serial(Uart::started()));

#[entry]
fn main() -> ! {
    systick::start_clock();
    Uart::start();

    info!(LOG, "Sensor {id} read", id = 17_u8, temp = 23.5_f32, ok = true);
    warning!(LOG, "Battery low", millivolts = 2950_u16);
    if LOG.stats().written == 2 { exit::success() } else { exit::failure() }
}
