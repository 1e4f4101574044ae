//! Firmware that does not end, which must not look like success either.

#![no_std]
#![no_main]

use board as _;
use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    loop {
        cortex_m::asm::nop();
    }
}
