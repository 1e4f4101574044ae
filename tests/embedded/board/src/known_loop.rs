//! A loop whose length is known, to find out what a tick is.

/// Runs two instructions so many times, and a handful more.
#[inline(never)]
#[allow(unsafe_code, reason = "only assembly says how many instructions it is")]
pub fn known_loop(times: u32) {
    // SAFETY: it changes one register, which it says, and the flags.
    unsafe {
        core::arch::asm!(
            "2:",
            "subs {left}, {left}, #1",
            "bne 2b",
            left = inout(reg) times.max(1) => _,
            options(nomem, nostack),
        );
    }
}
