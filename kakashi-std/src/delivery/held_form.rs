//! How a destination's records are written that are held back before.

use std::sync::Arc;

use kakashi_core::{Encoder, Holding};

/// How a destination's records are written that are held back first.
pub(crate) struct HeldForm {
    /// No other destination has it, and the same has it after a change of settings.
    pub(crate) destination: usize,
    /// What is held.
    pub(crate) holding: Holding,
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) batch_bytes: usize,
}
