//! Resets, and what they leave in memory.

use core::sync::atomic::AtomicU32;

use cortex_m::peripheral::SCB;

/// Words that start-up code leaves alone, as a ring's memory. After power-on they hold
/// anything.
#[used]
#[unsafe(link_section = ".uninit.board")]
#[allow(unsafe_code, reason = "a section is chosen, which nobody else writes to")]
pub static KEPT: [AtomicU32; 4] = [const { AtomicU32::new(0) }; 4];

/// Resets the processor, as a debugger or a fault handler would.
pub fn reset() -> ! {
    SCB::sys_reset()
}

/// Resets the processor after so many ticks, whatever it is doing: no critical section
/// holds this off. False if there is no watchdog: QEMU has none for the nRF51.
pub fn start_watchdog(ticks: u32) -> bool {
    #[cfg(board = "mps2_an386")]
    watchdog::start(ticks);
    let _ = ticks;
    cfg!(board = "mps2_an386")
}

/// Arm's CMSDK watchdog: Cortex-M System Design Kit reference manual (DDI 0479), 4.5.
#[cfg(board = "mps2_an386")]
mod watchdog {
    use cortex_m_rt::exception;

    use crate::register::Register;

    const BASE: usize = 0x4000_8000;
    const LOAD: Register = Register::new(BASE, 0x000);
    const CONTROL: Register = Register::new(BASE, 0x008);
    const LOCK: Register = Register::new(BASE, 0xc00);

    const INTERRUPT_AND_RESET: u32 = 3;
    const UNLOCK: u32 = 0x1acc_e551;

    pub(super) fn start(ticks: u32) {
        LOCK.write(UNLOCK);
        // It warns when the time is over, and resets when it is over again.
        LOAD.write(ticks / 2);
        CONTROL.write(INTERRUPT_AND_RESET);
    }

    /// The warning.
    #[exception]
    #[allow(unsafe_code, reason = "`cortex-m-rt` wants it; it does nothing")]
    unsafe fn NonMaskableInt() {}
}
