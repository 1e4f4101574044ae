//! One sink and the batches that wait for it.

pub(crate) mod sink_queue;
