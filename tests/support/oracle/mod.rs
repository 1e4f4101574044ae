//! Readers and writers of text, JSON and the wire that are written from the specs (the
//! module docs of `kakashi_core::{codec, wire, encode}`): they share no code with what
//! they check.

pub mod block;
pub mod expected;
pub mod json;
#[cfg(feature = "vectors")]
pub mod logfmt;
pub mod text_line;
