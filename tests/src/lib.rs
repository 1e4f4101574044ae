//! What the tests that span crates share.
//!
//! [`text_line`], [`json`] and [`block`] are written from the specs (the module
//! docs of `kakashi_core::{codec, wire, encode}`) and share no code with what
//! they check. [`record`] holds records that own what they say, [`expected`]
//! what lines must say of them. [`fakes`] are sinks that a test holds in its
//! hand, [`process`] runs child processes, [`read_back`] counts what arrived.
//! [`vectors`] reads the conformance vectors.

#![forbid(unsafe_code)]

#[cfg(feature = "arbitrary")]
mod arbitrary;
pub mod block;
pub mod expected;
#[cfg(feature = "std")]
pub mod fakes;
pub mod json;
pub mod lines;
#[cfg(feature = "std")]
pub mod process;
#[cfg(feature = "std")]
pub mod read_back;
pub mod record;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod text_line;
#[cfg(feature = "vectors")]
pub mod vectors;
