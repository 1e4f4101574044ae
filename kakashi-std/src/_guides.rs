//! Guides: a page for each task, with code that is run as tests.
//!
//! | guide | |
//! |---|---|
//! | [Logging](logging) | macros, values, errors, events; when a record is written |
//! | [Levels](levels) | thresholds of a logger, of a part of the program, of everything |
//! | [Context](context) | fields of a request, a user, a task |
//! | [Destinations](destinations) | forms, sinks, filters, redaction; your own sink and encoder |
//! | [Files that follow one another](files) | rotation by size and time, compression, logrotate |
//! | [Flight recorder](flight_recorder) | DEBUG is kept in memory, and written for what fails |
//! | [Less of it](sampling) | sampling by call site, rate limits, repetitions: counted and announced |
//! | [Settings from a file](config) | what `configure()` can say, in TOML or a file of the program's own |
//! | [Async and performance loggers](async_logging) | a worker, rings, what happens when one is full |
//! | [Counts for a metrics system](metrics) | Prometheus, OpenMetrics and OpenTelemetry; what to watch |
//! | [Reading the wire](reading) | `kakashi decode`, a reader in a program |
//! | [The black box](black_box) | what a killed process had logged, and how it is brought to its files |
//! | [Promises](promises) | what is kept, lost, ordered; and which test shows it |
//!
//! For microcontrollers there is [a guide in `kakashi-core`][devices], for wasm [one in
//! `kakashi-wasm`][wasm].
//!
//! [devices]: https://docs.rs/kakashi-core/latest/kakashi_core/_guides/devices/index.html
//! [wasm]: https://docs.rs/kakashi-wasm/latest/kakashi_wasm/_guides/wasm/index.html

/// Where the guides' links lead in rustdoc. Of two definitions of a link the first
/// counts in Markdown; those in the files themselves lead to other files.
macro_rules! links {
    () => {
        "[`AsyncConfig`]: crate::AsyncConfig
[`capture`]: crate::capture()
[`Encoder`]: crate::Encoder
[`Enricher`]: crate::Enricher
[`Filter`]: crate::Filter
[`Format`]: crate::Format
[`LevelFilter`]: crate::LevelFilter
[`LogContext`]: crate::LogContext
[`OverflowPolicy`]: crate::OverflowPolicy
[`Reader`]: crate::wire::Reader
[`RecordSink`]: crate::RecordSink
[`Sink`]: crate::Sink
[`Stats`]: crate::Stats
[`ToValue`]: crate::ToValue
[`writers`]: crate::writers
[async]: crate::_guides::async_logging
[box]: crate::_guides::black_box
[config]: crate::_guides::config
[context]: crate::_guides::context
[destinations]: crate::_guides::destinations
[encode]: https://docs.rs/kakashi-core/latest/kakashi_core/encode/index.html
[files]: crate::_guides::files
[flight_recorder]: crate::_guides::flight_recorder
[levels]: crate::_guides::levels
[log]: https://docs.rs/kakashi-std/latest/kakashi_std/bridges/log/index.html
[logging]: crate::_guides::logging
[metrics]: crate::_guides::metrics
[performance]: https://github.com/kakashi-rs/kakashi/blob/main/tests/compare/README.md
[promises]: crate::_guides::promises
[reading]: crate::_guides::reading
[sampling]: crate::_guides::sampling
[tracing]: https://docs.rs/kakashi-std/latest/kakashi_std/bridges/tracing/index.html
[wire]: crate::wire
"
    };
}

#[doc = links!()]
#[doc = include_str!("../docs/logging.md")]
pub mod logging {}

#[doc = links!()]
#[doc = include_str!("../docs/levels.md")]
pub mod levels {}

#[doc = links!()]
#[doc = include_str!("../docs/context.md")]
pub mod context {}

#[doc = links!()]
#[doc = include_str!("../docs/destinations.md")]
pub mod destinations {}

#[doc = links!()]
#[doc = include_str!("../docs/files.md")]
pub mod files {}

#[doc = links!()]
#[doc = include_str!("../docs/flight-recorder.md")]
pub mod flight_recorder {}

#[doc = links!()]
#[doc = include_str!("../docs/sampling.md")]
pub mod sampling {}

#[doc = links!()]
#[doc = include_str!("../docs/config.md")]
pub mod config {}

#[doc = links!()]
#[doc = include_str!("../docs/async.md")]
pub mod async_logging {}

#[doc = links!()]
#[doc = include_str!("../docs/metrics.md")]
pub mod metrics {}

#[doc = links!()]
#[doc = include_str!("../docs/reading.md")]
pub mod reading {}

#[doc = links!()]
#[doc = include_str!("../docs/black_box.md")]
pub mod black_box {}

#[doc = links!()]
#[doc = include_str!("../docs/promises.md")]
pub mod promises {}
