//! Records that own what they say, and how random ones are made.

#[cfg(feature = "arbitrary")]
mod arbitrary;
pub mod record;
#[cfg(feature = "proptest")]
pub mod strategies;
