//! Resets while the ring is being drained: what was not wholly sent is sent again.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use board::{KEPT, Uart, exit, systick};
use cortex_m_rt::{entry, exception};
use firmware::Serial;
use kakashi_core::{FixedClock, Ring, RingLogger, Timestamp, info, name, uninit_ring};

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(0));
const BOOTS: u32 = 400;
/// Records between two drains: fewer than the ring holds.
const RECORDS: u32 = 12;
/// What says that `KEPT` holds the words of an earlier boot: a cold one's may be anything.
const MAGIC: u32 = 0x7265_7365;

uninit_ring! {
    static RING: Ring<2048>;
}
static LOG: RingLogger<FixedClock, 2048> = RingLogger::new(name!("main"), CLOCK, &RING);

#[entry]
fn main() -> ! {
    let [magic, boots, sequence, _] = &KEPT;
    if magic.load(Ordering::Relaxed) != MAGIC {
        boots.store(0, Ordering::Relaxed);
        sequence.store(0, Ordering::Relaxed);
        magic.store(MAGIC, Ordering::Relaxed);
    }
    let boot = boots.load(Ordering::Relaxed) + 1;
    boots.store(boot, Ordering::Relaxed);

    let mut sink = Serial(Uart::start());
    if boot < BOOTS {
        let ticks = 600 + boot * 17 % 2500;
        // No critical section holds a watchdog off.
        if !board::start_watchdog(ticks) {
            systick::start_interrupts(ticks);
        }
    }
    RING.open();
    drain(&mut sink);
    if boot >= BOOTS {
        info!(LOG, "Done", last = sequence.load(Ordering::Relaxed));
        drain(&mut sink);
        exit::success();
    }
    loop {
        for _ in 0..RECORDS {
            log_next(sequence);
        }
        drain(&mut sink);
    }
}

/// Logs one more; after a reset in between, the same once more.
fn log_next(sequence: &AtomicU32) {
    let next = sequence.load(Ordering::Relaxed) + 1;
    info!(LOG, "Next", sequence = next, check = next.wrapping_mul(0x9e37_79b1));
    sequence.store(next, Ordering::Relaxed);
}

#[exception]
fn SysTick() {
    board::reset()
}

fn drain(sink: &mut Serial<Uart>) {
    if RING.drain(&CLOCK, sink, &mut [0; 512]).is_err() || !RING.is_empty() {
        exit::failure();
    }
}
