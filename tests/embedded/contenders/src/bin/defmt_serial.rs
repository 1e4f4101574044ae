//! `defmt` with the smallest logger there can be: frames to the sink that the
//! others have.

#![no_std]
#![no_main]
// defmt's macro for it expands to what it is.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;

use board::systick;
use contenders::sink;

type Logger = ();

#[defmt::global_logger]
struct Serial;

/// Touched within a critical section only.
struct State(UnsafeCell<(critical_section::RestoreState, defmt::Encoder)>);

// SAFETY: inside the critical section nothing else uses it.
unsafe impl Sync for State {}

static STATE: State =
    State(UnsafeCell::new((critical_section::RestoreState::invalid(), defmt::Encoder::new())));

// SAFETY: `acquire` enters a critical section, which `release` leaves.
unsafe impl defmt::Logger for Serial {
    fn acquire() {
        // SAFETY: `release` gives the state back; between them the cell is ours.
        unsafe {
            let restore = critical_section::acquire();
            let state = &mut *STATE.0.get();
            state.0 = restore;
            state.1.start_frame(sink::write);
        }
    }

    unsafe fn flush() {}

    unsafe fn release() {
        // SAFETY: defmt calls it after `acquire`; the cell is ours until then.
        unsafe {
            let state = &mut *STATE.0.get();
            state.1.end_frame(sink::write);
            critical_section::release(state.0);
        }
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: defmt calls it between `acquire` and `release`.
        unsafe { (*STATE.0.get()).1.write(bytes, sink::write) }
    }
}

defmt::timestamp!("{=u64:us}", systick::uptime_micros());

macro_rules! statement {
    ($logger:ident $values:ident $message:literal $keys:tt $braces:tt $typed:tt) => {
        let _ = $logger;
        defmt::info!($typed, $values.temperature(), $values.raw(), $values.ok());
    };
}

#[path = "../sensors.rs"]
mod sensors;

contenders::firmware!(());
