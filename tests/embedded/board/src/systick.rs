//! The processor's own timer: a clock that runs through, or an interrupt again
//! and again.

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// It counts 24 bits.
const LAST: u32 = 0x00ff_ffff;

/// Ticks of a microsecond.
#[cfg(board = "mps2_an386")]
pub const TICKS_PER_MICRO: u32 = 25;
/// Ticks of a microsecond.
#[cfg(board = "microbit")]
pub const TICKS_PER_MICRO: u32 = 16;

/// Starts the clock; nothing is interrupted.
///
/// # Panics
/// When the timer is in use.
pub fn start_clock() {
    let mut timer = take();
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(LAST);
    timer.clear_current();
    timer.enable_counter();
}

/// Calls the exception `SysTick` every so many ticks.
///
/// # Panics
/// When the timer is in use.
pub fn start_interrupts(ticks: u32) {
    let mut timer = take();
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload((ticks - 1) & LAST);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

fn take() -> SYST {
    Peripherals::take().expect("the timer is started once").SYST
}

/// Returns the ticks since the clock was started; after 2^24 it begins anew.
#[inline]
pub fn ticks() -> u32 {
    LAST - SYST::get_current()
}

/// Returns the ticks since there were so many; at most 2^24.
pub fn ticks_since(before: u32) -> u32 {
    ticks().wrapping_sub(before) & LAST
}

/// Returns the microseconds since the clock was started; it begins anew with
/// the ticks, after about a second: no run here takes so long.
#[inline]
pub fn uptime_micros() -> u64 {
    u64::from(ticks() / TICKS_PER_MICRO)
}
