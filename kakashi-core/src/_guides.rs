//! Guides: a page for each task, with code that is run as tests.
//!
//! - [Microcontrollers](devices): loggers in a `static`, interrupts, resets, words that take no flash
//!
//! For programs on servers there are [guides in `kakashi-std`][std], for wasm [one in
//! `kakashi-wasm`][wasm].
//!
//! [std]: https://docs.rs/kakashi-std/latest/kakashi_std/_guides/index.html
//! [wasm]: https://docs.rs/kakashi-wasm/latest/kakashi_wasm/_guides/wasm/index.html

/// Where the guides' links lead in rustdoc. Of two definitions of a link the first
/// counts in Markdown; those in the files themselves lead to other files.
macro_rules! links {
    () => {
        "[`DirectLogger`]: crate::DirectLogger
[`RingLogger`]: ../../struct.RingLogger.html
[`LogBridge`]: ../../struct.LogBridge.html
[`kakashi.x`]: https://github.com/kakashi-rs/kakashi/blob/main/kakashi-core/kakashi.x
[embedded]: https://github.com/kakashi-rs/kakashi/blob/main/tests/embedded/README.md
[wire]: crate::wire
[encode]: crate::encode
"
    };
}

#[doc = links!()]
#[doc = include_str!("../docs/devices.md")]
// Its code needs the ring and, to run on a host, a heap.
#[cfg(any(not(doctest), all(feature = "ring", feature = "alloc")))]
pub mod devices {}
