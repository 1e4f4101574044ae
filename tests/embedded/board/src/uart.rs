//! The serial line, which QEMU shows on its standard output.

use core::convert::Infallible;

use crate::register::Register;

/// The board's first serial line; only sends.
///
/// A byte is a register written, so any number of these may exist; a program that sends
/// from interrupts too must keep the bytes of both apart.
#[derive(Clone, Copy, Debug)]
pub struct Uart(());

impl Uart {
    /// Turns the line on.
    pub fn start() -> Self {
        chip::start();
        Self(())
    }

    /// Names the line, which was started before.
    pub const fn started() -> Self {
        Self(())
    }

    /// Sends bytes.
    ///
    /// # Blocking
    /// Until the line has taken the last.
    pub fn send(self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| chip::send(byte));
    }
}

impl embedded_io::ErrorType for Uart {
    type Error = Infallible;
}

impl embedded_io::Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.send(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Arm's CMSDK UART: Cortex-M System Design Kit reference manual (DDI 0479), 4.3.
#[cfg(board = "mps2_an386")]
mod chip {
    use super::Register;

    const BASE: usize = 0x4000_4000;
    const DATA: Register = Register::new(BASE, 0x00);
    const STATE: Register = Register::new(BASE, 0x04);
    const CTRL: Register = Register::new(BASE, 0x08);
    const BAUDDIV: Register = Register::new(BASE, 0x10);

    const TX_FULL: u32 = 1;
    const TX_ENABLE: u32 = 1;

    pub(super) fn start() {
        // The smallest divisor it takes.
        BAUDDIV.write(16);
        CTRL.write(TX_ENABLE);
    }

    #[inline]
    pub(super) fn send(byte: u8) {
        while STATE.read() & TX_FULL != 0 {}
        DATA.write(u32::from(byte));
    }
}

/// nRF51 Series reference manual, 29.
#[cfg(board = "microbit")]
mod chip {
    use super::Register;

    const BASE: usize = 0x4000_2000;
    const START_TX: Register = Register::new(BASE, 0x008);
    const TXD_READY: Register = Register::new(BASE, 0x11c);
    const ENABLE: Register = Register::new(BASE, 0x500);
    const TXD: Register = Register::new(BASE, 0x51c);

    const ENABLED: u32 = 4;

    pub(super) fn start() {
        ENABLE.write(ENABLED);
        START_TX.write(1);
    }

    #[inline]
    pub(super) fn send(byte: u8) {
        TXD_READY.write(0);
        TXD.write(u32::from(byte));
        while TXD_READY.read() == 0 {}
    }
}
