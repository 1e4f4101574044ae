//! One destination and what waits for it.
//!
//! A [`SinkQueue`](sink_queue::SinkQueue) is a [`Backlog`](backlog::Backlog) of full
//! buffers and the [`SinkWriter`](sink_writer::SinkWriter) that hands them to the
//! sink. It knows nothing of loggers, threads' buffers or settings.

pub(crate) mod backlog;
pub(crate) mod buffer_pool;
pub(crate) mod counters;
pub(crate) mod report;
pub(crate) mod sink_queue;
pub(crate) mod sink_writer;
