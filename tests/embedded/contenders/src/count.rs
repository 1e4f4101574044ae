//! The firmware that counts its instructions.
//!
//! QEMU (`-icount shift=0`) takes one nanosecond for each instruction, so that the
//! timer counts instructions, many to a tick: a loop of a known length says how many.

use board::systick;
use cortex_m_semihosting::hprintln;

/// How often the statements are run.
const ROUNDS: u32 = 256;
/// How often between two calls that free memory, which are not counted.
const ROUNDS_IN_A_ROW: u32 = 8;
/// The instructions of the loop whose length is known.
const KNOWN: u32 = 2_000_000;

/// Runs the statements again and again and tells how long it took.
pub fn run(all: impl Fn(), rewind: fn() -> usize, _end: impl FnOnce()) -> ! {
    // The first record may set things up.
    all();
    let bytes = rewind();

    let before = systick::ticks();
    board::known_loop(KNOWN / 2);
    let known_ticks = systick::ticks_since(before);

    let mut ticks = 0;
    for _ in 0..ROUNDS / ROUNDS_IN_A_ROW {
        let before = systick::ticks();
        for _ in 0..ROUNDS_IN_A_ROW {
            all();
        }
        ticks += systick::ticks_since(before);
        if rewind() == 0 && bytes != 0 {
            board::exit::failure();
        }
    }
    hprintln!(
        "rounds {} ticks {} known {} known_ticks {} bytes {}",
        ROUNDS,
        ticks,
        KNOWN,
        known_ticks,
        bytes
    );
    board::exit::success()
}
