//! Lines of text over a serial line, through whatever driver has `embedded_io`.

#![no_std]
#![no_main]

use board::{Uart, exit, systick};
use cortex_m_rt::entry;
use firmware::{Serial, Uptime};
use kakashi_core::{DirectLogger, Text, info, warning};

static LOG: DirectLogger<'_, Uptime, Text, Serial<Uart>> =
    DirectLogger::new("sensors", Uptime, Text, Serial(Uart::started()));

#[entry]
fn main() -> ! {
    systick::start_clock();
    Uart::start();

    info!(LOG, "Sensor {id} read", id = 17_u8, temp = 23.5_f32, ok = true);
    warning!(LOG, "Battery low", millivolts = 2950_u16);
    if LOG.stats().written == 2 { exit::success() } else { exit::failure() }
}
