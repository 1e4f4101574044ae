//! Resets: after a panic, and again and again while records are being written.
//!
//! Each boot sends what the ring kept, and a record of what it found. The first ends
//! in a panic, which logs itself; the others by a timer, while `main` logs without end.

#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::sync::atomic::Ordering;

use board::{KEPT, Uart, exit, systick};
use cortex_m_rt::{entry, exception};
use firmware::Serial;
use kakashi_core::{FixedClock, Ring, RingLogger, RingPolicy, Timestamp, critical, info, name, uninit_ring};

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(0));
/// Boots that a timer ends.
const BOOTS: u32 = 600;
/// What says that `KEPT` holds the words of an earlier boot: a cold one's may be anything.
const MAGIC: u32 = 0x6b61_6b61;

uninit_ring! {
    static RING: Ring<1024>;
}
static LOG: RingLogger<FixedClock, 1024> =
    RingLogger::new(name!("main"), CLOCK, &RING).policy(RingPolicy::DropOldest);

#[entry]
fn main() -> ! {
    let [magic, boots, returned, _] = &KEPT;
    let is_cold = magic.load(Ordering::Relaxed) != MAGIC;
    if is_cold {
        magic.store(MAGIC, Ordering::Relaxed);
        boots.store(0, Ordering::Relaxed);
        returned.store(0, Ordering::Relaxed);
    }
    let boot = boots.load(Ordering::Relaxed);
    boots.store(boot + 1, Ordering::Relaxed);

    let mut sink = Serial(Uart::start());
    let found = RING.open();
    drain(&mut sink);
    let dropped: u32 = RING.dropped().iter().sum();
    let last = returned.load(Ordering::Relaxed);
    info!(LOG, "Boot", boot, found = found.records, damaged = found.damaged_bytes, returned = last, dropped);
    drain(&mut sink);
    returned.store(0, Ordering::Relaxed);

    match boot {
        0 => panic_after_ten_records(),
        1..=BOOTS => log_until_reset(boot),
        _ => exit::success(),
    }
}

fn panic_after_ten_records() -> ! {
    board::set_panic_hook(log_and_reset);
    for sequence in 1..=10_u32 {
        record(0, sequence);
    }
    panic!("as it should");
}

fn log_and_reset(info: &PanicInfo<'_>) -> ! {
    let at_line = info.location().map_or(0, |location| location.line());
    critical!(LOG, "Panic", reason = %info.message(), at_line);
    board::reset()
}

fn log_until_reset(boot: u32) -> ! {
    start_timer(boot);
    for sequence in 1.. {
        record(boot, sequence);
        // The host expects all up to here, and perhaps one more.
        KEPT[2].store(sequence, Ordering::Relaxed);
    }
    exit::failure()
}

/// Logs one of two statements; the host knows what its values should be.
fn record(boot: u32, sequence: u32) {
    let check = sequence.wrapping_mul(0x9e37_79b1) ^ boot;
    let text = &"abcdefghijklmnopqrstuvwxyz"[..sequence as usize * 7 % 27];
    if sequence.is_multiple_of(8) {
        info!(LOG, "Eight more", boot, sequence, check);
    } else {
        info!(LOG, "Step", boot, sequence, check, text);
    }
}

/// Every boot has a time of its own, in ticks and in instructions.
fn start_timer(boot: u32) {
    board::known_loop(1 + boot * 7 % 41);
    let ticks = 300 + boot * 7;
    // No critical section holds a watchdog off.
    if boot.is_multiple_of(4) || !board::start_watchdog(ticks) {
        systick::start_interrupts(ticks);
    }
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
