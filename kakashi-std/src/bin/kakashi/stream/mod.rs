//! From the bytes of an input to records: the blocks in it, what is damaged, and how
//! long a block may stay incomplete.

mod blocks;
mod decoder;
mod stall_timer;
#[cfg(test)]
mod tests;

pub(crate) use decoder::{DecodeSettings, Reporter, decode};
