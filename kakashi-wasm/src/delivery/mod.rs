//! One sink and the batches that wait for it.

pub(crate) mod report;
pub(crate) mod sink_queue;
pub(crate) mod sink_writer;
