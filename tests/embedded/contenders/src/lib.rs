//! What all contenders share: the board's start, the values, the sink, and a main
//! that either lets a linker measure it or counts its own instructions.
//!
//! A contender is one file in `bin/`: a `Logger`, and a `statement!` as its users
//! would write it. It chooses nothing that another could not choose as well.

#![no_std]

#[cfg(feature = "kakashi")]
pub mod kakashi;
#[cfg(feature = "defmt-rtt")]
pub mod rtt;
pub mod sink;

#[cfg(feature = "count")]
mod count;
#[cfg(not(feature = "count"))]
mod once;
#[cfg(feature = "count")]
pub use count::run;
#[cfg(not(feature = "count"))]
pub use once::run;

/// Makes the firmware of a `Logger` and the module `sensors`; the second argument lets
/// frees memory for the next records, outside of the measurement; the third sends what was kept,
/// and counts in the size.
#[macro_export]
macro_rules! firmware {
    ($logger:expr) => {
        $crate::firmware!($logger, $crate::sink::rewind);
    };
    ($logger:expr, $rewind:expr) => {
        $crate::firmware!($logger, $rewind, || ());
    };
    ($logger:expr, $rewind:expr, $end:expr) => {
        #[cortex_m_rt::entry]
        fn main() -> ! {
            board::systick::start_clock();
            board::Uart::start();
            let (logger, values) = ($logger, board::Values::get());
            $crate::run(|| sensors::log_all(&logger, values), $rewind, $end)
        }
    };
}
