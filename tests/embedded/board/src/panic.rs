//! A panic is a failed run.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    #[cfg(feature = "panic-message")]
    cortex_m_semihosting::heprintln!("{}", info);
    let _ = info;
    crate::exit::failure()
}
