//! What the tests that span crates share. A folder uses only those above it:
//!
//! | folder | what it has |
//! |---|---|
//! | [`model`] | records that own what they say; random ones |
//! | [`oracle`] | readers and writers of each format, written from the specs; what a record's lines must say |
//! | [`harness`] | fake sinks, child processes, readers of what arrived, the conformance vectors |

#![forbid(unsafe_code)]

/// The front page's code, which must run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod harness;
pub mod model;
pub mod oracle;
