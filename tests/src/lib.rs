//! What the tests that span crates share.
//!
//! [`text_line`], [`json`] and [`block`] are written from the specs (the module
//! docs of `kakashi_core::{codec, wire, encode}`) and share no code with what
//! they check. [`record`] holds records that own what they say, [`expected`]
//! what lines must say of them.

#![forbid(unsafe_code)]

#[cfg(feature = "arbitrary")]
mod arbitrary;
pub mod block;
pub mod expected;
pub mod json;
pub mod lines;
pub mod record;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod text_line;
