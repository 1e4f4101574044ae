//! Guides: a page for each task, with code that is compiled as tests.
//!
//! - [Rust in wasm](wasm): what differs from servers; sinks; when a record is written
//!
//! What the crates for servers and for wasm have in common is in the [guides of
//! `kakashi-std`][std].
//!
//! [std]: https://docs.rs/kakashi-std/latest/kakashi_std/_guides/index.html

/// Where the guides' links lead in rustdoc. Of two definitions of a link the first
/// counts in Markdown; those in the files themselves lead to other files.
macro_rules! links {
    () => {
        "[npm]: https://github.com/kakashi-rs/kakashi/blob/main/kakashi-wasm/README.md
[logging]: https://docs.rs/kakashi-std/latest/kakashi_std/_guides/logging/index.html
[levels]: https://docs.rs/kakashi-std/latest/kakashi_std/_guides/levels/index.html
[context]: https://docs.rs/kakashi-std/latest/kakashi_std/_guides/context/index.html
[destinations]: https://docs.rs/kakashi-std/latest/kakashi_std/_guides/destinations/index.html
"
    };
}

#[doc = links!()]
#[doc = include_str!("../docs/wasm.md")]
pub mod wasm {}
