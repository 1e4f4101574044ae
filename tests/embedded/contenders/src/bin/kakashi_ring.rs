//! `kakashi`: a `RingLogger`, as interrupts need it, and what drains it.

#![no_std]
#![no_main]

use contenders::kakashi::{Serial, Uptime};
use kakashi_core::{Ring, RingLogger, name, uninit_ring};

uninit_ring! {
    static RING: Ring<4096>;
}
static LOG: RingLogger<Uptime, 4096> = RingLogger::new(name!("sensors"), Uptime, &RING);

type Logger = ();

macro_rules! statement {
    ($($form:tt)*) => { contenders::kakashi_statement!($($form)*); };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!((), rewind, drain);

/// Sends what is in the ring.
fn drain() {
    let _ = RING.drain(&Uptime, &mut Serial, &mut [0; 512]);
}

/// Takes the records out, and tells how many bytes they were.
fn rewind() -> usize {
    let mut buffer = [0; 256];
    let mut bytes = 0;
    while let Some(first) = RING.peek(&mut buffer) {
        if let kakashi_core::RingItem::Record { body, .. } = first.item() {
            bytes += body.len();
        }
        RING.release(first);
    }
    bytes
}
