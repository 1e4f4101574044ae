//! Settings, at any time and from any thread.

mod common;
mod destinations;
mod directives;
mod levels;
mod redaction;
mod refused;
mod settings;
mod taken_back;
