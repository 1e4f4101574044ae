//! Every kind of logging call, to the wire: as many values as a typed call takes and
//! more, an error, a `&dyn Log`, a function call with a text of its own.

#![no_std]
#![no_main]

use board::{Uart, exit, systick};
use cortex_m_rt::entry;
use firmware::{Serial, Uptime};
use kakashi_core::{DirectLogger, Field, Log, LogLevel, Wire, exception, info};

static LOG: DirectLogger<'_, Uptime, Wire, Serial<Uart>, 512> =
    DirectLogger::new("calls", Uptime, Wire, Serial(Uart::started()));

#[entry]
fn main() -> ! {
    systick::start_clock();
    Uart::start();

    info!(LOG, "Typed {a}", a = 1, b = "x");
    info!(LOG, "Many {a}", a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9);
    exception!(LOG, core::fmt::Error, "Failed {id}", id = 7);
    let unknown: &dyn Log = &LOG;
    info!(unknown, "Dynamic {a}", a = 9);
    LOG.log(LogLevel::Warning, "Words {as} they are", &[Field::new("k", &7)]);
    if LOG.stats().written == 5 { exit::success() } else { exit::failure() }
}
