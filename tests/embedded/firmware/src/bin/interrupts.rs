//! The timer's interrupt logs into the ring that `main` logs into and drains; first
//! into one that drops the newest records, then into one that drops the oldest.
//!
//! Both number their records; the host finds out whether one is missing, torn or out
//! of its order. The time of a record is the number of interrupts so far, which tells
//! the host where an interrupt came while `main` was writing a record.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use board::{Uart, exit, systick};
use cortex_m::interrupt;
use cortex_m_rt::{entry, exception};
use firmware::Serial;
use kakashi_core::{Clock, Ring, RingLogger, RingPolicy, Timestamp, info, name, uninit_ring, warning};

/// Records of `main`.
const RECORDS: u32 = 20_000;
/// Between two interrupts; some thousand instructions, more than a drained record takes.
const TICKS: u32 = 211;
/// How many of a thousand records are logged in a row: more than fit.
const BURST: u32 = 100;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

uninit_ring! {
    static NEWEST: Ring<2048>;
}
uninit_ring! {
    static OLDEST: Ring<2048>;
}
static SETUPS: [Setup; 2] = [
    Setup {
        ring: &NEWEST,
        main: RingLogger::new(name!("main"), Interrupts, &NEWEST),
        timer: RingLogger::new(name!("timer"), Interrupts, &NEWEST),
    },
    Setup {
        ring: &OLDEST,
        main: RingLogger::new(name!("main"), Interrupts, &OLDEST).policy(RingPolicy::DropOldest),
        timer: RingLogger::new(name!("timer"), Interrupts, &OLDEST).policy(RingPolicy::DropOldest),
    },
];

/// A ring and the loggers that write into it.
struct Setup {
    ring: &'static Ring<2048>,
    main: RingLogger<Interrupts, 2048>,
    timer: RingLogger<Interrupts, 2048>,
}

/// The index of the setup in use.
static CURRENT: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Tells how many interrupts there were.
struct Interrupts;

impl Clock for Interrupts {
    fn now(&self) -> Timestamp {
        Timestamp::Uptime(u64::from(COUNT.load(Ordering::Relaxed)) * 1000)
    }
}

#[exception]
fn SysTick() {
    let sequence = COUNT.load(Ordering::Relaxed) + 1;
    COUNT.store(sequence, Ordering::Relaxed);
    let timer = &SETUPS[CURRENT.load(Ordering::Relaxed)].timer;
    if sequence.is_multiple_of(16) {
        warning!(timer, "Sixteen ticks", sequence, inverse = !sequence);
    } else {
        info!(timer, "Tick {sequence}", sequence, square = u64::from(sequence) * u64::from(sequence));
    }
}

#[entry]
fn main() -> ! {
    let mut sink = Serial(Uart::start());
    SETUPS.iter().for_each(|setup| _ = setup.ring.open());
    systick::start_interrupts(TICKS);
    for (index, setup) in SETUPS.iter().enumerate() {
        interrupt::free(|_| {
            COUNT.store(0, Ordering::Relaxed);
            CURRENT.store(index, Ordering::Relaxed);
        });
        run(setup, &mut sink);
    }
    exit::success()
}

/// Logs and drains. An interrupt after `Done` is not drained any more.
fn run(Setup { ring, main, .. }: &Setup, sink: &mut Serial<Uart>) {
    for sequence in 1..=RECORDS {
        let text = &LETTERS[..sequence as usize % (LETTERS.len() + 1)];
        info!(
            main,
            "Step",
            sequence,
            negative = -i64::from(sequence) * 1_000_003,
            text,
            odd = sequence % 2 == 1
        );
        if sequence % 1000 >= BURST && sequence.is_multiple_of(8) {
            drain(ring, sink);
        }
    }
    interrupt::free(|_| {
        drain(ring, sink);
        info!(main, "Done", main = RECORDS, timer = COUNT.load(Ordering::Relaxed));
        drain(ring, sink);
        if !ring.is_empty() {
            exit::failure();
        }
    });
}

fn drain(ring: &Ring<2048>, sink: &mut Serial<Uart>) {
    if ring.drain(&Interrupts, sink, &mut [0; 512]).is_err() {
        exit::failure();
    }
}
