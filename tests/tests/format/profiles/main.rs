//! Forms that others read, and lines of one's own.
//!
//! JSON with the names of platforms is held against the list of fields that each platform
//! publishes (the sources stand in kakashi-core's `encode/profile.rs`), logfmt against the rules of
//! the decoder that Loki and Grafana have, patterns against the text line; all of them
//! against records that say whatever they like.

mod logfmt;
mod pattern;
mod platforms;
mod random;
