//! Records in RAM, from `main` and from interrupts, sent as the wire when there is time.
//!
//! What the ring holds outlives a reset: the next boot sends it.

#![no_std]
#![no_main]

use board::{Uart, exit, systick};
use cortex_m_rt::entry;
use firmware::{Serial, Uptime};
use kakashi_core::{Ring, RingLogger, info, name, uninit_ring, warning};

uninit_ring! {
    static RING: Ring<2048>;
}
static LOG: RingLogger<Uptime, 2048> = RingLogger::new(name!("sensors"), Uptime, &RING);

#[entry]
fn main() -> ! {
    systick::start_clock();
    RING.open();

    info!(LOG, "Sensor {id} read", id = 17_u8, temp = 23.5_f32, ok = true);
    warning!(LOG, "Battery low", millivolts = 2950_u16);

    let mut sink = Serial(Uart::start());
    match RING.drain(&Uptime, &mut sink, &mut [0; 512]) {
        Ok(2) => exit::success(),
        _ => exit::failure(),
    }
}
