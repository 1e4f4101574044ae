//! What tests run with: sinks that a test controls, child processes, encoders into
//! buffers, and readers of what arrived.

#[cfg(feature = "std")]
pub mod causal_order;
#[cfg(feature = "tls")]
pub mod certificates;
#[cfg(feature = "std")]
pub mod failing_test;
#[cfg(feature = "std")]
pub mod fake_sinks;
pub mod fake_values;
#[cfg(feature = "std")]
pub mod flight_recorder;
#[cfg(feature = "std")]
pub mod global_state;
#[cfg(any(feature = "http", feature = "otlp"))]
pub mod http_receiver;
pub mod lines;
#[cfg(feature = "std")]
pub mod process;
#[cfg(feature = "std")]
pub mod read_back;
#[cfg(feature = "std")]
pub mod rotated_files;
#[cfg(any(feature = "http", feature = "otlp"))]
pub mod settings_file;
#[cfg(feature = "vectors")]
pub mod vectors;
#[cfg(feature = "std")]
pub mod wait;
