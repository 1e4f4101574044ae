//! Panics, which must not look like success.

#![no_std]
#![no_main]

use board as _;
use cortex_m_rt::entry;

#[entry]
fn main() -> ! {
    panic!("as it should")
}
