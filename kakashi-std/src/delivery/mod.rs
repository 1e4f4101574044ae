//! How records reach their destinations: collected under a watermark, written by
//! destination.
//!
//! A [collection](collect) takes what all threads have published up to a tick and appends
//! it to the [`SinkQueue`](sink_queue::SinkQueue) of each destination. There it is
//! [merged](merge) in the order of ticks, encoded if it is not, and written by one
//! [`SinkWriter`](sink_writer::SinkWriter) at a time. It knows nothing of loggers or
//! settings, and of where records come from only the trait [`RecordSource`](collect::RecordSource).

pub(crate) mod backlog;
pub(crate) mod collect;
pub(crate) mod counters;
pub(crate) mod destination_stats;
pub(crate) mod held_form;
mod held_records;
mod holding_stage;
pub(crate) mod limits;
pub(crate) mod logger_counts;
pub(crate) mod merge;
pub(crate) mod name_table;
pub(crate) mod not_kept;
mod repeats;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sink_queue;
pub(crate) mod sink_writer;
mod store_counter;
mod tail_sampler;
mod wire_blocks;
mod write_marks;
pub(crate) mod writer_thread;
