//! Lines of text over semihosting: the shortest way to see a record.
//!
//!     cargo run --release --target thumbv7em-none-eabihf --example semihosting

#![no_std]
#![no_main]

use board::{exit, systick};
use cortex_m_rt::entry;
use cortex_m_semihosting::hio::{self, HostStream};
use firmware::Uptime;
use kakashi_core::{Batch, DirectLogger, LogLevel, Sink, SinkError, SinkErrorKind, Text, info, log, warning};

struct Console(HostStream);

impl Sink for Console {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.0.write_all(batch.bytes()).map_err(|()| SinkError::new(SinkErrorKind::Failed))
    }
}

#[entry]
fn main() -> ! {
    systick::start_clock();
    let Ok(stream) = hio::hstdout() else { exit::failure() };
    let logger: DirectLogger<'_, _, _, _, 256> = DirectLogger::new("sensors", Uptime, Text, Console(stream));

    info!(logger, "Sensor {id} read", id = 17_u8, temp = 23.5_f32, ok = true);
    warning!(logger, "Battery low", millivolts = 2950_u16);
    log!(logger, LogLevel::Debug, "below the threshold");
    if logger.stats().written == 2 { exit::success() } else { exit::failure() }
}
