//! A panic is a failed run, unless the firmware has something better to do.

use core::cell::Cell;
use core::panic::PanicInfo;

use cortex_m::interrupt::{self, Mutex};

type Hook = fn(&PanicInfo<'_>) -> !;

static HOOK: Mutex<Cell<Option<Hook>>> = Mutex::new(Cell::new(None));

/// Says what a panic does.
pub fn set_panic_hook(hook: Hook) {
    interrupt::free(|section| HOOK.borrow(section).set(Some(hook)));
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(hook) = interrupt::free(|section| HOOK.borrow(section).take()) {
        hook(info);
    }
    #[cfg(feature = "panic-message")]
    cortex_m_semihosting::heprintln!("{}", info);
    crate::exit::failure()
}
