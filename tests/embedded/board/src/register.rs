//! A register of a peripheral.

/// A 32-bit register at an address that a manual gives.
#[derive(Clone, Copy)]
pub(crate) struct Register(usize);

impl Register {
    /// Names the register at `offset` of a peripheral at `base`.
    pub(crate) const fn new(base: usize, offset: usize) -> Self {
        Self(base + offset)
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "a register is memory that Rust does not know of")]
    pub(crate) fn read(self) -> u32 {
        // SAFETY: the addresses are constants of this crate, each an aligned register
        // of this chip; reading one touches no memory that Rust knows of.
        unsafe { core::ptr::with_exposed_provenance::<u32>(self.0).read_volatile() }
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "a register is memory that Rust does not know of")]
    pub(crate) fn write(self, value: u32) {
        // SAFETY: as for `read`; none of these registers starts a transfer to or from
        // memory.
        unsafe { core::ptr::with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }
}
