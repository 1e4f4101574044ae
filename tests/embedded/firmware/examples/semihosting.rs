//! Lines of text over semihosting: the shortest way to see a record.
//!
//!     cargo run --release --target thumbv7em-none-eabihf --example semihosting

#![no_std]
#![no_main]

use board::{exit, systick};
use cortex_m_rt::entry;
use cortex_m_semihosting::hio;
use firmware::Uptime;
use kakashi_core::{Batch, DirectLogger, LogLevel, Sink, SinkError, SinkErrorKind, Text, info, log, warning};

struct Console;

impl Sink for Console {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let written = hio::hstdout().and_then(|mut console| console.write_all(batch.bytes()));
        written.map_err(|()| SinkError::new(SinkErrorKind::Failed))
    }
}

static LOG: DirectLogger<'_, Uptime, Text, Console> = DirectLogger::new("sensors", Uptime, Text, Console);

#[entry]
fn main() -> ! {
    systick::start_clock();

    info!(LOG, "Sensor {id} read", id = 17_u8, temp = 23.5_f32, ok = true);
    warning!(LOG, "Battery low", millivolts = 2950_u16);
    log!(LOG, LogLevel::Debug, "below the threshold");
    if LOG.stats().written == 2 { exit::success() } else { exit::failure() }
}
