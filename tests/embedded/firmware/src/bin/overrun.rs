//! Logs more than a ring holds, and drains it now and then; the host sees what is
//! missing, and whether that was said, and where.

#![no_std]
#![no_main]

use board::{Uart, exit};
use cortex_m_rt::entry;
use firmware::Serial;
use kakashi_core::{
    FixedClock, LogLevel, Ring, RingLogger, RingPolicy, Timestamp, error, info, name, uninit_ring, warning,
};

type Logger = RingLogger<FixedClock, 2048>;

const CLOCK: FixedClock = FixedClock(Timestamp::Uptime(0));
const ROUNDS: u32 = 50;
/// Two to three times what fits.
const RECORDS: u32 = 200;
/// The eighth of the ring that is kept for them holds as many.
const MOST_EVIDENCE: usize = 7;

uninit_ring! {
    static NEWEST: Ring<2048>;
}
uninit_ring! {
    static OLDEST: Ring<2048>;
}
static DROPS_NEWEST: Logger = RingLogger::new(name!("newest"), CLOCK, &NEWEST);
static DROPS_OLDEST: Logger = RingLogger::new(name!("oldest"), CLOCK, &OLDEST).policy(RingPolicy::DropOldest);

#[entry]
fn main() -> ! {
    let mut sink = Serial(Uart::start());
    NEWEST.open();
    OLDEST.open();
    let mut random = 1;
    for round in 0..ROUNDS {
        run(&DROPS_NEWEST, &NEWEST, round, &mut random, &mut sink);
        run(&DROPS_OLDEST, &OLDEST, round, &mut random, &mut sink);
    }
    exit::success()
}

/// Logs a round, drains it, and says how much it was.
fn run(logger: &Logger, ring: &Ring<2048>, round: u32, random: &mut u32, sink: &mut Serial<Uart>) {
    let mut logged = [0_u32; 3];
    for sequence in 0..RECORDS {
        // Numerical Recipes, 7.1: the low bits are poor, the high ones will do.
        *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let check = sequence.wrapping_mul(0x9e37_79b1) ^ round;
        let level = match *random >> 27 {
            _ if logged[1] + logged[2] == MOST_EVIDENCE as u32 => LogLevel::Info,
            0 => LogLevel::Warning,
            1 => LogLevel::Error,
            _ => LogLevel::Info,
        };
        match level {
            LogLevel::Warning => warning!(logger, "Rather warm", round, sequence, check),
            LogLevel::Error => error!(logger, "Too hot", round, sequence, check),
            _ => info!(logger, "Noise", round, sequence, check),
        }
        logged[usize::from(level.number() / 10) - 2] += 1;
    }
    drain(ring, sink);
    let [infos, warnings, errors] = logged;
    info!(logger, "Round over", round, infos, warnings, errors);
    drain(ring, sink);
}

fn drain(ring: &Ring<2048>, sink: &mut Serial<Uart>) {
    if ring.drain(&CLOCK, sink, &mut [0; 512]).is_err() || !ring.is_empty() {
        exit::failure();
    }
}
